"""The browser's decoding settings: the defaults of the one list, and bounds that are narrower and say so."""

from typing import Any

import pytest
from pydantic import ValidationError

from train.captions.options import DecodingOptions, parse_decoding
from web.caption_settings import LIMITS, CaptionSettings, allowed

OFFERED = sorted(CaptionSettings.model_fields.keys() - {"forbid"})


def test_what_nobody_chose_is_what_the_command_takes() -> None:
    assert parse_decoding(CaptionSettings().decoding()) == DecodingOptions()


@pytest.mark.parametrize("name", OFFERED)
def test_a_setting_has_the_meaning_and_the_default_of_the_one_list(name: str) -> None:
    ours, theirs = CaptionSettings.model_fields[name], DecodingOptions.model_fields[name]
    assert (ours.default, ours.description) == (theirs.default, theirs.description)


@pytest.mark.parametrize("name", OFFERED)
def test_whatever_the_browser_takes_the_decoder_takes(name: str) -> None:
    for bound in filter(None, CaptionSettings().bounds(name) if name != "strategy" else ()):
        chosen = CaptionSettings.model_validate({name: bound})
        assert getattr(parse_decoding(chosen.decoding()), name) == bound


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_is_narrower_and_says_where_there_is_more(name: str) -> None:
    low, high = LIMITS[name]
    widest = allowed(name)
    assert low >= widest["ge"]
    assert high <= widest.get("le", widest.get("lt", float("inf")))
    assert (low, high) != (widest["ge"], widest.get("le")), "no limit is needed"
    for value in (low - 1, high + 1, 10**9 * high):
        with pytest.raises(
            ValidationError, match=rf"Here it can be {low} to {high}, .*The command line takes more"
        ):
            CaptionSettings.model_validate({name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [("distance", 2.1), ("top_p", 0), ("no_repeat", 0), ("temperature", "nan"), ("strategy", "x")],
)
def test_what_the_decoder_refuses_the_browser_refuses(name: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        CaptionSettings.model_validate({name: value})


def test_an_empty_field_of_a_form_sets_no_limit() -> None:
    fields = dict.fromkeys(("no_repeat", "top_k", "top_p", "forbid"), "")
    assert CaptionSettings.model_validate(fields) == CaptionSettings()


def test_forbidden_words_are_parted_by_spaces_and_commas() -> None:
    chosen = CaptionSettings(forbid="猫、犬, 車  空")
    assert chosen.decoding()["forbidden"] == ("猫", "犬", "車", "空")
