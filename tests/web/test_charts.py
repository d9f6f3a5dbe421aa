"""Charts are well-formed SVG whatever they are drawn from, and say in words what they show."""

import itertools
import json
import math
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.content.charts import HEIGHT, MAX_VALUE, WIDTH, Bar, Series, histogram, line_chart
from web.content.training.curves import smoothed

FLOATS = st.floats(allow_nan=True, allow_infinity=True) | st.just(10**400)
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=12)


@given(
    points=st.lists(st.tuples(st.integers(0, 10_000), FLOATS.map(abs)), max_size=30),
    references=st.lists(st.tuples(NAMES, st.floats(0, 1e6) | st.just(10**400)), max_size=4),
    name=NAMES,
    log=st.booleans(),
)
def test_lines_are_drawn_within_the_frame(
    points: list[tuple[float, float]], references: list[tuple[str, float]], name: str, log: bool
) -> None:
    chart = line_chart([Series(name, points), Series("b", [])], references, name, "y", name, log=log)
    root = ElementTree.fromstring(chart)
    assert root.get("aria-label") == name
    for dot in root.iter("circle"):
        assert -1 <= float(dot.get("cx", "")) <= WIDTH + 1
        assert -1 <= float(dot.get("cy", "")) <= HEIGHT + 1
    for text in root.iter("text"):
        assert "style" not in text.attrib


@given(st.lists(st.tuples(FLOATS, FLOATS), max_size=12))
def test_a_band_lies_within_the_frame_below_its_line(ends: list[tuple[float, float]]) -> None:
    band = [(x, min(map(abs, pair)), max(map(abs, pair))) for x, pair in enumerate(ends)]
    line = Series("mean", [(0, 1.0), (1, 2.0)], "s3", "dotted", band)
    chart = line_chart([line], [], "epoch", "nats", "losses")
    paths = list(ElementTree.fromstring(chart).iter("path"))
    styles = [path.get("class", "") for path in paths]
    assert styles.count("band s3") == (sum(low < MAX_VALUE and high < MAX_VALUE for _, low, high in band) > 1)
    for path, style in zip(paths, styles, strict=True):
        if style.startswith("band"):
            assert styles.index("line s3 dotted") > styles.index(style)
            corners = path.get("d", "").strip("MZ").split("L")
            assert all(-1 <= float(corner.split()[0]) <= WIDTH + 1 for corner in corners)
            assert all(-1 <= float(corner.split()[1]) <= HEIGHT + 1 for corner in corners)


def dots(chart: str) -> list[float]:
    return [float(dot.get("cy", "")) for dot in ElementTree.fromstring(chart).iter("circle")]


def test_equal_ratios_are_equally_far_apart_on_a_logarithmic_axis() -> None:
    points = [(1, 8.0), (2, 4.0), (3, 2.0), (4, 1.0), (5, 0.0), (6, -1.0)]
    plain = dots(line_chart([Series("a", points[:4])], [], "x", "y", "z"))
    log = dots(line_chart([Series("a", points)], [("none", 0.0)], "x", "y", "z", log=True))
    assert len(log) == 4, "what is not positive has no place there"
    steps = [below - above for above, below in itertools.pairwise(log)]
    assert steps == pytest.approx([steps[0]] * 3, abs=0.11)
    assert plain[1] - plain[0] == pytest.approx(4 * (plain[3] - plain[2]), abs=0.5)


@given(st.lists(st.floats(1e-290, 1e290), min_size=1, max_size=6))
def test_a_logarithmic_axis_has_few_round_ticks_around_all_values(values: list[float]) -> None:
    chart = line_chart([Series("a", list(enumerate(values)))], [], "x", "y", "z", log=True)
    texts = [text for text in ElementTree.fromstring(chart).iter("text") if text.get("text-anchor") == "end"]
    ticks = [float((text.text or "").replace(",", "")) for text in texts]
    assert 2 <= len(ticks) <= 20
    assert ticks == sorted(ticks)
    assert ticks[0] <= min(values) * 1.001
    assert ticks[-1] >= max(values) * 0.999


def test_smoothing_is_a_mean_of_what_came_so_far() -> None:
    """By hand: with a weight of 1/2, (4), (4/2 + 2) / (1/2 + 1), (4/4 + 2/2 + 2) / (1/4 + 1/2 + 1)."""
    assert smoothed([(1, 4.0), (3, 2.0), (4, math.nan), (7, 2.0)], 0.5) == [
        (1, 4.0),
        (3, pytest.approx(8 / 3)),
        (7, pytest.approx(16 / 7)),
    ]
    assert smoothed([(1, 4.0), (2, 2.0)], 0.0) == [(1, 4.0), (2, 2.0)]


def test_a_chart_carries_its_values() -> None:
    series = [Series("", [(2, 5.0)], "s1"), Series('<a> "b"', [(2, 1.23456), (9, math.inf), (6, 2.0)], "s1")]
    root = ElementTree.fromstring(line_chart(series, [], "x", "y", "z"))
    assert json.loads(root.get("data-curves", "")) == [
        {"name": '<a> "b"', "style": "s1", "points": [[2, 1.235], [6, 2.0]]}
    ]
    across = json.loads(root.get("data-across", ""))
    places = [float(dot.get("cx", "")) for dot in root.iter("circle")]
    assert (across["first"], across["last"]) == (2, 6)
    assert places == pytest.approx([across["left"], across["right"]]), "the faint ground has no dots"


def test_a_bar_that_no_number_reaches_is_left_out() -> None:
    root = ElementTree.fromstring(histogram([Bar("a", 1, "a"), Bar("b", 10**400, "b")], "x", "y", "z"))
    assert len(list(root.iter("rect"))) == 1


@given(st.lists(st.integers(0, 10**9), max_size=40))
def test_bars_are_as_high_as_their_counts(counts: list[int]) -> None:
    bars = [Bar(str(number), count, f"<{number}>") for number, count in enumerate(counts)]
    root = ElementTree.fromstring(histogram(bars, "x", "y", "<title> & more"))
    heights = [float(bar.get("height", "")) for bar in root.iter("rect")]
    assert len(heights) == len(counts)
    highest = max(counts, default=0)
    for count, height in zip(counts, heights, strict=True):
        if highest:
            assert abs(height / max(heights) - count / highest) < 0.01
    assert [title.text for title in root.iter("title")] == [bar.title for bar in bars]
