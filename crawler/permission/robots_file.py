"""robots.txt as its author meant it (RFC 9309): which group is ours, its rules, its word on training."""

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from protego import Protego

from crawler.permission.optouts import ROBOT, product_token
from crawler.permission.path_pattern import matches, path_of
from crawler.permission.signals import AI_CRAWLERS, PREFERENCES, refusal, speaks_of_training

MAX_BYTES = 2**20
"""What is read of a robots.txt: RFC 9309 asks for 500 KiB at least."""

_MARKS = {
    codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF32_LE: "utf-32-le", codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be",
}  # fmt: skip
_AGENT = re.compile(r"user[- ]?agent\s*(?::|\s)\s*(.*)", re.I)
_ENDS_AGENTS = re.compile(r"(?:allow|disallow|dissallow|dissalow|disalow|diasllow|disallaw)\b", re.I)
"""The rules, as Protego and Google's parser take them, with the slips of the pen that they forgive."""
_PREFERENCE = re.compile(rf"({'|'.join(PREFERENCES)})\s*:\s*(?:([/*]\S*)\s+)?(.*)", re.I)
_DISALLOW = re.compile(r"di\w+\s*[:\s]\s*(\S.*)", re.I)


def text_of(body: bytes) -> str:
    """Return the text of a robots.txt: UTF-8, or what its byte-order mark or its zero bytes show it to be.

    A line that the limit on size cuts is left out: `Allow: /private` must not become `Allow: /`.
    """
    if len(body) > MAX_BYTES:
        body = body[:MAX_BYTES]
        body = body[: max(body.rfind(b"\n"), body.rfind(b"\r")) + 1]
    mark = next((mark for mark in _MARKS if body.startswith(mark)), b"")
    encoding = _MARKS.get(mark, "utf-8")
    if not mark and len(body) > 3 and 0 in body[:2]:
        encoding = "utf-16-be" if body[0] == 0 else "utf-16-le"
    text = body[len(mark) :].decode(encoding, "replace")
    return text.replace("\ufeff", "").replace("\x00", "")


@dataclass(frozen=True)
class _Group:
    """Robots that are named together, and the lines that follow, without comments."""

    robots: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class RobotsFile:
    """One robots.txt, for one robot.

    Args:
        rules: what Protego makes of the lines of our group alone.
        lines: those lines: equal groups are joined; the group `*` where none names us.
        ai_crawlers: which robots that gather for AI have a group of their own, with the rules of each.
    """

    rules: Protego
    lines: tuple[str, ...]
    ai_crawlers: dict[str, Protego]

    @classmethod
    def parse(cls, body: bytes | str, robot: str = ROBOT) -> "RobotsFile":
        """Return what a file says to a robot, whose product token is given in lower case."""
        groups = list(_groups(body if isinstance(body, str) else text_of(body)))
        named = {name for group in groups for name in group.robots}
        name = robot if robot in named else "*"
        ai = {other: _rules(_lines(groups, other)) for other in sorted(named & AI_CRAWLERS - {robot})}
        lines = [*_lines(groups, None), *_lines(groups, name)]
        return cls(_rules(lines), tuple(lines), ai)

    def refusal(self, url: str, *, is_ai_crawler: bool = False) -> str | None:
        """Return the words by which an address may not be fetched by us; None if it may.

        Args:
            url: the address.
            is_ai_crawler: also obey the groups that name robots which gather for AI.
        """
        if path_of(url) == b"/robots.txt":
            return None
        if not self.rules.can_fetch(url, ROBOT):
            return self._words(url)
        if words := self._preference(url):
            return words
        names = self.ai_crawlers if is_ai_crawler else ()
        name = next((name for name in names if not self.ai_crawlers[name].can_fetch(url, ROBOT)), None)
        return f"its rules for {name}" if name else None

    @property
    def closes_all(self) -> bool:
        """Whether the file opens nothing at all to us: `Disallow: /` without any Allow."""
        opens = any(re.match(r"allow\s*[:\s]\s*\S", line, re.I) for line in self.lines)
        return not opens and not self.rules.can_fetch("http://x/", ROBOT)

    def closed_to_ai(self) -> list[str]:
        """Return the robots that gather for AI and may not fetch the site's root."""
        return [name for name, rules in self.ai_crawlers.items() if not rules.can_fetch("http://x/", ROBOT)]

    def _words(self, url: str) -> str:
        """Return the rule that forbids an address, as it is written."""
        patterns = (found[1] for line in self.lines if (found := _DISALLOW.fullmatch(line)))
        path = path_of(url)
        matching = [pattern for pattern in patterns if matches(pattern, path)]
        return f"Disallow: {max(matching, key=len)}" if matching else "forbids it"

    def _preference(self, url: str) -> str | None:
        """Return the preference that refuses training: the longest path wins, at equal paths any refusal."""
        path = path_of(url)
        for name in PREFERENCES:
            lines = [
                (len(found[2] or ""), found[2] or "", found[3])
                for line in self.lines
                if (found := _PREFERENCE.fullmatch(line))
                and found[1].lower() == name
                and speaks_of_training(name, found[3])
                and matches(found[2] or "", path)
            ]
            longest = max((length for length, _, _ in lines), default=0)
            for length, pattern, text in lines:
                if length == longest and (word := refusal(name, text)):
                    return f"{name.title()}: {pattern} {word}" if pattern else f"{name.title()}: {word}"
        return None


def _groups(text: str) -> Iterator[_Group]:
    """Yield the groups in order, first what stands before any: only a rule ends a list of robots."""
    group, takes_robots = _Group(), False
    for raw in re.split(r"[\r\n]+", text):
        line = raw.partition("#")[0].strip()
        if agent := _AGENT.fullmatch(line):
            if not takes_robots:
                yield group
                group, takes_robots = _Group(), True
            group.robots.extend(_robots(agent[1]))
        elif line:
            takes_robots = takes_robots and not _ENDS_AGENTS.match(line)
            group.lines.append(line)
    yield group


def _robots(value: str) -> Iterator[str]:
    """Yield the product tokens that a User-agent line names; some people write several in one line."""
    if re.match(r"\*(?:\s|$)", value.strip()):
        yield "*"
    yield from filter(None, map(product_token, re.split("[,;]", value)))


def _lines(groups: Iterable[_Group], robot: str | None) -> list[str]:
    """Return the lines of the groups that name a robot; with None, the preferences outside of all groups."""
    if robot is None:
        return [
            line for group in groups if not group.robots for line in group.lines if _PREFERENCE.match(line)
        ]
    return [line for group in groups if robot in group.robots for line in group.lines]


def _rules(lines: Iterable[str]) -> Protego:
    return Protego.parse("\n".join([f"User-agent: {ROBOT}", *lines]))
