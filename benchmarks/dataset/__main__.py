"""Measure a dataset build at the size of ボケ缶: time, memory, growth, against MeCab alone.

    python -m benchmarks.dataset [--photos 100000] [--captions-per-photo 11] [--captions-only]
        [--directory DIR]

The crawl is synthetic: 1,100,000 captions with ボケ缶's distribution of stars, photos as random bytes of
realistic size; with `--captions-only` they have a few bytes, so that ten million captions fit on any disk.
Figures are printed as JSON, and the exit status is 1 where one is out of its limit.
"""

import argparse
import json
import random
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.dataset.measure import measure_build, measure_growth, mecab_alone
from benchmarks.dataset.synthetic import caption
from store.processes.cores import cores

PHOTOS = 100_000
PHOTO_BYTES = 40_000
MAX_GIGABYTES = 2.0
MAX_TIMES = 1.3
"""How many times as long a caption may take in a crawl of ten times the size."""
MIN_SHARE = 0.5
"""The least share of the rate of MeCab alone, in one process."""


def main() -> None:
    """Measure, print, and fail where a figure is out of its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--photos", type=int, default=PHOTOS, help="the limits hold from %(default)s on")
    parser.add_argument("--captions-per-photo", type=int, default=11)
    parser.add_argument("--captions-only", action="store_true", help="photos of a few bytes, and no growing")
    parser.add_argument("--directory", type=Path, help="where the crawls are written (a temporary folder)")
    arguments = parser.parse_args()
    work = Path(tempfile.mkdtemp(dir=arguments.directory))
    try:
        chosen = measure_captions if arguments.captions_only else measure
        figures, ratios = chosen(work, arguments.photos, arguments.captions_per_photo)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(json.dumps({**figures, "in_short": ratios}, indent=1))
    if arguments.photos >= PHOTOS:  # in a smaller build the time to start counts for too much
        sys.exit("\n".join(failures(ratios)) or None)


def measure(work: Path, photos: int, per_photo: int) -> tuple[dict[str, object], dict[str, float]]:
    """Return all figures, and the ratios that have a limit."""
    alone = _alone()
    # Without bytes, so that tokenising is what counts.
    captions_only = measure_build(work / "captions", photos, per_photo, 0)
    tenth = measure_build(work / "tenth", photos // 10, per_photo, PHOTO_BYTES)
    full = measure_build(work / "full", photos, per_photo, PHOTO_BYTES)
    grown = measure_growth(work / "full", photos, per_photo, PHOTO_BYTES)
    rate = captions_only["captions_per_second"]
    ratios = {
        "peak_resident_gigabytes": max(part["peak_resident_gigabytes"] for part in (full, captions_only)),
        "times_the_tenth_per_caption": round(tenth["captions_per_second"] / full["captions_per_second"], 3),
        "share_of_mecab_alone": round(rate / alone[1]["captions_per_second"], 3),
        "photos_moved": grown["photos_moved"],
    }
    figures: dict[str, object] = {"cores": cores(), "mecab_alone_by_processes": alone, "tenth": tenth}
    figures |= {"full": full, "grown_by_a_tenth": grown, "captions_only": captions_only}
    return figures, ratios


def measure_captions(work: Path, photos: int, per_photo: int) -> tuple[dict[str, object], dict[str, float]]:
    """Return the same figures and ratios of builds without photos' bytes, of this size and of a tenth."""
    alone = _alone()
    tenth = measure_build(work / "tenth", photos // 10, per_photo, 0)
    full = measure_build(work / "full", photos, per_photo, 0)
    rate = full["captions_per_second"]
    ratios = {
        "peak_resident_gigabytes": full["peak_resident_gigabytes"],
        "times_the_tenth_per_caption": round(tenth["captions_per_second"] / rate, 3),
        "times_the_tenth_of_cpu_per_caption": round(
            full["cpu_microseconds_per_caption"] / tenth["cpu_microseconds_per_caption"], 3
        ),
        "times_the_tenth_of_memory": round(
            full["peak_resident_gigabytes"] / tenth["peak_resident_gigabytes"], 3
        ),
        "share_of_mecab_alone": round(rate / alone[1]["captions_per_second"], 3),
        "photos_moved": 0,
    }
    return {"cores": cores(), "mecab_alone_by_processes": alone, "tenth": tenth, "full": full}, ratios


def _alone() -> dict[int, dict[str, float]]:
    """Return what MeCab alone does, by the number of processes."""
    source = random.Random(1)
    captions = [caption(source) for _ in range(200_000)]
    return {processes: mecab_alone(captions, processes) for processes in sorted({1, cores()})}


def failures(ratios: dict[str, float]) -> list[str]:
    """Return a line for each figure that is out of its limit."""
    peak, times = ratios["peak_resident_gigabytes"], ratios["times_the_tenth_per_caption"]
    share = ratios["share_of_mecab_alone"]
    failed = {
        f"peak memory was {peak} GB; {MAX_GIGABYTES} are allowed": peak > MAX_GIGABYTES,
        f"a caption took {times} times as long as with a tenth; {MAX_TIMES} are allowed": times > MAX_TIMES,
        f"the rate was {share} of MeCab's alone; at least {MIN_SHARE} is needed": share < MIN_SHARE,
        f"{ratios['photos_moved']} photos changed splits; none may": ratios["photos_moved"] > 0,
    }
    return [line for line, is_failed in failed.items() if is_failed]


if __name__ == "__main__":
    main()
