"""Encodings of pages: the Encoding Standard says what is right; its table lies beside this file.

`jis_x_0208.txt` is its index-jis0208 (2024-09-18), rows 1 to 94 of 94 cells; U+FFFD where there is none.
"""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.parsing.decoding.encoding import decode

TABLE = Path(__file__).with_name("jis_x_0208.txt").read_text("utf-8").split("\n")[:94]
CELLS = [(row, cell) for row in range(94) for cell in range(94) if TABLE[row][cell] != "\ufffd"]
JAPANESE = "<p>むちゃぶりで一言、カルタ風に。</p>"


def test_all_pairs_of_euc_jp_and_iso_2022_jp_are_those_of_the_web() -> None:
    assert len(CELLS) == 7336
    right = "".join(TABLE[row][cell] for row, cell in CELLS)
    pairs = bytes(part for row, cell in CELLS for part in (row + 0xA1, cell + 0xA1))
    assert decode(pairs, "euc-jp") == right
    seven_bits = bytes(byte - 0x80 for byte in pairs)
    assert decode(b"\x1b$B" + seven_bits + b"\x1b(B") == right


def test_all_pairs_of_shift_jis_are_those_of_the_web() -> None:
    pairs = b"".join(_shift_jis(row, cell) for row, cell in CELLS)
    assert decode(pairs, "shift_jis") == "".join(TABLE[row][cell] for row, cell in CELLS)


def _shift_jis(row: int, cell: int) -> bytes:
    """Return the bytes of a row and cell, as the Encoding Standard counts: 188 pointers a lead byte."""
    lead, trail = divmod(row * 94 + cell, 188)
    return bytes((lead + (0x81 if lead < 0x1F else 0xC1), trail + (0x40 if trail < 0x3F else 0x41)))


@pytest.mark.parametrize(
    ("pair", "character"),
    [
        (b"\xad\xa1", "①"),
        (b"\xad\xea", "㈱"),
        (b"\xad\xc1", "㌔"),
        (b"\xfc\xe2", "髙"),
        (b"\xf9\xf5", "﨑"),
        (b"\x8e\xb1", "ｱ"),
        (b"\x8f\xa2\xb7", "～"),
        (b"\x8f\xb0\xa1", "丂"),
        (b"\xa1\xc1", "～"),
        (b"\xa1\xdd", "－"),
    ],
)
def test_characters_that_other_tables_lose(pair: bytes, character: str) -> None:
    assert decode("犬が".encode("euc_jp") + pair + "番".encode("euc_jp"), "euc-jp") == f"犬が{character}番"


@pytest.mark.parametrize("encoding", ["utf-8", "euc_jp", "cp932"])
@pytest.mark.parametrize(
    "label", [None, "utf-8", "euc-jp", "shift_jis", "latin-9000", "iso-8859-1", "utf-16"]
)
def test_japanese_is_read_whatever_its_label_says(encoding: str, label: str | None) -> None:
    if (encoding, label) in [("cp932", "euc-jp"), ("euc_jp", "shift_jis"), ("utf-8", "shift_jis")]:
        return  # bytes that are right in both: the label decides
    assert decode(JAPANESE.encode(encoding), label) == JAPANESE


@pytest.mark.parametrize("label", ["euc-jp", "utf-8", "shift_jis", "iso-2022-jp"])
@pytest.mark.parametrize("text", ["漢字", "かな混じりの漢字", "ｱｲｳｴｵ漢字漢字漢字"])
@pytest.mark.parametrize("where", ["header", "meta"])
def test_one_bad_byte_costs_one_character_and_never_the_label(label: str, text: str, where: str) -> None:
    if label == "iso-2022-jp" and "ｱ" in text:
        return  # Python has no encoder for it
    page = f'<meta charset="{label}"><p>{text}</p>'
    body = page.encode("cp932" if label == "shift_jis" else label).replace(b"</p>", b"\xff</p>")
    read = decode(body, label if where == "header" else None)
    assert read.replace("\ufffd", "").replace("\uf8f3", "") == page
    assert len(read) <= len(page) + 1


@pytest.mark.parametrize("header", ["iso-8859-1", "latin1", "windows-1252", "us-ascii", "ISO_8859-1"])
@pytest.mark.parametrize("label", ["utf-8", "euc-jp", "shift_jis"])
def test_a_header_of_latin_1_does_not_beat_a_right_meta(header: str, label: str) -> None:
    page = f'<meta charset="{label}">{JAPANESE}'
    assert decode(page.encode("cp932" if label == "shift_jis" else label), header) == page


def test_latin_1_is_latin_1_where_nothing_is_japanese() -> None:
    assert decode("<p>café</p>".encode("latin-1"), "iso-8859-1") == "<p>café</p>"


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_goes_before_header_and_meta(mark: str) -> None:
    page = f'<meta charset="shift_jis">{JAPANESE}'
    assert decode(page.encode(mark), "euc-jp") == page


def test_the_header_goes_before_the_meta() -> None:
    assert decode(b'<meta charset="euc-jp">' + "ソ表".encode("cp932"), "shift_jis").endswith("ソ表")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "iso2022_jp"])
@pytest.mark.parametrize("label", [None, "utf-8"])
def test_utf_16_and_iso_2022_jp_are_read_without_a_label(encoding: str, label: str | None) -> None:
    page = f"<html><head><title>ボケて</title></head><body>{JAPANESE}</body></html>"
    assert decode(page.encode(encoding), label) == page


@pytest.mark.parametrize(
    "page",
    [
        '<meta charset="EUC-JP">',
        "<meta charset=x-euc-jp>",
        "<META http-equiv='Content-Type' content='text/html; charset=euc-jp'>",
        '<?xml version="1.0" encoding="euc-jp"?><html>',
        '<!-- <meta charset="shift_jis"> --><meta charset="euc-jp">',
        '<script charset="shift_jis" src="x"></script><meta charset="euc-jp">',
        '<link title="<meta charset=shift_jis>"><meta charset="euc-jp">',
    ],
)
def test_a_pages_own_label(page: str) -> None:
    page += "表示"  # in EUC-JP; these bytes are Shift_JIS as well
    assert decode(page.encode("euc_jp")) == page


@pytest.mark.parametrize(
    "page",
    [
        '<meta charset="no such"><meta charset="iso8859-2">',
        '<meta content="text/html; charset=iso8859-2" http-equiv=content-type>',
        "<meta/charset='iso8859-2'>",
        '<meta a=">" charset=iso8859-2>',
        f"<!-- {'x' * 8200} --><meta charset=iso8859-2>",
    ],
)
def test_a_label_is_found_as_the_standard_finds_it(page: str) -> None:
    """The kinds are those of html5lib's tests of encodings, as the HTML standard's prescan decides them."""
    assert decode(page.encode() + b"\xb1") == page + "ą"


@pytest.mark.parametrize(
    "page",
    [
        '<meta charset=iso8859-2">',
        '<meta http-equiv="Content-Type content="text/html; charset=iso8859-2">',
        '<meta http-equiv="Content-Type<meta charset="iso8859-2">',
        '<meta content="text/html; charset=iso8859-2">',
        '<meta name="Content-Type" content="text/html; charset=iso8859-2">',
        "<metacharset=iso8859-2>",
        '<p title="><meta charset=iso8859-2>',
        "<meta charset=iso8859-2",
    ],
)
def test_what_only_looks_like_a_label_is_none(page: str) -> None:
    assert not decode(page.encode() + b"\xb1").endswith("ą")


@given(
    st.binary(), st.text(max_size=9) | st.sampled_from(["utf-7", "idna", "hex", "iso-2022-jp", "x-euc-jp"])
)
def test_decoding_never_raises(body: bytes, charset: str) -> None:
    assert "\0" not in decode(body, charset)
