"""Whether a stage's input is the one that the pipeline wants: asked by every stage, and by whoever shows one.

`stale` says in what an input differs, `require` stops there.
"""

import sys

from dataset import lineage
from store.errors import MissingStage
from store.lineage.difference import Difference, refuse
from train.lineage.wanted import Wanted


def stale(wanted: Wanted) -> tuple[Difference, ...]:
    """Return in what the dataset that is there is not the pipeline's; nothing where there is none.

    The other inputs cannot be stale: a cache of vectors lies under a name that its settings make, a run under
    one that settings, dataset and vectors make together.

    Raises:
        UserError: a file that the settings name cannot be read.
    """
    return lineage.differences(wanted.place.dataset, wanted.dataset, wanted.crawls, wanted.held_out)


def require_dataset(wanted: Wanted) -> None:
    """Stop where there is no dataset, or not the pipeline's; say what is only to be said.

    Raises:
        MissingStage: there is none.
        StaleInput: it differs; the message names what, the values, and the ways on.
    """
    directory, command = wanted.place.dataset, wanted.command("dataset")
    if not directory.exists():
        raise MissingStage(directory, command)
    found = stale(wanted)
    refuse(directory, found, command)
    for each in found:
        print(f"{directory} is behind: {each}", file=sys.stderr)


def require_vectors(wanted: Wanted) -> None:
    """Stop where the vectors that the settings name are not there.

    Raises:
        MissingStage: there are none under these settings.
    """
    if wanted.cache and not wanted.cache.exists():
        raise MissingStage(wanted.cache, wanted.command("features"))
