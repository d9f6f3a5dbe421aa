"""Makes a contest: writes down what is compared, and the pairs that are drawn for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from judging.contest import (
    PEOPLE,
    VOTES,
    Contest,
    Pair,
    Task,
    begin,
    new_secret,
    write,
    write_pairs,
)
from judging.drawing import matching, pairs
from judging.drawing.systems import Model, Written, draw, of_people
from judging.drawing.unfit import Unfit
from judging.listed import editing
from store.errors import UsageError, UserError
from store.place import Place


@dataclass(frozen=True)
class Wanted:
    """What a contest is to compare.

    Args:
        runs: folders of runs; in a match, one that answers, too, or none.
        strategies: each run writes with each of them.
        people: people's captions take part.
        photos: the split.
        n: how many pairs.
        seed: of the drawing, and of samples.
        unfit: what is kept from judges.
    """

    task: Task = "prefer"
    runs: Sequence[Path] = ()
    strategies: Sequence[str] = ("sample",)
    people: bool = True
    photos: Literal["train", "dev"] = "dev"
    n: int = 200
    seed: int = 0
    unfit: Unfit = field(default_factory=Unfit)


def new(place: Place, name: str, wanted: Wanted, keys: Mapping[str, str]) -> Contest:
    """Draw the pairs of a contest and write it down; return it.

    Args:
        keys: as `Contest.keys` has them.

    Raises:
        UsageError: it is no name, or there is nothing to compare.
        UserError: there is such a contest, or too few photos have captions that judges may see.
        MissingStage: the dataset, a run's model or its vectors are not there.
    """
    directory = begin(place, name)
    people = of_people(place, wanted.photos, wanted.unfit)
    photos = pairs.shuffled(sorted(people), wanted.seed)
    drawing = _fives if wanted.task == "match" else _preferences
    drawn, systems = drawing(place, wanted, people, photos)
    contest = Contest(
        name=name,
        task=wanted.task,
        systems=tuple(systems),
        photos=wanted.photos,
        seed=wanted.seed,
        pairs=sum(not pair.catch for pair in drawn),
        left_out=dict(sorted(wanted.unfit.left_out.items())),
        secret=new_secret(),
        sha256=write_pairs(directory, drawn),
        keys=dict(keys),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    with editing(directory / VOTES):  # a list of no votes: where there is none, it was lost
        pass
    write(directory, contest)
    return contest


def _preferences(
    place: Place, wanted: Wanted, people: Mapping[str, Sequence[Written]], photos: Sequence[str]
) -> tuple[list[Pair], list[str]]:
    """Return pairs of two captions with catch pairs, and who is compared."""
    models = [
        Model(place, run, strategy, wanted.seed) for run in wanted.runs for strategy in wanted.strategies
    ]
    names = [PEOPLE] * wanted.people + [model.name for model in models]
    if len(names) < 2 or len(set(names)) < len(names):
        raise UsageError(
            f"A contest compares two or more that differ, not {', '.join(names) or 'nothing'}. Name runs, "
            "strategies, or people: --runs RUN RUN --strategies sample beam --people"
        )
    for model in models:
        photos = model.seen(photos)
    # Some captions are not fit, and some pairs are equal, so that more photos are needed than pairs.
    some = photos[: 2 * wanted.n + 50]
    written = {PEOPLE: draw(people, some, wanted.seed)} if wanted.people else {}
    written |= {model.name: model.write(some, wanted.unfit) for model in models}
    drawn, equal = pairs.draw(written, some, wanted.n, wanted.seed)
    if not drawn:
        raise UserError(
            f"No photo of {wanted.photos} has captions of two of {', '.join(names)} that differ and that "
            f"judges may see: {len(photos)} photos have a vector and a caption. Crawl more, or forbid less"
        )
    wanted.unfit.left_out["equal"] += equal
    taken = {pair.sha256 for pair in drawn}
    free = [sha256 for sha256 in photos if sha256 not in taken] or list(photos)
    return drawn + pairs.catch(people, free, len(drawn), wanted.seed), names


def _fives(
    place: Place, wanted: Wanted, people: Mapping[str, Sequence[Written]], photos: Sequence[str]
) -> tuple[list[Pair], list[str]]:
    """Return photos with five captions, what the run's model chose, and who answers."""
    if len(wanted.runs) > 1:
        raise UsageError(
            f"One run at most answers beside people, not {len(wanted.runs)}. Name one: --runs RUN"
        )
    chosen = {sha256: [one] for sha256, one in draw(people, photos, wanted.seed).items()}
    drawn = pairs.fives(chosen, photos, wanted.n, wanted.seed)
    tokens = {(sha256, one.caption.text): one.tokens for sha256, (one,) in chosen.items()}
    for run in wanted.runs:
        drawn = matching.choices(place, run, drawn, tokens)
    return drawn, [PEOPLE, *(run.name for run in wanted.runs)]
