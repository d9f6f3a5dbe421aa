"""What `bokeru forget` does in a run: its samples go. A model cannot unlearn, so its run is named."""

from collections.abc import Iterator, Sequence

from dataset import read
from dataset.without import holds
from store.forget import anything
from store.forget.content import Content
from store.forget.forgotten import ForgottenFilter
from store.register.listed import list_files
from store.register.stages import Stage


def facts(stage: Stage) -> Iterator[str]:
    """Yield nothing: a run repeats what its dataset states."""
    yield from ()


def hashes(stage: Stage) -> Iterator[str]:
    """Yield nothing: the same holds for its photos."""
    yield from ()


def images(stage: Stage) -> Iterator[str]:
    """Yield nothing: photos' bytes are not there."""
    yield from ()


def forget(stage: Stage, content: Content, forgotten: ForgottenFilter) -> int:
    """Write the files that may hold photos or captions again without those; return how many changed."""
    changed = anything.forget(stage, content)
    list_files(stage)
    return changed


def trained_on(stages: Sequence[Stage], content: Content) -> list[Stage]:
    """Return the runs among `stages` whose models may have learned from `content`.

    That is all of them where a dataset holds some of it in train, or where no dataset is left to tell.
    """
    datasets = [
        stage.directory for stage in stages if stage.name == "dataset" and read.is_complete(stage.directory)
    ]
    learned = any(holds(directory, content, "train") for directory in datasets)
    return [stage for stage in stages if stage.name == "run" and (learned or not datasets)]
