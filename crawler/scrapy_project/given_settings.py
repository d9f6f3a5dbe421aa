"""Settings that `-s` and `-L` give to Scrapy's commands: what cannot be meant is told."""

import logging
import re
import sys
from difflib import get_close_matches

from scrapy.settings import BaseSettings

from store.errors import UsageError

_PIPELINES_OWN = re.compile(r"(crawl|dataset|features|train|web|photos|notify)\.")


def check_given(pairs: list[str], level: str | None, settings: BaseSettings) -> None:
    """Refuse a name that is nearly one of Scrapy's settings, and a value of the wrong kind.

    A name that is near to none may be of somebody's component: that is said, and no error.

    Args:
        pairs: NAME=VALUE each, of `-s`.
        level: of `-L`.
        settings: those that there are.

    Raises:
        UsageError: the first that cannot be meant, and what to write.
    """
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"-s {pair} lacks its value: write -s NAME=VALUE")
        _check_name(name, settings)
        _check_value(name, value, settings)
    if level is not None:
        _check_level("-L", level)


def hint(name: str, names: list[str]) -> str:
    """Return which name was probably meant, as the end of a sentence; empty where none is near."""
    near = get_close_matches(name, names, 1, 0.75)
    return f"; did you mean {near[0]}?" if near else ""


def _check_name(name: str, settings: BaseSettings) -> None:
    if name in settings:
        return
    if _PIPELINES_OWN.match(name):
        raise UsageError(f"{name} is a setting of pipelines.yaml, and -s is for Scrapy's. Set it there")
    if nearest := hint(name.upper(), list(settings)):
        raise UsageError(f"Scrapy has no setting {name}{nearest}")
    print(f"bokeru: nothing here reads the setting {name}, unless a component of yours does", file=sys.stderr)


def _check_value(name: str, value: str, settings: BaseSettings) -> None:
    if name == "LOG_LEVEL":
        _check_level(f"-s {name}", value)
    kind = type(settings.get(name))
    given = BaseSettings({name: value})
    try:
        if kind is bool:
            given.getbool(name)
        elif kind is int:
            given.getint(name)
        elif kind is float:
            given.getfloat(name)
        elif issubclass(kind, dict | BaseSettings):
            given.getdict(name)
    except (TypeError, ValueError):
        wanted = {bool: "True or False", int: "a whole number", float: "a number"}.get(kind, "a JSON object")
        raise UsageError(f"-s {name}={value} should be {wanted}") from None


def _check_level(option: str, level: str) -> None:
    names = logging.getLevelNamesMapping()
    if level not in names:
        raise UsageError(
            f"{option} {level} is no log level: {', '.join(sorted(names, key=names.__getitem__))}"
        )
