"""What is kept from judges."""

import pytest

from judging.drawing.unfit import Unfit


@pytest.mark.parametrize(
    ("text", "category", "scores", "reason"),
    [
        ("いい話", None, {}, None),
        ("悪い言葉だ", None, {}, "words"),
        ("ＷＯＲＤ", None, {}, "words"),  # width and case do not matter
        (" ", None, {}, "empty"),
        ("いい話", "ブラック", {}, "category"),
        ("いい話", "バカ", {}, None),
        ("いい話", None, {"rude": 0.9}, "score rude"),
        ("いい話", None, {"rude": 0.5}, None),
        ("いい話", None, {"rude": None}, None),
    ],
)
def test_a_caption_is_kept_by(
    text: str, category: str | None, scores: dict[str, float | None], reason: str | None
) -> None:
    unfit = Unfit(["悪い", "word"], ["ブラック"], {"rude": 0.5})
    assert unfit.is_fit(text, category, scores) == (reason is None)
    assert dict(unfit.left_out) == ({reason: 1} if reason else {})
