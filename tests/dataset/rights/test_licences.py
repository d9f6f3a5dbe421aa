"""Licences by one spelling: SPDX's identifiers, the addresses of Creative Commons, and what people write."""

import re

import duckdb
import pytest

from dataset.rights.licences import PUBLIC, address, allows_publishing, spdx

BY = "https://creativecommons.org/licenses/by/2.0/"


@pytest.mark.parametrize(
    ("written", "identifier"),
    [
        (BY, "CC-BY-2.0"),
        ("http://www.creativecommons.org/licenses/by-nc-sa/4.0/deed.ja", "CC-BY-NC-SA-4.0"),
        ("https://creativecommons.org/licenses/by/2.1/jp/", "CC-BY-2.1-JP"),
        ("https://creativecommons.org/publicdomain/zero/1.0/legalcode", "CC0-1.0"),
        ("https://creativecommons.org/publicdomain/mark/1.0/", "CC-PDM-1.0"),
        ("CC BY 2.0", "CC-BY-2.0"),
        ("cc-by-nc-nd-3.0", "CC-BY-NC-ND-3.0"),
        ("CC BY-SA 4.0 International", "CC-BY-SA-4.0"),
        ("CC0", "CC0-1.0"),
        ("mit", "MIT"),
        ("All rights\n reserved", "All rights reserved"),
        (f"{BY} but not for training", f"{BY} but not for training"),
        ("CC BY 2.0 with my leave", "CC BY 2.0 with my leave"),
        (" ", None),
        (None, None),
    ],
)
def test_a_licence_has_one_spelling(written: str | None, identifier: str | None) -> None:
    assert spdx(written) == identifier
    assert spdx(identifier) == identifier


@pytest.mark.parametrize(
    ("identifier", "is_public"),
    [
        *(
            (name, True)
            for name in ("CC0-1.0", "CC-BY-2.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-2.1-JP", "MIT")
        ),
        *(
            (name, False)
            for name in ("CC-BY-ND-4.0", "CC-BY-NC-ND-2.0", "All rights reserved", "GPL", "MITx", None)
        ),
        ("MIT\nbut", False),
    ],
)
def test_what_is_not_known_to_allow_it_is_not_published(identifier: str | None, is_public: bool) -> None:
    assert allows_publishing(identifier) == is_public
    [(told,)] = duckdb.execute(
        "SELECT coalesce(regexp_full_match(?, ?), false)", [identifier, PUBLIC]
    ).fetchall()
    assert told == is_public, "a filter of a build says the same"


@pytest.mark.parametrize(
    "identifier", ["CC-BY-2.0", "CC-BY-NC-SA-4.0", "CC-BY-2.1-JP", "CC0-1.0", "CC-PDM-1.0"]
)
def test_the_address_of_a_licence_is_that_licence(identifier: str) -> None:
    found = address(identifier)
    assert found
    assert spdx(found) == identifier
    assert re.match("https://creativecommons.org/", found)


def test_own_words_have_no_address() -> None:
    assert address("All rights reserved") is None
