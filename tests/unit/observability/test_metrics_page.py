"""The page about the metrics lists exactly those that there are, as they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from paceline.observability.metrics import METRICS, Kind, Metric, Origin, process_registry

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "metrics.md").read_text()
DATABASE, PROCESS = (part.split("\n## ")[0] for part in PAGE.split("\n## What the ")[1:3])


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_metric_is_documented_as_it_is(metric: Metric) -> None:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    row = f"| `{metric.name}` | {metric.kind} | {metric.unit} | {labels} | {metric.meaning} |"
    assert row in (DATABASE if metric.origin is Origin.DATABASE else PROCESS).splitlines()


def test_no_metric_is_documented_that_does_not_exist() -> None:
    documented = re.findall(r"^\| `(paceline_[a-z_]+)` \|", PAGE, re.MULTILINE)
    assert sorted(documented) == sorted(METRICS)
    used = {re.sub(r"_bucket$", "", name) for name in re.findall(r"paceline_[a-z_]+", PAGE)}
    assert used <= set(METRICS)


def test_names_follow_the_conventions_of_prometheus() -> None:
    for metric in METRICS.values():
        assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
        assert not metric.unit or metric.name.endswith(f"_{metric.unit}")
        assert (metric.kind is Kind.HISTOGRAM) == bool(metric.buckets)


def test_what_the_process_counts_is_in_the_table() -> None:
    families = {family.name for family in process_registry.collect() if family.name.startswith("paceline_")}
    known = {metric.name.removesuffix("_total") for metric in METRICS.values()}
    assert families <= known
