"""The article's loss: three captions whose every token has a loss that is known by heart.

The model of these tests gives each token the same probability wherever it stands: a 1/2, b 1/8, <EOS> 1/4.
So, counted in ln 2, the losses of their tokens are

    b a b <EOS>    3 1 3 2
    a b <EOS>        1 3 2
    a <EOS>            1 2

In batches of two, longest first, the captions lie as above, each from the first step on. The first batch:

    step 1: (3 + 1) / 2 = 2    step 2: (1 + 3) / 2 = 2    step 3: (3 + 2) / 2 = 2.5    step 4: 2 / 1 = 2

so 8.5; the second: 1 + 2 = 3. Over three captions that is 11.5 / 3. All nine tokens have 18: 2 a token.
"""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from dataset.text.vocabulary import EOS
from store.register.stages import Stage
from tests.train import toy_training
from train.arithmetic.processes import SingleProcess
from train.article import step_shares
from train.fit import fit
from train.job import Job
from train.verify import check

CAPTIONS = ["bab", "ab", "a"]
HALVES = {"a": 1, "b": 3, "<EOS>": 2}
"""How often a probability is halved: its loss in ln 2."""
ARTICLE, PER_TOKEN = 11.5 / 3 * math.log(2), 2 * math.log(2)


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> toy_training.Toy:
    return toy_training.written(tmp_path_factory.mktemp("three"), [[list(text)] for text in CAPTIONS], [])


def known(three: toy_training.Toy, runs: Path, **settings: object) -> Job:
    """Return a run whose model gives the tokens these probabilities, and learns next to nothing."""
    job = toy_training.job(
        toy_training.Toy(three.dataset, three.features, runs), batch_size=2, learning_rate=1e-20, **settings
    )
    model, tokens = job.artifact.model, job.artifact.vocabulary.tokens
    model.output_w.array[...] = 0
    # What is left of probability 1 is divided among the tokens that occur in no caption.
    model.output_b.array[...] = math.log((1 - 7 / 8) / (len(tokens) - 3))
    for token, halves in HALVES.items():
        place = EOS if token == "<EOS>" else tokens.index(token)
        model.output_b.array[place] = -halves * math.log(2)
    return job


def test_a_run_writes_the_articles_loss_beside_that_of_a_token(
    three: toy_training.Toy, tmp_path: Path
) -> None:
    job = known(three, tmp_path, epochs=2)
    job.train()
    job.publish()
    assert json.loads((job.run / "article_loss.json").read_text()) == pytest.approx([ARTICLE] * 2, rel=1e-6)
    assert json.loads((job.run / "average_loss.json").read_text()) == pytest.approx([PER_TOKEN] * 2, rel=1e-6)
    units = json.loads((job.run / "units.json").read_text())
    assert units["average_loss.json"].startswith("nats per target token")
    assert "divided by the number of captions" in units["article_loss.json"]


def test_the_mean_of_a_step_is_over_the_captions_of_all_processes(
    three: toy_training.Toy, tmp_path: Path
) -> None:
    total = 0.0
    for rank in range(2):
        job = known(three, tmp_path)
        job.updater.processes = One(rank)
        while not job.updater.epoch:
            job.updater.update()
        total += job.updater.totals["step_means"]
    assert total / 3 == pytest.approx(ARTICLE, rel=1e-6)


class One(SingleProcess):
    """One of two processes, whose sums are added by hand."""

    size = 2

    def __init__(self, rank: int) -> None:
        self.rank = rank


def test_batches_of_one_length_give_the_mean_caption_of_each_batch() -> None:
    """As the published code has it: of N captions of one length, the nats of all divided by N."""
    shares = step_shares(np.array([4, 4, 4]), np.array([3, 3, 3, 3, 3]))
    assert shares.tolist() == [1 / 3] * 15


def test_an_epoch_whose_first_updates_were_not_added_up_has_no_figure(
    three: toy_training.Toy, tmp_path: Path
) -> None:
    """Snapshots of 0.1 know the loss of a token alone."""
    job = known(three, tmp_path, epochs=2, snapshot_seconds=0)
    job.updater.update()
    for name in ("step_means", "captions"):
        del job.updater.totals[name]
    job.checkpoint.save()
    again = known(three, tmp_path, epochs=2, snapshot_seconds=0)
    assert again.checkpoint.restore()
    again.train()
    again.publish()
    first, second = json.loads((again.run / "article_loss.json").read_text())
    assert first is None
    assert second == pytest.approx(ARTICLE, rel=1e-6)
    assert json.loads((again.run / "average_loss.json").read_text()) == pytest.approx(
        [PER_TOKEN] * 2, rel=1e-6
    )


def test_verify_holds_a_finished_runs_file_to_its_log(three: toy_training.Toy) -> None:
    run = fit(toy_training.options(), three.dataset, three.features, three.runs)
    assert len(json.loads((run / "article_loss.json").read_text())) == 2
    assert [str(problem) for problem in check(Stage("run", run))] == []
    (run / "article_loss.json").write_text("[1.0, 1.0]")
    assert "article_loss.json has other losses than" in " ".join(map(str, check(Stage("run", run))))
