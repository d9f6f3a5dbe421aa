"""Run one benchmark in another checkout and in this one, in turns, and print the median ratio of each rate.

    python -m benchmarks.before CHECKOUT features --photos 512 --rounds 1
    python -m benchmarks.before CHECKOUT decode
    python -m benchmarks.before CHECKOUT dataset --photos 50000
    python -m benchmarks.before CHECKOUT train
    python -m benchmarks.before CHECKOUT web --seconds 20

CHECKOUT is a worktree of an earlier commit (git worktree add). Each checkout runs its own benchmark with its
own modules, in this environment; `web` serves the demo that each has made (`bokeru demo`). A pair is one run
of each, one after the other, so that a slow moment of the machine meets both. Ends with 1 where the median of
a rate is under 0.95 of what it was.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
LEAST = 0.95
# The installed checkout comes first by an import hook and by a path file: take out one, precede the other.
CODE = """import os, runpy, sys
sys.meta_path[:] = [each for each in sys.meta_path if "editable" not in f"{each} {type(each)}".lower()]
sys.path.insert(0, os.getcwd())
import dataset
assert dataset.__file__.startswith(os.getcwd() + os.sep), dataset.__file__
name = sys.argv.pop(1)
runpy.run_module(name, run_name="__main__", alter_sys=True)
"""


def features(printed: str) -> dict[str, float]:
    """Return the rates of benchmarks.features that are this project's own work."""
    rates = json.loads(printed[printed.index("{") :])["photos_per_second"]
    return {name: rates[name] for name in ("network", "decoding", "end_to_end")}


def decode(printed: str) -> dict[str, float]:
    """Return captions a second of batched search, by vocabulary and hidden size."""
    found = re.findall(r"V = ([\d,]+), H = (\d+): .*batched ([\d,.]+)", printed)
    return {f"V {size}, H {hidden}": float(rate.replace(",", "")) for size, hidden, rate in found}


def dataset(printed: str) -> dict[str, float]:
    """Return captions a second of builds without photos' bytes and with them."""
    figures = json.loads(printed)
    return {name: figures[name]["captions_per_second"] for name in ("captions_only", "full")}


def train(printed: str) -> dict[str, float]:
    """Return captions a second of training, by hidden size, vocabulary and batch."""
    return {
        sizes: float(rate)
        for sizes, rate in re.findall(r"^\| (\d[\d, ]+) \| (\d+) \|", printed, re.MULTILINE)
    }


def web(printed: str) -> dict[str, float]:
    """Return requests a second that half of a visitor's are faster than, by visitors and kind of request."""
    found: dict[str, float] = {}
    for visitors, line in re.findall(r"^(\d+ visitors?): +(.*)", printed, re.MULTILINE):
        for kind, milliseconds in re.findall(r"(page|photo|captions): \d+, median (\d+) ms", line):
            found[f"{visitors}, {kind}"] = 1000 / max(float(milliseconds), 1.0)
    return found


READERS = {"dataset": dataset, "features": features, "decode": decode, "train": train, "web": web}


def rates(checkout: Path, benchmark: str, arguments: list[str]) -> dict[str, float]:
    """Run a checkout's benchmark in a process of its own; return its rates by name."""
    command = [sys.executable, "-c", CODE, f"benchmarks.{benchmark}", *arguments]
    environment = os.environ | {"PYTHONPATH": str(checkout)}  # for the children it starts
    answer = subprocess.run(command, cwd=checkout, env=environment, stdout=subprocess.PIPE, encoding="utf-8")
    # One that is out of its own limits ends with 1, too, but has printed its figures.
    if answer.returncode and not answer.stdout:
        sys.exit(f"benchmarks.{benchmark} of {checkout} ended with status {answer.returncode}")
    return READERS[benchmark](answer.stdout)


def main() -> int:
    """Measure, and print the figures as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkout", type=Path)
    parser.add_argument("benchmark", choices=sorted(READERS))
    parser.add_argument("--pairs", type=int, default=3)
    arguments, rest = parser.parse_known_args()
    pairs = [
        tuple(rates(each.resolve(), arguments.benchmark, rest) for each in (arguments.checkout, ROOT))
        for _ in range(arguments.pairs)
    ]
    ratios = {
        name: round(median(now[name] / before[name] for before, now in pairs), 3) for name in pairs[0][0]
    }
    report = {"before": [old for old, _ in pairs], "now": [new for _, new in pairs], "ratios": ratios}
    json.dump(report | {"limit": LEAST}, sys.stdout, indent=1)
    print()
    return int(min(ratios.values()) < LEAST)


if __name__ == "__main__":
    sys.exit(main())
