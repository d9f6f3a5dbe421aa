"""What `bokeru forget` does in a cache: the vectors of forgotten photos go."""

from collections.abc import Iterator

from featurize.mapped import remove
from store.forget import anything
from store.forget.content import Content
from store.forget.forgotten import ForgottenFilter
from store.processes.lock import locked
from store.register.listed import list_files
from store.register.stages import Stage
from store.whole_file import remove_leftovers


def facts(stage: Stage) -> Iterator[str]:
    """Yield nothing: a cache knows photos by their sha256 alone."""
    yield from ()


def hashes(stage: Stage) -> Iterator[str]:
    """Yield nothing, for the same reason."""
    yield from ()


def images(stage: Stage) -> Iterator[str]:
    """Yield nothing: photos' bytes are not there."""
    yield from ()


def forget(stage: Stage, content: Content, forgotten: ForgottenFilter) -> int:
    """Write the shards that hold vectors of forgotten photos again without them; return how many.

    What is made from the shards goes too, and is made again when somebody needs it.

    Raises:
        UserError: another process is adding vectors.
    """
    cache = stage.directory
    with locked(cache.parent / f".{cache.name}.lock", f"is writing {cache}"):
        remove_leftovers(cache)
        changed = anything.forget(stage, content)
        remove(cache)  # it holds what the shards held, or did when it was made
        list_files(stage)
    return changed
