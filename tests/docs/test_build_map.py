"""docs/data.md and docs/architecture.md show the build's tables and steps as they are declared."""

from pathlib import Path

import pytest

from dataset.build.map import PAGES, filled


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_a_page_shows_what_is_declared(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text == filled(text, PAGES[page]()), "run: python -m dataset.build.map"


def test_a_page_without_its_markers_is_named_so() -> None:
    with pytest.raises(ValueError, match="lacks the lines"):
        filled("# A page", "")
