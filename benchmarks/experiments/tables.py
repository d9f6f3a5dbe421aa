"""The tables of docs/experiments.md, as Markdown."""

from collections.abc import Sequence
from statistics import mean

from benchmarks.experiments.article import CURVES, curve
from benchmarks.experiments.comparisons import dev_minus, learned_minus
from benchmarks.experiments.results import COLUMNS, Result, spread
from train.evaluation.figures import interval


def articles(name: str, results: Sequence[Result]) -> str:
    """Return the article's values of one of its runs, and those of its cells in the same unit by epoch."""
    theirs = CURVES[name]
    rows = [["the article", *(f"{loss:.3f}" for loss in theirs.losses), ""]]
    for result in results:
        values = curve(result, theirs.epochs)
        share = sum(values[-1]) / len(values[-1]) / theirs.losses[-1] if values[-1] else None
        last = "–" if share is None else f"{share:.2f}"
        rows.append([result.title, *map(spread, values), last])
    return _table([f"{name}, epoch", *map(str, theirs.epochs), "last : the article's"], rows)


def switches(name: str, results: Sequence[Result]) -> str:
    """Return what each switch of the published code does to one of the article's runs."""
    main = next((result for result in results if result.name == name), None)
    rows = []
    for result in results:
        apart = learned_minus(result, main) if main and result is not main else None
        rows.append([
            result.title,
            _seeds(result),
            spread(list(result.learned.values())),
            "" if apart is None else str(apart),
            spread(result.values("dev")),
            spread(result.values("names")),
        ])  # fmt: skip
    heads = ["nats per token", "seeds", "learned", "− main line [95%]", "dev, known tokens", "names"]
    return _table([f"{name}, {heads[0]}", *heads[1:]], rows)


def right_answers(results: Sequence[Result]) -> str:
    """Return what 15 captions of a photo cost beside one, as many captions in all."""
    by_name = {result.name: result for result in results if result.question == "many right answers"}
    rows = []
    for name, many in by_name.items():
        one = by_name.get(name.replace("15 a photo", "1 a photo"))
        if not name.startswith("15 a photo") or one is None:
            continue
        found = [
            learned_minus(many, one),
            dev_minus(many, one, "nll_known"),
            dev_minus(many, one, "names"),
        ]
        cells = ["–" if each is None else str(each) for each in found]
        title = name.removeprefix("15 a photo, ")
        rows.append([title, _seeds(many, one), spread(many.values("by heart")), *cells])
    heads = ["15 a photo − 1 a photo [95%]", "seeds", "by counting", "learned", "dev, known tokens", "names"]
    return _table(heads, rows)


def cells(results: Sequence[Result]) -> str:
    """Return every cell; several seeds as their mean ± half of their range."""
    rows = []
    for result in results:
        by_column = {column: spread(result.values(column)) for column in COLUMNS}
        rows.append([
            result.name,
            _seeds(result),
            spread(list(result.learned.values())),
            *by_column.values(),
            f"{mean(result.minutes):.1f}" if result.runs else "–",
        ])  # fmt: skip
    return _table(["cell", "seeds", "learned", *COLUMNS, "CPU min"], rows)


def names(results: Sequence[Result]) -> str:
    """Return how often each cell's first run names what is in a dev photo, with its interval over photos."""
    rows = []
    for result in filter(lambda result: result.runs, results):
        seed, run = next(iter(result.runs.items()))
        dev = run["evaluation"]["dev"]
        if dev.get("names") is not None:
            found = interval((dev.get("intervals") or {}).get("names"))
            rows.append([result.name, str(seed), f"{dev['names']:.3f}", found, str(dev["captioned"])])
    return _table(["names what is there", "seed", "share", "95%", "photos"], rows)


def _seeds(*results: Result) -> str:
    """Return how many seeds are done, of all of the cells."""
    common = set.intersection(*(set(result.runs) for result in results))
    return str(len(common)) if common else "not run yet"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
