"""The columns that `dataset.where` may name are those that docs/data.md lists, with what they are."""

import re
from pathlib import Path

from dataset.where.columns import COLUMNS, FACTS


def test_every_column_is_explained() -> None:
    page = (Path(__file__).parents[3] / "docs" / "data.md").read_text()
    section = page.partition("### A filter of one's own\n")[2].partition("\n### ")[0]
    rows = [line.split(" | ")[0] for line in section.splitlines() if line.startswith("| `")]
    assert [name for row in rows for name in re.findall(r"`(\w+)`", row)] != []
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == set(COLUMNS)
    assert set(FACTS) <= set(COLUMNS)
