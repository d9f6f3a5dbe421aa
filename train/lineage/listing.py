"""The runs of a pipeline as `bokeru runs list` shows them: what they are called, how good, how unlike it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from store.errors import UserError
from store.lineage.difference import Difference
from store.manifest import NAME as MANIFEST
from train.lineage.candidates import candidates
from train.lineage.choose import choose
from train.lineage.states import size_of
from train.lineage.tell import size
from train.lineage.wanted import Wanted
from train.runs.find import BY_PHOTO
from train.runs.names import Names


@dataclass(frozen=True)
class Listed:
    """A run of a pipeline.

    Args:
        run: the name of its folder.
        state: `complete`, or `unfinished`: the same settings go on with it.
        name, note, tags: what somebody said of it.
        is_pinned: it speaks for the pipeline because somebody pinned it.
        is_default: it speaks for the pipeline.
        is_evaluated: its figures are there.
        loss: on dev, nats per token, of known ones if that is known; None where none was measured.
        finished: when it was completed.
        differ: the settings that made it and are not the pipeline's; of an unfinished run they are not told.
        bytes: what it takes on disk.
    """

    run: str
    state: Literal["complete", "unfinished"]
    name: str | None
    note: str | None
    tags: tuple[str, ...]
    is_pinned: bool
    is_default: bool
    is_evaluated: bool
    loss: float | None
    finished: datetime | None
    differ: tuple[Difference, ...]
    bytes: int


def listing(wanted: Wanted) -> tuple[Listed, ...]:
    """Return every run of a pipeline, the best on dev first, unfinished ones last."""
    names = Names.load(wanted.place.directory)
    found = {one.run.name: one for one in candidates(wanted)}
    default = _default(wanted)
    listed = []
    for run in _folders(wanted.place.runs):
        said, one, manifest = names.of(run), found.get(run.name), run / MANIFEST
        is_complete = manifest.exists()
        listed.append(
            Listed(
                run.name,
                "complete" if is_complete else "unfinished",
                said.name,
                said.note,
                said.tags,
                names.pinned == run.name,
                default == run.name,
                (run / BY_PHOTO).exists(),
                one.loss if one else None,
                datetime.fromtimestamp(manifest.stat().st_mtime, UTC) if is_complete else None,
                one.differ if one else (),
                size_of(run),
            )
        )
    return tuple(sorted(listed, key=_order))


def _default(wanted: Wanted) -> str | None:
    try:
        return choose(wanted).run.name
    except UserError:
        return None


def _folders(runs: Path) -> Iterator[Path]:
    yield from sorted(path for path in runs.glob("[!.]*") if path.is_dir())


def _order(one: Listed) -> tuple[bool, bool, float, str]:
    return one.state != "complete", one.loss is None, one.loss or 0.0, one.run


def lines(listed: tuple[Listed, ...]) -> Iterator[str]:
    """Yield a line for each run, and below it what somebody said of it, and how it is not the pipeline's."""
    for one in listed:
        marks = "*" if one.is_default else " "
        loss = "-" if one.loss is None else f"{one.loss:.3f}"
        called = one.run + (f" ({one.name})" if one.name else "")
        told = [*(["pinned"] if one.is_pinned else []), *(f"#{tag}" for tag in one.tags)]
        told += [] if one.is_evaluated or one.state != "complete" else ["not evaluated"]
        told += [one.state] if one.state != "complete" else []
        yield f"{marks} {called}  dev {loss}  {size(one.bytes)}  {' '.join(told)}".rstrip()
        if one.note:
            yield f"    {one.note}"
        yield from (f"    {each}" for each in one.differ)
    if any(one.is_default for one in listed):
        yield "* writes the captions where no run is named"
