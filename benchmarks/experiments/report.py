"""The tables and pictures of docs/experiments.md, from the cells that are done so far."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure

from benchmarks.experiments import plots, tables
from benchmarks.experiments.article import CURVES
from benchmarks.experiments.cells import Cell
from benchmarks.experiments.results import Result
from store.errors import UserError
from store.whole_file import write_whole

PER_PHOTO = "captions per photo"
GRID = (PER_PHOTO, "by heart", "vectors", "sampling", "injection", "size", "optimiser", "weights", "domain")
PICTURES: dict[str, tuple[Sequence[str], Callable[[list[Result]], Figure]]] = {
    "article.png": (tuple(CURVES), plots.article),
    "captions.png": ((PER_PHOTO,), plots.captions_per_photo),
    "grid.png": (GRID, plots.grid),
}
"""What is drawn, of the cells of which questions; a picture of which no cell is done stays as it is."""
BEGIN = "<!-- made by python -m benchmarks.experiments --write: {} -->"
END = "<!-- end of what is made -->"


def blocks(results: Sequence[Result], cells: Sequence[Cell]) -> dict[str, str]:
    """Return what the cells say, done or not, as Markdown: by the name that the page has for each part."""
    found: dict[str, str] = {}
    for name in CURVES:
        chosen = [result for result in results if result.question == name]
        found[name] = tables.articles(name, chosen)
        found[f"{name}, switches"] = tables.switches(name, chosen)
    found["many right answers"] = tables.right_answers(results)
    found["every cell"] = tables.cells(results)
    found["what is named"] = tables.names(results)
    titles = {"captions.png": "losses by captions a photo", "grid.png": "losses of the cells"}
    drawn = [f"![{title}](experiments/{name})" for name, title in titles.items() if _drawn(name, results)]
    found["pictures"] = "\n\n".join(drawn) or "No picture yet: none of these cells is done."
    found["not run yet"] = missing(results, cells)
    return found


def write(page: Path, made: Mapping[str, str], results: Sequence[Result]) -> None:
    """Write the blocks into a page, each between its markers, and the pictures into the folder named like it.

    Raises:
        UserError: the page lacks the markers of a block.
    """
    text = page.read_text(encoding="utf-8")
    for name, block in made.items():
        between = re.compile(f"({re.escape(BEGIN.format(name))}\n).*?(\n{re.escape(END)})", re.DOTALL)
        text, count = between.subn(partial(_between, block), text)
        if count != 1:
            raise UserError(f"{page} has {count} places for {name!r}, and needs one: {BEGIN.format(name)}")
    write_whole(page, text)
    pictures = page.with_suffix("")
    pictures.mkdir(parents=True, exist_ok=True)
    for name, (_, draw) in PICTURES.items():
        if chosen := _drawn(name, results):
            draw(chosen).savefig(pictures / name, dpi=80)


def _drawn(picture: str, results: Sequence[Result]) -> list[Result]:
    """Return the results that a picture shows."""
    questions, _ = PICTURES[picture]
    return [result for result in results if result.question in questions and result.runs]


def _between(block: str, found: re.Match[str]) -> str:
    return f"{found[1]}{block}{found[2]}"


def missing(results: Sequence[Result], cells: Sequence[Cell]) -> str:
    """Return a line that names the cells that are not done yet, with their seeds."""
    done = {(result.name, seed) for result in results for seed in result.runs}
    left: dict[str, list[int]] = {}
    for cell in cells:
        if (cell.name, cell.seed) not in done:
            left.setdefault(cell.name, []).append(cell.seed)
    named = "; ".join(f"{name} (seed {', '.join(map(str, seeds))})" for name, seeds in left.items())
    return f"Not run yet: {named or 'nothing'}."
