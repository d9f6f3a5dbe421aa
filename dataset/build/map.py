"""Writes the build's tables and steps into docs/data.md and docs/architecture.md.

Run it when either has changed: `python -m dataset.build.map`.
"""

from pathlib import Path

from dataset.build.catalogue import TABLES
from dataset.build.steps import STEPS
from store.whole_file import write_whole

DOCS = Path(__file__).parents[2] / "docs"
BEGIN, END = "<!-- made by python -m dataset.build.map -->", "<!-- end of what is made -->"


def tables() -> str:
    """Return the tables as a Markdown table: columns with their types, and the steps that use them."""
    rows = ["| table | a row is | columns | made in | read in | dropped after |", "| --- " * 6 + "|"]
    for name, table in TABLES.items():
        columns = ", ".join(f"`{column}` {kind}" for column, kind in table.columns.items())
        kind = "" if table.kind == "table" else f" ({table.kind})"
        made, read, dropped = (_numbers(name, part) for part in ("makes", "reads", "drops"))
        rows.append(f"| `{name}`{kind} | {table.meaning} | {columns} | {made} | {read} | {dropped} |")
    return "\n".join(rows)


def _numbers(table: str, part: str) -> str:
    """Return the numbers of the steps that name `table` in `part` of what they declare."""
    return ", ".join(str(n) for n, step in enumerate(STEPS, 1) if table in getattr(step, part)) or "–"


def diagram() -> str:
    """Return a Mermaid diagram: each step, and the tables that go from it to later ones."""
    maker = {name: number for number, step in enumerate(STEPS, 1) for name in step.makes}
    lines = ["```mermaid", "flowchart TD"]
    lines += [f'  s{number}["{number}. {step.name}"]' for number, step in enumerate(STEPS, 1)]
    for number, step in enumerate(STEPS, 1):
        between: dict[int, list[str]] = {}
        for name in step.reads:
            between.setdefault(maker[name], []).append(name)
        lines += [
            f'  s{source} -- "{", ".join(names)}" --> s{number}' for source, names in sorted(between.items())
        ]
    return "\n".join([*lines, "```"])


def filled(text: str, block: str) -> str:
    """Return a page with `block` between its markers.

    Raises:
        ValueError: a marker is missing.
    """
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"the page lacks the lines {BEGIN!r} and {END!r}")
    return f"{before}{BEGIN}\n{block}\n{end}{after}"


PAGES = {DOCS / "data.md": tables, DOCS / "architecture.md": diagram}
"""The pages, and what stands between their markers."""


def main() -> None:
    """Write both pages anew."""
    for page, block in PAGES.items():
        write_whole(page, filled(page.read_text(encoding="utf-8"), block()))


if __name__ == "__main__":
    main()
