"""What photos say of their rights, wherever and however they say it; broken metadata say nothing."""

import io
import time

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from store.photo.decode import decode
from store.photo.metadata import exif, iptc, xmp
from store.photo.metadata.cut import bare
from store.photo.metadata.data_mining import PERMITTED, PROHIBITED
from store.photo.metadata.rights import rights_of
from tests import speaking_photos as speaking

VOCABULARY = "http://ns.useplus.org/ldf/vocab/"
ONLY = "DMI-PROHIBITED-AIMLTRAINING"


def packet(attributes: str = "", within: str = "") -> bytes:
    return f"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
        xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/"
        xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/" xmlns:cc="http://creativecommons.org/ns#"
        xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"><rdf:Description rdf:about="" {attributes}>{within}
        </rdf:Description></rdf:RDF></x:xmpmeta>""".encode()


@pytest.mark.parametrize("kind", speaking.FORMATS)
def test_every_format_states_its_rights(kind: str) -> None:
    assert rights_of(speaking.FORMATS[kind]()).stated() == speaking.STATED


@pytest.mark.parametrize("kind", speaking.FORMATS)
def test_every_format_can_forbid(kind: str) -> None:
    content = speaking.FORMATS[kind](speaking.xmp(VOCABULARY + ONLY))
    assert rights_of(content).refusal == f"plus:DataMining: {ONLY}"


@pytest.mark.parametrize("key", [*PROHIBITED, *PERMITTED, "DMI-PROHIBITED-OF-A-LATER-YEAR", "nonsense"])
def test_each_value_in_each_spelling(key: str) -> None:
    labels = {**PROHIBITED, **PERMITTED}
    forms = [f'plus:DataMining="{text}"' for text in (VOCABULARY + key, key, VOCABULARY.upper() + key)]
    forms += [f'plus:DataMining="{labels[key]}"'] if key in labels else []
    inside = [
        f"<plus:DataMining>{VOCABULARY}{key}</plus:DataMining>",
        f'<plus:DataMining rdf:resource="{VOCABULARY}{key}"/>',
        f"<plus:DataMining><rdf:Bag><rdf:li>{key}</rdf:li></rdf:Bag></plus:DataMining>",
        f'<p:DataMining xmlns:p="http://ns.useplus.org/LDF/xmp/1.0/"> {key}\n</p:DataMining>',
    ]
    packets = [*(packet(form) for form in forms), *(packet("", form) for form in inside)]
    packets.append(packets[0].decode().encode("utf-16"))
    expected = key if key.startswith("DMI-") else None
    assert [xmp.rights(one)["data_mining"] for one in packets] == [expected] * len(packets)
    refusals = {rights_of(speaking.webp(one)).refusal for one in packets}
    assert refusals == {f"plus:DataMining: {key}" if key.startswith("DMI-PROHIBITED") else None}


def test_a_prohibition_in_broken_xmp_holds() -> None:
    whole = speaking.xmp(VOCABULARY + ONLY)
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + whole
    for broken in (whole[:-700], whole.replace(b"</rdf:RDF>", b""), bomb, whole + b"<" * 2_000_000):
        assert xmp.rights(broken) == {"data_mining": ONLY, "licence_url": None}
    allowed = packet('plus:DataMining="DMI-ALLOWED"')[:-5]
    assert xmp.rights(allowed)["data_mining"] == "DMI-ALLOWED"


def test_what_a_photo_was_made_from_does_not_speak_for_it() -> None:
    within = f"""<xmpMM:Pantry xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"><rdf:Bag><rdf:li
        rdf:parseType="Resource"><plus:DataMining>{ONLY}</plus:DataMining><dc:creator>Somebody</dc:creator>
        </rdf:li></rdf:Bag></xmpMM:Pantry>"""
    assert not any(xmp.rights(packet("", within)).values())


def test_a_prohibition_counts_wherever_it_stands() -> None:
    content = speaking.jpeg(packet('plus:DataMining="DMI-ALLOWED"'))
    further = (
        b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 32 + bytes(8) + packet(f'plus:DataMining="{ONLY}"')
    )
    content = content[:2] + b"\xff\xe1" + (len(further) + 2).to_bytes(2) + further + content[2:]
    assert rights_of(content).refusal == f"plus:DataMining: {ONLY}"


def test_several_creators_and_addresses() -> None:
    creators = (
        "<dc:creator><rdf:Seq><rdf:li>A</rdf:li><rdf:li> </rdf:li><rdf:li>B</rdf:li></rdf:Seq></dc:creator>"
    )
    licence = f'<cc:license rdf:resource="{speaking.ADDRESS}"/>'
    found = xmp.rights(packet('xmpRights:WebStatement="javascript:alert(1)"', creators + licence))
    assert (found["creator"], found["licence_url"]) == ("A, B", speaking.ADDRESS)
    for text in ("javascript:alert(1)", "ftp://x/y", "//x", "http://", "http://[", "https://x y"):
        assert xmp.rights(packet(f'xmpRights:WebStatement="{text}"'))["licence_url"] is None


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("© José".encode(), "© José"),
        ("© José".encode("latin-1"), "© José"),
        ("© 2026".encode("latin-1"), "© 2026"),
        ("山田太郎".encode("cp932"), "山田太郎"),
        ("山田太郎".encode(), "山田太郎"),
        (b"Taken\0Edited\0", "Taken; Edited"),
        (b" \0Edited\0", "Edited"),
        (b"   \0", None),
        (b"a\x1b[31m\nb", "a [31m b"),
        (b"x" * 5_000, "x" * 1_000),
    ],
)
def test_exif_is_in_some_encoding(content: bytes, text: str | None) -> None:
    for order in ("little", "big"):
        numbers = (42, 2), (8, 4), (1, 2), (0x8298, 2), (2, 2), (len(content), 4), (26, 4), (0, 4)
        head = b"".join(number.to_bytes(size, order) for number, size in numbers)
        inline = head[:-8] + content.ljust(4, b"\0") + bytes(4) if len(content) <= 4 else head + content
        assert exif.rights((b"II" if order == "little" else b"MM") + inline)["copyright"] == text


def test_iptc_says_its_character_set_or_not() -> None:
    stated = {"creator": speaking.CREATOR, "credit": speaking.CREDIT, "copyright": speaking.COPYRIGHT}
    assert iptc.rights(speaking.iptc()) == stated
    assert iptc.rights(speaking.iptc(b"")) == stated
    assert iptc.rights(speaking.iptc(b"", "cp932"))["creator"] == speaking.CREATOR


def test_png_texts_and_photoshop_are_the_last_resort() -> None:
    texts = PngInfo()
    texts.add_text("Author", "José")
    texts.add_itxt("Copyright", "© 山田", zip=True)
    file = io.BytesIO()
    speaking.picture().save(file, "PNG", pnginfo=texts)
    found = rights_of(file.getvalue())
    assert (found.creator, found.copyright) == ("José", "© 山田")
    url = speaking.photoshop((0x040B, speaking.ADDRESS.encode()))
    file = io.BytesIO()
    speaking.picture().save(file, "JPEG")
    plain, data = file.getvalue(), b"Photoshop 3.0\0" + url
    content = plain[:2] + b"\xff\xed" + (len(data) + 2).to_bytes(2) + data + plain[2:]
    assert rights_of(content).licence_url == speaking.ADDRESS
    assert not rights_of(plain)


def test_a_directory_that_names_one_place_many_times_costs_little() -> None:
    """Of 65,535 tags with a megabyte each, none is copied."""
    entries = b"".join(
        number.to_bytes(2, "little") + b"\2\0" + (2**19).to_bytes(4, "little") + bytes(4)
        for number in range(65_535)
    )
    content = b"II*\0\x08\0\0\0" + b"\xff\xff" + entries
    start = time.process_time()
    assert exif.rights(content) == {"creator": None, "copyright": None}
    assert time.process_time() - start < 0.5


def mutated(content: bytes, seed: int) -> bytes:
    """Return a photo with some bytes of its metadata changed, taken out or doubled."""
    generator = np.random.default_rng(seed)
    changed = bytearray(content)
    # In these photos metadata stand before the picture, or, in WebP, AVIF and TIFF, behind it.
    for _ in range(int(generator.integers(1, 12))):
        at = int(generator.integers(0, len(changed)))
        length = int(generator.integers(1, 9))
        change = int(generator.integers(3))
        if change == 0:
            changed[at : at + length] = generator.bytes(min(length, len(changed) - at))
        elif change == 1:
            changed[at : at + length] = b"\xff" * min(length, len(changed) - at)
        else:
            changed[at : at + 4] = int(generator.integers(2**32)).to_bytes(4)[: len(changed) - at]
    return bytes(changed)


def _check_mutants(count: int) -> int:
    """Return how many of so many mutants are still photos: each of those keeps its pixels, and is quick."""
    makers, whole = list(speaking.FORMATS.values()), 0
    originals = [maker(speaking.xmp(VOCABULARY + "DMI-ALLOWED")) for maker in makers]
    for seed in range(count):
        content = mutated(originals[seed % len(originals)], seed)
        start = time.process_time()
        rights_of(content)
        try:
            before = decode(content)
        except ValueError:
            continue
        result = bare(content).content
        np.testing.assert_array_equal(decode(result).image, before.image, err_msg=f"mutant {seed}")
        assert bare(result).content == result, seed
        assert time.process_time() - start < 1, seed
        whole += 1
    return whole


def test_mutated_metadata_lose_no_photo() -> None:
    assert _check_mutants(90) > 20


@pytest.mark.long
def test_many_mutated_metadata_lose_no_photo() -> None:
    assert _check_mutants(3_000) > 500


def test_pillow_reads_what_is_left() -> None:
    """By another reader, which knows nothing of ours: the packet is XMP, and says the creator."""
    left = bare(speaking.jpeg()).content
    with Image.open(io.BytesIO(left)) as image:
        said = image.getxmp()["xmpmeta"]["RDF"]["Description"]
    assert said["creator"]["Seq"]["li"] == speaking.CREATOR
    assert said["rights"]["Alt"]["li"]["text"] == speaking.COPYRIGHT
    assert said["WebStatement"] == speaking.ADDRESS
