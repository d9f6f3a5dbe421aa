"""Readers bear whatever files strangers send: the fuzzer itself, a file of each kind, what it found."""

import io
import json
import resource
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset.importers import bokekan
from featurize import mapped
from featurize.feeding.check import _read
from store.errors import DamagedFile, UsageError
from store.register.kinds import KINDS
from tests.crawl_tables import photo
from tests.crawler.imports.warcs import Warc, take
from tests.dataset.importers.cans import boke_row, rows_as_csv, sample
from tests.featurize.test_read import shard
from tests.fuzz import kinds, run
from tests.fuzz.reading import case, read
from tests.fuzz.run import Reading, fuzz
from tests.fuzz.structures import changed
from tests.fuzz.targets import Target


def table() -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"a": [1, 2, 3], "b": ["x", None, "z"], "c": [[1], [], [2, 3]]}), file)
    return file.getvalue()


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as files:
        files.writestr("boke.csv", "id,text\n1,x\n")
    return file.getvalue()


def tensors() -> bytes:
    header = json.dumps({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    return len(header).to_bytes(8, "little") + header + bytes(8)


def opened(content: bytes) -> object:
    with zipfile.ZipFile(io.BytesIO(content)) as files:
        return files.infolist()


def header_of(content: bytes) -> object:
    return json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])


FORMS: dict[str, tuple[bytes, Callable[[bytes], object]]] = {
    "json": (json.dumps({"a": [1, {"b": "c"}], "d": None}).encode(), json.loads),
    "jsonl": (
        b"\n".join(json.dumps(sample(n)).encode() for n in range(3)),
        lambda text: json.loads(text.split(b"\n")[0]),
    ),
    "parquet": (table(), lambda content: pq.read_table(io.BytesIO(content))),
    "safetensors": (tensors(), header_of),
    "zip": (archive(), opened),
}


@pytest.mark.parametrize("form", FORMS)
def test_half_of_the_files_keep_their_form_and_nearly_all_are_others(form: str) -> None:
    """Else a reader would see nothing but broken checksums."""
    content, opens = FORMS[form]
    whole = others = 0
    for number in range(200):
        new = changed(content, form, [content], Random(number))
        others += new != content
        try:
            opens(new)
        except Exception:  # of whatever the format's own reader makes of a broken file
            continue
        whole += 1
    assert others > 150
    assert 60 < whole < 190


def test_a_number_makes_the_same_file_again_and_0_a_real_one() -> None:
    target = Target("x", "json", (b'{"a": 1}',), lambda content, random: None)
    assert case(target, 1, 0) == b'{"a": 1}'
    assert [case(target, 1, n) for n in range(20)] == [case(target, 1, n) for n in range(20)]
    assert len({case(target, seed, n) for seed in (1, 2) for n in range(1, 20)}) > 20


def test_whatever_a_reader_raises_is_told_but_for_a_refusal() -> None:
    def raising(error: BaseException) -> str:
        def reads(content: bytes, random: Random) -> None:
            raise error

        return read(Target("x", "text", (b"",), reads), b"", Random(1))

    assert raising(DamagedFile(Path("x"), "it is")) == ""
    assert raising(KeyError("k")).endswith("KeyError: 'k'\n")
    assert raising(SystemExit(2)).endswith("SystemExit: 2\n")
    assert raising(MemoryError()).endswith("MemoryError\n")


PRETENDED = """
import json, os, sys, time
print(json.dumps(["dies", "hangs", "eats", "slow", "good"]), flush=True)
for line in sys.stdin:
    name, number = json.loads(line)
    open(sys.argv[1] + "/case", "wb").write(b"the file")
    if name == "dies":
        os.kill(os.getpid(), 11)
    if name == "hangs":
        time.sleep(600)
    if name == "eats":
        held = b"x" * 10**8
        time.sleep(600)
    seconds = 21 if name == "slow" else 1
    print(json.dumps({"wrong": "", "seconds": seconds, "megabytes": 1}), flush=True)
"""


def test_a_process_that_dies_hangs_or_eats_is_ended_and_the_next_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "PROCESS", (sys.executable, "-c", PRETENDED))
    monkeypatch.setattr(run, "MEGABYTES", 25)
    reading = Reading(tmp_path, 1)
    try:
        monkeypatch.setattr(run, "PATIENCE", 5)
        wrong = {}
        for name in reading.names:
            found = reading.read(name, 1)
            wrong[name] = found and (found.wrong, found.content)
    finally:
        reading.close()
    assert wrong == {
        "dies": ("it died, with status -11", b"the file"),
        "hangs": ("it said nothing for 5 seconds", b"the file"),
        "eats": ("it has more than 75 MB", b"the file"),
        "slow": ("it took 21.0 seconds of the processor, at most 20 are right", b"the file"),
        "good": None,
    }


def test_a_command_runs_in_the_process_that_is_measured(tmp_path: Path) -> None:
    """Under a limit of addresses it would run in another one: `store.processes.memory.told_of`."""
    reading = Reading(tmp_path, 1, ["pipelines.yaml"])
    try:
        assert reading.read("pipelines.yaml", 0) is None
        assert reading._process
        limits = resource.prlimit(reading._process.pid, resource.RLIMIT_AS)
        assert limits == resource.getrlimit(resource.RLIMIT_AS)
    finally:
        reading.close()


def test_files_are_read_in_turns_until_the_time_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = PRETENDED.replace('["dies", "hangs", "eats", "slow", "good"]', '["good", "better"]')
    code = code.replace('"wrong": ""', '"wrong": "nonsense"')
    monkeypatch.setattr(run, "PROCESS", (sys.executable, "-c", code))
    found = [(each.number, each.target) for each in fuzz(1, seed=1, first=3, folder=tmp_path) if each]
    assert len(found) > 3
    assert sorted(found[:2]) == [(3, "better"), (3, "good")]
    assert sorted(found[2:4]) == [(4, "better"), (4, "good")]


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_every_reader_bears_a_real_file_and_a_mutated_one(tmp_path: Path) -> None:
    """Always the same ones, however fast the machine is: a real one has the number 0."""
    reading = Reading(tmp_path, 1)
    try:
        lasting = {kind.path for kind in KINDS if kind.lasts or kind.format == "derived"}
        assert lasting - set(reading.names) == set(kinds.LEFT_OUT)
        found = [reading.read(name, number) for name in reading.names for number in (0, 1)]
    finally:
        reading.close()
    assert [str(each) for each in found if each] == []


def nameless(path: Path, files: dict[str, bytes]) -> Path:
    """Write a zip file with a file without a name: `ZipInfo.is_dir` looks at the last letter of a name."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo(""), b"x")
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_found_a_can_with_a_file_without_a_name_is_read(tmp_path: Path) -> None:
    table = rows_as_csv([boke_row(1)]).encode()
    can = nameless(tmp_path / "can.zip", {"boke.csv": table, "images/1.jpg": photo(1)})
    report = bokekan.read(can, tmp_path / "p" / "crawl")
    assert (report.bokes, report.photos) == (1, 1)


def test_found_a_wacz_file_with_a_file_without_a_name_is_read(tmp_path: Path) -> None:
    with Warc(tmp_path / "a.warc.gz") as warc:
        warc.odai(1, "犬がいる")
        warc.photo(1)
    package = nameless(tmp_path / "a.wacz", {"archive/a.warc.gz": warc.path.read_bytes()})
    assert take(tmp_path, package).pages == {"ok": 1}


BRACKET = b"\x93NUMPY\x01\x00\x16\x00{'descr': ('<f4', [(\n  "
"""The header of a .npy file that opens brackets and closes none: NumPy hands it to Python's tokenizer."""
UNMATCHED = b"\x93NUMPY\x01\x00D\x00{'descr': '<2, 3), }f8', 'fortran_order': False, 'shape': (2, 3), }\n"
"""A kind of number with a bracket too many: NumPy hands what stands before it to Python's parser."""
ENDLESS = b"\x93NUMPY\x01\x00F\x00{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999, 9), }  \n"
"""A header that claims 720 gigabytes. Source: numpy.lib.format, version 1.0."""


@pytest.mark.parametrize("content", [BRACKET, UNMATCHED, ENDLESS, b"\x93NUMPY", b""])
def test_found_vectors_with_a_header_of_nonsense_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "v.npy").write_bytes(content)
    with pytest.raises(UsageError, match=r"v.npy holds no vectors \("):
        _read(tmp_path / "v.npy")


@pytest.mark.parametrize("content", [BRACKET, UNMATCHED, ENDLESS, b"\x93NUMPY", b""])
def test_found_a_file_of_vectors_with_such_a_header_is_made_again(tmp_path: Path, content: bytes) -> None:
    shard(tmp_path / "vectors-1.parquet", {"a": [4, 5, 6], "b": [7, 8, 9]})
    paths = sorted(tmp_path.glob("*.parquet"))
    right = mapped.mapped(tmp_path, paths).values.tolist()
    (path,) = tmp_path.glob(mapped.PATTERN)
    path.write_bytes(content)
    mapped._maps.clear()
    assert mapped.mapped(tmp_path, paths).values.tolist() == right
