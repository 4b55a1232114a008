"""Writes the bounce corpus: one file per mail in ``bounces/``, and ``bounces.csv`` with what is to be read in each.

Made by hand after the RFCs and the formats of mail systems, none of it anybody's mail. After a change of ``making/``:
``cd tests && ../.venv/bin/python -m corpus.make_bounces``.
"""

from __future__ import annotations

import csv
from pathlib import Path

from corpus.making import (
    damaged,
    localised,
    others,
    prose,
    second_classics,
    second_clouds,
    second_hosts,
    second_languages,
    second_odd,
    second_servers,
    standard,
)
from corpus.making.sample import Sample

FOLDER = Path(__file__).parent


def all_samples() -> list[Sample]:
    """Every mail of the corpus."""
    sound = [*standard.samples(), *prose.samples(), *localised.samples(), *others.samples()]
    batches = (second_servers, second_classics, second_clouds, second_hosts, second_languages, second_odd)
    second = [sample for batch in batches for sample in batch.samples()]
    return [*sound, *damaged.samples(sound), *second]


def write(folder: Path) -> int:
    """Write the files and the table anew; returns how many mails there are."""
    mails = folder / "bounces"
    mails.mkdir(exist_ok=True)
    for old in mails.glob("*.eml"):
        old.unlink()
    samples = sorted(all_samples(), key=lambda sample: sample.name)
    if len({sample.name for sample in samples}) != len(samples):
        raise SystemExit("two samples have the same name")
    with (folder / "bounces.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["file", "source", "kind", "recipients"])
        for sample in samples:
            (mails / f"{sample.name}.eml").write_bytes(sample.mail)
            table.writerow([f"{sample.name}.eml", sample.source, sample.kind, " ".join(sample.recipients)])
    return len(samples)


if __name__ == "__main__":
    print(write(FOLDER), "mails")
