"""Sends a dataset to the Hub: privately, or to all where every row's licence allows it."""

from functools import partial
from pathlib import Path

from dataset import read
from dataset.export.record import record_push
from dataset.rights.publishing import why_not_public
from dataset.text.subwords import MODEL
from store.errors import UsageError, UserError
from store.hub.send import Sent, send
from store.register.kinds import DATASET_CAPTIONS, DATASET_SHARDS

PUSHED = (
    f"{DATASET_SHARDS}/*.parquet",
    f"{DATASET_CAPTIONS}/*.parquet",
    "README.md",
    "statistics.json",
    "statistics.svg",
    "vocabulary.json",
    MODEL,
    "croissant.json",
)
"""What is sent, and nothing else: the crawl and its archive lie elsewhere, `left_out/` holds what was not
chosen, and the manifest the paths of this machine."""


def push(dataset: Path, repository: str, *, public: bool = False) -> str:
    """Send the dataset to a repository of the Hub, made if need be; return its address.

    Args:
        repository: `name`, or `owner/name`.
        public: whether everybody is to see it.

    Raises:
        UsageError: it is to be public, and not every row's licence allows that; or the repository's name is
            none.
        UserError: as `store.hub.send.send`.
        MissingStage: there is no dataset.
    """
    read.shards(dataset)
    if older := read.older_layout(dataset):
        raise UserError(older)
    if public and (closed := why_not_public(dataset)):
        raise UsageError(
            f"This dataset cannot be public: {closed}. Leave the others out with dataset.public_only=true, "
            "or leave out --public"
        )
    sent = Sent("dataset", PUSHED, "Dataset built by Bokeru", partial(why_not_public, dataset))
    return send(dataset, repository, sent, partial(record_push, dataset), public=public)
