"""Contests that are drawn from a whole pipeline."""

import dataclasses
from pathlib import Path

import pytest

from dataset import read
from judging.contest import find, load, load_pairs
from judging.drawing.new import Wanted, new
from judging.drawing.unfit import Unfit
from store.errors import MissingStage, UsageError, UserError
from store.place import Place
from train.runs.find import complete


@pytest.fixture
def run(judged: Place) -> Path:
    return complete(judged.runs)[0]


def test_people_against_a_model(judged: Place, run: Path) -> None:
    contest = new(judged, "first", Wanted(runs=[run], n=8), {"digest": ""})
    pairs = load_pairs(find(judged, "first"))
    real = [pair for pair in pairs.values() if not pair.catch]
    assert contest.systems == ("people", f"{run.name} sample")
    assert contest.pairs == len(real) == 8
    assert load(find(judged, "first")) == contest
    captions = read.captions(judged.dataset, "dev").to_pylist()
    texts = {(row["sha256"], row["text"]) for row in captions}
    for pair in real:
        theirs, model = pair.captions
        assert (theirs.sha256, theirs.text) in texts
        assert theirs.boke_id is not None
        assert model.system == f"{run.name} sample"


def test_the_same_seed_draws_the_same_pairs(judged: Place, run: Path) -> None:
    for name in ("one", "two"):
        new(judged, name, Wanted(runs=[run], n=6, seed=3), {})
    new(judged, "three", Wanted(runs=[run], n=6, seed=4), {})
    one, two, three = (load_pairs(find(judged, name)) for name in ("one", "two", "three"))
    assert one == two
    assert one.keys() != three.keys()
    assert load(find(judged, "one")).secret != load(find(judged, "two")).secret


def test_strategies_against_each_other(judged: Place, run: Path) -> None:
    wanted = Wanted(runs=[run], strategies=["beam", "sample"], people=False, n=6)
    contest = new(judged, "ways", wanted, {})
    assert contest.systems == (f"{run.name} beam", f"{run.name} sample")


def test_a_match_says_what_the_model_chose(judged: Place, run: Path) -> None:
    contest = new(judged, "match", Wanted(task="match", runs=[run], n=6), {})
    pairs = load_pairs(find(judged, "match"))
    assert contest.systems == ("people", run.name)
    assert len(pairs) == 6
    assert all(pair.model in range(5) for pair in pairs.values())
    assert not any(pair.catch for pair in pairs.values())


def test_the_models_choice_is_what_recall_by_mutual_information_takes(judged: Place, run: Path) -> None:
    """Each five alone, by the evaluation's own function on its five photos: rank 1 is right."""
    from dataset.text.vocabulary import BOS, EOS
    from featurize import read as features
    from train import artifact
    from train.arithmetic.arithmetic import choose
    from train.evaluation.retrieval import retrieval
    from train.examples import Examples

    new(judged, "same", Wanted(task="match", runs=[run], n=5), {})
    model = artifact.load(run / "model")
    tokens = {
        (row["sha256"], row["text"]): row["tokens"] for row in read.captions(judged.dataset).to_pylist()
    }
    vectors = features.read(judged.features / model.config.features.key, judged)
    for pair in load_pairs(find(judged, "same")).values():
        photos = [caption.sha256 for caption in pair.captions]
        ids = [model.vocabulary.encode(tokens[c.sha256, c.text]) for c in pair.captions]
        examples = Examples.build(photos, range(5), ids, [0] * 5, BOS, EOS)
        ranks = retrieval(model.model, examples, vectors.of(photos), choose(model.model.xp))["rank_pmi"]
        assert (pair.model == 0) == (ranks[0] == 1)


def test_forbidden_words_are_in_no_caption(judged: Place, run: Path) -> None:
    texts = read.captions(judged.dataset, "dev")["text"].to_pylist()
    word = texts[0][:2]
    unfit = Unfit([word])
    contest = new(judged, "clean", Wanted(runs=[run], n=4, unfit=unfit), {})
    shown = [c.text for pair in load_pairs(find(judged, "clean")).values() for c in pair.captions if c.system]
    assert not [text for text in shown if word in text]
    assert contest.left_out["words"] >= 1


def test_nothing_is_drawn_twice_under_one_name(judged: Place, run: Path) -> None:
    new(judged, "once", Wanted(runs=[run], n=4), {})
    with pytest.raises(UserError, match="Take another name"):
        new(judged, "once", Wanted(runs=[run], n=4), {})


@pytest.mark.parametrize("name", ["", "..", "../x", "A", "a/b", "x" * 51, "-a"])
def test_a_name_is_a_name(judged: Place, run: Path, name: str) -> None:
    with pytest.raises(UsageError, match="is no name of a contest"):
        new(judged, name, Wanted(runs=[run]), {})


def test_one_alone_is_not_compared(judged: Place, run: Path) -> None:
    with pytest.raises(UsageError, match="compares two or more"):
        new(judged, "alone", Wanted(runs=[run], people=False), {})
    with pytest.raises(UsageError, match="compares two or more that differ"):
        new(judged, "alone", Wanted(runs=[run, run], people=False), {})


def test_a_match_has_one_model_at_most(judged: Place, run: Path) -> None:
    with pytest.raises(UsageError, match="One run at most"):
        new(judged, "many", Wanted(task="match", runs=[run, run]), {})


def test_an_unknown_strategy_is_named(judged: Place, run: Path) -> None:
    with pytest.raises(UsageError, match="no strategy 'mismatch'"):
        new(judged, "odd", Wanted(runs=[run], strategies=["mismatch"]), {})


def test_without_a_dataset_there_is_no_contest(judged: Place) -> None:
    with pytest.raises(MissingStage):
        new(dataclasses.replace(judged, name="nothing"), "first", Wanted(people=True), {})


def test_a_contest_that_is_not_there_is_named(judged: Place) -> None:
    with pytest.raises(MissingStage, match=r"bokeru contest --pipeline demo .*new none"):
        find(judged, "none")


def test_a_score_that_no_caption_has_is_wrong_use(judged: Place, run: Path) -> None:
    """A name with a slip of the pen would keep nothing out."""
    with pytest.raises(UsageError, match="has the score rude, so that it would keep nothing out"):
        new(judged, "scored", Wanted(runs=[run], n=4, unfit=Unfit(scores={"rude": 0.5})), {})
