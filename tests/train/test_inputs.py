"""Training on inputs that are wrong, or hardly enough."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml
from pydantic import ValidationError

from dataset.text.vocabulary import Vocabulary
from store.errors import DamagedFile, UserError
from store.schema import features
from store.shards import ShardWriter, whole_parquet
from tests.train import toy_training
from train import artifact
from train.evaluation.evaluate import evaluate
from train.fit import fit
from train.options import TrainOptions


def trained(toy: toy_training.Toy, **changed: Any) -> Path:
    return fit(toy_training.options(**changed), toy.dataset, toy.features, toy.runs)


def test_a_loss_that_diverges_stops_the_run_and_names_the_batch(tmp_path: Path) -> None:
    toy = toy_training.toy(tmp_path)
    with pytest.raises(
        UserError, match=r"became (nan|inf) in epoch \d+, batch \d+ \(update \d+; photos train"
    ):
        trained(toy, learning_rate=1e38, clip=None, epochs=20)
    assert not list(toy.runs.glob("*/model"))


def test_a_vector_that_is_not_finite_stops_the_run(tmp_path: Path) -> None:
    toy = toy_training.toy(tmp_path)
    sha256 = "train3"
    with ShardWriter(toy.features, "vectors", features(toy_training.D)) as shards:
        shards.append({"sha256": sha256, "outcome": "ok", "vector": [math.nan] * toy_training.D})
    with pytest.raises(UserError, match=r"not finite, the first that of train3"):
        trained(toy)


def test_a_photo_without_vector_is_named(tmp_path: Path) -> None:
    toy = toy_training.toy(tmp_path)
    (shard,) = toy.features.glob("*.parquet")
    table = pq.read_table(shard)
    with ShardWriter(toy.features, "vectors", features(toy_training.D)) as shards:
        for row in table.to_pylist()[1:]:
            shards.append(row)
    shard.unlink()
    with pytest.raises(UserError, match="train0"):
        trained(toy)


def test_a_shard_of_vectors_cut_in_half_is_named(tmp_path: Path) -> None:
    toy = toy_training.toy(tmp_path)
    (shard,) = toy.features.glob("*.parquet")
    shard.write_bytes(shard.read_bytes()[: shard.stat().st_size // 2])
    with pytest.raises(DamagedFile, match=shard.name):
        trained(toy)


@pytest.mark.parametrize("vectors", ["photo", "random"])
def test_an_empty_dev_split_is_enough_to_train_and_evaluate(tmp_path: Path, vectors: str) -> None:
    toy = toy_training.toy(tmp_path, dev=0)
    run = trained(toy, vectors=vectors)
    log = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert [record["dev_loss"] for record in log] == [None, None]
    assert evaluate(run, toy.dataset, toy.features)["dev"]["nll"] is None


def test_patience_without_a_dev_split_says_what_to_do(tmp_path: Path) -> None:
    toy = toy_training.toy(tmp_path, dev=0)
    with pytest.raises(UserError, match=r"train\.patience needs a dev loss.*dev_fraction"):
        trained(toy, patience=2)


def test_one_caption_is_memorised(tmp_path: Path) -> None:
    toy = toy_training.toy(tmp_path, photos=1, captions=1, dev=1)
    run = trained(toy, epochs=60, keep="last")
    assert json.loads((run / "average_loss.json").read_text())[-1] < 0.1
    assert evaluate(run, toy.dataset, toy.features)["train"]["verbatim"] == 1


def test_a_vocabulary_of_one_word_trains(tmp_path: Path) -> None:
    toy = toy_training.toy(tmp_path)
    Vocabulary.from_counts({"犬": 9}).save(toy.dataset / "vocabulary.json")
    assert len(artifact.load(trained(toy) / "model").vocabulary) == 5


def test_captions_over_the_limit_are_left_out(tmp_path: Path) -> None:
    toy = toy_training.toy(tmp_path)
    run = trained(toy, max_tokens=4)
    figures = evaluate(run, toy.dataset, toy.features)
    assert 0 < figures["train"]["captions"] < 48


def test_of_train_a_sample_is_measured_and_of_dev_all(tmp_path: Path) -> None:
    toy = toy_training.toy(tmp_path, photos=40, dev=10)
    run = trained(toy)
    everything, some = (evaluate(run, toy.dataset, toy.features, sample=count) for count in (1000, 30))
    for split, captions in (("train", 80), ("dev", 20)):
        assert [everything[split][name] for name in ("captions", "measured", "compared")] == [captions] * 3
    assert [some["train"][name] for name in ("captions", "measured", "compared")] == [80, 30, 30]
    assert some["dev"] == everything["dev"]
    assert some["train"]["nll"] != everything["train"]["nll"]
    assert some["train"]["nll"] == pytest.approx(everything["train"]["nll"], rel=0.1)
    for name in ("unigram", "by_heart", "verbatim", "bleu_1"):  # of all captions, as before
        assert some["train"][name] == everything["train"][name]


def test_vectors_that_never_vary_do_no_harm(tmp_path: Path) -> None:
    toy = toy_training.toy(tmp_path)
    (shard,) = toy.features.glob("*.parquet")
    rows = pq.read_table(shard).to_pylist()
    shard.unlink()
    with ShardWriter(toy.features, "vectors", features(toy_training.D)) as shards:
        for row in rows:
            shards.append(row | {"vector": [3.5] * toy_training.D})
    figures = evaluate(trained(toy), toy.dataset, toy.features)
    assert figures["dev"]["nll"] == pytest.approx(figures["dev"]["shuffled_nll"])


def test_features_of_another_key_are_refused_by_the_evaluation(tmp_path: Path) -> None:
    toy = toy_training.toy(tmp_path)
    run = trained(toy)
    other = toy.features.with_name("toy-fc6-11111111")
    toy.features.rename(other)
    with pytest.raises(UserError, match="toy-fc7-00000000, not on toy-fc6-11111111"):
        evaluate(run, toy.dataset, other)


def test_early_stopping_keeps_the_best_epoch(tmp_path: Path) -> None:
    toy = toy_training.toy(tmp_path, photos=6, captions=1)
    run = trained(toy, epochs=200, patience=3, learning_rate=0.05)
    log = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    known = [record["dev_known_loss"] for record in log]
    best = known.index(min(known))
    assert len(log) == best + 1 + 3 < 200
    nll = evaluate(run, toy.dataset, toy.features)["dev"]["nll"]
    assert nll == pytest.approx(log[best]["dev_loss"], abs=1e-6)
    by_character = evaluate(run, toy.dataset, toy.features)["dev"]["nll_character"]
    assert by_character == pytest.approx(log[best]["dev_character_loss"], abs=1e-6)


def test_star_weights_change_what_is_learned_and_both_losses_are_reported(tmp_path: Path) -> None:
    toy = toy_training.toy(tmp_path)
    log = json.loads((trained(toy, weight="stars") / "log.jsonl").read_text().splitlines()[0])
    assert log["loss"] != pytest.approx(log["weighted_loss"], rel=1e-6)
    log = json.loads((trained(toy) / "log.jsonl").read_text().splitlines()[0])
    assert log["loss"] == pytest.approx(log["weighted_loss"], rel=1e-6)


def test_a_bias_from_frequencies_starts_at_the_unigram_entropy(tmp_path: Path) -> None:
    toy = toy_training.toy(tmp_path, photos=60)
    runs = [trained(toy, output_bias=bias, learning_rate=1e-9, epochs=1) for bias in ("zero", "frequency")]
    zero, frequency = (json.loads((run / "average_loss.json").read_text())[0] for run in runs)
    assert frequency < zero - 0.1


def test_random_vectors_are_the_same_for_a_photo_and_tell_nothing(tmp_path: Path) -> None:
    toy = toy_training.toy(tmp_path)
    run = trained(toy, vectors="random", epochs=10)
    figures = evaluate(run, toy.dataset, toy.features)
    assert artifact.load(run / "model").config.vectors == "random"
    log = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert figures["dev"]["nll"] == pytest.approx(min(record["dev_loss"] for record in log), abs=1e-6)


def test_settings_are_written_resolved(tmp_path: Path) -> None:
    run = trained(toy_training.toy(tmp_path))
    written = yaml.safe_load((run / "settings.yaml").read_text())["train"]
    assert TrainOptions.model_validate(written) == toy_training.options()


@pytest.mark.parametrize(
    "wrong",
    [{"epochs": 0}, {"dropout": 1.0}, {"clip": 0}, {"hidden": 10**9}, {"sampling": "all"}, {"epoch": 3}],
)
def test_impossible_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TrainOptions.model_validate(wrong)


def test_a_full_disk_leaves_the_last_snapshot_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toy = toy_training.toy(tmp_path)
    written: list[Path] = []

    def full(path: Path, content: str | bytes) -> None:
        written.append(path)
        if len(written) > 3:
            raise OSError(28, "No space left on device", str(path))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    monkeypatch.setattr("train.checkpoint.write_whole", full)
    with pytest.raises(OSError, match="No space left"):
        trained(toy, snapshot_seconds=0.0)
    monkeypatch.undo()
    assert np.isfinite(
        json.loads((trained(toy, snapshot_seconds=0.0) / "average_loss.json").read_text())
    ).all()


def test_the_order_of_a_dataset_s_rows_changes_nothing(tmp_path: Path) -> None:
    """Rows follow the crawl, which may go in any order: the model is the same, bit for bit."""
    models = []
    for name, turn in (("forwards", 1), ("backwards", -1)):
        toy = toy_training.toy(tmp_path / name)
        for shard in (toy.dataset / "data").iterdir():
            table = pq.read_table(shard)
            with whole_parquet(shard, table.schema) as writer:
                writer.write_table(table.take(list(range(len(table)))[::turn]))
        run = trained(toy, sampling="one-per-epoch")
        evaluate(run, toy.dataset, toy.features)
        models.append([(run / path).read_bytes() for path in ("model/model.safetensors", "samples.json")])
    assert models[0] == models[1]
