"""The metrics that the documents name, and the dashboard shows, are those that are counted."""

import json
import re
from itertools import combinations
from typing import Any

import pytest

from accounts.counters import COUNTERS, GAUGES, HISTOGRAMS
from tests.docs.pages import ROOT, table_rows

TOLD = {*(f"{name}_total" for name in COUNTERS), *GAUGES, *HISTOGRAMS}
LABELS = {
    **{f"{name}_total": label for name, (_, label) in COUNTERS.items()},
    **{name: spread.label for name, spread in HISTOGRAMS.items()},
}
KINDS = {
    **dict.fromkeys((f"{name}_total" for name in COUNTERS), "counter"),
    **dict.fromkeys(GAUGES, "gauge"),
    **dict.fromkeys(HISTOGRAMS, "histogram"),
}
DASHBOARD: dict[str, Any] = json.loads((ROOT / "docs" / "grafana.json").read_text())
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
GRAPHS = [panel for panel in PANELS if panel["type"] != "row"]
EXPRESSIONS = [target["expr"] for panel in GRAPHS for target in panel["targets"]]


def named_in(expression: str) -> set[str]:
    """Return the metrics that an expression asks for, as they are told."""
    parts = re.findall(r"wardkey_[a-z_]+", expression)
    suffix = r"_(bucket|sum|count)$"
    return {bare if (bare := re.sub(suffix, "", part)) in HISTOGRAMS else part for part in parts}


def test_the_table_names_every_metric_with_its_kind_and_label() -> None:
    rows = {name: row for name, row in table_rows("operate.md").items() if name in TOLD}
    assert {name: row[0] for name, row in rows.items()} == KINDS
    assert {name: row[1].strip("`") for name, row in rows.items()} == {
        name: LABELS.get(name, "") for name in TOLD
    }


def test_the_dashboard_shows_every_metric_and_no_other() -> None:
    shown = set().union(*(named_in(expression) for expression in EXPRESSIONS))
    assert shown == TOLD


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_asks_by_labels_that_its_metric_has(expression: str) -> None:
    grouped = re.findall(r"by \(([a-z_, ]+)\)", expression)
    chosen = re.findall(r'([a-z_]+)(?:=|!=)~?"', expression)
    asked = {*chosen, *(label for group in grouped for label in group.split(", "))}
    has = {LABELS.get(name, "") for name in named_in(expression)}
    assert asked - {"job", "le"} <= has
    assert expression.count("{job=~") == len(re.findall(r"wardkey_[a-z_]+", expression))


def test_counters_and_histograms_are_shown_as_rates() -> None:
    for expression in EXPRESSIONS:
        for part in re.findall(r"(\w+\()?(wardkey_[a-z_]+)", expression):
            call, name = part
            assert (call == "rate(") == (name not in GAUGES), expression


def test_panels_are_told_apart_and_do_not_cover_each_other() -> None:
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    assert all(panel["title"] and panel["description"] for panel in GRAPHS)
    for one, other in combinations((panel["gridPos"] for panel in PANELS), 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        apart = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or apart
    assert max(panel["gridPos"]["x"] + panel["gridPos"]["w"] for panel in PANELS) == 24


def test_every_panel_asks_the_data_source_that_was_chosen() -> None:
    names = {variable["name"] for variable in DASHBOARD["templating"]["list"]}
    sources = [panel["datasource"]["uid"] for panel in GRAPHS]
    sources += [target["datasource"]["uid"] for panel in GRAPHS for target in panel["targets"]]
    assert set(sources) == {"${datasource}"}
    assert names == {"datasource", "job"}
