"""The copy's decoder in a real browser, beside the Captioner on the same weights."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from dataset.text.vocabulary import SPECIALS, Vocabulary
from store.errors import UserError
from tests.train import plain_model
from train.artifact import Artifact, Config, FeaturesConfig
from train.captions.captioner import Captioner
from train.model import CaptionModel, Sizes
from web.links import STATIC
from web.offline.decoder import decoder_script

D, PHOTOS = 24, 50
VOCABULARY = Vocabulary([*SPECIALS, *(chr(0x3042 + number) for number in range(60)), "猫が", "</script>"])


@dataclass(frozen=True)
class Written:
    """A model's files, a page that has run its script, and its photos' vectors (P, D) by name."""

    model: Path
    rounded: Path
    vectors: dict[str, Any]
    page: Page

    def captioner(self, rounded: bool) -> Captioner:
        return Captioner.load(self.rounded if rounded else self.model)

    def matrix(self) -> Any:
        return np.stack(list(self.vectors.values()))


def artifact(**sizes: Any) -> Artifact:
    chosen = {"vocabulary": len(VOCABULARY), "vector": D, "embedding": 12, "hidden": 20, **sizes}
    model = CaptionModel.fresh(Sizes(**chosen), seed=3)
    random = np.random.default_rng(5)
    for name, tensor in model.tensors().items():  # as after training: biases and means that are not zero
        if tensor.ndim == 1 and name != "scale":
            tensor += random.normal(0, 0.3, tensor.shape).astype(np.float32)
    model.output_w.array *= 3  # sure of itself
    config = Config(sizes=model.sizes, features=FeaturesConfig(key="k"), tokenizer="characters", max_tokens=9)
    return Artifact(model, VOCABULARY, config)


@pytest.fixture(
    params=[{}, {"layers": 2, "injection": "every"}], ids=["one layer", "two, every"], scope="module"
)
def written(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> Iterator[Written]:
    folder, made = tmp_path_factory.mktemp("copy"), artifact(**request.param)
    vectors = np.random.default_rng(1).normal(size=(PHOTOS, D)).astype(np.float32)
    by_name = {f"{number:064x}": vector for number, vector in enumerate(vectors)}
    made.save(folder / "model")
    tensors = made.model.tensors()
    halves = {
        name: tensor if name in ("mean", "scale", "photo_w", "photo_b") else tensor.astype("f2").astype("f4")
        for name, tensor in tensors.items()
    }
    replace(made, model=CaptionModel(made.model.sizes, halves)).save(folder / "rounded" / "model")
    (folder / "model.js").write_bytes(decoder_script(made, by_name, forbidden=("あい",)))
    (folder / "decoder.js").write_bytes((STATIC / "offline" / "decoder.js").read_bytes())
    scripts = "".join(f'<script src="{name}.js"></script>' for name in ("decoder", "model"))
    (folder / "index.html").write_text(f"<!doctype html><meta charset=utf-8>{scripts}", "utf-8")
    page = browser.new_page()
    page.goto((folder / "index.html").as_uri())
    yield Written(folder / "model", folder / "rounded" / "model", by_name, page)
    page.close()


def forced(page: Page, captions: dict[str, list[str]]) -> dict[str, list[float]]:
    """The browser's log-probabilities of given tokens, <EOS> last."""
    script = """captions => Object.fromEntries(Object.entries(captions).map(([photo, tokens]) => {
        const ids = tokens.map((token) => bokeru.decoder.tokens.indexOf(token));
        return [photo, bokeru.decoder.greedy(photo, [...ids, bokeru.decoder.special.eos]).logps];
    }))"""
    return page.evaluate(script, captions)  # type: ignore[no-any-return]


@pytest.mark.parametrize(("rounded", "limit"), [(True, 1e-4), (False, 2e-2)], ids=["rounded", "original"])
@pytest.mark.parametrize(
    "settings",
    [
        {"strategy": "sample", "temperature": 1.5},
        {"strategy": "greedy"},
        {"strategy": "beam", "beam_width": 5},
    ],
    ids=lambda settings: settings["strategy"],
)
def test_log_probabilities_are_the_captioners(
    written: Written, rounded: bool, limit: float, settings: dict[str, Any]
) -> None:
    """Of what it writes for 50 photos; greedy captions alone would try only what is likely."""
    captioner = written.captioner(rounded)
    drawn = captioner.caption(written.matrix(), forbidden=("あい",), **settings)
    captions = {name: list(one[0].tokens) for name, one in zip(written.vectors, drawn, strict=True)}
    found = forced(written.page, captions)
    for name, (one,) in zip(written.vectors, drawn, strict=True):
        np.testing.assert_allclose(found[name], one.token_log_probabilities, atol=limit, rtol=0)


@pytest.mark.parametrize("call", ["greedy(photo)", "beam(photo, {width: 5})", "sample(photo, {seed: 3})"])
def test_what_the_page_writes_has_the_models_log_probabilities(written: Written, call: str) -> None:
    """Each token's and the end's, as plain NumPy has them in float64."""
    tensors = plain_model.read(written.rounded.parent)
    every = "lstm1_x" in tensors  # the second of the models
    script = f"""photos => photos.map(photo => {{
        const {{tokens, logps, logp}} = bokeru.decoder.{call};
        return {{tokens, logps, logp}};
    }})"""
    found = written.page.evaluate(script, list(written.vectors))
    assert len({tuple(one["tokens"]) for one in found}) > 10
    for one, vector in zip(found, written.vectors.values(), strict=True):
        nats = plain_model.token_nats(tensors, vector.astype(np.float64), one["tokens"], every=every)
        np.testing.assert_allclose(one["logps"], [-nat for nat in nats], atol=1e-4, rtol=0)
        assert one["logp"] == pytest.approx(-sum(nats), abs=1e-3)


@pytest.mark.parametrize("strategy", ["greedy", "beam"])
def test_captions_are_the_captioners_on_the_same_weights(written: Written, strategy: str) -> None:
    captioner = written.captioner(rounded=True)
    settings: dict[str, Any] = {"beam_width": 5} if strategy == "beam" else {}
    expected = captioner.caption(written.matrix(), strategy=strategy, forbidden=("あい",), **settings)
    call = "bokeru.decoder.beam(photo, {width: 5})" if strategy == "beam" else "bokeru.decoder.greedy(photo)"
    found = written.page.evaluate(
        f"photos => photos.map(photo => bokeru.decoder.text({call}.tokens))", list(written.vectors)
    )
    assert found == [one.text for (one,) in expected]


def test_samples_are_drawn_as_likely_as_the_model_thinks(written: Written) -> None:
    photo = next(iter(written.vectors))
    script = """photo => {
        const counts = {};
        for (let seed = 0; seed < 4000; seed++) {
            const first = bokeru.decoder.sample(photo, {seed}).tokens[0];
            counts[first] = (counts[first] || 0) + 1;
        }
        const again = () => bokeru.decoder.sample(photo, {seed: 7}).tokens;
        return [counts, again(), again(), bokeru.decoder.greedy(photo).choices[0]];
    }"""
    counts, once, again, choices = written.page.evaluate(script, photo)
    assert once == again
    whole = sum(np.exp(choice["logp"]) for choice in choices)
    for choice in choices:  # the eight likeliest; what may not come first has no share
        share = counts.get(str(choice["token"]), 0) / 4000
        likely = np.exp(choice["logp"])
        # At least what the model gives it, at most that over the eight; 4 standard deviations of 4,000 draws.
        slack = 4 * (likely / 4000) ** 0.5
        assert likely - slack <= share <= likely / whole + slack


def test_no_caption_holds_a_forbidden_word_or_a_special_token(written: Written) -> None:
    script = """photos => photos.flatMap(photo => [1, 2, 3].map(seed =>
        bokeru.decoder.text(bokeru.decoder.sample(photo, {seed, temperature: 3}).tokens)))"""
    texts = written.page.evaluate(script, list(written.vectors))
    assert not [text for text in texts if "あい" in text or any(special in text for special in SPECIALS)]
    assert all(len(text) >= 1 for text in texts)


def test_begun_captions_go_on_from_there(written: Written) -> None:
    photo = next(iter(written.vectors))
    tokens = written.page.evaluate("photo => bokeru.decoder.sample(photo, {seed: 1}, [10, 11]).tokens", photo)
    assert tokens[:2] == [10, 11]


def test_the_script_is_no_markup_and_plain_json() -> None:
    script = decoder_script(artifact(), {}).decode("ascii")
    assert "<" not in script
    content = json.loads(script.removeprefix("bokeru.model(").removesuffix(");\n"))
    assert content["tokens"] == list(VOCABULARY.tokens)
    assert content["photos"] == {}


def test_a_weight_that_float16_cannot_hold_is_told() -> None:
    made = artifact()
    made.model.output_w.array[0, 0] = 7e4
    with pytest.raises(UserError, match=r"output_w holds 7e\+04; float16 ends at 65504"):
        decoder_script(made, {})
