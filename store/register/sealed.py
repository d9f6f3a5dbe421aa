"""JSON files that hold their own digest: no manifest lists them, so they tell themselves if they changed."""

import json
from pathlib import Path
from typing import Self

from pydantic import BaseModel

from store.errors import DamagedFile
from store.manifest import fingerprint


class Sealed(BaseModel):
    """What such a file holds.

    Args:
        digest: of all the rest, as it was when the file was written; 0.1 wrote none.
    """

    digest: str | None = None

    def sealed(self) -> str:
        """Return the file's content."""
        return json.dumps({**self._rest(), "digest": self._right()}, ensure_ascii=False, indent=1) + "\n"

    def opened(self, path: Path, remedy: str | None = None) -> Self:
        """Return what was read from a file, without its digest.

        Raises:
            DamagedFile: it is not what was written.
        """
        if self.digest not in (None, self._right()):
            raise DamagedFile(path, "it was changed after it was written", remedy)
        return self.model_copy(update={"digest": None})

    def _rest(self) -> dict[str, object]:
        return self.model_dump(mode="json", exclude={"digest"})

    def _right(self) -> str:
        # Without what has its default: a field that a later version adds makes no older file a changed one.
        return fingerprint(self.model_dump(mode="json", exclude={"digest"}, exclude_defaults=True))
