"""How `bokeru inspect` and the importers end on the files of public test suites.

    python -m benchmarks.foreign_files parquet FOLDER     (of apache/parquet-testing, say)
    python -m benchmarks.foreign_files json FOLDER        (of nst/JSONTestSuite)

Each Parquet file is inspected by the command. Each JSON text is a line of a jp.jsonl of its own, behind a
sample, and the value of a field in an array of two samples. Printed as JSON: how many ended in which way, and
the files that did not end as they should: with a table or a line, and with every sample that is one.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from PIL import Image

from dataset.importers import oogiri_go
from store.errors import UserError

_MEASURED = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:])
print(f"peak {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}", file=sys.stderr)
sys.exit(done.returncode)
"""
SAMPLE = {"type": "I2T", "image": "1", "text": "a", "star": 1}
_PARQUET = re.compile(r"\.(parquet|parq)(\.encrypted)?$")


def measure_parquet(folder: Path) -> dict[str, object]:
    """Return how inspecting each Parquet file of a folder ended."""
    endings: Counter[str] = Counter()
    wrong: dict[str, str] = {}
    peak = 0
    for path in sorted(path for path in folder.rglob("*") if _PARQUET.search(path.name)):
        command = [
            sys.executable,
            "-c",
            _MEASURED,
            sys.executable,
            "-m",
            "commands.main",
            "inspect",
            str(path),
        ]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace")
        *lines, last = done.stderr.splitlines()
        peak = max(peak, int(last.removeprefix("peak ")))
        ending = {0: "a table", 1: "a line, status 1", 5: "a line, status 5"}.get(done.returncode, "else")
        if "Traceback" in done.stderr or ending == "else" or bool(done.returncode) != bool(lines):
            wrong[str(path.relative_to(folder))] = "\n".join(lines[-3:])
            ending = "a traceback, or a death"
        endings[ending] += 1
    return {"files": endings.total(), **endings, "peak_megabytes": round(peak / 1000), "wrong": wrong}


def measure_json(folder: Path) -> dict[str, object]:
    """Return how importing each JSON text of a folder ended, in both ways."""
    endings: Counter[str] = Counter()
    wrong: dict[str, str] = {}
    for path in sorted(folder.rglob("*.json")):
        for way, content in _ways(path.read_bytes()):
            try:
                endings[(ending := _imported(content, path.name[:2], way))] += 1
            except Exception as error:
                ending = f"{type(error).__name__}: {error}"[:200]
                endings["a traceback"] += 1
            if ending not in _RIGHT:
                wrong[f"{path.name} as a {way}"] = ending
    return {"imports": endings.total(), **endings, "wrong": wrong}


_RIGHT = ("as the suite says", "the suite leaves it open", "the sample beside it was read")


def _ways(case: bytes) -> Iterator[tuple[str, bytes]]:
    sample = json.dumps(SAMPLE).encode()
    yield "line", sample + b"\n" + case + b"\n"
    yield "value", b"[" + sample + b"," + sample[:-2] + case + b"}]"


def _imported(content: bytes, expected: str, way: str) -> str:
    """Return how an import ended.

    The suite's names begin with y_ for what a parser must take, n_ for what it must not, i_ for either.
    """
    with tempfile.TemporaryDirectory() as name:
        source = Path(name, "source")
        (source / "images").mkdir(parents=True)
        (source / "jp.jsonl").write_bytes(content)
        photo = BytesIO()
        Image.new("RGB", (32, 32), "red").save(photo, "JPEG")
        (source / "images" / "1.jpg").write_bytes(photo.getvalue())
        try:
            report = oogiri_go.read(source, Path(name, "data", "p", "crawl"))
            bokes = report.bokes
        except UserError:
            bokes = 0
    if way == "line":  # whatever stands in the next line costs the sample nothing
        return "the sample beside it was read" if bokes else "the sample beside it was not read"
    if expected not in ("y_", "n_"):
        return "the suite leaves it open"
    if (bokes == 2) == (expected == "y_"):
        return "as the suite says"
    return "not taken" if expected == "y_" else "taken"


def main() -> None:
    """Print the figures as JSON; end with 1 where anything did not end as it should."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=["parquet", "json"])
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    arguments = parser.parse_args()
    measure = {"parquet": measure_parquet, "json": measure_json}[arguments.kind]
    figures = measure(arguments.folder)
    print(json.dumps(figures, indent=1, ensure_ascii=False))
    sys.exit(bool(figures["wrong"]))


if __name__ == "__main__":
    main()
