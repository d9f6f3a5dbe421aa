"""What we write is read by warcio, and what warcio writes is read by us; hostile files cost no memory."""

import gzip
import io
import tracemalloc
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from store.warc.read import DamagedArchive, Record, check, first_fields, read_at, read_records
from store.warc.write import member, warcinfo

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""warcio's writer leaves its temporary files to the garbage collector."""

AT = datetime(2026, 11, 29, 10, 16, 4, 123456, tzinfo=UTC)
BLOCK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
HEAD = len(BLOCK) - 5


def ours(path: Path, count: int = 3) -> Path:
    fields = [
        ("WARC-Target-URI", "https://bokete.jp/odai/1"),
        ("Content-Type", "application/http;msgtype=response"),
    ]
    records = [member("response", AT, fields, BLOCK, head=HEAD) for _ in range(count)]
    path.write_bytes(warcinfo([("software", "a test")]) + b"".join(records))
    return path


def theirs(path: Path, *, compressed: bool, version: str = "1.1") -> Path:
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=compressed, warc_version=version)
        writer.write_record(writer.create_warcinfo_record("a.warc", {"software": "another tool"}))
        for number in range(3):
            payload = io.BytesIO(BLOCK[HEAD:])
            headers = StatusAndHeaders("200 OK", [("Content-Length", "5")], protocol="HTTP/1.1")
            uri = f"https://bokete.jp/odai/{number}"
            writer.write_record(
                writer.create_warc_record(uri, "response", payload=payload, http_headers=headers)
            )
    return path


def is_whole_for_warcio(path: Path) -> bool:
    """Tell what `warcio check` says of a file."""
    checker = Checker(SimpleNamespace(inputs=[str(path)], verbose=False))
    checker.process_all()
    return not checker.exit_value


def test_warcio_reads_what_we_write_and_its_check_passes(tmp_path: Path) -> None:
    path = ours(tmp_path / "a.warc.gz")
    assert is_whole_for_warcio(path)
    with path.open("rb") as file:
        found = [
            (record.rec_type, record.content_stream().read(), record.rec_headers)
            for record in ArchiveIterator(file)
        ]
    assert [kind for kind, _, _ in found] == ["warcinfo", *["response"] * 3]
    assert [content for _, content, _ in found[1:]] == [b"hello"] * 3
    assert {fields.get_header("WARC-Date") for _, _, fields in found[1:]} == {"2026-11-29T10:16:04.123456Z"}
    assert len({fields.get_header("WARC-Record-ID") for _, _, fields in found}) == 4


def test_warcio_finds_a_block_that_was_changed_and_so_do_we(tmp_path: Path) -> None:
    plain = gzip.decompress(ours(tmp_path / "a.warc.gz").read_bytes()).replace(b"hello", b"jello", 1)
    path = tmp_path / "b.warc"
    path.write_bytes(plain)
    assert not is_whole_for_warcio(path)
    with pytest.raises(DamagedArchive, match="has the digest"):
        check(path)


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_files_of_warcio_are_read(tmp_path: Path, compressed: bool, version: str) -> None:
    path = theirs(tmp_path / "a.warc", compressed=compressed, version=version)
    check(path)
    records = list(read_records(path))
    assert [record.kind for record in records] == ["warcinfo", *["response"] * 3]
    assert [record.uri for record in records[1:]] == [
        f"https://bokete.jp/odai/{number}" for number in range(3)
    ]
    assert all(record.block == BLOCK for record in records[1:])
    assert first_fields(path)["software"] == "another tool"
    with path.open("rb") as file:
        assert [read_at(file, record.offset) for record in records] == records


def test_one_gzip_stream_for_all_records_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(gzip.compress(theirs(tmp_path / "plain", compressed=False).read_bytes()))
    assert [record.block for record in read_records(path, ["response"])][1:] == [BLOCK] * 3


def test_a_record_over_several_pieces_is_read(tmp_path: Path) -> None:
    block = bytes(range(256)) * 4096 * 3  # 3 MiB, which deflate makes small: one piece fills many
    path = tmp_path / "a.warc.gz"
    path.write_bytes(
        member("resource", AT, [], block) + member("resource", AT, [], b"") + member("resource", AT, [], b"x")
    )
    assert [record.block for record in read_records(path)] == [block, b"", b"x"]


def test_hand_written_records_of_other_habits_are_read(tmp_path: Path) -> None:
    # WARC/1.0, section 4: any case, values that go on in the next line; wget had <> around addresses.
    fields = b"warc-type: response\nWARC-TARGET-URI: <http://a.example/>\nX: one\n two\n"
    record = b"WARC/0.18\n" + fields + b"Content-Length: 2\n\nhi\n\n"
    path = tmp_path / "a.warc"
    path.write_bytes(b"\r\n" + record + b"\r\n\r\n" + record)
    first, second = read_records(path)
    assert (first.uri, first.block, first.fields["x"]) == ("http://a.example/", b"hi", "one two")
    assert second.block == b"hi"


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]


@pytest.mark.parametrize(
    "damage", [cut, flipped, lambda content: content[:-1], lambda content: content + b"\x1f\x8bno"]
)
def test_damage_is_named_and_what_comes_before_it_is_yielded(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    path = ours(tmp_path / "a.warc.gz", 20)
    path.write_bytes(damage(path.read_bytes()))
    found = []
    with pytest.raises(DamagedArchive, match="byte"):
        for record in read_records(path):
            found.append(record)
    assert len(found) >= 5


def record(length: bytes, fields: bytes = b"") -> bytes:
    return (
        b"WARC/1.1\r\nWARC-Type: response\r\n" + fields + b"Content-Length: " + length + b"\r\n\r\nhi\r\n\r\n"
    )


@pytest.mark.parametrize(
    "content",
    [
        b"<html>no archive</html>",
        record(b"-1"),
        record(b"9" * 30),
        record("２".encode()),
        record(b"2", b"X: " + b"x" * 100_000 + b"\r\n"),
        record(b"2", b"X: y\r\n" * 1000),
        record(b"9999999"),
        b"WARC/1.1\r\nWARC-Type: response\r\n\r\nhi\r\n\r\n",
    ],
)
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    for path, written in ((tmp_path / "a.warc", content), (tmp_path / "a.warc.gz", gzip.compress(content))):
        path.write_bytes(written)
        with pytest.raises(DamagedArchive):
            check(path)


def test_an_empty_file_has_no_records(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"")
    assert list(read_records(path)) == []
    assert first_fields(path) == {}


def test_a_bomb_costs_no_memory(tmp_path: Path) -> None:
    size = 300 * 2**20
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    path = tmp_path / "a.warc.gz"
    with path.open("wb") as file:
        file.write(packer.compress(b"WARC/1.1\r\nWARC-Type: response\r\nContent-Length: %d\r\n\r\n" % size))
        for _ in range(300):
            file.write(packer.compress(bytes(2**20)))
        file.write(packer.compress(b"\r\n\r\n") + packer.flush())
    tracemalloc.start()
    (found,) = read_records(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(found, Record)
    assert found.block is None
    assert peak < 8 * 2**20
