"""The dated table of what sites say about use by machines: `signals.toml` beside this file."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_TABLE: dict[str, Any] = tomllib.loads(Path(__file__).with_name("signals.toml").read_text("utf-8"))

AS_OF = _TABLE["as_of"]
"""The date that the table was held to its sources."""
DIRECTIVES = frozenset(_TABLE["directives"])
"""Words of X-Robots-Tag and of robots metas that refuse."""
WITH_VALUE = frozenset(_TABLE["with_value"])
"""Words of the same place that have a value after a colon, and so look like the name of a robot."""
PREFERENCES: dict[str, dict[str, list[str]]] = {row["name"]: row["refuse"] for row in _TABLE["preferences"]}
"""Names of preference lists in robots.txt and headers, with the values of each key that refuse."""
TDM: str = _TABLE["tdm"]["name"]
"""The name of TDM's header, meta and field."""
TDM_FILE: str = _TABLE["tdm"]["file"]
"""The path of TDM's file."""
AI_CRAWLERS = frozenset(_TABLE["ai_crawlers"]["names"])
"""Product tokens of robots that gather for AI."""

_MEMBER = re.compile(r'(?:[^",]|"(?:[^"\\]|\\.)*"?)+')


def preferences(text: str) -> Iterator[tuple[str, str]]:
    """Yield each key of a preference list with its value, in lower case; both may be any text at all.

    That reads a structured-field dictionary (RFC 9651) whose values are tokens, and is as lenient as people
    are careless: blanks anywhere, capitals, quotes around a value. What follows a semicolon is a parameter.
    """
    for member in _MEMBER.findall(text.lower()):
        key, _, value = member.partition(";")[0].partition("=")
        if key.strip():
            yield key.strip(), value.strip().strip("\"'")


def refusal(name: str, text: str) -> str | None:
    """Return which `key=value` of a preference list refuses training; None if none does.

    Where a key comes twice in one list the last counts, as in a structured-field dictionary.

    Args:
        name: of the list, in lower case: one of PREFERENCES.
        text: its value.
    """
    refused = PREFERENCES[name]
    found = dict(preferences(text))
    return next((f"{key}={value}" for key, value in found.items() if value in refused.get(key, ())), None)


def speaks_of_training(name: str, text: str) -> bool:
    """Tell whether a preference list says anything of training, yes or no."""
    return any(key in PREFERENCES[name] for key, _ in preferences(text))
