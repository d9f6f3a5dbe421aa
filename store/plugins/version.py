"""Which version of code made something: its package's, or a digest of its source."""

import hashlib
import importlib.util
import json
from collections.abc import Iterable
from importlib.metadata import Distribution, distributions
from pathlib import Path

from store.errors import UserError

MOST_FILES = 2000
"""Source files that are read for a digest: more is no code that somebody keeps beside a pipeline."""


def version_of_file(path: Path) -> str:
    """Return a file's name and the digest of its content."""
    return f"{path.name} {_digest([path])}"


def version_of_module(module: str) -> str:
    """Return `package version` for a module of an installed package, and else a digest of its source.

    A package that is installed as editable changes without another version, so it gets the digest too. Of a
    package in a folder of several files the digest is of all of them.

    Args:
        module: its dotted name.

    Raises:
        ImportError: there is no such module.
    """
    top = module.partition(".")[0]
    spec = importlib.util.find_spec(top)
    if spec is None:
        raise ImportError(f"No module named {top!r}")
    package = _distribution(top)
    version = f"{package.name} {package.version}" if package else top
    if package and not _is_editable(package):
        return version
    folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
    files = [path for folder in folders for path in sorted(folder.rglob("*.py"))]
    if not folders and spec.origin and Path(spec.origin).is_file():
        files = [Path(spec.origin)]
    return f"{version} {_digest(files)}"


def _distribution(top: str) -> Distribution | None:
    """Return the installed package that brings a module or package of this name."""
    for package in distributions():
        names = (package.read_text("top_level.txt") or "").split()
        files = package.files or () if not names else ()
        if top in names or any(file.parts[0] in (top, f"{top}.py") for file in files):
            return package
    return None


def _is_editable(package: Distribution) -> bool:
    """Tell it as pip writes it down: https://packaging.python.org/en/latest/specifications/direct-url/."""
    told = json.loads(package.read_text("direct_url.json") or "{}")
    return bool(told.get("dir_info", {}).get("editable"))


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for count, path in enumerate(files):
        if count >= MOST_FILES:
            raise UserError(f"{path.parent} has over {MOST_FILES:,} source files: install it as a package")
        digest.update(f"{path.name}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
