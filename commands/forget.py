"""`bokeru forget`: take content out of every stage of a pipeline, check that none is left, and keep it out.

The forget list is written first: whatever happens after, later crawls, imports and builds leave it out, and
running the same command again finishes the work.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from store.errors import DamagedFile, UserError
from store.place import SHARED, Place, bokeru
from store.register.kinds import StageName
from store.register.stages import Stage, below, find

if TYPE_CHECKING:
    from store.forget.content import Content, Request
    from store.forget.forgotten import Forgotten
    from store.forget.protocol import StageForget

ORDER: tuple[StageName, ...] = ("run", "features", "dataset", "crawl")
"""Crawls come last: their rows tell what belongs to the request, should this be killed and run again."""


@dataclass
class ForgetReport:
    """How many files of each stage changed, and what is left to do by hand.

    Args:
        changed: files by stage; under "export", exports in the pipeline's own folder.
        trained: runs whose models may have learned from what is on the forget list.
        others: for each other pipeline that holds the same content, the command that forgets it there.
        exports: folders elsewhere that hold exports of the dataset as it was.
    """

    changed: dict[str, int] = field(default_factory=dict)
    trained: list[Path] = field(default_factory=list)
    others: dict[str, str] = field(default_factory=dict)
    exports: list[Path] = field(default_factory=list)

    def __str__(self) -> str:
        counts = ", ".join(f"{kind} {count}" for kind, count in self.changed.items() if count)
        return "\n".join(
            [
                f"forgotten: files changed: {counts or 'none'}; later crawls, imports, builds leave it out",
                *(f"trained on it: {run}. Delete it, and train again" for run in self.trained),
                *(f"held by pipeline {name}, too: {command}" for name, command in self.others.items()),
                *(f"exported before: {path}. Delete it, and export again" for path in self.exports),
            ]
        )


def forget(place: Place, request: "Request") -> ForgetReport:
    """Take one photo (with all its captions), one odai (with its photo if no other has it), or one boke out.

    No stage of the pipeline may be running. A vector stays for as long as another pipeline holds the photo.

    Raises:
        DamagedFile: a shard is damaged; nothing can be said of what it holds.
        UserError: nothing of the pipeline is there, or files hold the content after all.
    """
    from train.forget import trained_on

    if not place.directory.is_dir():
        raise UserError(f"{place.directory} is not there: pipeline {place.name!r} has nothing to forget")
    stages = find(place.directory)
    content = _content(stages, request, place)
    forgotten = _extend_list(place.directory, content, request)
    forgotten.add_trained(run.directory.name for run in trained_on(stages, content))
    forgotten.save(place.directory)
    others = _other_pipelines(place, content)
    report = ForgetReport(
        trained=_trained_runs(stages, forgotten),
        others={other.name: other.command("forget", *request.options(content)) for other in others},
    )
    shared = [] if others else list(below(place.features))
    _take_out(place, [*stages, *shared], content, forgotten, report)
    _require_none_left([place.directory, *(stage.directory for stage in shared)], content)
    return report


def stage_forgetters() -> "dict[StageName, StageForget]":
    """Return what each stage does for `bokeru forget`."""
    from crawler import forget as crawl
    from dataset import forget as dataset
    from featurize import forget as features
    from train import forget as run

    return {"crawl": crawl, "dataset": dataset, "features": features, "run": run}


def _content(stages: Sequence[Stage], request: "Request", place: Place) -> "Content":
    """Return everything that belongs to the request, by what the stages state."""
    import duckdb

    from store.forget.content import Facts

    try:
        with Facts.load(_facts(stages)) as facts:
            return facts.content(request)
    except duckdb.Error as error:
        reason = str(error).splitlines()[0].rstrip(".")
        remedy = f"Which one says: {bokeru('verify', place.directory)}"
        raise DamagedFile(place.directory, f"a shard cannot be read ({reason})", remedy) from error


def _facts(stages: Iterable[Stage]) -> Iterator[str]:
    forgetters = stage_forgetters()
    for stage in stages:
        if stage.name in forgetters:
            yield from forgetters[stage.name].facts(stage)


def _extend_list(directory: Path, content: "Content", request: "Request") -> "Forgotten":
    """Put `content`, and what was asked for even if nothing of it is there, on the pipeline's forget list."""
    from store.forget.forgotten import Forgotten

    forgotten = Forgotten.load(directory)
    forgotten.add("photo", {*content.sha256s, request.sha256})
    forgotten.add("url", content.keys)
    forgotten.add("odai", {*content.odai_ids, request.odai})
    forgotten.add("boke", {*content.boke_ids, request.boke})
    forgotten.save(directory)
    return forgotten


def _trained_runs(stages: Iterable[Stage], forgotten: "Forgotten") -> list[Path]:
    """Return the runs that are still there and whose models may have learned from what is on the list."""
    names = {entry.run for entry in forgotten.trained}
    return [stage.directory for stage in stages if stage.name == "run" and stage.directory.name in names]


def _other_pipelines(place: Place, content: "Content") -> list[Place]:
    """Return the other pipelines in the data folder that hold some of `content`."""
    names = sorted(path.name for path in place.data.iterdir() if path.is_dir() and path.name not in SHARED)
    others = [Place(place.data, name, place.config) for name in names if name != place.name]
    return [other for other in others if _holds(other, content)]


def _holds(place: Place, content: "Content") -> bool:
    """Tell whether a pipeline holds some of `content`; one with a damaged shard may."""
    import duckdb

    from store.forget.content import Facts

    try:
        with Facts.load(_facts(below(place.directory))) as facts:
            return facts.holds(content)
    except duckdb.Error:
        return True


def _take_out(
    place: Place, stages: Sequence[Stage], content: "Content", forgotten: "Forgotten", report: ForgetReport
) -> None:
    """Let each stage take `content` out, and exports follow their dataset; fill in the report."""
    from dataset.export.formats import export_again

    forgetters, passing = stage_forgetters(), forgotten.filter()
    for name in ORDER:
        report.changed[name] = 0
        for stage in stages:
            if stage.name == name:
                _remove_leftovers(stage.directory)
                report.changed[name] += forgetters[name].forget(stage, content, passing)
        if name == "dataset":
            report.changed["export"], report.exports = export_again(place.dataset)


def _remove_leftovers(directory: Path) -> None:
    """Delete what killed writers left anywhere below: it may hold the content, too."""
    from store.whole_file import remove_leftovers

    for folder in (directory, *(path for path in directory.rglob("*") if path.is_dir())):
        remove_leftovers(folder)


def _require_none_left(directories: Iterable[Path], content: "Content") -> None:
    from store.forget.search import search

    if left := [path for place in directories if place.is_dir() for path in search(place, content)]:
        raise UserError(
            f"Still held by {', '.join(map(str, left))}: delete what you do not need, then run this again"
        )
