"""Which run speaks for a pipeline, where somebody wants a model: never just the newest one.

The one that is named; else the pinned one; else the best on dev of those that the pipeline's own settings
made. A run's loss says nothing beside that of a run with other tokens or other vectors, so such a run is
never the best: it has to be named or pinned.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from store.errors import MissingStage, UserError
from store.place import Place
from train.lineage.candidates import Candidate, candidates, known
from train.lineage.wanted import Wanted
from train.options import TrainOptions
from train.runs.find import complete, named
from train.runs.identity import INCIDENTAL
from train.runs.names import Names

Why = Literal["named", "set", "pinned", "own", "alike"]
"""Named by `--run`; named by `--set train.*`; pinned; the best of the pipeline's own settings; the best of
those with its data and vectors, where none has its settings of training, or where these are not known."""
COMPARED = {"vectors", "max_tokens"}
"""The settings of training without which two losses on dev are not of the same thing."""
FREE = tuple(f"train.{name}" for name in TrainOptions.model_fields if name not in COMPARED)
SHOWN = 3
"""Runs that a message names."""


@dataclass(frozen=True)
class Chosen:
    """A run, and why it was chosen.

    Args:
        among: how many runs it is the best of; 1 where it was not compared.
        loss: its loss on dev, nats per token, of known ones if that is known; None without a dev split.
    """

    run: Path
    why: Why
    among: int = 1
    loss: float | None = None

    def __str__(self) -> str:
        told = {
            "named": "named by --run",
            "set": "the run of these settings",
            "pinned": "pinned",
            "own": "of the pipeline's own settings",
            "alike": "of the pipeline's data and vectors; none has its settings of training",
        }[self.why]
        best_of = f"the best on dev of {self.among} " if self.among > 1 else ""
        return f"{self.run.name} ({best_of}{told})"


def choose(wanted: Wanted, name: str | None = None, *, ignoring_pin: bool = False) -> Chosen:
    """Return the run that speaks for a pipeline.

    Args:
        name: as `--run` gives it: of its folder, or the one that somebody gave it.
        ignoring_pin: choose as if no run were pinned.

    Raises:
        MissingStage: no run is complete.
        UserError: no run has that name; none has the settings that `--set train.*` gives; or none has the
            pipeline's data and vectors, and none is pinned.
    """
    runs = wanted.place.runs
    if not complete(runs):
        raise MissingStage(runs, wanted.command("train"))
    if name is not None:
        return Chosen(named(runs, name), "named")
    found = candidates(wanted)
    if _sets_a_run(wanted):
        return _of_these_settings(wanted, found)
    if not ignoring_pin and (pinned := _pinned(wanted, found)) is not None:
        return Chosen(pinned.run, "pinned", loss=pinned.loss)
    alike = [one for one in found if not _decisive(one)]
    own = [one for one in alike if all(each.name == "train.seed" for each in one.differ)]
    if not alike:
        raise UserError(_none_alike(wanted, found))
    return _best(own or alike, "own" if own else "alike")


def choose_by_data(place: Place) -> Chosen:
    """Return the run that speaks for a pipeline whose settings nobody knows: one that is in no config file.

    The pinned one; else the best on dev of those that learned from the dataset that is there, or else of all.
    Those that saw photos come before those that saw random vectors.

    Raises:
        MissingStage: no run is complete.
    """
    found = known(place)
    if not found:
        raise MissingStage(place.runs, place.command("train"))
    name = Names.load(place.directory).pinned
    if pinned := next((one for one in found if one.run.name == name), None):
        return Chosen(pinned.run, "pinned", loss=pinned.loss)
    return _best([one for one in found if not one.is_blind] or found, "alike")


def _sets_a_run(wanted: Wanted) -> bool:
    """Tell whether `--set` gave settings of training that another run would follow from."""
    names = (override.partition("=")[0] for override in wanted.overrides)
    return any(name.startswith("train.") and name.removeprefix("train.") not in INCIDENTAL for name in names)


def _of_these_settings(wanted: Wanted, found: Sequence[Candidate]) -> Chosen:
    """Return the run that the settings make, as it is trained; of several datasets of theirs the present."""
    same = [one for one in found if not one.differ]
    if not same:
        sets = " ".join(override for override in wanted.overrides if override.startswith("train."))
        raise UserError(
            f"No run of {wanted.place.name} was trained with {sets}. Train it: {wanted.command('train')}. "
            f"Or leave it out: {wanted.place.command('runs list')} says which runs there are"
        )
    return replace(_best(same, "set"), among=1)


def _pinned(wanted: Wanted, found: Sequence[Candidate]) -> Candidate | None:
    """Return the pinned run, unless `--set` asks for other data or vectors than it has."""
    name = Names.load(wanted.place.directory).pinned
    pinned = next((one for one in found if one.run.name == name), None)
    asked = {override.partition("=")[0] for override in wanted.overrides}
    if pinned and asked & {each.name for each in pinned.differ}:
        return None
    return pinned


def _best(found: Sequence[Candidate], why: Why) -> Chosen:
    """Return the run with the lowest loss on dev: of the dataset that is there, if any is.

    Without a dev split the name decides, so that it is always the same one.
    """
    present = [one for one in found if one.is_of_dataset] or found
    chosen = min(present, key=lambda one: (one.loss is None, one.loss or 0.0, one.run.name))
    return Chosen(chosen.run, why, len(present), chosen.loss)


def _decisive(one: Candidate) -> list[str]:
    """Return the names of the settings by which a run cannot be compared with the pipeline's."""
    return [each.name for each in one.differ if each.name not in FREE]


def _none_alike(wanted: Wanted, found: Sequence[Candidate]) -> str:
    # The most alike tell most; of these the newest, which is likely the one that somebody has just trained.
    newest_first = list(reversed(found))
    nearest = sorted(newest_first, key=lambda one: len(_decisive(one)))[:SHOWN]
    names = {one.run.name: ", ".join(_decisive(one)) for one in nearest}
    told = [f"{run} has another {other}" for run, other in names.items()]
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    pin = wanted.place.command("runs pin", "RUN")
    return (
        f"No run of {wanted.place.name} has its data and vectors: {'; '.join(told)}{more}. "
        f"Train one: {wanted.command('train')}. Or name one by --run, or pin one: {pin}"
    )
