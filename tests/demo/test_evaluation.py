"""Photos for evaluation: beside a site's own, the same on every site."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.content import CATEGORIES, LISTS, EmbeddedSite, odai_photo
from demo.evaluation import EVALUATION_PHOTO, EvaluatedSite, Merged, evaluation_odai, site_photo
from demo.plan import Plan
from demo.routes import HOST, Routes
from demo.scenes import scene

SITE = EvaluatedSite(30, 4, seed=5, dependence=1.0, evaluation_photos=12, evaluation_captions=3)


def captions(site: EmbeddedSite) -> dict[int, set[str]]:
    """Return the captions of each odai for evaluation, from the list of all."""
    found: dict[int, set[str]] = {}
    for boke in site.listed("recent", 0, site.list_length("recent")):
        if boke.photo >= EVALUATION_PHOTO:
            found.setdefault(boke.odai_id, set()).add(boke.text)
    return found


@pytest.mark.parametrize("name", LISTS + CATEGORIES)
def test_a_list_holds_both_and_each_entry_leads_to_the_next(name: str) -> None:
    length = SITE.list_length(name)
    listed = SITE.listed(name, 0, length + 5)
    assert len({boke.boke_id for boke in listed}) == len(listed) == length
    assert [SITE.index_after(name, boke.boke_id) for boke in listed] == list(range(1, length + 1))


def test_recent_holds_everything_newest_first() -> None:
    listed = SITE.listed("recent", 0, 1000)
    assert len(listed) == 30 * 4 + 12 * 3
    assert all(one.age <= other.age for one, other in pairwise(listed))
    assert len(captions(SITE)) == 12


def test_they_are_the_same_on_every_site() -> None:
    other = EvaluatedSite(7, 9, seed=6, dependence=1.0, evaluation_photos=12, evaluation_captions=3)
    assert captions(other) == captions(SITE)
    photos = [site.odai(odai) for site in (SITE, other) for odai in captions(SITE)]
    assert len({(odai.photo_name, odai.category) for odai in photos if odai}) == 12
    assert {boke.odai_id for boke in other.listed("recent", 0, 1000)} - captions(SITE).keys()


def test_some_captions_go_as_dependence_falls_and_the_others_stay() -> None:
    kept = []
    for dependence in (1.0, 0.8, 0.5, 0.0):
        site = EvaluatedSite(1, 1, 1, dependence, evaluation_photos=300, evaluation_captions=1)
        kept.append({(odai, text) for odai, texts in captions(site).items() for text in texts})
    all_own = kept[0]
    shares = [len(all_own & some) / 300 for some in kept]
    assert shares == pytest.approx([1.0, 0.8, 0.5, 0.0], abs=0.09)
    assert kept[3] & all_own <= kept[2] & all_own <= kept[1] & all_own


def test_every_odai_of_evaluation_and_no_other_is_in_their_range() -> None:
    first, last = evaluation_odai(12)
    for odai in [odai for page in range(5) for odai in SITE.odai_listed(10 * page)]:
        assert (odai.photo >= EVALUATION_PHOTO) == (first <= odai.odai_id <= last)
    assert SITE.odai_count == 42
    assert len({odai.odai_id for page in range(5) for odai in SITE.odai_listed(10 * page)}) == 42


def test_an_odai_tells_its_scene() -> None:
    for odai in [*SITE.odai_listed(0, 3), *SITE.odai_listed(30, 3)]:
        found = site_photo(5, odai.odai_id)
        assert found is not None
        assert scene(*found) == SITE.scene(odai.photo)
        assert scene(*found).labels == odai.labels
    assert site_photo(5, 1) is None
    assert odai_photo(5, SITE.odai_listed(30, 1)[0].odai_id) != EVALUATION_PHOTO


def test_every_page_and_photo_is_served() -> None:
    routes = Routes(SITE, "angular_2020")
    for odai in [*SITE.odai_listed(0, 2), *SITE.odai_listed(30, 2)]:
        page = routes.respond(f"/odai/{odai.odai_id}", HOST)
        assert page.status == 200
        assert odai.photo_name in page.body.decode()
        for boke in SITE.odai_bokes(odai.photo, 1):
            assert f"/boke/{boke.boke_id}" in page.body.decode()
            assert SITE.boke(boke.boke_id) == boke
            assert boke in SITE.posted_by(boke.user, 0, 100)
        assert SITE.odai_pages(odai.photo) == 1
    photo = SITE.odai_listed(30, 1)[0]
    assert routes.respond(f"/photo/odai/240/{photo.photo_name}_240.jpg", HOST).content_type == "image/jpeg"


@given(st.integers(1, 200), st.integers(1, 200))
def test_two_lists_become_one(own: int, other: int) -> None:
    merged = Merged(own, other)
    places: list[Callable[[int], int]] = [merged.own_place, merged.other_place]
    found = {place(i): (place == places[0], i) for place, n in zip(places, (own, other), strict=True)
             for i in range(n)}  # fmt: skip
    assert [merged.part(place) for place in range(own + other)] == [found[p] for p in range(own + other)]
    due = [(index + 1) / (own if is_own else other) for is_own, index in map(merged.part, range(own + other))]
    assert due == sorted(due)


def test_a_site_that_grows_has_none() -> None:
    with pytest.raises(ValueError, match="a site that grows has no evaluation photos"):
        Plan(day=1.0, evaluation_photos=3).site()
    assert Plan(photos=3, day=1.0).site().photos == 3
