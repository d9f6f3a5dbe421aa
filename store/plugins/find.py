"""Finds the code of others that a setting or a command names. Nothing runs because it is installed.

A name is that of an entry point of an installed package, `package.module:name`, or `FILE.py:name`.
Source: https://packaging.python.org/en/latest/specifications/entry-points/
"""

import difflib
import importlib
import importlib.util
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Literal

from store.errors import UsageError, UserError
from store.plugins.version import version_of_file, version_of_module

Door = Literal["layout", "importer", "filter", "scorer", "metric", "backend"]
"""What code of others can be. The group of its entry points is `bokeru.<door>s`."""
WAYS = "the name of an entry point, package.module:name, or FILE.py:name"
GUIDE = "docs/extending.md"
_PARTS = re.compile(r"(?P<file>.+\.py):(?P<name>[^\W\d]\w*)|(?P<module>[\w.]+):(?P<path>[^\W\d][\w.]*)")


@dataclass(frozen=True)
class Plugin:
    """Code of others that was found, and not run yet.

    Args:
        door: what it is to be.
        reference: how it was named.
        setting: where it was named.
        entry: what an entry point's name stands for; else None.
    """

    door: Door
    reference: str
    setting: str
    entry: EntryPoint | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"the {self.door} {self.reference} ({self.version}; {self.setting})"

    @property
    def name(self) -> str:
        """A short name: the entry point's, or the last part of the reference."""
        return self.reference.rpartition(":")[2].rpartition(".")[2] if not self.entry else self.reference

    @cached_property
    def version(self) -> str:
        """The package with its version; where there is no telling it, a digest of the source.

        Raises:
            UsageError: the file or module is not there.
        """
        target = self.entry.value if self.entry else self.reference
        found = _PARTS.fullmatch(target)
        if found and found["file"]:
            return version_of_file(self._file(found["file"]))
        module = found["module"] if found else target
        try:
            return version_of_module(module)
        except ImportError as error:
            raise self._missing(f"the module {module} cannot be found ({error})") from None

    def load(self, *needed: str) -> Any:
        """Return the object.

        Args:
            needed: the attributes that it must have.

        Raises:
            UsageError: there is no such object, or it lacks an attribute.
            UserError: its module raises as it is imported.
        """
        found = self._object()
        if lacking := [name for name in needed if not hasattr(found, name)]:
            has = ", ".join(name for name in dir(found) if not name.startswith("_")) or "nothing"
            raise UsageError(
                f"{self} lacks {', '.join(lacking)}, which a {self.door} has; it has {has}. See {GUIDE}"
            )
        return found

    @contextmanager
    def blamed(self, doing: str) -> Iterator[None]:
        """Name this code in the error, where it raises while the block runs.

        Args:
            doing: what it does in the block, such as "reads x.csv".

        Raises:
            UserError: it raised; one of its own passes as it is.
        """
        try:
            yield
        except UserError:
            raise
        except Exception as error:
            raise UserError(
                f"{self} failed as it {doing}: {told(error)}. Mend it, or leave it out"
            ) from error

    def _object(self) -> Any:
        target = self.entry.value if self.entry else self.reference
        parts = _PARTS.fullmatch(target)
        with self.blamed("was imported"):
            try:
                if parts and parts["file"]:
                    return _attribute(_module_of(self._file(parts["file"])), parts["name"])
                module, path = (parts["module"], parts["path"]) if parts else (target, "")
                return _attribute(importlib.import_module(module), path)
            except _NotThere as error:
                raise self._missing(str(error)) from None
            except ModuleNotFoundError as error:
                if error.name and f"{target.partition(':')[0]}.".startswith(f"{error.name}."):
                    raise self._missing(str(error)) from None
                raise  # it needs a package that is not installed

    def _file(self, name: str) -> Path:
        path = Path(name)
        if not path.is_file():
            raise self._missing(f"there is no file {path}")
        return path

    def _missing(self, reason: str) -> UsageError:
        return UsageError(
            f"{self.setting} names the {self.door} {self.reference}: {reason}. Write {WAYS}. See {GUIDE}"
        )


def find(door: Door, reference: str, setting: str, ours: Iterable[str] = ()) -> Plugin:
    """Return the code that `reference` names, without running any of it.

    Args:
        setting: where it was named, for messages: `dataset.filters`.
        ours: the names that are no plugins, for the message where nothing is found.

    Raises:
        UsageError: there is no entry point of this name, or several packages have one.
    """
    if _PARTS.fullmatch(reference):
        return Plugin(door, reference, setting)
    group = f"bokeru.{door}s"
    found = entry_points(group=group)
    # A package that lies twice on the module path, as in a checkout, is listed twice.
    named = list({entry.value: entry for entry in found if entry.name == reference}.values())
    if len(named) == 1:
        return Plugin(door, reference, setting, named[0])
    if named:
        values = ", ".join(sorted(entry.value for entry in named))
        raise UsageError(
            f"{setting}: several packages have a {door} {reference!r}: {values}. Name one of these"
        )
    known = [*ours, *sorted(found.names)]
    close = difflib.get_close_matches(reference, known, 1)
    hint = f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(known) or 'none'}."
    raise UsageError(f"{setting}: there is no {door} {reference!r}. {hint} Write {WAYS}. See {GUIDE}")


def told(error: BaseException) -> str:
    """Return an exception in one line: its kind, its words, and where it came from."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    at = f" ({Path(trace.tb_frame.f_code.co_filename).name}, line {trace.tb_lineno})" if trace else ""
    words = " ".join(str(error).split())[:300]
    return f"{type(error).__name__}{': ' if words else ''}{words}{at}"


class _NotThere(Exception):
    """A module has nothing of this name."""


def _attribute(module: Any, path: str) -> Any:
    found, name = module, module.__name__
    for part in filter(None, path.split(".")):
        name = f"{name}.{part}"
        if not hasattr(found, part) and hasattr(found, "__path__") and importlib.util.find_spec(name):
            importlib.import_module(name)  # a layout may be a module
        if not hasattr(found, part):
            raise _NotThere(f"{module.__name__} has no {path}")
        found = getattr(found, part)
    return found


def _module_of(path: Path) -> Any:
    """Import a file under a name that no installed module has."""
    name = "bokeru_plugin_" + re.sub(r"\W", "_", str(path.resolve()))
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec
    assert spec.loader
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
