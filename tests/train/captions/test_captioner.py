"""Captions from a model: settings, batches, forbidden words."""

from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dataset.text.vocabulary import SPECIALS, Vocabulary
from store.chainer_compat import gpu_problem
from store.errors import MissingStage, UsageError, UserError
from train.arithmetic.arithmetic import choose
from train.artifact import Artifact, Config, FeaturesConfig
from train.captions.captioner import Caption, Captioner
from train.model import CaptionModel, Sizes

WORDS = ("猫", "が", "飛ん", "だ", "メガネ", "の", "おじさん", "空", "を", "見る", "バ", "カ", "笑")
VOCABULARY = Vocabulary([*SPECIALS, *WORDS])


def model(seed: int = 3) -> CaptionModel:
    sizes = Sizes(vocabulary=len(VOCABULARY), vector=6, embedding=5, hidden=7)
    return CaptionModel.fresh(sizes, seed=seed)


def captioner() -> Captioner:
    decoder = choose(np).decoder(model())
    return Captioner(decoder, VOCABULARY, dimensions=6, features_key="toy-fc7-0", max_tokens=12)


def vectors(count: int = 9) -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(size=(count, 6)).astype(np.float32)


WAYS: list[dict[str, Any]] = [
    {"strategy": "greedy"},
    {"strategy": "beam", "n": 4, "beam_width": 4, "length_normalisation": 0.7},
    {"strategy": "beam", "n": 2, "no_repeat": 2},
    {"strategy": "sample", "n": 5, "temperature": 0.8, "top_k": 5, "top_p": 0.95, "seed": 4},
]


def same(one: list[list[Caption]], other: list[list[Caption]]) -> None:
    assert [[c.tokens for c in captions] for captions in one] == [
        [c.tokens for c in captions] for captions in other
    ]
    for mine, theirs in zip(chain(*one), chain(*other), strict=True):
        assert mine.token_log_probabilities == pytest.approx(theirs.token_log_probabilities, abs=1e-4)


@pytest.mark.parametrize("settings", WAYS, ids=str)
def test_batched_is_one_at_a_time(settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    written = captioner().caption(vectors(), **settings)
    same(written, [captioner().caption(vector[None], **settings)[0] for vector in vectors()])
    monkeypatch.setattr("train.captions.captioner.MAX_STEP_LOGITS", 100)  # a few rows at a time
    same(written, captioner().caption(vectors(), **settings))


@pytest.mark.parametrize("settings", WAYS, ids=str)
def test_a_caption_carries_its_probability(settings: dict[str, Any]) -> None:
    for captions in captioner().caption(vectors(), **settings):
        assert len(captions) == settings.get("n", 1)
        for caption in captions:
            assert caption.text == "".join(caption.tokens)
            assert len(caption.token_log_probabilities) == len(caption.tokens) + 1
            assert caption.log_probability == pytest.approx(sum(caption.token_log_probabilities))
            assert 1 <= len(caption.tokens) <= 12
            assert not set(caption.tokens) & set(SPECIALS)


def test_a_caption_ends_in_time() -> None:
    written = captioner().caption(vectors(), strategy="sample", n=20, max_tokens=2)
    assert {len(caption.tokens) for captions in written for caption in captions} == {1, 2}


def test_the_seed_decides_the_samples() -> None:
    ways = [captioner().caption(vectors(2), strategy="sample", n=3, seed=seed) for seed in (1, 1, 2)]
    assert ways[0] == ways[1] != ways[2]
    assert len({caption.text for caption in ways[0][0]}) > 1, "draws differ from each other"


def test_forbidden_words_stay_out() -> None:
    free = captioner().caption(vectors(), strategy="sample", n=50)
    assert any("バカ" in c.text for captions in free for c in captions)
    kept = captioner().caption(vectors(), strategy="sample", n=50, forbidden=("バカ", "猫", "メガネ"))
    text = "\n".join(c.text for captions in kept for c in captions)
    assert not any(word in text for word in ("バカ", "猫", "メガネ"))
    with pytest.raises(UsageError, match=r"leave none of the model's 17 tokens"):
        captioner().caption(vectors(), forbidden=WORDS)


def test_unknown_words_only_when_asked_for() -> None:
    written = captioner().caption(vectors(), strategy="sample", n=50, unknown=True)
    assert any("<UNK>" in caption.tokens for captions in written for caption in captions)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"strategy": "magic"}, "strategy cannot be 'magic'"),
        ({"top_q": 1}, "no decoding setting 'top_q'"),
        ({"temperature": 0}, "temperature cannot be 0"),
        ({"n": 10**9}, "n cannot be 1000000000"),
        ({"top_p": float("nan")}, "top_p cannot be nan"),
    ],
)
def test_wrong_settings_are_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        captioner().caption(vectors(), **settings)


def test_vectors_of_another_network_are_refused() -> None:
    with pytest.raises(UserError, match=r"6 components, not an array of shape \(2, 4096\).*toy-fc7-0"):
        captioner().caption(np.zeros((2, 4096), np.float32))
    assert captioner().caption(np.zeros((0, 6), np.float32)) == []


def test_a_saved_model_writes_the_same(tmp_path: Path) -> None:
    kept = FeaturesConfig(key="toy-fc7-0", options={"weights": "untrained"})
    config = Config(sizes=model().sizes, features=kept, tokenizer="unidic-lite", max_tokens=12)
    Artifact(model(), VOCABULARY, config).save(tmp_path / "demo/runs/one/model")
    loaded = Captioner.load(tmp_path / "demo/runs/one/model")
    assert loaded.features == {"weights": "untrained"}
    same(loaded.caption(vectors(), n=3), captioner().caption(vectors(), n=3))
    with pytest.raises(MissingStage, match="bokeru train --pipeline demo"):
        Captioner.load(tmp_path / "demo/runs/two/model")


@pytest.mark.skipif(gpu_problem() is not None, reason=f"{gpu_problem()}")
@pytest.mark.parametrize("settings", WAYS, ids=str)
def test_the_gpu_writes_what_the_cpu_writes(settings: dict[str, Any]) -> None:
    there = model()
    there.to_device("@cupy:0")
    gpu = Captioner(choose(there.xp).decoder(there), VOCABULARY, dimensions=6, max_tokens=12)
    same(gpu.caption(vectors(), **settings), captioner().caption(vectors(), **settings))
