"""Shows progress from a thread of its own: a terminal that stands still never holds up sending."""

from __future__ import annotations

import logging
import threading
from collections import deque
from types import TracebackType

from paceline.cli.display import Display
from paceline.operations.campaigns.summary import Summary

_MOST_WAITING = 1_000
_CLOSE_SECONDS = 2.0


class Progress:
    """Takes summaries and sentences from any thread and hands the newest ones to a display.

    While it is open, warnings of the program's own logs are sentences too. Open it with ``with``; what was given
    before the end is shown, unless the display does not take anything any more.
    """

    def __init__(self, display: Display) -> None:
        self._display = display
        self._summary: Summary | None = None
        self._sentences: deque[str] = deque(maxlen=_MOST_WAITING)
        self._ended = False
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="progress", daemon=True)
        self._log = _LogAsSentences(self)

    def show(self, summary: Summary) -> None:
        """Show the campaign as it is now; a summary that nobody has seen is replaced by a newer one."""
        with self._news:
            self._summary = summary
            self._news.notify()

    def say(self, sentence: str) -> None:
        """Say one thing that happened."""
        with self._news:
            self._sentences.append(sentence)
            self._news.notify()

    def __enter__(self) -> Progress:
        logging.getLogger("paceline").addHandler(self._log)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        logging.getLogger("paceline").removeHandler(self._log)
        with self._news:
            self._ended = True
            self._news.notify()
        self._thread.join(_CLOSE_SECONDS)

    def _run(self) -> None:
        try:
            while self._show_news():
                pass
            self._display.end()
        except OSError:
            pass  # the terminal is gone; sending goes on without it

    def _show_news(self) -> bool:
        """Wait for something new and show it; False after the end."""
        with self._news:
            self._news.wait_for(lambda: self._summary is not None or self._sentences or self._ended)
            sentences, summary, ended = list(self._sentences), self._summary, self._ended
            self._sentences.clear()
            self._summary = None
        for sentence in sentences:
            self._display.say(sentence)
        if summary is not None:
            self._display.draw(summary)
        return not ended


class _LogAsSentences(logging.Handler):
    def __init__(self, progress: Progress) -> None:
        super().__init__(logging.WARNING)
        self._progress = progress

    def emit(self, record: logging.LogRecord) -> None:
        self._progress.say(self.format(record))
