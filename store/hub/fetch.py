"""Fetch files of a model's repository on the Hub: of one commit, no larger than was allowed, and checked.

They are kept where huggingface_hub keeps them (HF_HOME, by default ~/.cache/huggingface), as `hf cache` lists
them, and need no network the next time.
"""

import hashlib
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from store.errors import DamagedFile, UserError
from store.hub.client import client, in_plain_words

if TYPE_CHECKING:
    from huggingface_hub import HfApi

_PIECE = 2**20


@dataclass(frozen=True)
class Listed:
    """What the Hub says of a file.

    Args:
        size: in bytes.
        sha256: in hex; None for a small file, which git keeps by itself.
        blob: git's name of its content, SHA-1 in hex.
    """

    size: int
    sha256: str | None
    blob: str | None

    def problem(self, path: Path) -> str | None:
        """Return what of a file is not as the Hub says; None where nothing."""
        if (found := path.stat().st_size) != self.size:
            return f"it has {found:,} bytes, and the Hub lists {self.size:,}"
        # Git names a blob by the SHA-1 of a header and the content (git-scm.com/book, Git Objects).
        digests = {
            "SHA-256": (self.sha256, hashlib.sha256()),
            "SHA-1 by git": (None if self.sha256 else self.blob, hashlib.sha1(f"blob {found}\0".encode())),
        }
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                for _, digest in digests.values():
                    digest.update(piece)
        for name, (right, digest) in digests.items():
            if right and digest.hexdigest() != right:
                return f"its {name} is {digest.hexdigest()}, and the Hub lists {right}"
        return None


class Snapshot:
    """The files of a repository at one commit.

    Args:
        repository: `owner/name`.
        revision: a branch, a tag or a commit; None is the newest commit.

    Raises:
        UsageError: the repository's name is none.
        UserError: huggingface_hub is not installed, or the Hub has no such repository, refuses, or does not
            answer and nothing of the repository was fetched before.
    """

    def __init__(self, repository: str, revision: str | None = None) -> None:
        self.repository, self._hub = repository, client()
        with self._in_plain_words():
            self._commit = self._hub.resolve_revision(repository, revision=revision).resolved
            self._listed = _listed(self._hub, repository, self._commit)

    def file(self, name: str, most: int) -> Path:
        """Return where a file lies, fetched if need be.

        Args:
            most: bytes; a larger file is not fetched.

        Raises:
            UserError: there is no such file, or a larger one; the Hub refuses or does not answer.
            DamagedFile: what came is not what the Hub lists; it is deleted.
        """
        listed = self._listed.get(name) if self._listed is not None else None
        if self._listed is not None and listed is None:
            raise UserError(f"{self.repository} has no {name}: it is no model that Bokeru has pushed")
        if listed and listed.size > most:
            raise UserError(
                f"{name} of {self.repository} has {listed.size:,} bytes, and at most {most:,} belong there: "
                "it is not fetched"
            )
        with self._in_plain_words():
            path = Path(self._hub.hf_hub_download(self.repository, name, revision=self._commit))
        if listed and (problem := listed.problem(path)):
            path.resolve().unlink()
            path.unlink(missing_ok=True)
            raise DamagedFile(path, problem, "It was deleted: fetch it again, or ask who pushed it.")
        return path

    def _in_plain_words(self) -> AbstractContextManager[None]:
        return in_plain_words(self.repository, str(self._hub.endpoint), "read")


def _listed(hub: "HfApi", repository: str, commit: str) -> Mapping[str, Listed] | None:
    """Return what the Hub says of each file, by path; None where it does not answer."""
    from httpx2 import TransportError
    from huggingface_hub.errors import OfflineModeIsEnabled

    try:
        found = hub.model_info(repository, revision=commit, files_metadata=True).siblings or []
    except (TransportError, OfflineModeIsEnabled):
        return None
    return {
        file.rfilename: Listed(file.size or 0, file.lfs.sha256 if file.lfs else None, file.blob_id)
        for file in found
    }
