"""What `bokeru forget` does in a run: its samples go. A model cannot unlearn, so its run is named."""

import json
from collections.abc import Iterator, Sequence

from dataset import read
from dataset.without import holds
from store.forget import anything
from store.forget.content import Content
from store.forget.forgotten import ForgottenFilter
from store.forget.needles import Needles
from store.forget.values import belongs, without
from store.register.listed import list_files, unlist
from store.register.stages import Stage
from store.whole_file import write_whole
from train.captions import measurements
from train.captions.progress import BOARD


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
    changed = anything.forget(stage, content, own=(measurements.NAME,))
    changed += _forget_progress(stage, content)
    list_files(stage)
    return changed


def _forget_progress(stage: Stage, content: Content) -> int:
    """Take photos and captions out of what the model wrote while it learned; return how many files changed.

    Tokens spell a caption, so it goes as a whole. TensorBoard's file of the same captions goes as a whole,
    too.
    """
    path, needles = stage.directory / measurements.NAME, Needles(content)
    told = [each for each in (stage.directory / BOARD).glob("*") if needles.are_in(each)]
    for each in told:
        each.unlink()
    before = path.read_bytes() if path.is_file() else b""
    kept = (_without(line, content) for line in measurements.measurements(path))
    after = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in kept).encode()
    if after == before:
        return len(told)
    unlist(stage, [path])
    write_whole(path, after)
    return len(told) + 1


def _without(line: measurements.Measurement, content: Content) -> measurements.Measurement:
    photos = [
        measurements.Watched(
            sha256=photo["sha256"],
            greedy=_kept(photo["greedy"], content),
            sample=_kept(photo["sample"], content),
        )
        for photo in line["photos"]
        if not belongs(photo["sha256"], content)
    ]
    return measurements.Measurement(epoch=line["epoch"], photos=photos)


def _kept(caption: measurements.Written | None, content: Content) -> measurements.Written | None:
    return None if caption is None or without([caption["text"]], content) != [caption["text"]] else caption


def trained_on(stages: Sequence[Stage], content: Content) -> list[Stage]:
    """Return the runs among `stages` whose models may have learned from `content`.

    That is all of them where a dataset holds some of it in train, or where no dataset is left to tell.
    """
    datasets = [
        stage.directory for stage in stages if stage.name == "dataset" and read.is_complete(stage.directory)
    ]
    learned = any(holds(directory, content, "train") for directory in datasets)
    return [stage for stage in stages if stage.name == "run" and (learned or not datasets)]
