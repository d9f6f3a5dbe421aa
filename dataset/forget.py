"""Take content out of every stage of a pipeline, check that it is gone, and keep it out.

The forget list is written first: whatever happens after, later crawls, imports and builds leave it out, and
running the same command again finishes the work.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataset.crawl_tables import matching
from dataset.errors import UsageError, UserError
from dataset.forgotten import Forgotten
from dataset.rewrite import rewrite
from dataset.shards import shard_paths, whole_parquet
from dataset.stages import Stage, find
from dataset.whole_file import remove_leftovers, write_json, write_whole


@dataclass
class Content:
    """What is to be forgotten: photos by sha256 and address, odai and boke by number, captions by text."""

    sha256s: set[str] = field(default_factory=set)
    urls: set[str] = field(default_factory=set)
    odai_ids: set[int] = field(default_factory=set)
    boke_ids: set[int] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    photo_bytes: list[bytes] = field(default_factory=list)


@dataclass
class ForgetReport:
    """What was taken out, by stage, and the runs whose models had learned from it."""

    rewritten: dict[str, int]
    trained: list[str]
    left: list[str]

    def __str__(self) -> str:
        stages = ", ".join(f"{count:,} files of {kind}" for kind, count in self.rewritten.items() if count)
        lines = [f"forgotten: {stages or 'nothing was there any more'}; later crawls leave it out"]
        lines += [f"trained on it: {run} (delete it, and train again)" for run in self.trained]
        return "\n".join(lines + [f"still there: {place}" for place in self.left])


def forget(
    data: Path,
    pipeline: str,
    *,
    sha256: str | None = None,
    odai: int | None = None,
    boke: int | None = None,
) -> ForgetReport:
    """Take one photo (with all its captions), one odai (with its photo if no other has it), or one boke out.

    Args:
        data: the folder of all output; the stages are data/<pipeline>/… and data/features/….

    Raises:
        UsageError: none or several of `sha256`, `odai`, `boke` are given, or the sha256 is none.
        UserError: nothing of the pipeline is there, or something is left after all.
    """
    directory = data / pipeline
    if sum(value is not None for value in (sha256, odai, boke)) != 1:
        raise UsageError("Name one thing to forget: --sha256 X, --odai N or --boke N")
    if sha256 is not None and (len(sha256) != 64 or set(sha256) - set("0123456789abcdef")):
        raise UsageError(f"{sha256!r} is no sha256: 64 of the digits 0-9a-f")
    if not directory.is_dir():
        raise UserError(f"{directory} is not there: pipeline {pipeline!r} has nothing to forget")
    stages = [*find(directory), *(find(data / "features") if (data / "features").is_dir() else [])]
    content = matching(stages, sha256=sha256, odai=odai, boke=boke)
    listed = Forgotten.load(directory)
    for kind, values in (
        ("photo", content.sha256s),
        ("url", content.urls),
        ("odai", content.odai_ids),
        ("boke", content.boke_ids),
    ):
        listed.add(kind, values)
    listed.save(directory)
    return ForgetReport({}, [], [])
