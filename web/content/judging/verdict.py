"""What the votes of a contest say, in sentences and as a picture."""

from markupsafe import Markup, escape

from judging.figures.preferences import Compared, Proportion
from judging.report import Report
from web.languages import Message, Translator

WIDTH, ROW, LEFT, RIGHT, TOP, BOTTOM = 720, 62, 24, 24, 16, 40


def said(compared: Compared) -> Message:
    """Return what may be said of two systems; who is preferred comes first."""
    share, one, other = compared.preferred, compared.one, compared.other
    if (share.share or 0) < 0.5:
        share, one, other = _turned(share), other, one
    values = {
        "one": one,
        "other": other,
        "share": _percent(share.share),
        "low": _percent(share.low),
        "high": _percent(share.high),
        "pairs": compared.pairs,
        "count": compared.votes,
        "neither": compared.neither,
    }
    if share.low is None:
        return Message("{one} and {other} are not told apart: too few photos or judges yet.", values)
    if compared.told_apart:
        text = "People preferred {one} to {other} in {share} ({low}–{high}) of the votes that chose: {count} votes on {pairs} pairs, {neither} of them for neither."  # noqa: E501
        return Message(text, values)
    text = "{one} and {other} are not told apart: {share} ({low}–{high}) of the votes that chose were for {one}. {count} votes on {pairs} pairs, {neither} of them for neither."  # noqa: E501
    return Message(text, values)


def _turned(share: Proportion) -> Proportion:
    values = (None if each is None else 1 - each for each in (share.share, share.high, share.low))
    return Proportion(*values)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def picture(report: Report, say: Translator) -> Markup | None:
    """Return the shares with their intervals as a chart from 0 to 100%; None where there is no vote."""
    rows = [
        (f"{each.one} – {each.other}: {say(name)}", share)
        for each in report.compared
        for name, share in ((VOTED, each.preferred), (EQUAL, each.adjusted))
    ]
    rows += [(each.who, each.right) for each in report.matched]
    rows = [(name, share) for name, share in rows if share.share is not None]
    if not rows:
        return None
    chance = report.matched[0].chance if report.matched else 0.5
    height = TOP + ROW * len(rows) + BOTTOM
    parts = [_axis(height, chance)]
    parts += [_interval(TOP + ROW * number, name, share) for number, (name, share) in enumerate(rows)]
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, height, say(TITLE), Markup("").join(parts)
    )


VOTED, EQUAL = Message("as voted"), Message("at equal length")
TITLE = Message("Shares of the votes, with their 95% intervals")


def _across(share: float) -> float:
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _axis(height: int, chance: float) -> Markup:
    lines = [
        Markup('<path class="grid" d="M{x:.1f} {top}V{bottom}"/><text class="tick" x="{x:.1f}" y="{y}" '
               'text-anchor="middle">{label}</text>').format(
            x=_across(share), top=TOP, bottom=height - BOTTOM, y=height - 12, label=f"{share:.0%}"
        )
        for share in (0, 0.25, 0.5, 0.75, 1)
    ]  # fmt: skip
    middle = Markup('<path class="reference" d="M{:.1f} {}V{}"/>').format(
        _across(chance), TOP, height - BOTTOM
    )
    return Markup("").join([*lines, middle])


def _interval(top: int, name: str, share: Proportion) -> Markup:
    text = f"{_percent(share.share)} ({_percent(share.low)}–{_percent(share.high)})"
    y = top + 42
    line = Markup("")
    if share.low is not None and share.high is not None:
        line = Markup('<path class="line s1" d="M{:.1f} {}H{:.1f}"/>').format(
            _across(share.low), y, _across(share.high)
        )
    return Markup(
        '<text class="axis" x="{}" y="{}">{}</text>{}<circle class="dot s1" cx="{:.1f}" cy="{}" r="6">'
        "<title>{}</title></circle>"
    ).format(LEFT, top + 20, escape(f"{name}  {text}"), line, _across(share.share or 0), y, text)
