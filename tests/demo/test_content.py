"""What the embedded site holds: odai, boke, lists and stars."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.content import CATEGORIES, LISTS, PAGE_SIZE, EmbeddedSite, odai_id, odai_photo

SITE = EmbeddedSite(60, 12, seed=5)


def everything(name: str) -> list[int]:
    return [boke.boke_id for boke in SITE.listed(name, 0, SITE.bokes)]


@given(st.integers(), st.integers(0, 10**6))
def test_odai_and_photo_find_each_other(seed: int, photo: int) -> None:
    assert odai_photo(seed, odai_id(seed, photo)) == photo


@given(st.integers(0, 50), st.integers(-(10**9), 10**12))
def test_any_other_odai_is_missing(seed: int, odai: int) -> None:
    photo = odai_photo(seed, odai)
    assert photo is None or odai_id(seed, photo) == odai


@given(st.integers(1, 300), st.integers(1, 40), st.integers(0, 9))
def test_each_boke_belongs_to_its_odai(photos: int, captions: int, seed: int) -> None:
    site = EmbeddedSite(photos, captions, seed)
    for listed in site.listed("recent", 0):
        odai = site.odai(listed.odai_id)
        assert odai is not None
        assert odai.photo == listed.photo
        assert site.boke(listed.boke_id) == listed
        mine = [
            boke
            for page in range(1, site.odai_pages(odai.photo) + 1)
            for boke in site.odai_bokes(odai.photo, page)
        ]
        assert listed in mine
        assert len({boke.text for boke in mine}) == len(mine) == captions


def test_recent_lists_everything_once_newest_first() -> None:
    listed = everything("recent")
    assert listed == sorted(listed, reverse=True)
    assert len(listed) == len(set(listed)) == SITE.bokes


@pytest.mark.parametrize("name", LISTS + CATEGORIES)
def test_no_list_repeats_itself(name: str) -> None:
    listed = everything(name)
    assert len(listed) == len(set(listed)) == SITE.list_length(name) > 0


@pytest.mark.parametrize("name", ["popular", "hot", "legend", "select", "pickup"])
def test_lists_show_what_is_seen_most(name: str) -> None:
    """Stars depend on taste, too; in the mean, what is higher in a list has more."""
    site = EmbeddedSite(600, 12, seed=5)
    stars = [boke.stars for boke in site.listed(name, 0, site.bokes)]
    third = len(stars) // 3
    assert sum(stars[:third]) > sum(stars[third : 2 * third]) > 0
    assert stars != sorted(stars, reverse=True)


def test_categories_hold_their_own_and_together_everything() -> None:
    for name in CATEGORIES:
        assert {boke.category for boke in SITE.listed(name, 0, SITE.bokes)} == {name}
    assert sum(len(everything(name)) for name in CATEGORIES) == SITE.bokes


def test_stars_are_as_skewed_as_the_taste_makes_them() -> None:
    """The shares of ボケ缶 with one star, over 100 and over 1,000 are 0.910, 0.042 and 0.0078."""
    site = EmbeddedSite(1_500, 4, seed=5)
    bokes = site.listed("recent", 0, site.bokes)
    shares = [sum(boke.stars >= least for boke in bokes) / site.bokes for least in (1, 101, 1_001)]
    assert shares == pytest.approx([0.541, 0.062, 0.0124], rel=0.25)
    assert all(boke.raters <= boke.stars and (boke.raters > 0) == (boke.stars > 0) for boke in bokes)


def test_older_boke_have_more_stars() -> None:
    site = EmbeddedSite(1_500, 4, seed=5)
    stars = [boke.stars for boke in site.listed("recent", 0, site.bokes)]
    quarter = len(stars) // 4
    newest, oldest = sorted(stars[:quarter]), sorted(stars[-quarter:])
    assert newest[int(0.8 * quarter)] < oldest[int(0.8 * quarter)]


def test_an_odai_shows_most_stars_first_page_by_page() -> None:
    pages = [SITE.odai_bokes(3, page) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [PAGE_SIZE, 2, 0]
    assert all(a.stars >= b.stars for a, b in pairwise(pages[0] + pages[1]))


@pytest.mark.parametrize("photos", [20, 60, 600])
def test_one_photos_boke_are_of_several_categories_and_users(photos: int) -> None:
    bokes = [boke for page in (1, 2) for boke in EmbeddedSite(photos, 20, seed=1).odai_bokes(4, page)]
    assert len({boke.category for boke in bokes}) > 3
    assert len({boke.user for boke in bokes}) > 5


def test_older_boke_are_older() -> None:
    ages = [boke.age for boke in SITE.listed("recent", 0, SITE.bokes)]
    assert ages == sorted(ages)
    assert ages[-1].days > 1000


@given(st.integers(0, 10**8), st.text(max_size=40))
def test_photo_names_are_found_again_and_no_others(photo: int, text: str) -> None:
    name = SITE.photo_name(photo % 60)
    assert SITE.photo_named(name) == photo % 60
    assert SITE.photo_named(text) is None
    assert SITE.photo_named(SITE.photo_name(60)) is None


def test_another_seed_is_another_site() -> None:
    other = EmbeddedSite(60, 12, seed=6)
    assert other.odai_bokes(0, 1) != SITE.odai_bokes(0, 1)
    assert other.photo_name(0) != SITE.photo_name(0)


def test_a_site_of_a_hundred_thousand_photos_answers_at_once() -> None:
    site = EmbeddedSite(100_000, 200, seed=1)
    assert len(site.listed("popular", 1_000_000)) == PAGE_SIZE
    assert len(site.listed(CATEGORIES[0], 1_000_000)) == PAGE_SIZE
