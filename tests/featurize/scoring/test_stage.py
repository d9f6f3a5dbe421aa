"""Scores by others' code, a model and a table: what fails is a row with its reason, and never the end."""

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset.options import DatasetOptions
from featurize.scoring.stage import Report, Scorer, score
from store.errors import UsageError, UserError
from store.forget import anything
from store.forget.content import Content
from store.place import Place
from store.processes.cores import cores
from store.register.stages import find
from tests.crawl_tables import boke, image, page, write
from tests.installed import install

TEXTS = dict(enumerate(("犬", "猫", "車", "人", "人々", "誰", "無", "もう一つ"), 1))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return a pipeline with a crawl of two photos, and with the package of scorers installed."""
    (tmp_path / "site").mkdir()
    site = str(install(tmp_path / "site"))
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([site, os.environ.get("PYTHONPATH", "")]))
    place = Place(tmp_path, "p")
    bokes = [boke(number, 1, text) for number, text in TEXTS.items()]
    write(place.crawl, [page(1, bokes), page(2, [boke(99, 2, "写真")])], [image(1), image(2)])
    return place


def scored(place: Place, name: str = "x", /, retry_failed: bool = False, **scorer: Any) -> Report:
    options = DatasetOptions(min_free_gb=0)
    return score(name, Scorer(**scorer), [place.crawl], options, place, retry_failed=retry_failed)


def rows(place: Place, name: str = "x") -> dict[Any, dict[str, Any]]:
    """Return the rows of a folder of scores, by the caption's number or the photo."""
    tables = [pq.read_table(path) for path in (place.scores / name).glob("*.parquet")]
    return {row["boke_id"] or row["sha256"]: row for table in tables for row in table.to_pylist()}


def test_captions_get_a_number_each_once(place: Place) -> None:
    report = scored(place, code="length")
    assert str(report) == "score x: 9 captions scored, 0 were there"
    assert {key: dict(row["scores"]) for key, row in rows(place).items()} == {
        **{number: {"x": len(text)} for number, text in TEXTS.items()},
        99: {"x": 2.0},
    }
    assert str(scored(place, code="length")) == "score x: 0 captions scored, 9 were there"
    write(place.crawl, [page(3, [boke(100, 3, "新しい")])], [image(3)])
    assert str(scored(place, code="length")) == "score x: 1 captions scored, 9 were there"


def test_photos_get_numbers_by_name(place: Place) -> None:
    assert str(scored(place, code="brightness")) == "score x: 2 photos scored, 0 were there"
    for row in rows(place).values():
        assert [key for key, _ in row["scores"]] == ["x.red", "x.green", "x.blue"]
        assert row["text"] is None
        assert all(0 < value < 1 for _, value in row["scores"])


def test_what_fails_costs_its_own_row(place: Place) -> None:
    report = scored(place, code="troubled", seconds=0.5, memory=2 * 10**9 * cores())
    assert (report.computed, sum(report.failed.values())) == (1, 8)
    errors = {number: row["error"] for number, row in rows(place).items() if row["outcome"] == "error"}
    said = (
        *("ValueError: a dog (scorers.py, line ", "it took longer than 0.5 seconds"),
        "its process ended with status 3 (run over)",
        *("returned nan, which is no finite number", "returned 'three', which is no number"),
        *("returned None, which is no number", "returned 0 numbers"),
        "it took more memory than it may (2.0 GB)",
    )
    assert [number for number, words in enumerate(said, 1) if words in errors.pop(number)] == list(
        range(1, 9)
    )
    assert not errors
    assert {dict(row["scores"])["x"] for row in rows(place).values() if row["scores"]} == {1}


HANGING = """
import os, pathlib, signal, time
def score(text):
    try:
        pathlib.Path(__file__).with_suffix(".sent").touch(exist_ok=False)
        os.kill({pid}, signal.SIGINT)
    except FileExistsError:
        pass
    time.sleep(600)
"""
"""One of its processes interrupts; two would, and the second after the test."""


def test_who_stops_it_does_not_wait_for_what_hangs(place: Place, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(HANGING.format(pid=os.getpid()))
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        scored(place, code=f"{tmp_path}/mine.py:score", seconds=250)
    assert time.monotonic() - started < 200


@pytest.mark.long
def test_failures_are_tried_again_where_that_is_asked_and_all_are_for_another_scorer(place: Place) -> None:
    less: dict[str, Any] = {"seconds": 0.5, "memory": 2 * 10**9 * cores()}
    scored(place, code="troubled", **less)
    again = scored(place, code="troubled", **less)
    assert (again.computed, again.known) == (0, 9), "a failure is not tried again by itself"
    again = scored(place, code="troubled", retry_failed=True, **less)
    assert (again.computed, again.known, sum(again.failed.values())) == (0, 1, 8)
    assert str(scored(place, code="length")) == "score x: 9 captions scored, 0 were there"
    assert len(rows(place)) == 9


def test_a_scorer_that_is_none_is_named(place: Place, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no scorer 'lenght'\. Did you mean 'length'"):
        scored(place, code="lenght")
    with pytest.raises(UsageError, match=r"takes 'captions'; name its first parameter photo or text"):
        scored(place, code="outside_jokes.rules:mean_length")
    with pytest.raises(UsageError, match="names no scores"):
        scored(place, "a b", code="length")


@pytest.mark.long
def test_where_all_fail_it_is_told(place: Place, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def score(text): raise KeyError('model')\n")
    with pytest.raises(UserError, match=r"0 captions scored, 0 were there, 9 failed \(.*KeyError: 'model'"):
        scored(place, code=f"{tmp_path}/mine.py:score")


def test_a_table_is_taken_by_boke_or_by_photo(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "scores.parquet"
    pq.write_table(pa.table({"boke_id": [1, 2, 777], "score": [0.5, float("nan"), 1.0]}), path)
    report = scored(place, table=path)
    assert (report.computed, sum(report.failed.values())) == (1, 1)
    assert dict(rows(place)[1]["scores"]) == {"x": 0.5}
    assert rows(place)[2]["error"] == "the table has nan, which is no finite number"
    pq.write_table(pa.table({"name": ["a"]}), path)
    with pytest.raises(UsageError, match=r"has the columns name\. It needs boke_id or sha256"):
        scored(place, table=path)


def test_a_model_scores_photos(place: Place, tmp_path: Path) -> None:
    from onnx import TensorProto, helper, save

    photos = helper.make_tensor_value_info("photos", TensorProto.FLOAT, ["N", 3, 32, 32])
    means = helper.make_tensor_value_info("means", TensorProto.FLOAT, ["N", 3])
    node = helper.make_node("ReduceMean", ["photos"], ["means"], axes=[2, 3], keepdims=0)
    graph = helper.make_graph([node], "means", [photos], [means])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    save(made, tmp_path / "means.onnx")
    scored(place, model=tmp_path / "means.onnx", labels=("red", "green", "blue"))
    for row in rows(place).values():
        assert [key for key, _ in row["scores"]] == ["x.red", "x.green", "x.blue"]
        assert np.isfinite([value for _, value in row["scores"]]).all()
    with pytest.raises(UsageError, match="gives 3 values a photo, and --labels names 2"):
        scored(place, model=tmp_path / "means.onnx", labels=("a", "b"))


def test_a_model_that_is_refused_names_the_options_of_score(place: Place, tmp_path: Path) -> None:
    from onnx import TensorProto, helper, save

    path = tmp_path / "odd.onnx"

    def write(side: int | str, outputs: int = 1, axis: int = 3) -> None:
        photos = helper.make_tensor_value_info("photos", TensorProto.FLOAT, ["N", 3, side, side])
        names = [f"out{number}" for number in range(outputs)]
        nodes = [
            helper.make_node("ReduceMean", ["photos"], [name], axes=[axis], keepdims=0) for name in names
        ]
        found = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names]
        graph = helper.make_graph(nodes, "odd", [photos], found)
        save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)

    write("side")
    with pytest.raises(UserError, match=r"leaves the size of its photos open\. Set it: --size 224$"):
        scored(place, model=path)
    write(32, outputs=2)
    with pytest.raises(UserError, match=r"several outputs\. Set --output to one of: out0, out1"):
        scored(place, model=path)
    write(4)
    with pytest.raises(UserError, match=r"gives 3x4 values a photo at 'out0'\. Set --pool to mean"):
        scored(place, model=path)
    scored(place, model=path, pool="flatten")
    for row in rows(place).values():
        assert len(row["scores"]) == 12


def test_a_forgotten_caption_is_not_in_them(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "scores.parquet"
    pq.write_table(pa.table({"boke_id": [1, 2], "score": [0.5, 0.25]}), path)
    scored(place, table=path)
    (stage,) = (stage for stage in find(place.directory) if stage.name == "pipeline")
    assert anything.forget(stage, Content(boke_ids={1})) == 1
    assert [(number, dict(row["scores"])) for number, row in rows(place).items()] == [(2, {"x": 0.25})]
    assert len(stage.table("scores").paths) == 1
