"""The forget list, and what it keeps out of a crawl's rows."""

from pathlib import Path

import pytest

from store.addresses import photo_key
from store.errors import DamagedFile
from store.forget.content import unnumbered
from store.forget.forgotten import Forgotten, ForgottenFilter
from tests.crawl_tables import boke, image, image_url, page


def test_an_empty_list_passes_rows_as_they_are() -> None:
    row = page(1, [boke(1, 1, "犬")])
    assert ForgottenFilter(frozenset()).page(row) is row


def listed(**values: object) -> ForgottenFilter:
    forgotten = Forgotten()
    for kind, value in values.items():
        forgotten.add(kind, [value])  # type: ignore[arg-type]
    return forgotten.filter()


def test_a_forgotten_boke_leaves_its_page_and_the_others() -> None:
    row = page(1, [boke(1, 1, "犬"), boke(2, 1, "猫")])
    assert [one["boke_id"] for one in listed(boke=1).page(row)["bokes"]] == [2]


def test_a_forgotten_odai_leaves_neither_boke_nor_photo() -> None:
    row = listed(odai=1).page(page(1, [boke(1, 1, "犬"), boke(2, None, "猫")]))
    assert (row["bokes"], row["image_url"]) == ([], None)


def test_a_forgotten_address_is_forgotten_in_every_width() -> None:
    narrow = image_url(1).replace("600", "240")
    row = listed(url=narrow).page(page(1, [boke(1, 1, "犬")], links=[narrow, "/odai/2"]))
    assert (row["image_url"], row["bokes"], row["links"], row["labels"]) == (None, [], ["/odai/2"], [])


def test_a_boke_goes_by_its_photos_address() -> None:
    there = boke(None, None, "犬", image_url=image_url(1))
    elsewhere = boke(None, None, "猫", image_url=image_url(2))
    row = page(0, [there, elsewhere], odai_id=None, image_url=None)
    assert [one["text"] for one in listed(url=image_url(1)).page(row)["bokes"]] == ["猫"]
    row = page(0, [boke(None, None, "犬"), elsewhere], odai_id=None, image_url=image_url(1))
    assert [one["text"] for one in listed(url=image_url(1)).page(row)["bokes"]] == ["猫"]


def test_a_boke_without_numbers_is_known_by_photo_and_text() -> None:
    known = unnumbered(photo_key(image_url(1)), "犬")
    bokes = [boke(None, None, text, image_url=image_url(1)) for text in ("犬", "猫")]
    row = page(0, [*bokes, boke(5, None, "犬", image_url=image_url(1))], odai_id=None, image_url=None)
    assert [one["text"] for one in listed(unnumbered=known).page(row)["bokes"]] == ["猫", "犬"]


def test_captions_go_before_what_ties_them_to_the_photo() -> None:
    row = page(1, [boke(1, 1, "犬"), boke(2, 2, "猫", image_url=image_url(2))])
    kept = listed(url=image_url(1)).captions(row)
    assert [one["text"] for one in kept["bokes"]] == ["猫"]
    assert kept["image_url"] == image_url(1)


def test_of_a_forgotten_photo_only_its_address_stays() -> None:
    row = image(1)
    kept = listed(photo=row["sha256"]).image(row)
    assert (kept["url"], kept["outcome"], kept["error"]) == (row["url"], "denied", "forgotten")
    assert not any(kept[name] for name in ("sha256", "bytes", "width", "height", "format", "phash"))


def test_rows_without_anything_forgotten_are_the_same_objects() -> None:
    rows = page(1, [boke(1, 1, "犬")]), image(1)
    passing = listed(boke=9, odai=9, photo="9", url="9")
    assert passing.page(rows[0]) is rows[0]
    assert passing.image(rows[1]) is rows[1]


def test_a_list_is_written_read_and_joined(tmp_path: Path) -> None:
    here, there = Forgotten(), Forgotten()
    here.add("boke", [1, None])
    there.add("boke", [1, 2])
    there.add_trained(["run"])
    here.join(there)
    here.save(tmp_path)
    again = Forgotten.load(tmp_path)
    assert again == here
    assert len(again.entries) == 2
    assert [entry.run for entry in again.trained] == ["run"]


def test_a_list_that_cannot_be_read_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    assert not Forgotten.load(tmp_path).entries
    (tmp_path / "forgotten.json").write_text("{")
    with pytest.raises(DamagedFile, match="Bring it back from a copy"):
        Forgotten.load(tmp_path)


def test_a_list_that_cannot_be_reached_is_not_empty(tmp_path: Path) -> None:
    """On a disk that is not mounted, say: crawls that took it for empty would fetch what was forgotten."""
    (tmp_path / "forgotten.json").symlink_to(tmp_path / "unmounted" / "forgotten.json")
    with pytest.raises(DamagedFile, match=r"link that leads nowhere.*Bring it back"):
        Forgotten.load(tmp_path)
