"""What a run writes for TensorBoard while it trains, beside its log."""

import struct
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

EVERY = 50
"""Updates between two points of a curve by update, at least: a GPU fetches its losses so often."""


class Curve:
    """The figures of the updates since its last point."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def point(self, totals: Mapping[str, float], *, is_end: bool) -> dict[str, float] | None:
        """Return them, where a point is due; else None.

        Args:
            totals: those of the updater, which start anew after the end of an epoch.
            is_end: whether the epoch ends here.
        """
        new = {name: value - self._last.get(name, 0.0) for name, value in totals.items()}
        if not new["updates"] or (new["updates"] < EVERY and not is_end):
            return None
        self._last = {} if is_end else dict(totals)
        return {
            "loss": new["nats"] / new["tokens"],
            "gradient_norm": new["gradient_norm"] / new["updates"],
            "tokens_per_second": new["tokens"] / new["seconds"],
        }


class Writes(Protocol):
    """Adds points to TensorBoard's curves."""

    def __call__(self, group: str, update: int, figures: Mapping[str, Any], /) -> None:
        """Add a point at `update`, counted from 1, to the curve `group/name` of each figure that is known.

        A figure that is a text is shown as such, as Markdown.
        """


@contextmanager
def board(directory: Path, update: int) -> Iterator[Writes]:
    """Open an event file in `directory` for what comes after `update`; yield what adds points to it.

    What an earlier attempt wrote of later updates comes again, and TensorBoard is told to drop it.
    """
    # Imported here: most runs go without. Messages and checksums are taken, not the writer above them: it
    # works in a thread, which tells nobody of what goes wrong, and names files after the host.
    from tensorboardX.proto.event_pb2 import Event, SessionLog
    from tensorboardX.proto.summary_pb2 import Summary

    # The files of a folder are read in the order of their names.
    path = directory / f"events.out.tfevents.{update:09d}.bokeru"
    directory.mkdir(parents=True, exist_ok=True)
    for later in directory.glob("events.out.tfevents.*"):
        if later.name >= path.name:
            later.unlink()
    # Unbuffered: what comes before a snapshot must be there after a kill, since it will not come again.
    with path.open("wb", buffering=0) as file:

        def write(group: str, update: int, figures: Mapping[str, Any]) -> None:
            known = {f"{group}/{name}": value for name, value in figures.items() if value is not None}
            points = [_value(name, value) for name, value in known.items()]
            event = Event(wall_time=time.time(), step=update, summary=Summary(value=points))
            file.write(_record(event.SerializeToString()))

        restart = SessionLog(status=SessionLog.START)
        for event in (Event(file_version="brain.Event:2"), Event(step=update + 1, session_log=restart)):
            event.wall_time = time.time()
            file.write(_record(event.SerializeToString()))
        yield write


def _value(tag: str, value: Any) -> Any:
    """Return a point as TensorBoard's plugin for curves reads it, or that for texts."""
    from tensorboardX.proto.summary_pb2 import Summary
    from tensorboardX.summary import text

    if not isinstance(value, str):
        return Summary.Value(tag=tag, simple_value=value)
    return text(tag, value).value[0]


def _record(content: bytes) -> bytes:
    """Return an event as it stands in a file. Source: TensorFlow's documentation, TFRecord."""
    from tensorboardX.record_writer import masked_crc32c

    length = struct.pack("<Q", len(content))
    checksums = (struct.pack("<I", masked_crc32c(part)) for part in (length, content))
    return b"".join((length, next(checksums), content, next(checksums)))
