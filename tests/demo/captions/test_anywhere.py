"""The probability of a caption whatever the photo shows, against the sum over all scenes."""

from math import exp, fsum

import pytest

from demo.captions import anywhere, jokes
from demo.scene_shares import scene_shares
from demo.scenes import Scene, scene


def test_the_parts_share_all_captions_out() -> None:
    assert fsum(part.share for part in anywhere.parts()) == pytest.approx(1)


@pytest.mark.long
@pytest.mark.parametrize("photo", [0, 1, 2, 3])
def test_it_is_the_mean_over_all_scenes(photo: int) -> None:
    [text] = jokes.captions(scene(1, photo), 1)
    mean = fsum(share * given(text, contents) for contents, share in scene_shares().items())
    assert anywhere.probability(text) == pytest.approx(mean, rel=1e-9)


def test_what_only_one_scene_can_give_is_as_probable_as_that_scene() -> None:
    """Nothing but a rocket is seen in space, and only there a caption says 宇宙の夢."""
    text = "宇宙の夢"
    shown = {contents: share for contents, share in scene_shares().items() if given(text, contents)}
    assert {(contents[0], contents[3]) for contents in shown} == {("rocket", "space")}
    mean = fsum(share * given(text, contents) for contents, share in shown.items())
    assert anywhere.probability(text) == pytest.approx(mean, rel=1e-9)


def test_what_no_photo_has_is_impossible() -> None:
    assert anywhere.probability("zzz") == 0
    assert anywhere.probability("") == 0


def given(text: str, contents: tuple[str, tuple[str, ...], tuple[str, ...], str, str, str]) -> float:
    return exp(jokes.log_probability(text, Scene(0, 0, *contents)))
