"""What `bokeru forget` says at its end, and its receipt."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from commands.forget.scope import searched_files
from store.place import Place

if TYPE_CHECKING:
    from store.forget.unfinished import Unfinished


REMEDY_OF_PUSH = "Delete the repository, since its history keeps what it held, and push again"
REMEDY_OF_MODEL = "Delete the repository, train again, and push that"
_UNSEEN = (
    "near copies by pHash alone: of {:,} photos no build has kept what they look like, so mirrored, turned, "
    "framed or cut copies among them are not known"
)


@dataclass
class ForgetReport:
    """How many files of each stage changed, and what is left to do by hand.

    Args:
        changed: files by stage; under "export", exports in the data folder, of `bokeru web` too.
        trained: runs whose models may have learned from what is on the forget list.
        others: for each other pipeline that holds the same content, the command that forgets it there.
        exports: folders elsewhere that hold exports of the dataset as it was.
        pushed: repositories of the Hub that hold it as it was.
        pushed_models: repositories of the Hub that hold models of `trained`.
        near: for each near copy that stays, the command that forgets it.
        unseen: how many photos no build has seen: whether they are near copies, their pHashes alone told.
        receipt: the file that tells all this.
    """

    changed: dict[str, int] = field(default_factory=dict)
    trained: list[Path] = field(default_factory=list)
    others: dict[str, str] = field(default_factory=dict)
    exports: list[Path] = field(default_factory=list)
    pushed: list[str] = field(default_factory=list)
    pushed_models: list[str] = field(default_factory=list)
    near: dict[str, str] = field(default_factory=dict)
    unseen: int = 0
    receipt: Path | None = None

    def __str__(self) -> str:
        if self.receipt is None:
            return "nothing is unfinished, and nothing that is on the forget list is there"
        counts = ", ".join(f"{kind} {count}" for kind, count in self.changed.items() if count)
        done = f"files changed: {counts}" if counts else "nothing of it is there"
        return "\n".join(
            [
                f"forgotten: {done}; later crawls, imports, builds leave it out",
                *(f"trained on it: {run}. Delete it, and train again" for run in self.trained),
                *(f"held by pipeline {name}, too: {command}" for name, command in self.others.items()),
                *(f"exported before: {path}. Delete it, and export again" for path in self.exports),
                *(f"pushed before: {name}. {REMEDY_OF_PUSH}" for name in self.pushed),
                *(
                    f"a model that was trained on it: {name}. {REMEDY_OF_MODEL}"
                    for name in self.pushed_models
                ),
                *(
                    f"a near copy stays: {sha256}. Forget it too: {command}"
                    for sha256, command in self.near.items()
                ),
                *([_UNSEEN.format(self.unseen)] if self.unseen else []),
                f"receipt: {self.receipt}",
            ]
        )


def write_receipt(place: Place, work: "Unfinished", report: ForgetReport, left: list[Path]) -> None:
    """Write the receipt, and say in the report where; `left` are the files that hold content still."""
    from store.forget.receipt import Copy, receipt
    from store.forget.unfinished import seen, told

    copies = [Copy(path=told(path), remedy="Delete it, or what it holds; then finish") for path in left]
    copies += [Copy(path=told(path), remedy="Delete it, and export again") for path in report.exports]
    copies += [Copy(path=f"datasets/{name} on the Hub", remedy=REMEDY_OF_PUSH) for name in report.pushed]
    copies += [Copy(path=f"{name} on the Hub", remedy=REMEDY_OF_MODEL) for name in report.pushed_models]
    copies += [Copy(path=str(place.data / name), remedy=command) for name, command in report.others.items()]
    after, trained = seen(searched_files(place), place.data), [run.name for run in report.trained]
    written = receipt(place.name, work, after, copies, trained, finished=not left)
    report.receipt = written.save(place.directory)
