"""What watching a training costs: the captions that a model writes for eight photos while it learns.

    python -m benchmarks.watching [RUN ...] [--seconds 2]

With folders of runs: the share of the updates' and the captions' time that the captions took, by their
`speed.jsonl`. Without: for some sizes of a model the processor time of a writing and of learning a caption of
20 tokens, on one thread, so that a busy machine changes little; and the share where captions are written
as often as they ever are, each `EVERY` captions. An untrained model writes the longest captions, 50 tokens;
one that expects an end once in 20 tokens writes as a trained one does.
"""

import argparse
import math
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.train import SIZES, TOKENS, VECTOR, Step, ours, rate
from dataset.text.vocabulary import EOS, SPECIALS, Vocabulary
from train.arithmetic.arithmetic import choose
from train.arithmetic.compiled.pool import pool_threads
from train.captions.captioner import Captioner
from train.captions.progress import EVERY, WATCHED, CaptionProgress
from train.history import read_speed
from train.model import CaptionModel, Sizes

SMALL = ((100, 500, 16), (100, 500, 128))
"""As the embedded site's: hidden, vocabulary and batch size, beside those of `benchmarks.train`."""


def share(run: Path) -> float:
    """Return which share of a run's training its captions took."""
    speeds = read_speed(run)
    written = math.fsum(record["caption_seconds"] for record in speeds)
    return written / (written + math.fsum(record["seconds"] for record in speeds))


def writer(directory: Path, hidden: int, vocabulary: int, *, ends: bool) -> Step:
    """Return a function of any number that writes a line of progress.jsonl, as a training does.

    Args:
        ends: let the model expect an end once in TOKENS tokens.
    """
    sizes = Sizes(vocabulary=vocabulary, vector=VECTOR, embedding=hidden, hidden=hidden)
    model = CaptionModel.fresh(sizes, 0)
    if ends:
        model.output_b.array[EOS] = math.log(vocabulary / TOKENS)
    known = Vocabulary([*SPECIALS, *(f"{number} " for number in range(vocabulary - len(SPECIALS)))])
    vectors = np.random.default_rng(0).standard_normal((WATCHED, VECTOR), np.float32)
    progress = CaptionProgress(directory / "progress.jsonl", ["a" * 64] * WATCHED, vectors, 0)

    def write(_: int) -> None:
        progress.write(1, Captioner(choose(model.xp).decoder(model), known, dimensions=VECTOR))

    return write


def main() -> None:
    """Print a row per run, or per size."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("runs", nargs="*", type=Path, metavar="RUN")
    parser.add_argument("--seconds", type=float, default=2.0, help="of processor time of a figure")
    arguments = parser.parse_args()
    for run in arguments.runs:
        lines = len((run / "progress.jsonl").read_bytes().splitlines())
        print(f"{run.name}: captions were written {lines} times, {share(run):.2%} of the training's time")
    if arguments.runs:
        return
    print("| hidden, vocabulary, batch | model | ms a caption learned | ms a writing | share |")
    print("| --- | --- | ---: | ---: | ---: |")
    with pool_threads(1), tempfile.TemporaryDirectory() as directory:
        for hidden, vocabulary, batch in (*SMALL, *SIZES):
            clock = time.process_time
            learned = 1 / rate(ours(hidden, vocabulary, batch), batch, arguments.seconds, clock)
            for ends, name in ((False, "untrained"), (True, "ends captions")):
                write = writer(Path(directory), hidden, vocabulary, ends=ends)
                written = 1 / rate(write, 1, arguments.seconds, clock)
                part = written / (written + EVERY * learned)
                figures = f"{1e3 * learned:.2f} | {1e3 * written:.1f} | {part:.1%}"
                print(f"| {hidden}, {vocabulary}, {batch} | {name} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
