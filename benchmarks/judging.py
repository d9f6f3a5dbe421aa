"""What a contest's report is worth: in how many contests it is right, where the truth is known.

    python -m benchmarks.judging [--repeats 400]

Votes are drawn here, by code that the report does not share. Expected: 95% intervals hold the true difference
in 95 ± 3% of the contests, at true differences of 0, 0.4 and 1.0 with 28% of the votes for neither, and where
photos and judges differ, too; what is told apart has the right order in 95%; where judges like length, the
order at equal length is right; judges who prefer a side, and careless ones, are found at the printed rates.
"""

import argparse
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

import numpy as np

from demo.captions.jokes import caption
from demo.captions.said import said
from demo.scenes import scene
from demo.taste.judges import judged
from judging.contest import Caption, Contest, Pair
from judging.figures.agreement import Share, careless
from judging.figures.preferences import compare
from judging.report import Report, of
from judging.votes import Vote

VOTES, PHOTOS, JUDGES, TIES = 300, 150, 20, 0.28
NOW = datetime(2026, 11, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Truth:
    """What votes are drawn from.

    Args:
        difference: by how much the first system is better, in the logarithm of odds.
        photos, judges: standard deviations of that between photos and between judges.
        length: what a caption gains per difference of lengths over their sum; the second's are longer then.
        left: what the left gains.
    """

    difference: float = 0.0
    photos: float = 0.0
    judges: float = 0.0
    length: float = 0.0
    left: float = 0.0


def share_of_first(truth: Truth) -> float:
    """Return the share of the first among votes that choose, over all photos and judges."""
    spread = math.hypot(truth.photos, truth.judges)
    gain = truth.difference + spread * np.random.default_rng(0).standard_normal(1_000_000 if spread else 1)
    wins, losses = np.exp(gain / 2), np.exp(-gain / 2)
    total = wins + losses + neither_at(truth.difference)
    won, lost = float((wins / total).mean()), float((losses / total).mean())
    return won / (won + lost)


def neither_at(difference: float) -> float:
    """Return the weight of neither beside exp(± d / 2) that gives it its share of the votes."""
    return TIES / (1 - TIES) * 2 * math.cosh(difference / 2)


def contest() -> Contest:
    """Return a contest of two systems that lies nowhere."""
    fixed = {"photos": "dev", "seed": 0, "pairs": PHOTOS, "left_out": {}, "sha256": "", "keys": {}}
    return Contest.model_validate(
        {"name": "drawn", "task": "prefer", "systems": ("a", "b"), "secret": "", "created": "", **fixed}
    )


def drawn(truth: Truth, generator: np.random.Generator) -> tuple[dict[str, Pair], list[Vote]]:
    """Return the pairs of a contest and its votes."""
    lengths = np.full((PHOTOS, 2), 10)
    if truth.length:
        lengths = generator.integers(6, 18, (PHOTOS, 2)) + np.array([0, 8])
    pairs = {
        f"p{number}": Pair(
            f"p{number}",
            f"{number:064x}",
            (Caption("a", "", "あ" * int(a)), Caption("b", "", "い" * int(b))),
        )
        for number, (a, b) in enumerate(lengths)
    }
    of_photo = truth.photos * generator.standard_normal(PHOTOS)
    of_judge = truth.judges * generator.standard_normal(JUDGES)
    votes = []
    for number in range(VOTES):
        photo, judge, left = number % PHOTOS, int(generator.integers(JUDGES)), int(generator.integers(2))
        a, b = (int(each) for each in lengths[photo])
        gain = truth.difference + of_photo[photo] + of_judge[judge] + truth.length * (a - b) / (a + b)
        gain += truth.left * (1 if left == 0 else -1)
        weights = np.array([math.exp(gain / 2), math.exp(-gain / 2), neither_at(truth.difference)])
        drawn_choice = int(generator.choice(3, p=weights / weights.sum()))
        choice = None if drawn_choice == 2 else drawn_choice
        votes.append(Vote(f"p{photo}", f"j{judge}", choice, left, NOW))
    return pairs, votes


def reports(truth: Truth, repeats: int, seed: int) -> Iterator[Report]:
    """Yield the reports of so many contests."""
    generator = np.random.default_rng(seed)
    made = contest()
    for _ in range(repeats):
        yield of(made, *drawn(truth, generator))


def share(flags: Sequence[bool]) -> str:
    """Return a share with its standard error."""
    value = sum(flags) / len(flags) if flags else math.nan
    error = math.sqrt(value * (1 - value) / len(flags)) if flags else math.nan
    return f"{value:6.1%} ± {error:.1%} of {len(flags)}"


def coverage(truth: Truth, repeats: int) -> str:
    """Return in how many contests the interval holds the true share."""
    true = share_of_first(truth)
    generator, held = np.random.default_rng(1), []
    for _ in range(repeats):
        pairs, votes = drawn(truth, generator)
        found = compare(contest(), pairs, votes)[0][0].preferred
        held.append(bool(found.low and found.high and found.low <= true <= found.high))
    return share(held)


def by_taste(repeats: int) -> str:
    """Return in how many of the contests that tell two apart the better one is ahead, by the site's taste.

    Of one system's captions 0.6 are written for their photo, of the other's 0.3; those who vote are of the
    circles that look at such a photo, and prefer the caption with more points: each point doubles the odds.
    """
    right = []
    for repeat in range(repeats):
        random, made, votes = Random(repeat), {}, []
        for number in range(VOTES):
            here = scene(repeat, number)
            texts = [
                caption(here if random.random() < own else scene(repeat, VOTES + number), random)
                for own in (0.6, 0.3)
            ]
            chance = random.random()
            gain = [judged(said(tree), here.contents, chance) for tree in texts]
            odds = [2.0 ** ((gain[0] - gain[1]) / 2), 2.0 ** ((gain[1] - gain[0]) / 2), neither_at(0)]
            choice = random.choices([0, 1, None], odds)[0]
            key, photo = f"p{number}", f"{number:064x}"
            two = (Caption("a", photo, texts[0].text), Caption("b", photo, texts[1].text))
            made[key] = Pair(key, photo, two)
            votes.append(Vote(key, f"j{number % JUDGES}", choice, 0, NOW))
        found = of(contest(), made, votes).compared[0]
        if found.told_apart:
            right.append((found.preferred.share or 0) > 0.5)
    return f"{share(right)} told apart"


def right_order(truth: Truth, repeats: int) -> str:
    """Return in how many of the contests that tell two apart the better one is the better one."""
    found = [report.compared[0] for report in reports(truth, repeats, 2)]
    told = [(one.preferred.share or 0) > 0.5 for one in found if one.told_apart]
    return f"{share(told)} told apart"


def by_length(repeats: int) -> tuple[str, str]:
    """Return how often the better one is ahead as voted, and at equal length, where judges like length."""
    truth = Truth(difference=0.4, length=4.0)
    found = [report.compared[0] for report in reports(truth, repeats, 3)]
    raw = share([(one.preferred.share or 0) > 0.5 for one in found])
    return raw, share([(one.adjusted.share or 0) > 0.5 for one in found])


def side(left: float, repeats: int) -> str:
    """Return in how many contests a preference for the left is named."""
    return share([report.side for report in reports(Truth(left=left), repeats, 4)])


def careless_found(miss: float, seen: int, repeats: int) -> str:
    """Return how often a judge is named who misses each catch pair by this chance."""
    generator = np.random.default_rng(5)
    missed = generator.binomial(seen, miss, repeats)
    return share([bool(careless({"j": Share(int(count), seen)})) for count in missed])


def main() -> None:
    """Print each rate."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=400)
    repeats = parser.parse_args().repeats
    print(f"{VOTES} votes on {PHOTOS} photos by {JUDGES} judges, {TIES:.0%} for neither, {repeats} contests")
    for name, rate in rates(repeats):
        print(f"{name:<52} {rate}", flush=True)


def rates(repeats: int) -> Iterator[tuple[str, str]]:
    """Yield each rate with its name."""
    for difference in (0.0, 0.4, 1.0):
        yield f"interval holds {difference:.1f}", coverage(Truth(difference), repeats)
    yield "interval holds 0.4, judges differ", coverage(Truth(0.4, judges=0.5), repeats)
    yield "interval holds 0.4, photos differ", coverage(Truth(0.4, photos=0.7), repeats)
    yield "interval holds 0.4, both differ", coverage(Truth(0.4, 0.7, 0.5), repeats)
    yield "told apart, right order, 0.4", right_order(Truth(0.4), repeats)
    yield "told apart, right order, by the site's taste", by_taste(repeats // 4)
    raw, adjusted = by_length(repeats // 4)
    yield "better one ahead as voted, judges like length", raw
    yield "better one ahead at equal length", adjusted
    for gain in (0.0, 0.4, 0.8):
        yield f"side named where the left gains {gain:.1f}", side(gain, repeats)
    for miss in (0.05, 2 / 3):
        for seen in (4, 8, 20):
            found = careless_found(miss, seen, 100_000)
            yield f"careless named, who misses {miss:.0%} of {seen} catch pairs", found


if __name__ == "__main__":
    main()
