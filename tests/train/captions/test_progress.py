"""What a training writes for the same photos after each measurement, held to the model in plain NumPy."""

import hashlib
import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from dataset.text.vocabulary import SPECIALS, Vocabulary
from store.errors import UserError
from tests.train import plain_model, toy_training
from train import artifact
from train.captions.captioner import Captioner
from train.captions.progress import WATCHED, CaptionProgress, watched
from train.fit import fit
from train.model import Array

DATASET = "toy-24-2-6-0"
"""The fingerprint of `toy`."""


def lines(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "progress.jsonl").read_text().splitlines()]


def vectors(toy: toy_training.Toy) -> dict[str, Array]:
    rows = pq.read_table(toy.features).to_pylist()
    return {row["sha256"]: np.array(row["vector"], np.float32) for row in rows}


def test_the_last_line_is_what_the_model_says(toy: toy_training.Toy) -> None:
    """Its likeliest tokens, and the log p of both captions: the last model is kept."""
    run = fit(toy_training.options(epochs=12, keep="last"), toy.dataset, toy.features, toy.runs)
    assert [line["epoch"] for line in lines(run)] == [1, 12], "few captions: the first and the last"
    tensors, known = plain_model.read(run), Vocabulary.load(run / "model" / "vocabulary.json")
    ids, photos, max_tokens = {token: n for n, token in enumerate(known.tokens)}, vectors(toy), 50
    last = lines(run)[-1]["photos"]
    assert len(last) == 6, "dev has no more"
    for photo in last:
        vector = photos[photo["sha256"]].astype(np.float64)
        greedy = [known.tokens[token] for token in plain_model.greedy(tensors, vector, max_tokens)]
        assert photo["greedy"]["tokens"] == greedy
        for caption in (photo["greedy"], photo["sample"]):
            assert caption["text"] == "".join(caption["tokens"])
            nats = plain_model.token_nats(tensors, vector, [ids[token] for token in caption["tokens"]])
            assert caption["log_probabilities"] == pytest.approx([-nat for nat in nats], abs=2e-4)
    assert len({photo["greedy"]["text"] for photo in last}) > 1, "it has learned to look at the photo"


def test_the_photos_are_those_of_the_smallest_digests() -> None:
    photos = [f"{number:064x}" for number in range(50)]
    digests = {
        photo: hashlib.blake2b(f"a dataset {photo}".encode(), digest_size=16).hexdigest() for photo in photos
    }
    expected = sorted(photos, key=lambda photo: digests[photo])[:WATCHED]
    assert [photos[row] for row in watched(photos, "a dataset")] == expected
    assert [photos[row] for row in watched(photos, "another")] != expected
    fewer = [photo for photo in reversed(photos) if photo != expected[2]]
    of_fewer = [fewer[row] for row in watched(fewer, "a dataset")]
    assert of_fewer[:7] == expected[:2] + expected[3:], "in another order, and one less"


def test_all_runs_on_a_dataset_show_the_same_photos(toy: toy_training.Toy) -> None:
    one = fit(toy_training.options(), toy.dataset, toy.features, toy.runs)
    other = fit(toy_training.options(seed=3, hidden=9), toy.dataset, toy.features, toy.runs)
    shown = [[photo["sha256"] for photo in line["photos"]] for run in (one, other) for line in lines(run)]
    assert len(shown) == 4, "two of each run"
    assert all(each == shown[0] for each in shown)


@pytest.mark.parametrize(
    ("every", "settings", "epochs"),
    [
        (48, {}, [1, 2, 3, 4, 5]),  # an epoch learns 48
        (49, {}, [1, 3, 5]),
        (96, {}, [1, 3, 5]),
        (97, {}, [1, 4, 5]),  # the last is always written
        (48, {"dev_every": 2}, [2, 4, 5]),  # as it is always measured
        (97, {"dev_every": 2}, [2, 5]),
        (48, {"sampling": "one-per-epoch"}, [1, 3, 5]),  # of 24
    ],
)
def test_so_many_captions_are_learned_between_two_writings(
    toy: toy_training.Toy,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    every: int,
    settings: dict[str, Any],
    epochs: list[int],
) -> None:
    monkeypatch.setattr("train.captions.progress.EVERY", every)
    run = fit(toy_training.options(epochs=5, **settings), toy.dataset, toy.features, tmp_path)
    assert [line["epoch"] for line in lines(run)] == epochs


def test_a_run_that_patience_ends_writes_at_its_end(toy: toy_training.Toy) -> None:
    settings = {"epochs": 40, "patience": 1, "learning_rate": 0.3}
    run = fit(toy_training.options(**settings), toy.dataset, toy.features, toy.runs)
    ended = len((run / "log.jsonl").read_text().splitlines())
    assert 1 < ended < 40
    assert [line["epoch"] for line in lines(run)] == [1, ended]


def test_both_captions_are_those_of_the_strategies(toy: toy_training.Toy) -> None:
    """One batch writes them; by themselves they are the same."""
    job = toy_training.job(toy, seed=1)
    writes, photos = Captioner.of(job.artifact), np.array(job.dev_split.vectors[:])
    found = writes.likeliest_and_drawn(photos, 7)
    for kind, settings in ((0, {"strategy": "greedy"}), (1, {"strategy": "sample", "seed": 7})):
        alone = [captions[0] for captions in writes.caption(photos, **settings)]
        assert [each[kind].tokens for each in found] == [caption.tokens for caption in alone]
        for each, caption in zip(found, alone, strict=True):
            np.testing.assert_allclose(
                each[kind].token_log_probabilities, caption.token_log_probabilities, atol=1e-5
            )
    with pytest.raises(UserError, match="photo vectors of 8 components"):
        writes.likeliest_and_drawn(photos[:, :7], 7)


def test_without_dev_nothing_is_written(tmp_path: Path) -> None:
    made = toy_training.toy(tmp_path, dev=0)
    run = fit(toy_training.options(), made.dataset, made.features, made.runs)
    assert not (run / "progress.jsonl").exists()


@pytest.fixture
def progress(toy: toy_training.Toy, tmp_path: Path) -> CaptionProgress:
    job = toy_training.job(toy)
    return CaptionProgress.of(tmp_path, job.dev_split, DATASET)


def captioner(toy: toy_training.Toy, seed: int = 0) -> Captioner:
    job = toy_training.job(toy, seed=seed)
    return Captioner.of(job.artifact)


def test_the_draws_do_not_change_with_the_epoch(progress: CaptionProgress, toy: toy_training.Toy) -> None:
    for epoch, seed in ((1, 0), (2, 0), (3, 1)):
        progress.write(epoch, captioner(toy, seed))
    first, second, other = (line["photos"] for line in lines(progress.path.parent))
    assert first == second
    assert [photo["sample"] for photo in first] != [photo["sample"] for photo in other]


def test_it_goes_on_after_the_measurements_that_were_made(
    progress: CaptionProgress, toy: toy_training.Toy
) -> None:
    for epoch in (1, 2, 4):
        progress.write(epoch, captioner(toy))
    whole = progress.path.read_text().splitlines(keepends=True)
    with progress.path.open("a") as file:
        file.write('{"epoch": 5, "pho')  # as a kill leaves it
    assert progress.keep([1, 2], [1, 2]) == []
    assert progress.path.read_text() == "".join(whole[:2])
    assert progress.keep([1, 2, 4, 6, 8], [1, 4, 6]) == [4, 6], "lost"
    assert progress.path.read_text() == "".join(whole[:2]), "an earlier version wrote after all"
    assert progress.keep([], []) == []
    assert not progress.path.exists()


def test_a_run_that_lost_the_file_says_so(
    toy: toy_training.Toy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = fit(toy_training.options(), toy.dataset, toy.features, tmp_path)
    before = (run / "progress.jsonl").read_bytes()
    (run / "progress.jsonl").unlink()
    capsys.readouterr()
    fit(toy_training.options(), toy.dataset, toy.features, tmp_path)
    assert "progress.jsonl lacks 2 of 2 measurements, the first that of epoch 1" in capsys.readouterr().out
    assert not (run / "progress.jsonl").exists()
    fit(toy_training.options(), toy.dataset, toy.features, tmp_path, force=True)
    assert (run / "progress.jsonl").read_bytes() == before


def test_a_caption_is_told_where_it_changes(
    progress: CaptionProgress, toy: toy_training.Toy, caplog: pytest.LogCaptureFixture
) -> None:
    """With -v: the first photo's, with the log p of all its tokens and of its end."""
    with caplog.at_level(logging.INFO, "train.captions.progress"):
        for epoch, seed in ((1, 0), (2, 0), (3, 1)):
            progress.write(epoch, captioner(toy, seed))
    found = [line["photos"][0] for line in lines(progress.path.parent)]
    assert found[0]["greedy"]["text"] != found[2]["greedy"]["text"], "or the test shows nothing"
    expected = [
        f"after epoch {epoch}, photo {photo['sha256'][:12]}…: {photo['greedy']['text']} "
        f"(log p {sum(photo['greedy']['log_probabilities']):.1f})"
        for epoch, photo in ((1, found[0]), (3, found[2]))
    ]
    assert caplog.messages == expected


def test_what_is_no_finite_number_is_null(tmp_path: Path) -> None:
    """A model that allows nothing ends its caption at once, at a probability of 0."""
    model = toy_training.model(6)
    model.output_b.array[...] = [np.inf, -np.inf, -np.inf, -np.inf, -np.inf, -np.inf]
    captions = Captioner.of(
        artifact.Artifact(
            model,
            Vocabulary([*SPECIALS, "犬", "猫"]),
            artifact.Config(
                sizes=model.sizes,
                features=artifact.FeaturesConfig(key="toy", options={}),
                tokenizer="characters",
                max_tokens=3,
            ),
        )
    )
    shown = CaptionProgress(tmp_path / "progress.jsonl", ["a" * 64], np.zeros((1, 8), np.float32), 1)
    with np.errstate(invalid="ignore"):
        shown.write(1, captions)
    assert "NaN" not in shown.path.read_text()
    assert "Infinity" not in shown.path.read_text()
    assert lines(tmp_path)[0]["photos"][0]["greedy"]["log_probabilities"][-1] is None
