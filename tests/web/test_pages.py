"""Every page, with a whole pipeline behind it and with what is missing, partial or damaged."""

import html
import io
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from dataset.build.stage import build
from dataset.options import DatasetOptions
from dataset.text.vocabulary import Vocabulary
from store.place import Place
from tests import crawl_tables
from tests.web import small_pipeline
from web.app import create
from web.content.stages import stages
from web.options import WebOptions


@pytest.fixture
def client(whole: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr("web.content.library.Extractor", small_pipeline.Extractor)
    with TestClient(create(whole.data, "demo")) as client:
        yield client


@pytest.fixture
def copy(whole: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A copy of the pipeline that a test may break."""
    monkeypatch.setattr("web.content.library.Extractor", small_pipeline.Extractor)
    shutil.copytree(whole.data, tmp_path / "data")
    return replace(whole, data=tmp_path / "data")


def page(place: Place, path: str, status: int = 200) -> str:
    with TestClient(create(place.data, "demo")) as client:
        answer = client.get(path)
        assert answer.status_code == status, answer.text
        return answer.text


def first(client: TestClient, **query: str) -> str:
    photos = client.get("/api/pipelines/demo/photos", params=query).json()["photos"]
    return str(photos[0]["sha256"])


def test_the_first_page_shows_every_stage_ready(client: TestClient) -> None:
    text = client.get("/").text
    assert text.count('class="chip ready"') == 5
    assert "1 model has" not in text
    assert text.count('class="teaser"') == 4


def test_photos_are_filtered_and_paged(client: TestClient) -> None:
    assert "40 photos" in client.get("/pipelines/demo/data").text
    dogs = client.get("/pipelines/demo/data", params={"label": "犬", "split": "", "stars": ""})
    assert "10 photos" in dogs.text
    assert client.get("/api/pipelines/demo/photos", params={"text": "猫が走る"}).json()["found"] == 10
    assert (
        client.get("/api/pipelines/demo/photos", params={"text": "猫が走る", "stars": 1}).json()["found"] == 0
    )
    assert client.get("/api/pipelines/demo/photos", params={"stars": 9}).json()["found"] == 40
    assert client.get("/api/pipelines/demo/photos", params={"category": "シュール"}).json()["found"] == 40
    splits = [
        client.get(f"/api/pipelines/demo/photos?split={split}").json()["found"] for split in ("train", "dev")
    ]
    assert sum(splits) == 40
    assert "Page 2 of 2" in client.get("/pipelines/demo/data?page=99").text
    assert "No photo passes" in client.get("/pipelines/demo/data?text=nothing+like+it").text


def test_a_photo_is_shown_with_all_about_it(client: TestClient) -> None:
    sha256 = first(client)
    text = client.get(f"/pipelines/demo/photos/{sha256}").text
    assert "4 captions" in text
    assert sha256 in text
    assert "bokeru train" not in text
    near = client.get(f"/pipelines/demo/photos/{sha256}/neighbours").text
    assert near.count("A training photo at distance") == 6
    text = client.get(f"/pipelines/demo/photos/{sha256}/rows").text
    for table in ("dataset", f"features/{small_pipeline.KEY}", "crawl/images", "crawl/pages"):
        assert f"<code>{table}</code> · 1 row<" in text
    image = client.get(f"/pipelines/demo/photos/{sha256}.jpg?size=240")
    assert image.headers["content-type"] == "image/jpeg"


def test_captions_stand_beside_peoples(client: TestClient) -> None:
    text = client.get("/pipelines/demo/generate").text
    assert text.count("<article") == 6
    assert "More captions" in text
    for strategy in ("greedy", "sample", "mismatch"):
        query = {"strategy": strategy, "split": "train", "n": 2, "top_k": "", "top_p": ""}
        text = client.get("/pipelines/demo/generate", params=query).text
        assert text.count('class="tokens" lang="ja"') == (6 if strategy == "greedy" else 12)
    assert re.search("written for photo [0-9a-f]{8}", text)
    one = client.get("/pipelines/demo/generate", params={"photo": first(client), "n": 9}).text
    assert one.count("<article") == 1
    assert client.get("/pipelines/demo/generate?n=1000").status_code == 422


def test_the_pool_of_neighbours_limits_nothing_else(whole: Place) -> None:
    with TestClient(create(whole.data, "demo", options=WebOptions(neighbour_pool=3))) as client:
        train = client.get("/api/pipelines/demo/photos?split=train&per_page=200").json()["photos"]
        first, last = train[0]["sha256"], train[-1]["sha256"]
        near = client.get(f"/api/pipelines/demo/photos/{last}/neighbours").json()
        assert {one["sha256"] for one in near} == {one["sha256"] for one in train[:3]}
        assert len(client.get(f"/api/pipelines/demo/photos/{first}/neighbours").json()) == 2
        text = client.get(f"/pipelines/demo/generate?split=train&photo={last}").text
        assert text.count('class="tokens" lang="ja"') == 1
        assert "no vector" not in text


def test_captions_of_the_api_carry_probabilities(client: TestClient) -> None:
    sha256 = first(client, split="dev")
    drawn = client.get(f"/api/pipelines/demo/photos/{sha256}/captions?strategy=sample&n=4&seed=3").json()
    again = client.get(f"/api/pipelines/demo/photos/{sha256}/captions?strategy=sample&n=4&seed=3").json()
    assert drawn == again
    assert len(drawn) == 4
    for one in drawn:
        assert one["text"] == "".join(one["tokens"])
        assert all(each <= 0 for each in one["token_log_probabilities"])
        assert one["log_probability"] == pytest.approx(sum(one["token_log_probabilities"]), abs=1e-4)
    near = client.get(f"/api/pipelines/demo/photos/{sha256}/neighbours?count=3").json()
    assert len(near) == 3
    assert near == sorted(near, key=lambda one: one["distance"])


def test_a_photo_of_ones_own(client: TestClient) -> None:
    photo = client.get(f"/pipelines/demo/photos/{first(client)}.jpg").content
    answer = client.post(
        "/pipelines/demo/try",
        files={"photo": ("../../etc/passwd.php", photo, "text/html")},
        data={"strategy": "sample", "n": "2"},
    )
    assert answer.status_code == 200
    assert "data:image/jpeg;base64," in answer.text
    assert answer.text.count('class="tokens" lang="ja"') == 2
    assert "passwd" not in answer.text
    captions = client.post("/api/pipelines/demo/captions?n=2", content=photo).json()
    assert len(captions["captions"]) == 2
    assert len(captions["neighbours"]) == 6


def test_a_photo_of_ones_own_is_never_on_disk(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def rollover(_: object) -> None:
        raise AssertionError("a photo was about to be written to disk")

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", rollover)
    buffer = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (1500, 2000, 3), np.uint8)
    Image.fromarray(noise).save(buffer, "PNG")
    assert 8_000_000 < len(buffer.getvalue()) < 12_000_000
    answer = client.post("/pipelines/demo/try", files={"photo": ("a.png", buffer.getvalue(), "image/png")})
    assert "data:image/jpeg;base64," in answer.text


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "No photo was sent"),
        (b"<svg onload=alert(1)>", "not a photo in a known format"),
        (bytes(12_000_001), "more than 12 MB"),
        (bytes(13_000_000), "more than 12 MB"),
    ],
)
def test_what_is_no_photo_is_refused(client: TestClient, content: bytes, reason: str) -> None:
    answer = client.post("/pipelines/demo/try", files={"photo": ("a.jpg", content, "image/jpeg")})
    assert answer.status_code == 422
    assert reason in answer.text
    assert client.post("/api/pipelines/demo/captions", content=content).status_code == 422


def test_a_form_that_is_none_is_refused(client: TestClient) -> None:
    for kind in ("text/plain", "multipart/form-data", "multipart/form-data; boundary=x"):
        answer = client.post("/pipelines/demo/try", content=b"\x00\xff", headers={"content-type": kind})
        assert answer.status_code == 400, kind
    bad = client.post("/pipelines/demo/try", files={"photo": ("a", b"x")}, data={"strategy": "magic"})
    assert "strategy: Input should be" in bad.text


def test_training_compares_runs(copy: Place) -> None:
    other = small_pipeline.train(copy, sampling="one-to-one", epochs=2)
    run = next(path for path in copy.runs.iterdir() if path != other)
    text = page(copy, f"/pipelines/demo/training?run={run.name}&run={other.name}")
    assert '<tr class="differs"><th scope="row"><code>train.sampling</code>' in text
    assert text.count('class="line s') == 6 + 2 + 2, (
        "three losses of two runs, and their keys, above captions too"
    )
    assert "unigram entropy" in text
    assert "floor  0" not in text, "there is none here"
    assert page(copy, "/pipelines/demo/training?run=nowhere").count('class="chip complete"') == 3


def test_training_pools_runs_that_differ_by_their_seed(copy: Place) -> None:
    (first,) = copy.runs.iterdir()
    other = small_pipeline.train(copy, seed=5)
    values = [json.loads((run / "evaluation.json").read_text())["dev"]["nll"] for run in (first, other)]
    text = page(copy, f"/pipelines/demo/training?run={first.name}&run={other.name}")
    table = text.split('id="seeds-1"')[1].split("</section>")[0]
    assert f"<code>{first.name}</code>, <code>{other.name}</code>" in table
    row = table.split('<th scope="row">loss, nats per token</th>')[1].split("</tr>")[0]
    # Of two values, Student's interval is the mean ± 12.706 times half of what they are apart.
    middle, half = sum(values) / 2, 12.706 * abs(values[0] - values[1]) / 2
    assert f'<td class="count">{middle:.3f}</td><td class="count">{middle - half:.3f} – ' in row
    assert 'id="seeds-1"' not in page(copy, f"/pipelines/demo/training?run={first.name}")


def test_several_seeds_are_a_band_from_the_lowest_to_the_highest(copy: Place) -> None:
    (first,) = copy.runs.iterdir()
    others = [small_pipeline.train(copy, seed=seed) for seed in (5, 6)]
    losses = {first: (3.0, 2.0, 1.5), others[0]: (4.0, 1.0, 1.25), others[1]: (2.0, 3.0)}
    for run, values in losses.items():
        lines = [{"epoch": epoch, "loss": value} for epoch, value in enumerate(values, 1)]
        (run / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    query = "&".join(f"run={run.name}" for run in losses)
    text = page(copy, f"/pipelines/demo/training?{query}")
    chart = text.split('<svg class="chart"')[1].split("</svg>")[0]
    assert re.findall(r"mean of 3 seeds of [^,]+, (\d): ([\d.]+)", chart) == [("1", "3.000"), ("2", "2.000")]
    (outline,) = re.findall(r'<path class="band s0" d="M([^Z]+)Z"', chart)
    heights = [float(corner.split()[1]) for corner in outline.split("L")]
    # From 0 to 4 and more over the same pixels: 4, 3 above, then back 1, 2 below.
    top, least = heights[0], (heights[0] - heights[1]) / (4 - 3)
    assert [(top - height) / least for height in heights] == pytest.approx([0, 1, 3, 2], abs=0.02)
    assert chart.count('class="line ') == 1
    curves = text.split('id="curves"')[1].split('id="learning"')[0]
    assert curves.count('class="line s0"') == 3 + 1, "all three keys have the band's colour"
    assert "in a band from the lowest to the highest" in text
    assert "in a band" not in page(copy, f"/pipelines/demo/training?run={first.name}")


def test_runs_of_other_tokens_are_drawn_per_character(copy: Place) -> None:
    (first,) = copy.runs.iterdir()
    other = small_pipeline.train(copy, sampling="one-to-one")
    settings = other / "settings.yaml"
    settings.write_text(settings.read_text().replace("tokenizer: unidic-lite", "tokenizer: characters"))
    for run, per_token, per_character in ((first, 6.0, 2.0), (other, 2.5, 2.25)):
        line = {"epoch": 1, "loss": 1.0, "dev_loss": per_token, "dev_character_loss": per_character}
        (run / "log.jsonl").write_text(json.dumps(line) + "\n")
    address = f"/pipelines/demo/training?run={first.name}&run={other.name}"
    text = page(copy, address)
    chart = text.split('<svg class="chart"')[1].split("</svg>")[0]
    assert sorted(re.findall(r", 1: ([\d.]+)<", chart)) == ["2.000", "2.250"]
    assert ">nats per character</text>" in chart
    assert "per token" not in chart
    assert "reference" not in chart, "those are per token"
    assert "losses per token do not compare, those per character do." in text
    assert "文字あたり" in page(copy, f"{address}&lang=ja")
    (other / "log.jsonl").write_text('{"epoch": 1, "loss": 1.0, "dev_loss": 2.5}\n')
    assert f"No loss per character is known of {other.name}: they have" in page(copy, address)


def test_the_chart_has_the_loss_that_the_best_epoch_goes_by(copy: Place) -> None:
    (run,) = copy.runs.iterdir()
    lines = [{"epoch": n, "loss": 3 - n, "dev_loss": 4.5, "dev_known_loss": 4.125} for n in (1, 2)]
    (run / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    text = page(copy, f"/pipelines/demo/training?run={run.name}")
    assert "<title>dev, known tokens, 1: 4.125</title>" in text
    assert "<title>dev, 1: 4.500</title>" in text
    assert text.count('class="line s0 dashed"') == 1


def test_a_figure_stands_with_its_interval(copy: Place) -> None:
    (run,) = copy.runs.iterdir()
    path = run / "evaluation.json"
    figures = json.loads(path.read_text())
    figures["dev"] |= {"names": 0.5, "cider": 1.5, "cider_d": None, "nll": 2.25}
    figures["dev"]["intervals"] = {"names": [0.375, 0.625], "cider": [1.25, 1.75], "nll": "odd"}
    path.write_text(json.dumps(figures))
    text = page(copy, f"/pipelines/demo/training?run={run.name}")

    def cell(title: str) -> str:
        return text.split(f'<th scope="row">{title}</th><td class="count">')[1].split("</td>")[0]

    assert cell("captions that name what is in the photo") == (
        '50%<br><span class="quiet small">38% – 62%</span>'
    )
    assert cell("CIDEr (0 to 10)") == '1.500<br><span class="quiet small">1.250 – 1.750</span>'
    assert cell("CIDEr-D (0 to 10)") == "–"
    assert cell("loss, nats per token") == "2.250"
    assert '<th scope="row">intervals' not in text


def test_no_path_from_a_request_reaches_the_disk(client: TestClient, whole: Place) -> None:
    secret = whole.data / "secret"
    secret.mkdir(exist_ok=True)
    (secret / "manifest.json").write_text("{}")
    for path in (
        "/pipelines/..%2f..%2fetc/data",
        "/pipelines/secret/data",
        "/pipelines/demo/photos/..%2f..%2fmanifest.json",
        "/api/pipelines/demo/runs/..%2f..%2fdataset",
        "/pipelines/demo/generate?run=../../secret",
        "/static/..%2fapp.py",
        "/static/../app.py",
    ):
        assert client.get(path).status_code == 404, path


def test_captions_are_text_never_markup(copy: Place) -> None:
    shutil.rmtree(copy.crawl)
    shutil.rmtree(copy.dataset)
    evil = "<script>alert(1)</script>'\"><img src=x onerror=alert(2)>{{7*7}}"
    from dataset.build.stage import build
    from dataset.options import DatasetOptions

    bokes = [crawl_tables.boke(1, 1, evil, category="</option><script>x")]
    row = crawl_tables.page(1, bokes, labels=["<b>犬</b>"], category="\"onmouseover='x")
    crawl_tables.write(copy.crawl, [row], [crawl_tables.image(1)])
    build(DatasetOptions(dev_fraction=0), [copy.crawl], copy.dataset, name="demo")
    with TestClient(create(copy.data, "demo")) as client:
        sha256 = first(client)
        for path in ("data", "statistics", f"photos/{sha256}", "generate?split=train", "data?text=<script>"):
            text = client.get(f"/pipelines/demo/{path}").text
            assert "<script>alert" not in text, path
            assert "<script>x" not in text, path
            assert "<img src=x" not in text, path
            assert "<b>犬" not in text, path
            assert 'data-x"onmouseover' not in text


# ---- what is missing, partial, damaged, or being replaced


@pytest.mark.parametrize("path", ["data", "statistics", "generate", "photos/" + "0" * 64])
def test_without_a_dataset_a_page_says_what_to_run(tmp_path: Path, path: str) -> None:
    (tmp_path / "demo" / "crawl").mkdir(parents=True)
    assert "bokeru dataset --pipeline demo" in page(Place(tmp_path, "demo"), f"/pipelines/demo/{path}", 404)


def test_without_a_run_pages_say_what_to_run(copy: Place) -> None:
    shutil.rmtree(copy.runs)
    for path in ("training", "generate", "try"):
        assert "bokeru train --pipeline demo" in page(copy, f"/pipelines/demo/{path}"), path
    text = page(copy, "/pipelines/demo/data")
    assert "40 photos" in text, "the rest works"
    found = re.search(r"/pipelines/demo/photos/[0-9a-f]{64}", text)
    assert found
    japanese = page(copy, f"{found[0]}/neighbours?lang=ja")
    assert f"次のコマンドで作れます：{copy.command('train')}" in japanese, "in the reader's language"


def test_without_vectors_people_still_have_their_say(copy: Place) -> None:
    shutil.rmtree(copy.features)
    text = page(copy, "/pipelines/demo/generate")
    assert "bokeru features --pipeline demo" in text
    assert text.count("<article") == 6


def test_a_model_of_another_vocabulary_is_refused_with_the_reason(copy: Place) -> None:
    (run,) = copy.runs.iterdir()
    other = Vocabulary.from_counts({"猫": 3})
    other.save(run / "model" / "vocabulary.json")
    text = page(copy, "/pipelines/demo/generate")
    assert "vocabulary.json is damaged: 5 tokens" in text
    assert text.count("<article") == 6


def test_a_model_of_other_vectors_is_refused_with_the_reason(copy: Place) -> None:
    (run,) = copy.runs.iterdir()
    config = json.loads((run / "model" / "config.json").read_text())
    config["features"]["key"] = "another-fc7-11111111"
    (run / "model" / "config.json").write_text(json.dumps(config))
    assert "another-fc7-11111111" in page(copy, "/pipelines/demo/generate")


def test_a_shard_cut_in_half_is_named(copy: Place) -> None:
    shard = next(copy.dataset.glob("data/train-*.parquet"))
    shard.write_bytes(shard.read_bytes()[: shard.stat().st_size // 2])
    assert "is damaged" in page(copy, "/pipelines/demo/data", 503)
    assert 'class="chip damaged"' in page(copy, "/")


def test_a_photo_that_cannot_be_decoded_is_drawn_as_such(
    copy: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.content.catalogue.Catalogue.bytes", lambda *_: b"no photo")
    with TestClient(create(copy.data, "demo")) as client:
        sha256 = first(client)
        image = client.get(f"/pipelines/demo/photos/{sha256}.jpg")
        assert image.status_code == 200
        assert image.headers["content-type"].startswith("image/svg")
        assert "not a photo in a known format" in client.get(f"/pipelines/demo/photos/{sha256}").text


def test_a_run_being_written_is_shown_as_far_as_it_is(copy: Place) -> None:
    run = copy.runs / "many-to-one-00000000"
    run.mkdir()
    assert "training now" in page(copy, "/pipelines/demo/training")
    assert "No epoch is complete yet" in page(copy, f"/pipelines/demo/training?run={run.name}")
    (run / "log.jsonl").write_text('{"epoch": 1, "loss": 3.5, "dev_loss": null}\n{"epoch": 2, "lo')
    (run / "bounds.json").write_text('{"ln V": 4.25}')
    (run / "settings.yaml").write_text("train: [broken")
    text = page(copy, f"/pipelines/demo/training?run={run.name}")
    assert "data-live" in text
    assert "ln V  4.25" in text
    assert "left out: settings.yaml, log.jsonl" in text


def test_a_dataset_that_is_replaced_is_read_anew(copy: Place) -> None:
    with TestClient(create(copy.data, "demo")) as client:
        assert client.get("/api/pipelines/demo/photos").json()["found"] == 40
        shutil.rmtree(copy.data / "demo")
        shutil.rmtree(copy.features)
        small_pipeline.make(copy.data, count=12, trained=False)
        assert client.get("/api/pipelines/demo/photos").json()["found"] == 12
        photo = first(client)
        assert client.get(f"/pipelines/demo/photos/{photo}.jpg").headers["content-type"] == "image/jpeg"


def states(place: Place) -> dict[str, str]:
    return {stage.name: stage.state for stage in stages(place)}


def test_stages_tell_stale_from_ready(copy: Place) -> None:
    assert set(states(copy).values()) == {"ready"}
    crawl_tables.crawl(copy.crawl, 3, 2, first=100)
    assert states(copy)["dataset"] == "stale"
    build(DatasetOptions(dev_fraction=0.25), [copy.crawl], copy.dataset, name="demo")
    found = states(copy)
    assert (found["dataset"], found["features"], found["train"]) == ("ready", "partial", "stale")
    (copy.dataset / "manifest.json").unlink()
    assert states(copy)["dataset"] == "partial"


def add_to_rouge(run: Path, share: float) -> None:
    """Let the captions of a run's dev photos be better by `share`, as ROUGE-L measures them."""
    path = run / "evaluation.parquet"
    rows = pq.read_table(path)
    added = [row | {"rouge_l": row["rouge_l"] + share} for row in rows.to_pylist() if row["split"] == "dev"]
    pq.write_table(pa.Table.from_pylist(added, schema=rows.schema), path)


def test_training_tells_by_how_much_runs_differ(copy: Place) -> None:
    (base,) = copy.runs.iterdir()
    other = Path(shutil.copytree(base, base.parent / "later", copy_function=shutil.copy))  # a new time
    add_to_rouge(other, 0.25)
    text = page(copy, f"/pipelines/demo/training?run={base.name}&run=later")

    def row(title: str) -> str:
        table = text.split('id="differences"')[1].split("</section>")[0]
        return table.split(f'<th scope="row">{title}</th>')[1].split("</tr>")[0]

    assert '<strong>+0.250</strong><br><span class="quiet small">+0.250 – +0.250</span>' in row("ROUGE-L")
    assert "<strong>" not in row("BLEU-1")
    assert "+0.000 – +0.000" in row("BLEU-1")
    (other / "evaluation.parquet").unlink()
    assert "Differences on dev" not in page(copy, f"/pipelines/demo/training?run={base.name}&run=later")


def test_runs_that_do_not_compare_say_why(copy: Place) -> None:
    (base,) = copy.runs.iterdir()
    other = Path(shutil.copytree(base, base.parent / "later", copy_function=shutil.copy))  # a new time
    (other / "evaluation.parquet").write_bytes(b"no Parquet file")
    text = page(copy, f"/pipelines/demo/training?run={base.name}&run=later")
    assert 'id="differences"' in text
    assert "later: " in text.split('id="differences"')[1].split("</section>")[0]


@pytest.mark.parametrize("name", ["{x}", "it's", "犬 *", "%s"])
def test_an_odd_name_of_a_cache_is_shown_as_it_is(copy: Place, name: str) -> None:
    shutil.copytree(copy.features / small_pipeline.KEY, copy.features / name)
    (copy.features / f"{name} empty").mkdir()
    with TestClient(create(copy.data, "demo"), raise_server_exceptions=False) as client:
        answer = client.get(f"/pipelines/demo/photos/{first(client)}/rows")
        assert answer.status_code == 200
        assert f"<code>features/{name}</code> · 1 row<" in html.unescape(answer.text)
        assert client.get("/").status_code == 200
