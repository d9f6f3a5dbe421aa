"""Takes forgotten content out of contests: its pairs, the votes on them, and what was published of both."""

import shutil
from pathlib import Path

from judging.contest import (
    ASKED,
    CONTEST,
    PUBLISHED,
    VOTES,
    Caption,
    Pair,
    load,
    load_pairs,
    write,
    write_pairs,
)
from judging.votes import rewrite
from store.forget.content import Content, unnumbered
from store.forget.values import belongs

KINDS = tuple(f"contests/*/{name}" for name in (ASKED, f"{PUBLISHED}/votes.parquet"))
"""Kinds of files that are seen to here."""


def forget(pipeline: Path, content: Content) -> int:
    """Take content out of every contest in a pipeline's folder; return how many files changed.

    Pairs go first: what a kill leaves are votes on pairs that are not there, which count for nothing, and the
    next time they go.
    """
    asked = sorted(pipeline.glob(f"contests/[!.]*/{ASKED}"))
    return sum(_forget(path.parent, content) for path in asked)


def _forget(directory: Path, content: Content) -> int:
    pairs = load_pairs(directory)
    kept = [pair for pair in pairs.values() if not _holds(pair, content)]
    changed = 0
    if len(kept) < len(pairs):
        if (directory / PUBLISHED).exists():
            shutil.rmtree(directory / PUBLISHED)
            changed += 1
        sha256 = write_pairs(directory, kept)
        if (directory / CONTEST).exists():
            write(directory, load(directory).model_copy(update={"sha256": sha256}))
        changed += 1
    return changed + rewrite(directory / VOTES, [pair.key for pair in kept])


def _holds(pair: Pair, content: Content) -> bool:
    return belongs(pair.sha256, content) or any(_is_of(caption, content) for caption in pair.captions)


def _is_of(caption: Caption, content: Content) -> bool:
    """Tell whether a caption is forgotten, or quotes one that is, whoever wrote it."""
    alone = unnumbered(caption.sha256, caption.text) in content.unnumbered
    return (
        alone or belongs(vars(caption), content) or any(phrase in caption.text for phrase in content.phrases)
    )
