"""What drawn captions say in English, for who reads no Japanese: of pipelines that are all drawn alone."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from dataset.rights.attribution import is_all_drawn
from store.errors import DamagedFile
from store.place import Place
from store.whole_file import read_object
from web.content.file_cache import file_version

Gloss = Callable[[str], str | None]
"""Returns what a caption says in English; None where it cannot tell."""
KEPT = 10_000
"""Captions whose English is kept."""


def nothing(_: str) -> str | None:
    """Say nothing of any caption."""
    return None


class Glosses:
    """Tells whose captions have a gloss.

    Args:
        data: the folder of all pipelines.
        gloss: reads a caption of the grammar that the drawn ones come from.
    """

    def __init__(self, data: Path, gloss: Gloss = nothing) -> None:
        self._data, self._gloss = data, lru_cache(KEPT)(gloss)

    def of(self, pipeline: str) -> Gloss:
        """Return what tells the English of a pipeline's captions; nothing where any of it is not drawn.

        A real caption that the grammar happens to read is none of the grammar's.
        """
        path = Place(self._data, pipeline).dataset / "statistics.json"
        return self._gloss if _is_drawn(path, file_version(path)) else nothing


@lru_cache(100)
def _is_drawn(path: Path, version: object) -> bool:
    # `version` changes with the file, and so makes lru_cache read it again.
    try:
        return is_all_drawn(read_object(path))
    except (DamagedFile, OSError):
        return False
