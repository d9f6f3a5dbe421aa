"""Manifests: what a stage was made from, so that it does nothing while inputs and settings are the same."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from store.errors import DamagedFile
from store.whole_file import read_object, write_json

NAME = "manifest.json"


def fingerprint(*parts: object) -> str:
    """Return 16 hex digits that change when any of `parts` (plain JSON values) changes."""
    canonical = json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def file_list(paths: Iterable[Path]) -> list[list[object]]:
    """Return name and size of each file: enough to identify shards, as their names are never reused."""
    return sorted([path.name, path.stat().st_size] for path in paths)


def write_manifest(directory: Path, stage: str, fingerprint: str, **figures: object) -> None:
    """Write the manifest, last of all files in a stage's directory: if it exists, the stage is complete."""
    write_json(directory / NAME, {"stage": stage, "fingerprint": fingerprint, **figures})


def read_manifest(directory: Path) -> Mapping[str, object] | None:
    """Return the manifest of a stage's directory; None if the stage was not completed.

    Raises:
        DamagedFile: it is not a manifest.
    """
    path = directory / NAME
    try:
        manifest = read_object(path)
    except FileNotFoundError:
        return None
    if not isinstance(manifest.get("fingerprint"), str):
        raise DamagedFile(path, "it has no fingerprint")
    return manifest


def is_fresh(directory: Path, fingerprint: str) -> bool:
    """Tell whether the stage in `directory` was completed from exactly these inputs and settings."""
    manifest = read_manifest(directory)
    return manifest is not None and manifest.get("fingerprint") == fingerprint
