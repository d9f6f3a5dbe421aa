"""What a card says of where its rows come from: sources, licences, and whom to credit."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dataset.rights.licences import allows_publishing

DRAWN = "embedded"
"""The source of what Bokeru has drawn and written itself: its embedded site."""
ALL_DRAWN = (
    "Everything here was drawn and written by Bokeru itself, from a grammar: every photo is a drawn scene, "
    "every caption a made one. Nobody's photo and nobody's joke is in it."
)
NAMED = 50
"""The most people whom a card names; the rows name all of them."""
_HUB = frozenset(
    (
        *("mit", "apache-2.0", "cc0-1.0", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0"),
        *("cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0"),
        *("cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0"),
    )
)
"""The licences that the Hub's cards may name, as it spells them; for any other a card says `other`."""
Figures = Mapping[str, Any]
"""The content of statistics.json; that of an earlier version tells nothing of where rows come from."""


def is_all_drawn(figures: Figures) -> bool:
    """Tell whether every photo and every caption was made by Bokeru."""
    found = _sources(figures)
    return bool(found) and found == {DRAWN}


def _sources(figures: Figures) -> set[str | None]:
    return {source for rows in figures.get("origins", {}).values() for source, _, _ in rows}


def licences(figures: Figures) -> list[str | None]:
    """Return the licences of photos and captions, in the order of letters; None last, where any has none."""
    found = {licence for rows in figures.get("origins", {}).values() for _, licence, _ in rows}
    known: list[str | None] = sorted(licence for licence in found if licence)
    return known + [None] * (None in found or not found)


def hub_licence(figures: Figures) -> str:
    """Return the licence that a card's metadata name: the only one that there is, or `other`."""
    found = licences(figures)
    only = found[0].lower() if len(found) == 1 and found[0] and allows_publishing(found[0]) else ""
    return only if only in _HUB else "other"


def made_of(figures: Figures, sources: Sequence[Mapping[str, str]]) -> str:
    """Return a sentence that says what rows were made of."""
    if is_all_drawn(figures):
        return ALL_DRAWN
    found = _sources(figures) | {source["name"] for source in sources}
    if names := sorted(name for name in found - {DRAWN} if name):
        told = [f"Photos and the captions that people wrote for them, from {', '.join(names)}."]
    else:
        told = ["Photos and captions."]
    if DRAWN in found:
        told.append(f"Rows of the source `{DRAWN}` were drawn and written by Bokeru itself, from a grammar.")
    if None in found or not found:
        told.append("Rows without a source do not say where they come from.")
    return " ".join(told)


def section(figures: Figures, sources: Sequence[Mapping[str, str]]) -> str:
    """Return the part of a card on sources and licences, in Markdown.

    Args:
        sources: of imported data, as in sources.json.
    """
    parts = [
        "## Sources and licences",
        made_of(figures, sources),
        "\n".join(_table(figures)),
        "\n".join(
            f"- **{_line(source.get('name'))}** — licence: {_line(source.get('licence'))}. "
            f"{_line(source.get('notice'))} {_line(source.get('homepage'))}"
            for source in sources
        ),
        _credits(figures),
        "" if is_all_drawn(figures) else _OTHERS,
    ]
    return "\n\n".join(part for part in parts if part)


_OTHERS = (
    "What has no licence belongs to those who wrote and photographed it: it may be looked at here, and not "
    "passed on. The `url` of a caption, where it has one, names its page."
)


def _table(figures: Figures) -> Iterator[str]:
    rows = [(what, *row) for what, found in figures.get("origins", {}).items() for row in found]
    if rows:
        yield "| of | source | licence | number |\n| --- | --- | --- | --- |"
    for what, source, licence, number in rows:
        yield f"| {what} | {_cell(source)} | {_cell(licence)} | {number:,} |"


def _credits(figures: Figures) -> str:
    """Return whom to credit: the column `credit` names everybody, the card those with most photos."""
    found = figures.get("credits", {"distinct": 0, "most_frequent": []})
    if not found["distinct"] or is_all_drawn(figures):
        return ""
    named = [f"{_cell(name)} ({number:,})" for name, number in found["most_frequent"][:NAMED]]
    more = found["distinct"] - len(named)
    others = f" and {more:,} more" if more else ""
    return f"Photos by {', '.join(named)}{others}; `credit` names who is to be credited for each photo."


def _cell(text: str | None) -> str:
    return " ".join((text or "not known").split()).replace("|", "\\|").replace("<", "&lt;")


def _line(text: str | None) -> str:
    return " ".join((text or "not stated").split())
