"""The packages that requirements files pin, with what their installed metadata say of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from commands.supply.licences import BY_HAND, field, licence

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)\s*(?:;\s*([^\\]*?))?\s*\\?$", re.MULTILINE)
_HOMES = ("homepage", "home", "home-page", "source", "source code", "repository", "code", "github")


@dataclass(frozen=True)
class Package:
    """A package at a version.

    Args:
        name: as the requirements file spells it.
        marker: on which systems it is installed; nothing for all.
        licence: an SPDX expression, or a name; nothing where it is not installed here.
        home: its page; nothing where its metadata have none.
        is_needed: everybody has it; others only some.
    """

    name: str
    version: str
    marker: str
    licence: str
    home: str
    is_needed: bool

    @property
    def purl(self) -> str:
        """Its package URL. Source: the purl specification, type `pypi`: small letters, `_` is `-`."""
        return f"pkg:pypi/{self.name.lower().replace('_', '-')}@{self.version}"


def packages(root: Path) -> list[Package]:
    """Return what `make install` and `make install-scale` may install, on any system, sorted by name."""
    found: dict[str, Package] = {}
    for file, is_needed in (("requirements.txt", True), ("requirements-scale.txt", False)):
        for package in pinned(root / file, is_needed=is_needed):
            found.setdefault(package.purl, package)
    return sorted(found.values(), key=lambda package: package.purl)


def pinned(path: Path, *, is_needed: bool = True) -> Iterator[Package]:
    """Yield the packages that a requirements file pins."""
    for name, version, marker in _PIN.findall(path.read_text(encoding="utf-8")):
        said, home = _told(name)
        yield Package(name, version, marker, said, home, is_needed)


def _told(name: str) -> tuple[str, str]:
    """Return licence and home of a package, of whichever version is installed here."""
    try:
        found = metadata(name)
    except PackageNotFoundError:
        return BY_HAND.get(name, ""), ""
    urls = dict(url.split(", ", 1) for url in found.get_all("Project-URL") or ())
    named = {label.lower(): url for label, url in urls.items()}
    home = field(found, "Home-page") or next((named[label] for label in _HOMES if label in named), "")
    return licence(name, found), home
