"""What the votes of a contest say.

Votes of careless judges, who missed half of the catch pairs or more, count in nothing but in how many they
are; nor do votes that call a pair not fit for people, and those on pairs that are gone.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from judging.contest import VOTES, Contest, Pair, Task, load, load_pairs
from judging.figures.agreement import Share, alpha, careless, prefers_a_side
from judging.figures.plan import FIVE
from judging.figures.preferences import Compared, Proportion, about, compare, wilson
from judging.votes import UNFIT, Vote, read


@dataclass(frozen=True)
class Matched:
    """How many photos' own captions were found among five.

    Args:
        who: people, or a run.
        answers: how many.
        right: the share, with its interval.
        chance: the share by chance.
    """

    who: str
    answers: int
    right: Proportion
    chance: float


@dataclass(frozen=True)
class Report:
    """What is known of a contest.

    Args:
        contest: its name.
        task: `prefer` or `match`.
        pairs: that were drawn and are there, catch pairs not counted.
        votes: that count.
        judges: whose they are.
        careless: judges whose votes do not count.
        unfit: pairs that somebody called not fit for people.
        compared: each system with each other.
        matched: of a match, people and the model on the same fives.
        missed: catch pairs that were missed, of those that were seen, by all judges.
        alpha: Krippendorff's, of pairs that several judged; null where there are none.
        left: the share of votes that chose a side and chose the left, or the first of five.
        side: whether that is more than chance explains.
        longer: how many times as often the longer caption is preferred, where it is twice as long.
        interval_of: what the intervals are about: photos and judges, or those alone that took part.
    """

    contest: str
    task: Task
    pairs: int
    votes: int
    judges: int
    careless: int
    unfit: int
    compared: tuple[Compared, ...]
    matched: tuple[Matched, ...]
    missed: Proportion
    alpha: float | None
    left: Proportion
    side: bool
    longer: Proportion
    interval_of: str


def report(directory: Path) -> Report:
    """Return what the votes of a contest's folder say.

    Raises:
        DamagedFile: a file of it was cut or edited.
    """
    return of(load(directory), load_pairs(directory), read(directory / VOTES))


def of(contest: Contest, pairs: Mapping[str, Pair], votes: Iterable[Vote]) -> Report:
    """Return what votes say."""
    known = [vote for vote in votes if vote.pair in pairs]
    caught = _caught(pairs, known)
    left_out = set(careless(caught))
    heard = [vote for vote in known if vote.judge not in left_out and vote.choice != UNFIT]
    real = [vote for vote in heard if not pairs[vote.pair].catch]
    chosen = [vote for vote in real if vote.choice is not None]
    left = Share(sum(vote.choice == vote.left for vote in chosen), len(chosen))
    compared, longer = compare(contest, pairs, real if contest.task == "prefer" else [])
    return Report(
        contest=contest.name,
        task=contest.task,
        pairs=sum(not pair.catch for pair in pairs.values()),
        votes=len(real),
        judges=len({vote.judge for vote in real}),
        careless=len(left_out),
        unfit=len({vote.pair for vote in known if vote.choice == UNFIT}),
        compared=compared,
        matched=_matched(contest, pairs, real) if contest.task == "match" else (),
        missed=wilson(
            Share(sum(each.count for each in caught.values()), sum(each.of for each in caught.values()))
        ),
        alpha=alpha(_by_pair(real)),
        left=wilson(left),
        side=contest.task == "prefer" and prefers_a_side(left.count, left.of),
        longer=longer,
        interval_of=about([vote.pair for vote in real], [vote.judge for vote in real]),
    )


def _caught(pairs: Mapping[str, Pair], votes: Iterable[Vote]) -> dict[str, Share]:
    """Return the catch pairs that each judge missed, of those seen; to see no difference is to miss it."""
    seen: dict[str, list[bool]] = defaultdict(list)
    for vote in votes:
        if pairs[vote.pair].catch:
            seen[vote.judge].append(vote.choice not in (pairs[vote.pair].known, UNFIT))
    return {judge: Share(sum(missed), len(missed)) for judge, missed in seen.items()}


def _by_pair(votes: Iterable[Vote]) -> list[list[int | None]]:
    found: dict[str, list[int | None]] = defaultdict(list)
    for vote in votes:
        found[vote.pair].append(vote.choice)
    return list(found.values())


def _matched(contest: Contest, pairs: Mapping[str, Pair], votes: Sequence[Vote]) -> tuple[Matched, ...]:
    """Return people's share right, and the model's on the same fives."""
    right = Share(sum(vote.choice == pairs[vote.pair].known for vote in votes), len(votes))
    found = [Matched(contest.systems[0], right.of, wilson(right), 1 / FIVE)]
    asked = {vote.pair for vote in votes} or set(pairs)
    answered = [pair for key, pair in pairs.items() if key in asked and pair.model is not None]
    for run in contest.systems[1:]:
        model = Share(sum(pair.model == pair.known for pair in answered), len(answered))
        found.append(Matched(run, model.of, wilson(model), 1 / FIVE))
    return tuple(found)
