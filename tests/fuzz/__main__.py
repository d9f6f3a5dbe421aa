"""`python -m tests.fuzz`: reads mutated files for as long as it is told, and keeps those that went wrong."""

import argparse
import re
import sys
from pathlib import Path

from tests.fuzz.run import ROOT, Finding, fuzz

OUT = ROOT / "build" / "fuzz"


def main() -> int:
    """Return 1 where there was a finding."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("only", nargs="*", help="patterns of names of targets (all)")
    parser.add_argument("--seconds", type=float, default=3600, help="how long (3600)")
    parser.add_argument("--seed", type=int, default=1, help="of every random choice (1)")
    parser.add_argument(
        "--first", type=int, default=0, help="the number to begin with, as a finding tells (0)"
    )
    parser.add_argument("--out", type=Path, default=OUT, help="where findings go (build/fuzz)")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    findings = files = 0
    for found in fuzz(asked.seconds, asked.seed, asked.only, first=asked.first, folder=asked.out / "made"):
        files += 1
        if found is not None:
            findings += 1
            _keep(found, asked.out)
    print(f"{files:,} files read in {asked.seconds:,.0f} seconds with seed {asked.seed}: {findings} findings")
    return 1 if findings else 0


def _keep(found: Finding, folder: Path) -> None:
    name = re.sub(r"[^\w.]+", "-", f"{found.target} {found.number}").strip("-")
    (folder / name).write_bytes(found.content)
    (folder / f"{name}.txt").write_text(found.wrong, encoding="utf-8")
    print(f"{found} (kept in {folder / name})", flush=True)


if __name__ == "__main__":
    sys.exit(main())
