"""The history of a run: a record per epoch, the best epoch, and when to stop early."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from store.errors import DamagedFile
from store.whole_file import write_json, write_whole

Record = TypeVar("Record", bound=Mapping[str, Any])
UNITS = {
    "average_loss.json": "nats per target token, <EOS> counted",
    "article_loss.json": "nats: the sum over batches and their steps of the mean over the captions that "
    "still have a token, divided by the number of captions; about nats per caption / train.batch_size",
}
"""What the numbers are in that a run's files hold by epoch."""


@dataclass
class History:
    """A record per epoch; log.jsonl and the curves are made from it.

    Attributes:
        records: per epoch what `train.job` measured; losses are in nats per target token, but for
            `article_loss`; None is not known.
        speeds: per epoch how fast it was. They lie apart, in speed.jsonl: a run's log is the same whenever
            and wherever it is made.
        patience: measurements of dev without a better one after which the run stops; None never.
    """

    patience: int | None = None
    records: list[dict[str, Any]] = field(default_factory=list)
    speeds: list[dict[str, Any]] = field(default_factory=list)

    @property
    def best(self) -> dict[str, Any] | None:
        """The record that `best` chooses."""
        return best(self.records)

    @property
    def measured_epochs(self) -> list[int]:
        """The epochs after which dev was measured."""
        return [record["epoch"] for record in _measured(self.records)]

    @property
    def exhausted(self) -> bool:
        """Whether dev was measured `patience` times since the best record; it was just measured, then."""
        found, measured = self.best, _measured(self.records)
        since = len(measured) - 1 - measured.index(found) if found else 0
        return self.patience is not None and since >= self.patience

    def write(self, run: Path) -> None:
        """Write log.jsonl, speed.jsonl, and the losses of all epochs in both units, each file whole."""
        for name, records in (("log.jsonl", self.records), ("speed.jsonl", self.speeds)):
            lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
            write_whole(run / name, lines)
        write_json(run / "average_loss.json", [record["loss"] for record in self.records])
        write_json(run / "article_loss.json", [record.get("article_loss") for record in self.records])
        write_json(run / "units.json", UNITS)


def best(records: Sequence[Record]) -> Record | None:
    """Return the record with the lowest dev loss over known tokens, the earliest of equals; None without any.

    What a model makes of <UNK>, which it may never have been trained on, is not what it has learned. Records
    of earlier versions have the loss over all tokens alone; where there is one of these, all go by that.
    """
    measured = _measured(records)
    is_comparable = all(record.get("dev_known_loss") is not None for record in measured)
    name = "dev_known_loss" if is_comparable else "dev_loss"
    return min(measured, key=lambda record: float(record[name]), default=None)


def _measured(records: Sequence[Record]) -> list[Record]:
    return [record for record in records if record.get("dev_loss") is not None]


def read_log(run: Path) -> list[dict[str, Any]]:
    """Return the records of a run's log.jsonl.

    Raises:
        DamagedFile: it is missing, or a line is not JSON.
    """
    return _read_lines(run / "log.jsonl")


def read_speed(run: Path) -> list[dict[str, Any]]:
    """Return the records of a run's speed.jsonl; none where an earlier version made the run.

    Raises:
        DamagedFile: a line is not JSON.
    """
    path = run / "speed.jsonl"
    return _read_lines(path) if path.exists() else []


def _read_lines(path: Path) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError, RecursionError) as error:
        raise DamagedFile(path, f"it is not a log ({error})") from error
