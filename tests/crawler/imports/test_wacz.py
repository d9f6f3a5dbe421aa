"""`bokeru import warc` on WACZ files: their WARC files are read as if they lay beside each other."""

import hashlib
import io
import json
import random
import struct
import zipfile
from pathlib import Path

import pytest

from crawler.imports.warc_files import find
from store.errors import Unexpected
from tests.crawler.imports.waczs import contents, package, write
from tests.crawler.imports.warcs import HTML, Warc, outcomes, photo_url, rows, take, url


def warc(folder: Path, *numbers: int, gzip: bool = True, headers: dict[str, str] | None = None) -> bytes:
    """Return a WARC file with an odai and its photo for each number."""
    folder.mkdir(parents=True, exist_ok=True)
    with Warc(folder / "one.warc", gzip=gzip) as file:
        for number in numbers:
            file.odai(number, f"犬{number}", headers=HTML | (headers or {}))
            file.photo(number)
    content = (folder / "one.warc").read_bytes()
    (folder / "one.warc").unlink()
    return content


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("gzip", [False, True])
def test_all_files_of_its_archive_are_read(tmp_path: Path, packed: bool, gzip: bool) -> None:
    ending = ".warc.gz" if gzip else ".warc"
    parts = {f"{n}{ending}": warc(tmp_path / "in", n, gzip=gzip) for n in (1, 2, 3)}
    report = take(tmp_path, write(tmp_path / "a.wacz", parts, packed=packed))
    assert (report.pages, report.photos, report.files) == ({"ok": 3}, {"ok": 3}, 3)
    assert not report.damage
    assert [row["bokes"][0]["text"] for row in rows(tmp_path, "pages")] == ["犬1", "犬2", "犬3"]


def test_the_same_rows_as_its_warc_file_alone(tmp_path: Path) -> None:
    content = warc(tmp_path / "in", 1, 2)
    (tmp_path / "a.warc.gz").write_bytes(content)
    take(tmp_path / "alone", tmp_path / "a.warc.gz")
    take(tmp_path / "packed", write(tmp_path / "a.wacz", {"a.warc.gz": content}))
    for table in ("pages", "images"):
        assert rows(tmp_path / "alone", table) == rows(tmp_path / "packed", table)
    assert take(tmp_path / "alone", tmp_path / "a.wacz").known == {"pages": 2, "images": 2}


def test_folders_and_patterns_name_them_and_so_does_any_name(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path = write(tmp_path / "in" / "a.wacz", {"a.warc.gz": warc(tmp_path / "w", 1)})
    assert find([str(tmp_path / "in")]) == find([str(tmp_path / "in" / "*.wacz")]) == [path]
    path.rename(tmp_path / "in" / "download")  # told by its first bytes
    assert take(tmp_path, tmp_path / "in" / "download").pages == {"ok": 1}


def test_opt_outs_count(tmp_path: Path) -> None:
    parts = {
        "a.warc.gz": warc(tmp_path / "w", 1),
        "b.warc.gz": warc(tmp_path / "w", 2, headers={"X-Robots-Tag": "noai"}),
    }
    take(tmp_path, write(tmp_path / "a.wacz", parts))
    assert outcomes(tmp_path, "pages") == {url(1): "ok", url(2): "denied"}
    assert outcomes(tmp_path, "images") == {photo_url(1): "ok"}


def test_the_rules_of_one_part_hold_for_the_others(tmp_path: Path) -> None:
    with Warc(tmp_path / "r.warc.gz") as file:
        robots = b"User-agent: *\nDisallow: /odai/2\n"
        file.response("https://bokete.jp/robots.txt", robots, headers={"Content-Type": "text/plain"})
    parts = {"a.warc.gz": warc(tmp_path / "w", 1, 2), "z.warc.gz": (tmp_path / "r.warc.gz").read_bytes()}
    take(tmp_path, write(tmp_path / "a.wacz", parts))
    assert list(outcomes(tmp_path, "pages")) == [url(1)]
    assert [row["url"] for row in rows(tmp_path, "left_out")] == [url(2)]


def test_what_its_package_lists_otherwise_is_told_and_read(tmp_path: Path) -> None:
    parts = {"a.warc.gz": warc(tmp_path / "w", 1), "b.warc.gz": warc(tmp_path / "w", 2)}
    files = contents(parts)
    changes: list[tuple[str, dict[str, object]]] = [
        ("a", {"hash": f"sha256:{'0' * 64}"}),
        ("a", {"hash": "0" * 32}),
        ("b", {"bytes": 7}),
    ]
    for number, (name, changed) in enumerate(changes):
        path = write(tmp_path / "a.wacz", parts, listed=package(files, **{name: changed}))
        report = take(tmp_path / str(number), path)
        assert (report.pages, list(report.damage)) == ({"ok": 2}, [path])
        assert f"archive/{name}.warc.gz is not the file that datapackage.json lists" in str(report)
    md5 = hashlib.md5(parts["a.warc.gz"]).hexdigest()
    path = write(tmp_path / "a.wacz", parts, listed=package(files, a={"hash": md5}, b={"hash": "xxh:1"}))
    assert not take(tmp_path / "right", path).damage


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        (b"", "no datapackage.json"),
        (b"{}", "no datapackage.json that lists its files"),
        (b"[" * 50_000, "datapackage.json cannot be read"),
        (b"\xff", "datapackage.json cannot be read"),
        (b'{"resources": 7}', "datapackage.json cannot be read"),
        (b'{"resources": [{"path": "archive/lost.warc.gz"}]}', "archive/lost.warc.gz is missing, though"),
    ],
    ids=["none", "empty", "deep", "no text", "number", "lost"],
)
def test_a_package_that_tells_nothing_right(tmp_path: Path, listed: bytes, told: str) -> None:
    path = write(tmp_path / "a.wacz", {"a.warc.gz": warc(tmp_path / "w", 1)}, listed=listed)
    report = take(tmp_path, path)
    assert report.pages == {"ok": 1}
    assert told in str(report)


def test_a_digest_that_vouches_for_another_package_is_told(tmp_path: Path) -> None:
    parts = {"a.warc.gz": warc(tmp_path / "w", 1)}
    listed = package(contents(parts))
    right = json.dumps({"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(listed).hexdigest()}"})
    assert not take(tmp_path / "0", write(tmp_path / "a.wacz", parts, vouched=right.encode())).damage
    wrong = right.replace("sha256:", "sha256:0")
    report = take(tmp_path / "1", write(tmp_path / "a.wacz", parts, vouched=wrong.encode()))
    assert "datapackage.json is not the one that datapackage-digest.json vouches for" in str(report)
    report = take(tmp_path / "2", write(tmp_path / "a.wacz", parts, vouched=b"[]"))
    assert "datapackage-digest.json cannot be read" in str(report)


def test_damage_within_a_part_costs_its_records(tmp_path: Path) -> None:
    content = warc(tmp_path / "w", *range(1, 7))
    middle = len(content) // 2
    spoilt = content[:middle] + bytes(200) + content[middle + 200 :]
    path = write(tmp_path / "a.wacz", {"a.warc.gz": spoilt})
    report = take(tmp_path, path)
    assert len({*outcomes(tmp_path, "pages"), *outcomes(tmp_path, "images")}) >= 9  # of 12
    assert "archive/a.warc.gz: the gzip member at byte" in str(report)
    # Packed once more it is read up to there.
    packed = take(tmp_path / "packed", write(tmp_path / "b.wacz", {"a.warc.gz": spoilt}, packed=True))
    assert 1 <= packed.pages["ok"] < 6


def hostile(path: Path, kind: str, content: bytes) -> Path:
    """Write a zip file that a careless reader would take; `kind` says what is wrong with it."""
    good = {"good.warc.gz": content}
    if kind == "bomb":
        bomb = b"WARC/1.1\r\n" + bytes(30 * 2**20)
        return write(path, {**good, "bomb.warc": bomb}, packed=True)
    if kind == "leads out":
        return write(path, good, more={"../archive/x.warc.gz": content, "/archive/y.warc.gz": content})
    if kind == "nested":
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w") as archive:
            archive.writestr("archive/x.warc.gz", content)
        return write(path, good, more={"archive/x.wacz": inner.getvalue(), "x.zip": inner.getvalue()})
    write(path, good)
    with zipfile.ZipFile(path, "a") as archive:
        if kind == "link":
            link = zipfile.ZipInfo("archive/link.warc.gz")
            link.external_attr = 0o120777 << 16
            archive.writestr(link, "/etc/passwd")
        elif kind == "bzip2":
            archive.writestr("archive/x.warc.gz", content, zipfile.ZIP_BZIP2)
        else:
            archive.writestr("archive/secret.warc.gz", content)
    if kind == "encrypted":
        raw = bytearray(path.read_bytes())
        place = raw.rindex(b"archive/secret") - 46  # its entry in the list of files
        raw[place + 8] |= 1
        path.write_bytes(raw)
    return path


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("bomb", "bomb.warc unpacks from"),
        ("leads out", "leads out of the file"),
        ("nested", "is a zip file within it"),
        ("link", "link.warc.gz is a link"),
        ("bzip2", "is packed in a way (12) that is not read"),
        ("encrypted", "secret.warc.gz is encrypted"),
    ],
)
def test_hostile_parts_are_refused_and_the_others_read(tmp_path: Path, kind: str, told: str) -> None:
    path = hostile(tmp_path / "a.wacz", kind, warc(tmp_path / "w", 1))
    before = {one for one in tmp_path.rglob("*") if "data" not in one.parts}
    report = take(tmp_path, path)
    assert (report.pages, report.files) == ({"ok": 1}, 1)
    assert told in "\n".join(report.damage[path])
    assert {one for one in tmp_path.rglob("*") if "data" not in one.relative_to(tmp_path).parts} == before


def test_parts_that_share_bytes_are_refused(tmp_path: Path) -> None:
    """As in the zip bomb of D. Fifield: many entries, the same bytes."""
    path = write(tmp_path / "a.wacz", {"a.warc.gz": warc(tmp_path / "w", 1), "b.warc.gz": b"b"})
    raw = bytearray(path.read_bytes())
    place = raw.rindex(b"archive/b.warc.gz") - 46
    struct.pack_into("<L", raw, place + 42, 0)  # where it begins: with the first one
    path.write_bytes(raw)
    with pytest.raises(Unexpected, match="shares its bytes with another file"):
        take(tmp_path, path)


def test_a_list_of_files_beyond_bounds_is_not_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wacz", {"a.warc.gz": warc(tmp_path / "w", 1)})
    raw = bytearray(path.read_bytes())
    struct.pack_into("<L", raw, raw.rindex(b"PK\x05\x06") + 12, 2**31)
    path.write_bytes(raw)
    with pytest.raises(Unexpected, match="its list of files has 2,147,483,648 bytes, more than 67,108,864"):
        take(tmp_path, path)


@pytest.mark.parametrize(
    "content",
    [b"PK\x03\x04", b"PK\x05\x06", b"PK\x05\x06" + bytes(18), b"PK\x03\x04" + bytes(5000)],
    ids=["start", "end", "empty", "zeros"],
)
def test_a_zip_file_that_is_none_does_not_end_the_others(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "0.wacz").write_bytes(content)
    path = write(tmp_path / "a.wacz", {"a.warc.gz": warc(tmp_path / "w", 1)})
    report = take(tmp_path, tmp_path / "0.wacz", path)
    assert (report.pages, list(report.damage)) == ({"ok": 1}, [tmp_path / "0.wacz"])
    with pytest.raises(Unexpected):
        take(tmp_path / "alone", tmp_path / "0.wacz")


def test_cuts_and_damage_anywhere_leave_no_traceback(tmp_path: Path) -> None:
    chance = random.Random(7)
    path = write(tmp_path / "a.wacz", {"a.warc.gz": warc(tmp_path / "w", 1)}, packed=True)
    content = path.read_bytes()
    paths = []
    for number in range(40):
        spoilt = bytearray(content if number % 2 else content[: chance.randrange(4, len(content))])
        for _ in range(20):
            spoilt[chance.randrange(4, len(spoilt))] = chance.randrange(256)
        paths.append(tmp_path / f"{number}.wacz")
        paths[-1].write_bytes(spoilt)
    report = take(tmp_path, path, *paths)
    assert report.pages["ok"] == 1
    assert len(report.damage) >= 39  # a byte may be replaced by itself, or lie in an unused field
