"""Validators and conditions, as RFC 9110 has them (sections 8.8.2, 8.8.3, 13.1)."""

import pytest

from crawler.validators import conditions, etag, last_modified
from demo.serving.conditional import conditional
from demo.serving.responses import Response


@pytest.mark.parametrize(
    ("lines", "tag"),
    [
        (['"xyzzy"'], '"xyzzy"'),
        (['W/"xyzzy"'], 'W/"xyzzy"'),
        (['""'], '""'),
        ([' "\xe9"'], '"é"'),
        (["xyzzy"], None),
        (['w/"xyzzy"'], None),
        (['"a b"'], None),
        (['"a"b"'], None),
        (['"a"', '"b"'], None),
        (['"' + "a" * 2000 + '"'], None),
        ([], None),
    ],
)
def test_an_entity_tag_is_kept_as_it_was_sent_where_it_is_one(lines: list[str], tag: str | None) -> None:
    assert etag(lines) == tag


@pytest.mark.parametrize(
    ("lines", "date"),
    [
        (["Tue, 15 Nov 1994 12:45:26 GMT"], "Tue, 15 Nov 1994 12:45:26 GMT"),
        (["Tuesday, 15-Nov-94 12:45:26 GMT"], "Tuesday, 15-Nov-94 12:45:26 GMT"),
        (["Tue, 15 Nov 9999999999 12:45:26 GMT"], None),
        (["yesterday"], None),
        (["0"], None),
        ([], None),
    ],
)
def test_a_date_is_kept_letter_by_letter(lines: list[str], date: str | None) -> None:
    assert last_modified(lines) == date


def test_both_conditions_are_sent_where_both_are_known() -> None:
    assert conditions('W/"a"', None) == {"If-None-Match": 'W/"a"'}
    assert conditions(None, "Tue, 15 Nov 1994 12:45:26 GMT").keys() == {"If-Modified-Since"}
    assert len(conditions('"a"', "Tue, 15 Nov 1994 12:45:26 GMT")) == 2
    assert conditions(None, None) == {}


def test_the_embedded_site_compares_tags_weakly_and_sends_no_body_with_304() -> None:
    page = Response(200, b"page")
    tag = conditional(page, None).headers["ETag"]
    strong = tag.removeprefix("W/")
    for asked in (tag, strong, f'"other", {tag}', "*"):
        answer = conditional(page, asked)
        assert (answer.status, answer.body, answer.headers["ETag"]) == (304, b"", tag)
    assert {conditional(page, other).status for other in ('"other"', None, "")} == {200}
    assert conditional(Response(404, b"no"), "*").status == 404
    assert conditional(Response(200, b"another page"), tag).status == 200
