"""A model of the Hub, fetched: safetensors and JSON alone, none larger than such a model's can be."""

import math
from pathlib import Path

from store.errors import UsageError
from store.hub.fetch import Snapshot
from train import artifact

MOST_CONFIG = 2**20
"""Bytes of config.json; a real one has about a thousand."""
MOST_PER_TOKEN = 1000
"""Bytes of vocabulary.json for each token: one with its count takes some twenty, and a few are long."""
HEADER = 2**20
"""Bytes of a safetensors file beside its tensors: their names and shapes."""
MOST_TENSORS = 2**33
"""Bytes of tensors, whatever the config says: the largest model that the settings allow is smaller."""


def fetch_model(address: str) -> Path:
    """Return the folder of a model on the Hub, fetched if need be.

    Args:
        address: `owner/name`, or `owner/name@revision` with a branch, a tag or a commit.

    Raises:
        UsageError: the address is none.
        UserError: as `store.hub.fetch.Snapshot` and its `file`.
        DamagedFile: the config is none, or a file is not the one that the Hub lists.
    """
    repository, _, revision = address.partition("@")
    if repository.count("/") != 1:
        raise UsageError(
            f"{address!r} is no model on the Hub. Write hub:owner/name, or hub:owner/name@revision"
        )
    snapshot = Snapshot(repository, revision or None)
    folder = snapshot.file(artifact.CONFIG, MOST_CONFIG).parent
    sizes = artifact.read_config(folder).sizes
    # The config says how large the others are: nothing larger is fetched, and nothing that no memory holds.
    tensors = 4 * sum(math.prod(shape) for _, shape in sizes.shapes())  # float32
    snapshot.file(artifact.TENSORS, min(tensors, MOST_TENSORS) + HEADER)
    snapshot.file(artifact.VOCABULARY, min(sizes.vocabulary * MOST_PER_TOKEN + MOST_CONFIG, MOST_TENSORS))
    return folder
