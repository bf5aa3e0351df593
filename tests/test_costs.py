"""The estimate of a month's costs: what its lines are made of, what is free, and that every figure says where it is from."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from photosky.costs import (
    FIGURES_FILE,
    NEEDED,
    NOTHING_FREE,
    CostError,
    Figure,
    Item,
    Prices,
    Usage,
    billed_s,
    estimate,
    read_figures,
    total,
)

FAMILY = Usage(photos=20_000, new_photos=400, visits=1_000)
PLAIN = {
    **{name: Figure(0, "", "assumed: for a test") for name in NEEDED},
    "original_mb": Figure(5, "MB", "assumed: for a test"),
    "renditions_per_photo": Figure(5, "objects", "measured: for a test"),
    "dynamic_requests_per_visit": Figure(10, "requests", "assumed: for a test"),
    "image_requests_per_visit": Figure(100, "requests", "assumed: for a test"),
    "image_mb_per_visit": Figure(1024, "MB", "assumed: for a test"),
}


def line(items: list[Item], name: str) -> Item:
    [found] = [item for item in items if item.name.startswith(name)]
    return found


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("estimate_cost", *arguments, stdout=out, no_color=True)
    return out.getvalue()


def test_storage_is_paid_by_the_gigabyte() -> None:
    items = estimate(replace(FAMILY, photos=2048), PLAIN, Prices(storage_gb_month=0.5))
    assert line(items, "S3: originals").quantity == pytest.approx(10)
    assert line(items, "S3: originals").usd == pytest.approx(5)


def test_a_new_photo_is_one_original_and_its_renditions_written() -> None:
    assert line(estimate(FAMILY, PLAIN), "S3: writing").quantity == 400 * 6


def test_what_is_free_costs_nothing_and_only_the_rest_is_paid() -> None:
    assert Item("x", quantity=90, unit="GB", usd_per_unit=2, free=100).usd == 0
    assert Item("x", quantity=110, unit="GB", usd_per_unit=2, free=100).usd == 20


def test_without_the_free_tier_nothing_is_free() -> None:
    assert {item.free for item in estimate(FAMILY, PLAIN, free=NOTHING_FREE)} == {0}


def test_computing_takes_longer_with_less_than_one_processor_and_waiting_does_not() -> None:
    assert billed_s(1, 0.5, 1769) == billed_s(1, 0.5, 2048) == 1.5
    assert billed_s(1, 0.5, 1769 // 2) == pytest.approx(2.5, rel=0.01)


@pytest.mark.parametrize(("gateway", "usd"), [("rest", 35.0), ("http", 10.0), ("url", 0.0)])
def test_a_gateway_is_paid_by_the_request(gateway: Any, usd: float) -> None:
    items = estimate(replace(FAMILY, visits=1_000_000, gateway=gateway), PLAIN)
    assert sum(
        item.usd for item in items if "API Gateway" in item.name or "URL" in item.name
    ) == pytest.approx(usd)


def test_by_a_cdn_looking_does_not_reach_s3() -> None:
    direct, cdn = estimate(FAMILY, PLAIN), estimate(replace(FAMILY, cdn=True), PLAIN)
    assert line(direct, "S3: looking").quantity == 100_000
    assert not [item for item in cdn if item.name == "S3: looking"]
    assert line(direct, "Data out").quantity == pytest.approx(1000)
    assert line(cdn, "CloudFront: data out").quantity == pytest.approx(1000)


def test_a_database_that_always_runs_costs_though_nobody_looks() -> None:
    idle = Usage(photos=0, new_photos=0, visits=0, database="rds")
    assert total(estimate(idle, PLAIN)) > 10
    assert total(estimate(replace(idle, database="dsql"), PLAIN)) == 0


def test_more_use_never_costs_less() -> None:
    figures = read_figures()
    for more in (
        replace(FAMILY, photos=40_000),
        replace(FAMILY, new_photos=800),
        replace(FAMILY, visits=2_000),
        replace(FAMILY, architecture="x86_64"),
    ):
        free = NOTHING_FREE
        assert total(estimate(more, figures, free=free)) > total(estimate(FAMILY, figures, free=free))


def test_every_figure_that_is_shipped_says_whether_it_was_measured() -> None:
    figures = read_figures()
    assert set(figures) == set(NEEDED)
    assert all(figure.basis.startswith(("measured: ", "assumed: ")) for figure in figures.values())


def test_the_command_prints_the_total_and_every_assumption() -> None:
    out = run("--photos", "20000", "--new", "400", "--visits", "1000")
    assert "  Total" in out
    assumed = out.split("Assumed, not measured:")[1]
    for name, figure in read_figures().items():
        assert (name.replace("_", " ") in assumed) is not figure.is_measured


@pytest.mark.parametrize("option", ["--photos", "--new", "--visits"])
def test_what_is_no_count_is_refused(option: str) -> None:
    with pytest.raises(CommandError, match="is no count"):
        run(option, "many")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is damaged"),
        ("[]", "is damaged"),
        ('{"original_mb": {}}', "is damaged"),
        ("{}", "lacks a usable figure for"),
    ],
)
def test_a_file_of_figures_that_is_damaged_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "costs.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CostError, match=rf"costs\.json {said}"):
        read_figures(path)


def test_a_negative_figure_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "costs.json"
    entries = json.loads(FIGURES_FILE.read_text(encoding="utf-8"))
    entries["page_kb"]["value"] = -1
    path.write_text(json.dumps(entries), encoding="utf-8")
    with pytest.raises(CommandError, match="lacks a usable figure for page_kb"):
        run("--figures", str(path))


def test_a_file_of_figures_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CostError, match=r"none\.json cannot be read"):
        read_figures(tmp_path / "none.json")
