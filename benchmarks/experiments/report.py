"""The figures and plots of docs/experiments.md, from the results of the cells that are done."""

import json
from pathlib import Path
from typing import Any


def report(results: Path, pictures: Path) -> None:
    """Print a table of the cells that are done."""
    rows = [json.loads(path.read_text()) for path in sorted(results.glob("*.json"))]
    print(table(rows))


COLUMNS = ("cell", "train", "dev", "best dev", "floor", "unigram", "shuffled", "names", "CPU s")


def table(rows: list[dict[str, Any]]) -> str:
    """Return the results as a Markdown table, losses in nats per token."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "| --- " + "| ---: " * (len(COLUMNS) - 1) + "|"]
    for row in rows:
        dev, train = row["evaluation"]["dev"], row["evaluation"]["train"]
        measured = [record["dev_loss"] for record in row["log"] if record["dev_loss"] is not None]
        cells = [row["name"], train["nll"], dev["nll"], min(measured), dev["floor"], dev["unigram"]]
        cells += [dev["shuffled_nll"], dev["names"], row["manifest"]["cpu_seconds"]]
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return "\n".join(lines)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}" if value < 100 else f"{value:.0f}"
    return "–" if value is None else str(value)
