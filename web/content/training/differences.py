"""Figures of runs side by side, for the Training page: their differences, and what seeds have in common."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from store.errors import UserError
from train.evaluation.intervals import Estimate
from train.runs.compare import Comparison, compare
from train.runs.find import BY_PHOTO
from train.runs.seeds import Pooled, over_seeds
from web.content.file_cache import file_version
from web.content.training.comparison import FIGURES
from web.languages import Translator


@dataclass(frozen=True)
class Difference:
    """A difference as text, its interval, and whether that leaves 0 out."""

    value: str
    interval: str
    is_certain: bool


@dataclass(frozen=True)
class Differences:
    """A table of what other runs' figures are less those of one run, on dev.

    Attributes:
        base: the name of that run.
        others: the names of the others.
        rows: of each figure its title, its value of the base, and the differences.
        notes: why figures or runs are left out.
    """

    base: str
    others: list[str]
    rows: list[tuple[str, str, list[Difference]]]
    notes: list[str]


@dataclass(frozen=True)
class OverSeeds:
    """A table of figures on dev of runs that differ by their seed alone.

    Attributes:
        runs: their names, by seed.
        rows: of each figure its title, its mean, and the interval over seeds.
    """

    runs: tuple[str, ...]
    rows: list[tuple[str, str, str]]


def pooled(runs: Sequence[Path], _: Translator) -> list[OverSeeds]:
    """Return a table for each two or more of `runs` that differ by their seed alone."""
    try:
        found = over_seeds(runs, "dev")
    except UserError:  # a damaged file: the page names it beside its run
        return []
    return [OverSeeds(each.runs, list(_pooled_rows(each.figures, _))) for each in found]


def _pooled_rows(found: Mapping[str, Pooled], _: Translator) -> Iterator[tuple[str, str, str]]:
    for name, title in FIGURES.items():
        if name in found:
            figure = found[name]
            interval = "" if figure.low is None else f"{figure.low:,.3f} – {figure.high:,.3f}"
            yield _(title), f"{figure.mean:,.3f}", interval


def differences(runs: Sequence[Path], _: Translator) -> Differences | None:
    """Return how the evaluated ones of `runs` differ from the last of them; None where there are no two."""
    evaluated = [run for run in runs if (run / BY_PHOTO).is_file()]
    if len(evaluated) < 2:
        return None
    *others, base = evaluated
    found, notes = {}, []
    for run in others:
        try:
            found[run.name] = _compared(base, run, _version(base, run))
        except UserError as error:
            notes.append(f"{run.name}: {error}")
    for reason in dict.fromkeys(reason for each in found.values() for reason in each.left_out):
        notes.append(_("Some figures are not compared: of these runs, {reason}.", reason=_(reason)))
    met = dict.fromkeys(name for each in found.values() if each.left_out for name in each.lower_bounds)
    if met:
        notes.append(
            _(
                "Lower bounds per caption and per character, as <UNK> costs less than its word: {runs}",
                runs=", ".join(met),
            )
        )
    return Differences(base.name, list(found), list(_rows(found, _)), notes)


@lru_cache(200)
def _compared(base: Path, run: Path, version: object) -> Comparison:
    # `version` changes with the files, and so makes lru_cache read them again.
    return compare([base, run])


def _version(*runs: Path) -> object:
    names = (BY_PHOTO, "model/config.json", "model/vocabulary.json")
    return file_version(*(run / name for run in runs for name in names))


def _rows(found: dict[str, Comparison], _: Translator) -> list[tuple[str, str, list[Difference]]]:
    """Return a row for each figure that the base has."""
    if not found:
        return []
    figures = next(iter(found.values())).figures
    return [
        (_(title), f"{value:,.3f}", [_cell(each.others[name][figure]) for name, each in found.items()])
        for figure, title in FIGURES.items()
        if figure in figures and (value := figures[figure].value) is not None
    ]


def _cell(found: Estimate) -> Difference:
    if found.value is None:
        return Difference("–", "", False)
    if found.low is None or found.high is None:
        return Difference(f"{found.value:+.3f}", "", False)
    is_certain = found.low > 0 or found.high < 0
    return Difference(f"{found.value:+.3f}", f"{found.low:+.3f} – {found.high:+.3f}", is_certain)
