"""What `bokeru forget` does in a run: its samples go. A model cannot unlearn, so its run is named."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dataset import read
from store.errors import DamagedFile
from store.forget.content import Content
from store.forget.forgotten import ForgottenFilter
from store.forget.search import WORDS
from store.register.stages import Stage
from store.whole_file import read_json, write_json


def facts(stage: Stage) -> Iterator[str]:
    """Yield nothing: a run repeats what its dataset states."""
    yield from ()


def forget(stage: Stage, content: Content, forgotten: ForgottenFilter) -> int:
    """Write the JSON files that may hold photos or captions again without those; return how many changed."""
    return sum(_rewrite(path, content) for kind, path in stage.files() if kind.content)


def trained_on(stages: Sequence[Stage], content: Content) -> list[Stage]:
    """Return the runs among `stages` whose models may have learned from `content`.

    That is all of them where a dataset holds some of it in train, or where no dataset is left to tell.
    """
    datasets = [
        stage.directory for stage in stages if stage.name == "dataset" and read.is_complete(stage.directory)
    ]
    learned = any(any(content.includes(read.captions(directory, "train"))) for directory in datasets)
    return [stage for stage in stages if stage.name == "run" and (learned or not datasets)]


def _rewrite(path: Path, content: Content) -> bool:
    """Take `content` out of one JSON file; return whether it changed."""
    try:
        value = read_json(path)
    except DamagedFile:
        return False  # the search at the end looks into it as plain bytes
    kept = _without(value, content)
    if kept == value:
        return False
    write_json(path, kept)
    return True


def _without(value: Any, content: Content) -> Any:
    """Return a JSON value without the entries of lists and the values of objects that belong to it."""
    if isinstance(value, list):
        return [_without(entry, content) for entry in value if not _belongs(entry, content)]
    if isinstance(value, dict):
        return {
            key: entry if key in WORDS else None if _belongs(entry, content) else _without(entry, content)
            for key, entry in value.items()
            if key not in content.sha256s
        }
    return value


def _belongs(value: Any, content: Content) -> bool:
    """Tell whether a string is a sha256 or a caption of `content`, or an object holds such a string."""
    if isinstance(value, str):
        return value in content.sha256s or value in content.texts
    if not isinstance(value, dict):
        return False
    return any(
        _belongs(entry, content)
        for key, entry in value.items()
        if isinstance(entry, str) and key not in WORDS
    )
