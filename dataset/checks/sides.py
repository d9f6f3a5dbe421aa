"""Whether each photo and each group is on one side of the split, and on the right one."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dataset.build import sides
from dataset.build.split import group_of, split_of
from dataset.options import DatasetOptions
from store.errors import DamagedFile
from store.options import odai_range
from store.register.verify import Problem, Problems


class SideCheck:
    """Checks the sides of photos, one after the other.

    Args:
        directory: the dataset's.
        manifest: the dataset's; its settings tell the side of a group.
    """

    def __init__(self, directory: Path, manifest: Mapping[str, Any]) -> None:
        self._directory, self._options = directory, _options(manifest)
        self._recorded: dict[str, str] = {}
        if self._options:
            self._recorded = _recorded(directory, self._options)
        self._by_photo: dict[str, list[str]] = {}
        self._by_group: dict[str, set[str]] = {}

    def check(self, path: Path, split: str, row: Mapping[str, Any]) -> Problems:
        """Yield where a photo is on another side than it was, or than its group belongs to."""
        sha256, group = row["sha256"], row["group"]
        self._by_photo.setdefault(sha256, []).append(split)
        self._by_group.setdefault(group, set()).add(split)
        name = f"{path}: photo {sha256} is in {split}"
        if self._is_held_out(row["odai_ids"]):
            if split != "dev":
                yield Problem(f"{name}, but dataset.dev_odai names an odai that shows it")
        elif right := self._recorded.get(sha256):
            if split != right:
                yield Problem(f"{name}, but it was in {right}, says {sides.path_of(self._directory)}")
        elif self._options and group == group_of(sha256):  # others go with the photo that founded their group
            right = split_of(group, self._options.split_key, self._options.dev_fraction)
            if split != right:
                yield Problem(f"{name}, but by dataset.split_key its group {group} is in {right}")

    def _is_held_out(self, odai_ids: Sequence[int]) -> bool:
        ranges = map(odai_range, self._options.dev_odai if self._options else ())
        return any(first <= odai <= last for first, last in ranges for odai in odai_ids or ())

    def check_all(self) -> Problems:
        """Yield the photos and groups that were seen more often than may be."""
        for sha256, splits in self._by_photo.items():
            if len(splits) > 1:
                times = f"{len(splits)} times ({', '.join(splits)})"
                yield Problem(f"{self._directory}: photo {sha256} stands {times}", damaged=False)
        for group, both in self._by_group.items():
            if len(both) > 1:
                text = f"{self._directory}: group {group} is on both sides of the split"
                yield Problem(text, damaged=False)


def _options(manifest: Mapping[str, Any]) -> DatasetOptions | None:
    """Return the settings that sides depend on; None where the manifest does not tell them."""
    settings = manifest.get("settings")
    try:
        of_sides = {name: settings[name] for name in sides.SETTINGS}  # type: ignore[index]
        # An older manifest has no `dev_odai`.
        return DatasetOptions(**of_sides, dev_odai=tuple(settings.get("dev_odai", ())))  # type: ignore
    except (KeyError, TypeError, ValidationError):
        return None


def _recorded(directory: Path, options: DatasetOptions) -> dict[str, str]:
    try:
        kept = sides.in_file(directory, options).to_pydict()
    except DamagedFile:  # said with the crawl
        return {}
    return dict(zip(*kept.values(), strict=True))
