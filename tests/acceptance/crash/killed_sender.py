"""A sender in a process of its own that can be caught at one step, or be broken on purpose. For tests only.

``python -m acceptance.crash.killed_sender FILE.toml`` prints the campaign's summary as JSON and ends as ``paceline send``
does: 0 when the campaign is completed, 3 when not. The database and everything else come from the environment.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from acceptance.crash import broken_engines, steps
from paceline.bootstrap import open_context
from paceline.cli.interruption import run, stop_on_signals
from paceline.domain.campaign import CampaignStatus
from paceline.launch import file_launch
from paceline.operations.campaign_file.campaign_file import read_campaign_file
from paceline.operations.campaigns import sending
from paceline.operations.campaigns.summary import Summary
from paceline.settings import read_settings


async def _send(file: Path) -> Summary:
    context = open_context(read_settings())
    try:
        return await sending.send(
            context,
            read_campaign_file(file, os.environ),
            exit_when_paused=False,
            stop=stop_on_signals(lambda: None),
            on_progress=lambda summary: None,
            on_notice=lambda sentence: print(sentence, file=sys.stderr, flush=True),
        )
    finally:
        context.close()


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="Send a campaign; stop at the n-th time a step is reached.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--step", choices=steps.STEPS)
    parser.add_argument("--call", type=int, default=1)
    parser.add_argument("--engine", choices=broken_engines.ENGINES)
    parser.add_argument("--part", type=int, default=500, help="contacts that are queued in one transaction")
    options = parser.parse_args(arguments)
    file_launch._PART = options.part
    if options.engine:
        broken_engines.ENGINES[options.engine]()
    if options.step:
        steps.install(options.step, options.call)
    summary = run(_send(options.file))
    print(json.dumps(summary.to_json()), flush=True)
    return 0 if summary.status is CampaignStatus.COMPLETED else 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
