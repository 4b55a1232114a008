"""Opting out by answering: which texts and buttons mean that somebody wants no more messages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

USUAL_WORDS = (
    "STOP, STOPALL, UNSUBSCRIBE, OPT OUT, OPTOUT, STOP PROMOTIONS, BAJA, PARAR, SAIR, CANCELAR, CANCELAR INSCRICAO, "
    "ARRET, ARRETER, DESABONNER, ABMELDEN, STOPP, ANNULLA, DISISCRIVI, AFMELDEN, DUR, IPTAL, СТОП"
)
"""The words of the setting, separated by commas."""

_FILLING = re.compile(r"[\W_]+")


def normal(text: str) -> str:
    """A text as it is compared: without case, accents and punctuation."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return _FILLING.sub(" ", plain).strip().casefold()


class OptOutWords:
    """The words of one installation."""

    def __init__(self, words: str) -> None:
        """``words`` are separated by commas."""
        self._words = frozenset(filter(None, map(normal, words.split(","))))

    def among(self, texts: Iterable[str]) -> bool:
        """Whether one of these texts, taken as a whole, is such a word."""
        return any(normal(text) in self._words for text in texts if text)
