"""Take content out of every stage of a pipeline, check that it is gone, and keep it out.

The forget list is written first: whatever happens after, later crawls, imports and builds leave it out, and
running the same command again finishes the work.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dataset import read
from dataset.content import Content, held, matching
from dataset.export.formats import export_again
from dataset.rewrite import rewrite_crawl, rewrite_dataset, rewrite_features
from dataset.search import WORDS, search
from store.errors import UsageError, UserError
from store.forgotten import Forgotten
from store.place import SHARED
from store.stages import Stage, below, find
from store.whole_file import remove_leftovers, write_json, write_whole

ORDER = ("run", "features", "dataset", "crawl")
"""Crawls come last: by them it is found what the others hold, should this be killed and run again."""


@dataclass
class ForgetReport:
    """How many files of each kind of stage changed, and what is left to do by hand.

    `trained`: runs whose models may have learned from what is on the forget list. `others`: pipelines that
    hold the same content, where the options `again` forget it. `exports`: folders elsewhere, exported before.
    """

    changed: dict[str, int] = field(default_factory=dict)
    trained: list[Path] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    exports: list[Path] = field(default_factory=list)
    again: str = ""

    def __str__(self) -> str:
        counts = ", ".join(f"{kind} {count}" for kind, count in self.changed.items() if count)
        return "\n".join(
            [
                f"forgotten: files changed: {counts or 'none'}; later crawls, imports, builds leave it out",
                *(f"trained on it: {run}. Delete it, and train again" for run in self.trained),
                *(
                    f"held by pipeline {name}, too: bokeru forget --pipeline {name} {self.again}"
                    for name in self.others
                ),
                *(f"exported before: {path}. Delete it, and export again" for path in self.exports),
            ]
        )


def forget(
    data: Path, pipeline: str, *, sha256: str | None = None, odai: int | None = None, boke: int | None = None
) -> ForgetReport:
    """Take one photo (with all its captions), one odai (with its photo if no other has it), or one boke out.

    No stage of the pipeline may be running. A vector stays for as long as another pipeline holds the photo.

    Args:
        data: the folder of all output; the stages are data/<pipeline>/… and data/features/….

    Raises:
        UsageError: none or several of `sha256`, `odai`, `boke` are given, or the sha256 is none.
        DamagedFile: a shard is damaged; nothing can be said of what it holds.
        UserError: nothing of the pipeline is there, or files hold the content after all.
    """
    directory = data / pipeline
    _check(sha256, odai, boke)
    if not directory.is_dir():
        raise UserError(f"{directory} is not there: pipeline {pipeline!r} has nothing to forget")
    stages = find(directory)
    content = matching(stages, sha256, odai, boke)
    forgotten = _list(directory, content, sha256, odai, boke)
    forgotten.add_trained(run.name for run in _trained(stages, content))
    forgotten.save(directory)
    others = _others(data, pipeline, content)
    shared = [] if others else list(below(data / "features"))
    report = ForgetReport(
        trained=_named(stages, forgotten), others=others, again=_again(data, content, odai, boke)
    )
    for kind in ORDER:
        mine = [stage for stage in (*stages, *shared) if stage.kind == kind]
        report.changed[kind] = sum(_rewrite(stage, content, forgotten) for stage in mine)
        if kind == "dataset":
            report.changed["export"], report.exports = export_again(directory / "dataset")
    places = (directory, *(stage.directory for stage in shared))
    if left := [path for place in places if place.is_dir() for path in search(place, content)]:
        raise UserError(
            f"Still held by {', '.join(map(str, left))}: delete what you do not need, then run this again"
        )
    return report


def _named(stages: Iterable[Stage], forgotten: Forgotten) -> list[Path]:
    """Return the runs that are still there and whose models may have learned from what is forgotten."""
    names = {entry.run for entry in forgotten.trained}
    return [stage.directory for stage in stages if stage.kind == "run" and stage.directory.name in names]


def _others(data: Path, pipeline: str, content: Content) -> list[str]:
    """Return the other pipelines in `data` that hold some of `content`."""
    places = [place for place in sorted(data.iterdir()) if place.is_dir() and place.name not in SHARED]
    return [place.name for place in places if place.name != pipeline and held(list(below(place)), content)]


def _again(data: Path, content: Content, odai: int | None, boke: int | None) -> str:
    """Return the options that forget the same in another pipeline."""
    what = f"--odai {odai}" if odai is not None else f"--boke {boke}"
    if len(content.sha256s) == 1:
        what = f"--sha256 {next(iter(content.sha256s))}"
    return what if data == Path("data") else f"{what} --data {data}"


def _check(sha256: str | None, odai: int | None, boke: int | None) -> None:
    if sum(value is not None for value in (sha256, odai, boke)) != 1:
        raise UsageError("Name one thing to forget: --sha256 X, --odai N or --boke N")
    if sha256 is not None and (len(sha256) != 64 or set(sha256) - set("0123456789abcdef")):
        raise UsageError(f"{sha256!r} is no sha256: those have 64 of the digits 0-9a-f")


def _list(
    directory: Path, content: Content, sha256: str | None, odai: int | None, boke: int | None
) -> Forgotten:
    """Put `content` on the pipeline's forget list."""
    forgotten = Forgotten.load(directory)
    forgotten.add("photo", {*content.sha256s, sha256})
    forgotten.add("url", content.keys)
    forgotten.add("odai", {*content.odai_ids, odai})
    forgotten.add("boke", {*content.boke_ids, boke})
    forgotten.save(directory)
    return forgotten


def _rewrite(stage: Stage, content: Content, forgotten: Forgotten) -> int:
    """Take `content` out of one stage; return how many files changed."""
    for folder in (stage.directory, *(path for path in stage.directory.rglob("*") if path.is_dir())):
        remove_leftovers(folder)
    if stage.kind == "crawl":
        return rewrite_crawl(stage.directory, forgotten.filter())
    if stage.kind == "dataset":
        return rewrite_dataset(stage.directory, content)
    if stage.kind == "features":
        return rewrite_features(stage.directory, content.sha256s)
    return sum(_rewrite_json(path, content) for path in sorted(stage.directory.rglob("*.json*")))


def _trained(stages: Iterable[Stage], content: Content) -> list[Path]:
    """Return the runs whose models may have learned from `content`: it was in train, and they are of it."""
    runs = [stage.directory for stage in stages if stage.kind == "run"]
    datasets = [
        stage.directory for stage in stages if stage.kind == "dataset" and read.is_complete(stage.directory)
    ]
    learned = any(any(content.among(read.captions(directory, "train"))) for directory in datasets)
    return runs if learned or not datasets else []


def _rewrite_json(path: Path, content: Content) -> bool:
    """Take what holds `content` out of a JSON or JSON-lines file; return whether it changed."""
    lines = path.suffix == ".jsonl"
    text = path.read_text()
    try:
        values = [json.loads(part) for part in (text.splitlines() if lines else [text])]
    except ValueError:
        return False  # the search at the end looks into it as plain bytes
    kept = [_without(value, content) for value in values]
    if kept == values:
        return False
    if lines:
        write_whole(path, "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in kept))
    else:
        write_json(path, kept[0])
    return True


def _without(value: Any, content: Content) -> Any:
    """Return a JSON value without the entries of lists, and the values of objects, that are of `content`."""
    if isinstance(value, list):
        return [_without(inner, content) for inner in value if not _is_of(inner, content)]
    if isinstance(value, dict):
        return {
            key: inner if key in WORDS else None if _is_of(inner, content) else _without(inner, content)
            for key, inner in value.items()
            if key not in content.sha256s
        }
    return value


def _is_of(value: Any, content: Content) -> bool:
    if isinstance(value, str):
        return value in content.sha256s or value in content.texts
    if not isinstance(value, dict):
        return False
    strings = (inner for key, inner in value.items() if isinstance(inner, str) and key not in WORDS)
    return any(_is_of(inner, content) for inner in strings)
