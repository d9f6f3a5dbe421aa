"""What tells an input as it is from the one that is wanted: settings that differ, and what a stage lacks."""

import json
import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from store.errors import StaleInput
from store.text.settings import NotSettings, read_settings

NOT_TOLD = "not told"
"""Stands for a value that an earlier version did not write down."""
SHOWN = 3
"""Differences that a message names; `bokeru status` names all."""


@dataclass(frozen=True)
class Difference:
    """One thing in which an input is not the one that is wanted.

    Args:
        name: a setting, `dataset.tokenizer`, or what else it was made from, such as `crawl`.
        found: its value there, as plain JSON; NOT_TOLD where that is not known.
        wanted: its value here.
        refused: a stage does not go on with such an input; else it only says so.
        is_setting: `--set` takes it.
    """

    name: str
    found: Any
    wanted: Any
    refused: bool = True
    is_setting: bool = True

    def __str__(self) -> str:
        if self.is_setting:
            return f"{self.name} is {_shown(self.found)}, wanted is {_shown(self.wanted)}"
        return f"{self.name}: {self.found}, now {self.wanted}"

    @property
    def override(self) -> str:
        """What `--set` takes to want what is found, ready for a shell."""
        return shlex.quote(f"{self.name}={_shown(self.found)}")


def _shown(value: Any) -> str:
    """Return a value as `--set` takes it: a text as it is where YAML reads it as that, else as JSON."""
    with suppress(NotSettings):
        if isinstance(value, str) and read_settings(value) == value:
            return value
    return json.dumps(value, ensure_ascii=False)


def differences(
    stage: str, found: Mapping[str, Any], wanted: Mapping[str, Any], defaults: Mapping[str, Any]
) -> tuple[Difference, ...]:
    """Return where settings differ; one that an earlier version lacked counts where it is not the default.

    Args:
        stage: stands before the names: `dataset` makes `dataset.tokenizer`.
        found, wanted, defaults: plain JSON values by name.
    """
    known = {name: found.get(name, defaults.get(name)) for name in wanted}
    return tuple(
        Difference(f"{stage}.{name}", found.get(name, NOT_TOLD), value)
        for name, value in wanted.items()
        if known[name] != value
    )


def overrides(differ: Sequence[Difference]) -> tuple[str, ...]:
    """Return what `--set` takes to want what is found, where settings differ and their values are told."""
    return tuple(each.override for each in differ if each.is_setting and each.found != NOT_TOLD)


def refuse(directory: Path, differ: Sequence[Difference], build: str) -> None:
    """Raise StaleInput where an input is not the one that is wanted.

    Args:
        directory: the input.
        build: the command that makes it as it is wanted.
    """
    refused = [each for each in differ if each.refused]
    if not refused:
        return
    told = [str(each) for each in refused[:SHOWN]]
    if len(refused) > SHOWN:
        told.append(f"and {len(refused) - SHOWN} more")
    as_it_is = overrides(refused)
    keep = f". Or go on with it as it is, by: --set {' '.join(as_it_is)}" if as_it_is else ""
    raise StaleInput(
        f"{directory} is not the one that is wanted: {'; '.join(told)}. Make it again: {build}{keep}"
    )
