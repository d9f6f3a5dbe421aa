"""Whether each photo and each group is on one side of the split, and on the right one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dataset.build.split import splits_of
from store.register.verify import Problem, Problems


class SideCheck:
    """Checks the sides of photos, one after the other.

    Args:
        directory: the dataset's.
        manifest: the dataset's; its settings tell the side of a group.
    """

    def __init__(self, directory: Path, manifest: Mapping[str, Any]) -> None:
        settings = manifest.get("settings")
        settings = settings if isinstance(settings, dict) else {}
        self._directory = directory
        self._key, self._dev_fraction = settings.get("split_key"), settings.get("dev_fraction")
        self._by_photo: dict[str, list[str]] = {}
        self._by_group: dict[str, set[str]] = {}

    def check(self, path: Path, split: str, row: Mapping[str, Any]) -> Problems:
        """Yield where a photo is on another side than its group belongs to."""
        sha256, group = row["sha256"], row["group"]
        self._by_photo.setdefault(sha256, []).append(split)
        self._by_group.setdefault(group, set()).add(split)
        if not isinstance(self._key, str) or not isinstance(self._dev_fraction, float | int) or not group:
            return
        [right] = splits_of([group], self._key, self._dev_fraction)
        if split != right:
            text = f"{path}: photo {sha256} is in {split}, but its group {group} belongs to {right}"
            yield Problem(text)

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
