"""Contests made by hand, and votes in them."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from judging.contest import PEOPLE, Caption, Contest, Pair
from judging.votes import Vote

MODEL = "run-1 sample"
SINCE = datetime(2026, 11, 30, tzinfo=UTC)


def contest(*systems: str, task: str = "prefer") -> Contest:
    """Return a contest that lies nowhere."""
    return Contest(
        name="made",
        task=task,
        systems=systems or (PEOPLE, MODEL),
        photos="dev",
        seed=0,
        pairs=0,
        left_out={},
        secret="ab" * 32,
        sha256="",
        keys={},
        created=SINCE.isoformat(),
    )


def pair(
    number: int, one: str = PEOPLE, other: str = MODEL, texts: tuple[str, str] = ("あああ", "いいい")
) -> Pair:
    """Return a pair of two captions for photo number `number`."""
    sha256 = f"{number:064x}"
    return Pair(f"p{number}", sha256, (Caption(one, sha256, texts[0]), Caption(other, sha256, texts[1])))


def catch(number: int) -> Pair:
    """Return a catch pair, whose first caption is right."""
    made = pair(number, PEOPLE, "")
    return Pair(f"c{number}", made.sha256, made.captions, known=0, catch=True)


def five(number: int, model: int | None = None) -> Pair:
    """Return a photo with five captions, of which the first is right."""
    sha256 = f"{number:064x}"
    captions = tuple(Caption(PEOPLE, f"{number + k:064x}", f"caption {number + k}") for k in range(5))
    return Pair(f"p{number}", sha256, captions, known=0, model=model)


def by_key(*pairs: Pair) -> dict[str, Pair]:
    """Return pairs as a contest holds them."""
    return {each.key: each for each in pairs}


def votes(cast: Iterable[tuple[str, str, int | None]], left: int = 0) -> Iterator[Vote]:
    """Yield votes from tuples of pair, judge and choice, a second apart."""
    for number, (key, judge, choice) in enumerate(cast):
        yield Vote(key, judge, choice, left, SINCE + timedelta(seconds=number))
