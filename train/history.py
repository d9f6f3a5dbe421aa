"""The history of a run: a record per epoch, the best epoch, and when to stop early."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from store.errors import DamagedFile
from store.whole_file import write_json, write_whole

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
        records: per epoch `epoch, iteration, loss, weighted_loss, dev_loss`, nats per target token, and
            `article_loss`; None is not known.
        patience: epochs without a better dev loss after which the run stops; None never.
    """

    patience: int | None = None
    records: list[dict[str, Any]] = field(default_factory=list)

    @property
    def best(self) -> dict[str, Any] | None:
        """The record with the lowest dev loss, the earliest of equals; None without a dev loss."""
        measured = [record for record in self.records if record["dev_loss"] is not None]
        return min(measured, key=lambda record: record["dev_loss"]) if measured else None

    @property
    def exhausted(self) -> bool:
        """Whether the dev loss has not improved for `patience` epochs."""
        # Epochs that were not measured count too: patience is in epochs, whatever `dev_every` is.
        best = self.best
        epochs_since = len(self.records) - best["epoch"] if best else 0
        return self.patience is not None and epochs_since >= self.patience

    def write(self, run: Path) -> None:
        """Write log.jsonl, and the training loss of each epoch in both units, each file whole."""
        lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in self.records)
        write_whole(run / "log.jsonl", lines)
        write_json(run / "average_loss.json", [record["loss"] for record in self.records])
        write_json(run / "article_loss.json", [record.get("article_loss") for record in self.records])
        write_json(run / "units.json", UNITS)


def read_log(run: Path) -> list[dict[str, Any]]:
    """Return the records of a run's log.jsonl.

    Raises:
        DamagedFile: it is missing, or a line is not JSON.
    """
    path = run / "log.jsonl"
    try:
        return [json.loads(line) for line in path.read_text().splitlines()]
    except (OSError, ValueError, RecursionError) as error:
        raise DamagedFile(path, f"it is not a log ({error})") from error
