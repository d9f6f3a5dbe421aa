"""The receipt of a forget: what was done, and what could not be, without a word of what was forgotten."""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from store.errors import DamagedFile
from store.forget.content import Request
from store.forget.unfinished import Seen, Unfinished
from store.register.sealed import Sealed
from store.whole_file import read_whole, write_whole

FOLDER = "receipts"
REMEDY = "Bring it back from a copy: it proves what was forgotten, and nothing else needs it."
HIDDEN = "(forgotten)"
"""Stands in a receipt for a sha256 or a caption in the name of a file."""


class Asked(BaseModel):
    """One thing that was asked for: `digest` is the SHA-256 of `<salt>:<kind>:<value>`, in hex."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["photo", "odai", "boke"]
    digest: str
    near: bool


class Counts(BaseModel):
    """How much belonged to it."""

    model_config = ConfigDict(extra="forbid")
    photos: int
    odai: int
    boke: int


class Copy(BaseModel):
    """A copy that forget may not or cannot change, and what its owner does about it."""

    model_config = ConfigDict(extra="forbid")
    path: str
    remedy: str


class Receipt(Sealed):
    """What a forget did; names are from the data folder, those of copies elsewhere are whole.

    `near_copies` are the sha256 of photos that stay.
    """

    model_config = ConfigDict(extra="forbid")
    version: Literal[1] = 1
    pipeline: str
    state: Literal["finished", "unfinished"]
    started_at: datetime
    ended_at: datetime
    salt: str
    asked: list[Asked]
    forgotten: Counts
    searched: list[str]
    changed: list[str]
    removed: list[str]
    not_reached: list[Copy]
    near_copies: list[str]
    trained: list[str]

    def save(self, pipeline: Path) -> Path:
        """Write it and return its path. One forget has one receipt, however often it had to run."""
        name = f"{self.started_at.strftime('%Y%m%dT%H%M%S.%f')}-{self.salt[:6]}.json"
        write_whole(pipeline / FOLDER / name, self.sealed())
        return pipeline / FOLDER / name

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a receipt.

        Raises:
            DamagedFile: the file is none, or was changed since.
        """
        try:
            return cls.model_validate_json(read_whole(path, REMEDY)).opened(path, REMEDY)
        except ValidationError as error:
            raise DamagedFile(path, f"not a receipt ({error.error_count()} errors)", REMEDY) from None


def near_copies_of(request: Request, pipeline: Path) -> set[str]:
    """Return the near copies that receipts name for what was asked: nothing else tells once it is gone."""
    found: set[str] = set()
    for path in sorted((pipeline / FOLDER).glob("[!.]*.json")):
        with suppress(ValidationError, OSError):  # verify tells of a damaged one
            earlier = Receipt.model_validate_json(path.read_bytes())
            if any(one.digest == salted(earlier.salt, *_named(request)) for one in earlier.asked):
                found.update(earlier.near_copies)
    return found


def receipt(
    pipeline: str, work: Unfinished, after: Seen, copies: list[Copy], trained: list[str], *, finished: bool
) -> Receipt:
    """Return the receipt of `work`.

    Args:
        after: how the files are now; those that differ from how they were before were changed.
        copies: what was not reached.
        trained: the runs whose models may have learned from what is forgotten.
    """
    content, before = work.content, work.before
    secrets = sorted((*content.digests, *content.keys, *content.phrases), key=len, reverse=True)
    changed = (name for name, state in after.items() if before.get(name) != state)
    return Receipt(
        pipeline=pipeline,
        state="finished" if finished else "unfinished",
        started_at=work.started_at,
        ended_at=datetime.now(UTC),
        salt=work.salt,
        asked=[_asked(request, work) for request in work.asked],
        forgotten=Counts(
            photos=len(content.sha256s),
            odai=len(content.odai_ids),
            boke=len(content.boke_ids) + len(content.unnumbered),
        ),
        searched=_hidden(after, secrets),
        changed=_hidden(changed, secrets),
        removed=_hidden(before.keys() - after.keys(), secrets),
        not_reached=[_hidden_copy(copy, secrets) for copy in copies],
        near_copies=work.near_copies,
        trained=trained,
    )


def salted(salt: str, kind: str, value: object) -> str:
    """Return the digest of one thing; who knows the thing can tell that it is the one."""
    return hashlib.sha256(f"{salt}:{kind}:{value}".encode()).hexdigest()


def _hidden(names: Iterable[str], secrets: list[str]) -> list[str]:
    """Return names, sorted, without the hashes, addresses and captions that are forgotten."""
    return sorted(_hide(name, secrets) for name in names)


def _hidden_copy(copy: Copy, secrets: list[str]) -> Copy:
    return Copy(path=_hide(copy.path, secrets), remedy=_hide(copy.remedy, secrets))


def _hide(text: str, secrets: list[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return text


def _asked(request: Request, work: Unfinished) -> Asked:
    kind, value = _named(request)
    return Asked(kind=kind, digest=salted(work.salt, kind, value), near=work.near and kind != "boke")


def _named(request: Request) -> tuple[Literal["photo", "odai", "boke"], str | int]:
    if request.sha256 is not None:
        return "photo", request.sha256
    return ("odai", request.odai) if request.odai is not None else ("boke", request.boke or 0)
