"""What captions tell of their photo, against captions that were drawn and parsed."""

from collections import Counter, defaultdict
from math import exp, fsum, log

import numpy as np
import pytest

from demo.captions import anywhere, jokes
from demo.captions.cores import scene_cores
from demo.captions.information import information, mutual_information
from demo.captions.said import Said, said
from demo.captions.tellings import LONGEST, Tellings, tellings
from demo.content import EmbeddedSite
from demo.scene_shares import scene_shares
from demo.scenes import scene

LONG = pytest.mark.long


def test_everything_sums_to_one() -> None:
    told = tellings()
    shares = told.tally.sum(axis=(1, 2))
    assert shares.sum() == pytest.approx(1)
    np.testing.assert_allclose(told.ratios @ told.shares, 1)  # a mean of P(telling | scene) / P(telling)
    np.testing.assert_allclose(shares @ told.ratios, 1)  # of each scene, all its captions
    assert told.tally[:, :, -1].sum() == 0, "no caption is cut off"


@pytest.mark.parametrize("photo", range(6))
def test_the_cores_of_a_scene_are_all_there_is(photo: int) -> None:
    shown = scene(2, photo)
    assert fsum(core.chance for core in scene_cores(shown.contents)) == pytest.approx(1)


def test_captions_are_drawn_as_the_tally_says() -> None:
    """By length, by turn and by what they name, within 4.5 standard deviations."""
    drawn = [
        said(tree)
        for photo in range(8_000)
        for tree in jokes.captions(scene(9, photo), 1).values()
    ]  # fmt: skip
    told = tellings()
    expected: defaultdict[tuple[object, ...], float] = defaultdict(float)
    for named, tally in zip(told.named, told.tally, strict=True):
        for has_turn in (False, True):
            expected["named", named, has_turn] += tally[int(has_turn)].sum()
            for length in range(LONGEST):
                expected["length", length, has_turn] += tally[int(has_turn), length]
    found = Counter(key for one in drawn for key in keys(one))
    assert found.keys() <= expected.keys()
    for key, share in expected.items():
        if share > 0.002:
            deviation = (8_000 * share * (1 - share)) ** 0.5
            assert abs(found[key] - 8_000 * share) < 4.5 * deviation, key


def keys(one: Said) -> list[tuple[object, ...]]:
    return [("named", one.named, one.has_turn), ("length", one.length, one.has_turn)]


def test_a_caption_tells_what_its_probabilities_say() -> None:
    """And not in the mean only: the ratio of a text's probabilities is that of a telling for its scene."""
    told = tellings()
    place = {contents: number for number, contents in enumerate(told.scenes)}
    for photo in range(200):
        shown = scene(12, photo)
        ratios = told.ratios[:, place[shown.contents]]
        for text in jokes.captions(shown, 2):
            ratio = exp(jokes.log_probability(text, shown)) / anywhere.probability(text)
            assert np.isclose(ratios, ratio, rtol=1e-6).any(), text


@pytest.mark.parametrize("dependence", [1.0, pytest.param(0.6, marks=LONG), 0.2])
def test_the_information_is_the_mean_over_captions_that_were_drawn(dependence: float) -> None:
    """The probabilities are the grammar's, text by text; the sum over tellings has no part in them."""
    site = EmbeddedSite(1_000, 1, 31, dependence)
    nats = []
    for boke in site.listed("recent", 0, site.bokes):
        anyhow = anywhere.probability(boke.text)
        own = exp(jokes.log_probability(boke.text, site.scene(boke.photo)))
        nats.append(log((dependence * own + (1 - dependence) * anyhow) / anyhow))
    error = np.std(nats) / len(nats) ** 0.5
    assert abs(np.mean(nats) - mutual_information(dependence)) < 4 * error


def test_information_of_a_table_worked_out_by_hand() -> None:
    """Two scenes, 1/4 and 3/4; a telling of each alone, and one of both. By the definition of information."""
    given = np.array([[0.5, 0.0], [0.0, 0.8], [0.5, 0.2]])
    shares = np.array([0.25, 0.75])
    marginal = given @ shares
    made = Tellings((), shares, (), given / marginal[:, None], marginal[:, None, None])
    for dependence in (1.0, 0.5):
        mixed = dependence * given + (1 - dependence) * marginal[:, None]
        expected = sum(
            shares[s] * mixed[t, s] * log(mixed[t, s] / marginal[t])
            for t in range(3) for s in range(2) if mixed[t, s]
        )  # fmt: skip
        assert information(made, dependence) == pytest.approx(expected)
    # 1/8 ln 4 + 6/10 ln (4/3) + 1/8 ln (20/11) + 3/20 ln (8/11)
    assert information(made, 1.0) == pytest.approx(0.37286, abs=1e-5)


def test_nothing_is_told_of_a_photo_that_no_caption_is_for() -> None:
    assert mutual_information(0.0) == pytest.approx(0)
    values = [mutual_information(step / 10) for step in range(11)]
    assert values == sorted(values)
    assert values[-1] < -fsum(share * log(share) for share in scene_shares().values())
