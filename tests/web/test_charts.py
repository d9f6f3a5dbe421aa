"""Charts are well-formed SVG whatever they are drawn from, and say in words what they show."""

import xml.etree.ElementTree as ElementTree

from hypothesis import given
from hypothesis import strategies as st

from web.content.charts import HEIGHT, MAX_VALUE, WIDTH, Bar, Series, histogram, line_chart

FLOATS = st.floats(allow_nan=True, allow_infinity=True) | st.just(10**400)
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=12)


@given(
    points=st.lists(st.tuples(st.integers(0, 10_000), FLOATS.map(abs)), max_size=30),
    references=st.lists(st.tuples(NAMES, st.floats(0, 1e6) | st.just(10**400)), max_size=4),
    name=NAMES,
)
def test_lines_are_drawn_within_the_frame(
    points: list[tuple[float, float]], references: list[tuple[str, float]], name: str
) -> None:
    chart = line_chart([Series(name, points), Series("b", [])], references, name, "y", name)
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
