"""The updater gives the model what the settings say: each epoch its captions, each update its dropout."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dataset.text.vocabulary import UNK
from store.errors import UserError
from tests.train import toy_training
from train import batches
from train.examples import Examples
from train.job import Job
from train.model import Array
from train.sampling import sample_captions

PHOTOS, CAPTIONS = 24, 2
"""Of the toy's train split."""


def learned(job: Job, epochs: int) -> list[list[int]]:
    """Train; return for each epoch the captions that the model was given, in their order."""
    given: list[list[int]] = [[]]
    pack = batches.pack

    def recording(examples: Examples, captions: Array) -> batches.Batch:
        batch = pack(examples, captions)
        given[-1] += batch.captions.tolist()
        return batch

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "pack", recording)
        while len(given) <= epochs:
            job.updater.update()
            if job.updater.is_new_epoch:
                given.append([])
    return given[:-1]


def photos(job: Job, captions: list[int]) -> list[int]:
    found: list[int] = job.train_split.examples.photo[captions].tolist()
    return found


def test_one_per_epoch_samples_again_in_every_epoch(toy: toy_training.Toy) -> None:
    training = toy_training.job(toy, sampling="one-per-epoch")
    epochs = learned(training, 20)
    examples, options = training.train_split.examples, training.options
    for epoch, captions in enumerate(epochs):
        assert sorted(captions) == sorted(sample_captions(examples, options, epoch))
        assert sorted(photos(training, captions)) == list(range(PHOTOS))
    assert {caption for captions in epochs for caption in captions} == set(range(PHOTOS * CAPTIONS))


def test_one_to_one_stays_with_its_captions(toy: toy_training.Toy) -> None:
    training = toy_training.job(toy, sampling="one-to-one", choose="draw")
    epochs = learned(training, 5)
    assert sorted(photos(training, epochs[0])) == list(range(PHOTOS))
    assert len({tuple(sorted(captions)) for captions in epochs}) == 1


def test_many_to_one_learns_every_caption_once_an_epoch(toy: toy_training.Toy) -> None:
    for captions in learned(toy_training.job(toy, sampling="many-to-one"), 5):
        assert sorted(captions) == list(range(PHOTOS * CAPTIONS))


@pytest.mark.parametrize(
    "settings", [{}, {"batches": "one-length"}, {"batches": "one-length", "sampling": "one-per-epoch"}]
)
def test_an_epoch_goes_on_from_any_batch(toy: toy_training.Toy, settings: dict[str, Any]) -> None:
    whole, rest = toy_training.job(toy, **settings), toy_training.job(toy, **settings)
    expected = learned(whole, 3)[2]
    rest.updater.epoch, rest.updater.position = 2, 3
    (given,) = learned(rest, 1)
    assert len(expected) - 3 * rest.options.batch_size <= len(given) < len(expected)
    assert given == expected[-len(given) :]


@pytest.mark.parametrize("sampling", ["one-to-one", "many-to-one"])
def test_every_epoch_has_an_order_of_its_own(toy: toy_training.Toy, sampling: str) -> None:
    epochs = learned(toy_training.job(toy, sampling=sampling), 6)
    assert len({tuple(captions) for captions in epochs}) == 6


def test_another_seed_is_another_order(toy: toy_training.Toy) -> None:
    orders = {tuple(learned(toy_training.job(toy, seed=seed), 1)[0]) for seed in range(4)}
    assert len(orders) == 4


@pytest.fixture(scope="module")
def one_caption(tmp_path_factory: pytest.TempPathFactory) -> toy_training.Toy:
    """Where every update sees the same batch in the same order, dropout alone can make losses differ."""
    return toy_training.toy(tmp_path_factory.mktemp("data"), photos=1, captions=1)


def losses(training: Job, updates: int) -> list[float]:
    """Return the loss of each of `updates` updates from which next to nothing is learned."""
    found = []
    for _ in range(updates):
        before = training.updater.totals["nats"]
        training.updater.update()
        found.append(round(training.updater.totals["nats"] - before, 5))
    return found


def test_dropout_drops_other_units_in_every_update(one_caption: toy_training.Toy) -> None:
    still = {"learning_rate": 1e-20}
    assert len(set(losses(toy_training.job(one_caption, **still), 5))) == 1, "else the next line says nothing"
    assert len(set(losses(toy_training.job(one_caption, **still, dropout=0.5), 5))) == 5


def test_another_seed_drops_other_units(one_caption: toy_training.Toy) -> None:
    first, other = (
        toy_training.job(one_caption, learning_rate=1e-20, dropout=0.5, seed=seed) for seed in (0, 1)
    )
    other.artifact.model.copyparams(first.artifact.model)
    assert losses(first, 1) != losses(other, 1)


def tensors_after_an_update(toy: toy_training.Toy, **settings: object) -> tuple[Job, dict[str, Array]]:
    job = toy_training.job(toy, **settings)
    job.updater.update()
    return job, job.updater.model.tensors()


def test_weight_decay_takes_its_share_off_each_matrix(toy: toy_training.Toy) -> None:
    before = toy_training.job(toy).updater.model.tensors()
    _, plain = tensors_after_an_update(toy, learning_rate=0.1)
    _, decayed = tensors_after_an_update(toy, learning_rate=0.1, weight_decay=0.5)
    for name, tensor in plain.items():
        share = 0.05 if tensor.ndim == 2 else 0.0  # 0.1 x 0.5; biases, mean and scale are none
        np.testing.assert_allclose(decayed[name], tensor - share * before[name], atol=1e-6, err_msg=name)


def test_smoothed_targets_change_what_is_learned_and_not_the_loss_that_is_told(toy: toy_training.Toy) -> None:
    plain, learned = tensors_after_an_update(toy)
    smoothed, learned_smoothed = tensors_after_an_update(toy, label_smoothing=0.3)
    for name in ("nats", "tokens", "weighted", "step_means"):
        assert smoothed.updater.totals[name] == plain.updater.totals[name]
    assert not np.array_equal(learned["output_b"], learned_smoothed["output_b"])


@pytest.mark.parametrize("fused", [True, False])
def test_the_gradients_norm_is_that_before_clipping(toy: toy_training.Toy, fused: bool) -> None:
    unclipped, _ = tensors_after_an_update(toy, fused=fused, clip=None)
    gradients = [parameter.grad for parameter in unclipped.updater.model.params(False)]
    norm = np.sqrt(sum(np.square(gradient.astype(np.float64)).sum() for gradient in gradients))
    clipped, _ = tensors_after_an_update(toy, fused=fused, clip=norm / 10)
    for job in (unclipped, clipped):
        assert job.updater.totals["gradient_norm"] == pytest.approx(norm, rel=1e-5)


def test_a_gradient_without_end_is_told_with_its_batch(
    toy: toy_training.Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = toy_training.job(toy, clip=None)
    step = job.updater._optimizer.update

    def update() -> None:
        next(iter(job.updater.model.params(False))).grad[...] = np.inf
        step()

    monkeypatch.setattr(job.updater._optimizer, "update", update)
    with pytest.raises(UserError, match=r"The gradient's norm became inf in epoch 1, batch 1"):
        job.updater.update()


def test_an_epoch_reads_unknown_words_in_the_place_of_rare_ones(tmp_path: Path) -> None:
    """Every caption has a word of its own; at a rate of 1 none of them is ever read or asked for."""
    made = toy_training.written(tmp_path, [[["犬", f"珍{photo}", "だ"]] for photo in range(12)], [])
    job = toy_training.job(made, unk_rate=1.0)
    ids = {job.artifact.vocabulary.tokens[id_] for id_ in read_in_an_epoch(job)}
    assert ids == {"<BOS>", "犬", "<UNK>", "だ", "<EOS>"}
    half = toy_training.job(made, unk_rate=0.5)
    first, second = set(read_in_an_epoch(half)), set(read_in_an_epoch(half))
    assert {UNK} < first, "some are read as they are"
    assert first != second, "others in the next epoch"


def read_in_an_epoch(job: Job) -> list[int]:
    """Train for an epoch; return the ids that were read, and asked for, in it."""
    found: list[int] = []
    pack = batches.pack

    def recording(examples: Examples, captions: Array) -> batches.Batch:
        batch = pack(examples, captions)
        found.extend([*batch.inputs.tolist(), *batch.targets.tolist()])
        return batch

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "pack", recording)
        while True:
            job.updater.update()
            if job.updater.is_new_epoch:
                return found
