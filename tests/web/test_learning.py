"""What runs wrote while they learned, on the Training page and in the API, without what may not be shown."""

import itertools
import json
import math
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from dataset import read
from store.place import Place
from web.app import create
from web.content.shown.learning import MOST
from web.options import HideOptions, WebOptions


@pytest.fixture
def copy(whole: Place, tmp_path: Path) -> Place:
    """A copy of the pipeline that a test may change."""
    shutil.copytree(whole.data, tmp_path / "data")
    return replace(whole, data=tmp_path / "data")


def dev(place: Place) -> list[str]:
    return [str(sha256) for sha256 in read.photos(place.dataset, "dev")["sha256"].to_pylist()]


def caption(text: str, log: float | None = -0.5) -> dict[str, Any]:
    return {"text": text, "tokens": list(text), "log_probabilities": [log] * len(text) + [-1.0]}


def write(run: Path, *lines: tuple[int, dict[str, Any]], is_complete: bool = True) -> None:
    """Write a run's progress.jsonl: of each line the epoch, and by photo a pair of captions."""
    run.mkdir(exist_ok=True)
    found = [
        {
            "epoch": epoch,
            "photos": [{"sha256": sha256, "greedy": a, "sample": b} for sha256, (a, b) in photos.items()],
        }
        for epoch, photos in lines
    ]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in found)
    (run / "progress.jsonl").write_text(text)
    if is_complete:
        (run / "manifest.json").write_text("{}")


def section(place: Place, query: str, options: WebOptions | None = None) -> str:
    """Return the part of the Training page with the captions."""
    with TestClient(create(place.data, "demo", options=options)) as client:
        answer = client.get(f"/pipelines/demo/training?{query}")
        assert answer.status_code == 200, answer.text
    found = re.search('<section class="panel" id="learning".*?</section>', answer.text, re.DOTALL)
    return found[0] if found else ""


def said(part: str) -> list[str]:
    """Return the captions of a part, in their order, without marks."""
    found = re.findall(r'<p class="(?:greedy|sample)">(.*?)</p>', part, re.DOTALL)
    return [re.sub("<[^>]*>", "", each).strip() for each in found]


def test_a_real_run_is_shown_as_it_ended(whole: Place) -> None:
    (run,) = whole.runs.iterdir()
    lines = [json.loads(line) for line in (run / "progress.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 3]
    for query, line in (("", lines[-1]), ("epoch=2", lines[0]), ("epoch=99", lines[-1])):
        part = section(whole, query)
        assert said(part) == [
            each[kind]["text"] for each in line["photos"] for kind in ("greedy", "sample")
        ], query
        assert re.findall('data-photo="([0-9a-f]+)"', part) == [each["sha256"] for each in line["photos"]]
    with TestClient(create(whole.data, "demo")) as client:
        assert client.get(f"/api/pipelines/demo/runs/{run.name}/progress").json() == lines
        assert client.get(f"/api/pipelines/demo/runs/{run.name}/progress?after=2").json() == lines[1:]
        assert client.get("/api/pipelines/demo/runs/none/progress").status_code == 404


def test_two_runs_stand_side_by_side(copy: Place) -> None:
    """Each shows what it wrote last by the chosen epoch, one that began later nothing before."""
    photo, other = dev(copy)[:2]
    write(
        copy.runs / "one",
        (1, {photo: (caption("一"), caption("壱")), other: (caption("甲"), caption("乙"))}),
        (2, {photo: (caption("二"), caption("弐")), other: (caption("丙"), caption("丁"))}),
    )
    write(copy.runs / "two", (2, {photo: (caption("あ"), caption("い")), other: (None, caption("う"))}))
    query = "run=one&run=two"
    both = section(copy, query)
    heads = re.findall(r'data-source="[^"]*/runs/(\w+)/progress" data-run="(\w+)"', both)
    assert sorted(heads) == [("one", "one"), ("two", "two")]
    by_run: dict[str, list[str]] = {}
    for name, part in re.findall(r'class="said s\d" data-run="(\w+)">(.*?)</div>', both, re.DOTALL):
        by_run.setdefault(name, []).extend(said(part))
    assert by_run == {"one": ["二", "弐", "丙", "丁"], "two": ["あ", "い", "–", "う"]}
    early = section(copy, f"{query}&epoch=1")
    assert sorted(said(early)) == sorted(["一", "壱", "甲", "乙", "–", "–", "–", "–"])


def test_a_token_has_the_shade_of_its_probability(copy: Place) -> None:
    """The bounds that the legend names: 1, 5, 20, 50 and 80%."""
    logs = [math.log(share) for share in (0.009, 0.011, 0.049, 0.06, 0.21, 0.51, 0.81)]
    written = caption("あいうえおかきく") | {"log_probabilities": [*logs, None, -1.0]}
    write(copy.runs / "one", (1, {dev(copy)[0]: (written, None)}))
    part = section(copy, "run=one")
    assert re.findall(r'class="p(\d)" title="[^"]*">[あ-ん]', part) == list("01123450")


def test_hidden_captions_are_nowhere(copy: Place) -> None:
    photo = dev(copy)[0]
    write(copy.runs / "one", (1, {photo: (caption("馬鹿だ"), caption("犬だ"))}))
    options = WebOptions(hide=HideOptions(words=("馬鹿",)))
    assert said(section(copy, "run=one")) == ["馬鹿だ", "犬だ"]
    assert said(section(copy, "run=one", options)) == ["–", "犬だ"]
    with TestClient(create(copy.data, "demo", options=options)) as client:
        (line,) = client.get("/api/pipelines/demo/runs/one/progress").json()
    assert line["photos"][0]["greedy"] is None
    assert line["photos"][0]["sample"]["text"] == "犬だ"


def test_photos_that_the_dataset_has_no_more_are_left_out(copy: Place) -> None:
    write(copy.runs / "one", (1, {"f" * 64: (caption("犬"), caption("猫"))}))
    part = section(copy, "run=one")
    assert "None of these photos is in the dataset any more." in part
    assert "f" * 64 not in part
    shutil.rmtree(copy.dataset)
    part = section(copy, "run=one")
    assert "is not there yet. Make it with:" in part, "nobody can tell which photos may be shown"
    assert said(part) == []


def test_a_damaged_file_breaks_no_page(copy: Place) -> None:
    write(copy.runs / "one", (1, {dev(copy)[0]: (caption("犬"), caption("猫"))}))
    path = copy.runs / "one" / "progress.jsonl"
    good = path.read_text()
    path.write_text(f'{{"epoch": 1}}\n[]\n{"[" * 5000}\n{good}{good[:50]}')
    assert said(section(copy, "run=one")) == ["犬", "猫"]
    path.write_bytes(b"\xff\xfe")
    assert section(copy, "run=one") == ""


def test_of_very_many_measurements_some_are_shown_and_the_last(copy: Place) -> None:
    photo = dev(copy)[0]
    write(copy.runs / "one", *((n, {photo: (caption("犬"), None)}) for n in range(1, 2 * MOST + 2)))
    with TestClient(create(copy.data, "demo")) as client:
        found = client.get("/api/pipelines/demo/runs/one/progress").json()
    epochs = [line["epoch"] for line in found]
    assert len(epochs) <= MOST
    assert epochs[-1] == 2 * MOST + 1
    assert {later - earlier for earlier, later in itertools.pairwise(epochs)} == {3}


def test_curves_are_smoothed_and_drawn_on_a_logarithmic_axis(copy: Place) -> None:
    (run,) = copy.runs.iterdir()
    losses = [4.0, 2.0, 2.0]
    lines = [{"epoch": n, "loss": loss, "dev_loss": None} for n, loss in enumerate(losses, 1)]
    (run / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))

    def chart(query: str) -> str:
        with TestClient(create(copy.data, "demo")) as client:
            return client.get(f"/pipelines/demo/training?{query}").text.split('<svg class="chart"')[1]

    plain, smooth, log = chart(""), chart("smooth=0.5"), chart("smooth=0&log=1")
    assert re.findall("<title>train, [0-9]: ([0-9.]+)</title>", plain) == ["4.000", "2.000", "2.000"]
    assert "faint" not in plain
    # By hand: 4, (4/2 + 2) / 1.5, (4/4 + 2/2 + 2) / 1.75.
    assert re.findall("<title>train, [0-9]: ([0-9.]+)</title>", smooth) == ["4.000", "2.667", "2.286"]
    assert smooth.count("faint") == 1
    assert ">0</text>" in plain
    assert ">0</text>" not in log, "there is no 0 on it"
    with TestClient(create(copy.data, "demo")) as client:
        assert client.get("/pipelines/demo/training?smooth=1").status_code == 422
