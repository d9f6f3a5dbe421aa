"""A report as a terminal shows it."""

from collections.abc import Iterator

from judging.figures.plan import Planned
from judging.figures.preferences import Proportion
from judging.report import Report

_WIDTH = 41
"""Characters of an interval's picture, from 0 to 100%."""


def told(report: Report) -> str:
    """Return the report in lines: what may be said, a table with a picture, what the votes are worth."""
    return "\n".join([*_head(report), *_preferences(report), *_matches(report), *_worth(report)])


def _head(report: Report) -> Iterator[str]:
    votes, judges = f"{report.votes:,} votes", f"{report.judges:,} judges"
    yield f"contest {report.contest}: {votes} by {judges} on {report.pairs:,} pairs"
    if not report.votes and not report.careless:
        yield "nobody has voted yet"


def _preferences(report: Report) -> Iterator[str]:
    for each in report.compared:
        yield ""
        yield each.sentence
        yield _row("preferred", each.preferred, 0.5)
        yield _row("at equal length", each.adjusted, 0.5)
        if each.told_apart != each.adjusted_told_apart or _opposed(each.preferred, each.adjusted):
            yield "  length explains some of it: at equal length something else holds"


def _opposed(raw: Proportion, adjusted: Proportion) -> bool:
    return ((raw.share or 0.5) - 0.5) * ((adjusted.share or 0.5) - 0.5) < 0


def _matches(report: Report) -> Iterator[str]:
    if report.matched:
        yield ""
        yield f"the photo's own caption found among five (by chance {report.matched[0].chance:.0%}):"
    for each in report.matched:
        yield _row(f"{each.who}, {each.answers:,} answers", each.right, each.chance)


def _row(name: str, share: Proportion, middle: float) -> str:
    return f"  {name:<26} {percent(share):<16} {picture(share, middle)}"


def percent(share: Proportion) -> str:
    """Return a share with its interval, as "63% (57–69)"."""
    if share.share is None:
        return "–"
    if share.low is None or share.high is None:
        return f"{share.share:.0%} (?)"
    return f"{share.share:.0%} ({100 * share.low:.0f}–{100 * share.high:.0f})"


def picture(share: Proportion, middle: float) -> str:
    """Return the interval as a line from 0 to 100%: [ to ], with o for the share and | for the middle."""
    line = ["·"] * _WIDTH

    def place(value: float) -> int:
        return round(value * (_WIDTH - 1))

    if share.low is not None and share.high is not None:
        low, high = place(share.low), place(share.high)
        line[low : high + 1] = ["="] * (high - low + 1)
        line[low], line[high] = "[", "]"
    line[place(middle)] = "|"
    if share.share is not None:
        line[place(share.share)] = "o"
    return "".join(line)


def _worth(report: Report) -> Iterator[str]:
    if not report.votes and not report.careless:
        return
    yield ""
    yield f"intervals are about {report.interval_of}"
    if report.missed.share is not None:
        yield f"catch pairs missed: {percent(report.missed)}; judges that do not count: {report.careless}"
    if report.alpha is not None:
        yield f"agreement where several judged a pair (Krippendorff's alpha): {report.alpha:.2f}"
    if report.task == "prefer" and report.left.share is not None:
        verdict = "more than chance explains" if report.side else "as chance has it"
        yield f"votes for the left: {percent(report.left)}, {verdict}"
    if report.longer.share is not None and report.longer.low is not None and report.longer.high is not None:
        times = f"{report.longer.share:.2f} ({report.longer.low:.2f}–{report.longer.high:.2f})"
        yield f"a caption twice as long is preferred {times} times as often"
    if report.unfit:
        yield f"pairs that somebody called not fit for people: {report.unfit}"


def planned(plan: list[Planned]) -> str:
    """Return a plan as a table."""
    (chance,) = {each.chance for each in plan}
    rows = [f"  {each.share:>5.0%} {each.votes:>10,}" for each in plan]
    return "\n".join([f"  share      votes to tell it from {chance:.0%}", *rows])
