"""Every command that a message advises names pipeline, data and settings, and parses as it stands."""

import ast
import hashlib
import html
import io
import json
import re
import shlex
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from starlette.testclient import TestClient

from commands import doctor
from commands import verify as verifying
from commands.lineage import wanted
from commands.main import main, parser
from commands.pipeline import Pipeline
from commands.stages.notices import notice_at_end
from commands.verify import verify
from crawler.canaries import canary
from crawler.canaries.check import Check, Reply
from crawler.canaries.keep import keep
from crawler.forgotten_rows import named_rows
from crawler.history.history import History
from crawler.job import Job
from crawler.memory.drawing import check as check_drawing
from crawler.memory.row_writer import RowWriter
from crawler.memory.tables import Tables
from crawler.monitoring import alarms
from crawler.monitoring.window import Fetched
from crawler.options import CrawlOptions
from dataset import read
from dataset.build.crawl_tables import crawl_shards
from dataset.build.stage import build
from dataset.options import DatasetOptions
from demo.site import running
from featurize.extract import extract, key
from featurize.fetch import CAFFENET, fetch
from featurize.likeness.leaks import leaks
from featurize.neighbours import nearest
from featurize.options import FeatureOptions
from featurize.read import vectors
from featurize.scoring.stage import Scorer, score
from featurize.words.open import output_of
from judging.contest import find as find_contest
from pipelines import Settings, load
from store.errors import UserError
from store.forget.content import Request
from store.forget.forgotten import Forgotten
from store.forget.unfinished import Unfinished
from store.notify.options import NotifyOptions
from store.photo.options import PhotoOptions, limited
from store.place import Place, invoked
from store.processes.room import Room
from store.register.crawl_end import incomplete
from store.register.crawl_runs import NAME as HISTORY_NAME
from store.register.small_table import write_rows
from store.register.stages import Stage
from store.schema import HISTORY, LEFT_OUT
from store.whole_file import write_whole
from tests import crawl_tables
from tests.commands.commandline import write_config
from tests.crawler.history.test_deviation import page as read_page
from tests.crawler.history.test_history import run as usual_run
from tests.dataset.importers.cans import boke_row, can, rows_as_csv
from tests.docs.documents import commands
from tests.featurize.small_networks import small_weights
from tests.test_imports import ROOT, sources
from tests.web import small_pipeline
from train import artifact
from train.data import dataset_manifest, read_split, require_as_built
from train.evaluation import by_photo
from train.evaluation.evaluate import evaluate
from train.evaluation.report import report
from train.lineage import measurable
from train.lineage.choose import choose, choose_by_data
from train.lineage.inputs import require_dataset, require_vectors
from train.lineage.status import status
from train.lineage.wanted import Wanted
from train.ranking.artifact import load as ranker
from train.runs.find import newest
from web.app import create
from web.offline.closed import left_out

CONFIG, FOLDER, NAME = "設定 one.yaml", "my data 写真", "demo"
PHOTO = hashlib.sha256(crawl_tables.photo(1)).hexdigest()
"""The photo of odai 1."""
MAKERS = ("bokeru", "weights_command")
"""Beside `Place.command`, the functions that make a command line."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Return a pipeline with every stage."""
    return small_pipeline.make(tmp_path_factory.mktemp("made") / FOLDER, NAME, count=12)


@pytest.fixture
def place(made: Place, tmp_path: Path) -> Iterator[Place]:
    """Yield a copy that a test may break, in a process that was called for it."""
    copy = Path(shutil.copytree(made.data, tmp_path / FOLDER))
    with invoked(write_config(tmp_path / CONFIG), NAME):
        yield Place(copy, NAME)


def damage(place: Place) -> None:
    """Overwrite all of a shard but its footer: that shows only where the rows are read."""
    (shard,) = (place.crawl / "pages").glob("*.parquet")
    content = bytearray(shard.read_bytes())
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    content[4:footer] = bytes(footer - 4)
    shard.write_bytes(content)


def job(place: Place) -> Job:
    return Job.from_json(Job(CrawlOptions(), place.crawl, pipeline=NAME).to_json())


def cache(place: Place) -> Path:
    return place.features / small_pipeline.KEY


def run(place: Place) -> Path:
    return newest(place.runs)


def photos(place: Place) -> list[str]:
    names: list[str] = read.photos(place.dataset)["sha256"].to_pylist()
    return names


def vectors_that_fail(place: Place) -> None:
    (shard,) = cache(place).glob("*.parquet")
    rows = pq.read_table(shard).to_pylist()
    rows[0] = {**rows[0], "outcome": "error", "error": "no photo", "vector": None}
    pq.write_table(pa.Table.from_pylist(rows, pq.read_schema(shard)), shard)
    vectors(cache(place), [rows[0]["sha256"]])


def dataset_that_was_changed(place: Place) -> None:
    (place.dataset / "vocabulary.json").unlink()
    require_as_built(place.dataset)


def vectors_that_are_not_finite(place: Place) -> None:
    (shard,) = cache(place).glob("*.parquet")
    rows = pq.read_table(shard).to_pylist()
    rows = [{**row, "vector": [float("nan")] * small_pipeline.D} for row in rows]
    pq.write_table(pa.Table.from_pylist(rows, pq.read_schema(shard)), shard)
    read_split(place.dataset, cache(place), "train", read.vocabulary(place.dataset), 20)


def dataset_of_0_1(place: Place) -> None:
    for path in place.dataset.glob("data/*.parquet"):
        path.rename(place.dataset / path.name)
    print(read.older_layout(place.dataset))


def empty_dataset(place: Place) -> None:
    for path in place.dataset.glob("data/*.parquet"):
        pq.write_table(pq.read_table(path).slice(0, 0), path)
    extract(FeatureOptions(weights="random"), place.dataset, place.features, place.weights)


def photos_that_nobody_may_pass_on(place: Place) -> None:
    for path in place.dataset.glob("data/*.parquet"):
        rows = [{**row, "licence": "CC-BY-ND-4.0"} for row in pq.read_table(path).to_pylist()]
        pq.write_table(pa.Table.from_pylist(rows, pq.read_schema(path)), path)
    left_out(place, photos(place))


def photos_outside_the_limits(place: Place) -> None:
    options = FeatureOptions(weights=str(small_weights(place.data)))
    with limited(PhotoOptions(max_megapixels=0.000_001)):
        extract(options, place.dataset, place.features, place.weights)


def vectors_of_no_layer(place: Place) -> None:
    (cache(place) / "settings.json").write_text("{}")
    output_of(cache(place))


def crawl_without_captions(place: Place) -> None:
    crawl_tables.write(place.data / "none" / "crawl", [crawl_tables.page(1, [])], [crawl_tables.image(1)])
    build(DatasetOptions(), [place.data / "none" / "crawl"], place.data / "none" / "dataset", name=NAME)


def filters_that_take_all(place: Place) -> None:
    shutil.rmtree(place.dataset)
    build(DatasetOptions(min_stars=10**6), [place.crawl], place.dataset, name=NAME)


def weights_of_another(place: Place) -> None:
    place.weights.mkdir()
    (place.weights / CAFFENET.file).write_bytes(b"no weights")
    fetch(CAFFENET, place.weights)


def weights_out_of_reach(place: Place) -> None:
    fetch(replace(CAFFENET, url="http://127.0.0.1:9/weights"), place.weights)  # nobody listens there


def evaluate_on_other_vectors(place: Place) -> None:
    evaluate(run(place), place.dataset, cache(place).rename(place.features / "other-fc7-00000000"))


def evaluation_cut_short(place: Place) -> None:
    (run(place) / "samples.json").write_text("[")
    report(run(place), place.dataset)


def where(place: Place, pipeline: str = NAME) -> list[str]:
    return ["--pipeline", pipeline, "--config", str(place.config), "--data", str(place.data)]


def called(place: Place, command: str, *arguments: str) -> None:
    """Call the command line as a user does."""
    main([command, *where(place), *arguments])


def asked(place: Place, *overrides: str) -> Wanted:
    """Return what the settings want, which are not those that the pipeline was made with."""
    settings = load(place.name, place.config, overrides)
    names = (place.data, place.name, place.config)
    return wanted(Pipeline(*names, settings=settings, overrides=overrides))


def state_of(stage: str) -> Callable[[Place], None]:
    """Return what prints the command that brings a stage up to date."""

    def provoked(place: Place) -> None:
        print(*(each.command for each in status(asked(place)).stages if each.name == stage))

    return provoked


def measured_on_other_tokens(place: Place) -> None:
    path = place.dataset / "manifest.json"
    manifest = {**json.loads(path.read_text()), "tokenizer": "characters"}
    path.write_text(json.dumps(manifest))
    measurable.require(run(place), place.dataset)


def remove_the_pinned_run(place: Place) -> None:
    for action in ("pin", "remove"):
        main(["runs", action, run(place).name, *where(place)])


def without(stage: str, provoke: Callable[[Place], object]) -> Callable[[Place], object]:
    """Return what provokes a message where a stage's folder is not there."""

    def provoked(place: Place) -> None:
        shutil.rmtree(place.directory / stage)
        provoke(place)

    return provoked


def forget_in_a_damaged_crawl(place: Place) -> None:
    damage(place)
    called(place, "forget", "--odai", "1")


def forget_what_has_a_copy(place: Place) -> None:
    (place.directory / "copy.jpg").write_bytes(crawl_tables.photo(1))
    called(place, "forget", "--odai", "1")


def near_copy() -> bytes:
    """Return the photo of odai 1, saved anew."""
    file = io.BytesIO()
    with Image.open(io.BytesIO(crawl_tables.photo(1))) as picture:
        picture.save(file, "JPEG", quality=70)
    return file.getvalue()


def forget_what_has_a_near_copy(place: Place) -> None:
    url = crawl_tables.image_url(99)
    crawl_tables.write(place.crawl, [], [crawl_tables.image(99, near_copy(), url=url)])
    called(place, "forget", "--odai", "1")


def leak(place: Place) -> None:
    cache(place).rename(drawn_cache(place))
    out = ["--least=-1", "--out", str(place.data.parent / "leaks.png")]
    called(place, "leaks", *out, "--set", "dataset.dev_fraction=0.25")


def drawn_cache(place: Place) -> Path:
    return place.features / key(FeatureOptions(weights="random"), place.weights)


def leaking(place: Place) -> str:
    """Return the photo of dev that is most like one of train."""
    return leaks(drawn_cache(place), place.dataset, least=-1, count=1).nearest[0].dev


def after_an_unfinished_forget(place: Place, *words: str) -> None:
    write_whole(place.directory / "forgotten.json", "{}")
    Unfinished(asked=[Request(odai=1)]).save(place.directory)
    with suppress(SystemExit):
        main(list(words))


def verify_an_unfinished_forget(place: Place) -> None:
    write_whole(place.directory / "forgotten.json", "{}")
    Unfinished(asked=[Request(odai=1)]).save(place.directory)
    print(*verify(place.directory))


def forget_what_another_holds(place: Place) -> None:
    shutil.copytree(place.directory, place.data / "other")
    called(place, "forget", "--odai", "1")


def rows_that_cannot_be_written(place: Place) -> None:
    (place.crawl / "history.parquet" / "in the way").mkdir(parents=True)
    RowWriter(place.crawl, CrawlOptions()).write_beside("history.parquet", LEFT_OUT, [])


def damaged_crawl(place: Place) -> None:
    damage(place)
    with Tables(job(place)) as tables:
        tables.bokes()


def forgotten_rows_of_a_damaged_crawl(place: Place) -> None:
    damage(place)
    listed = Forgotten()
    listed.add("odai", [1])
    named_rows(Stage("crawl", place.crawl), "pages", listed.filter())


def kept_canaries(place: Place) -> None:
    keep(job(place), place.crawl, 2)
    kept = canary.load_canaries(job(place), Forgotten().filter())
    check = Check(job(place))
    page: dict[str, object] = {
        "outcome": "drift",
        "error": "a ban",
        "bokes": [],
        "image_url": None,
        "fetched_at": crawl_tables.NOW,
    }
    check.add(kept[0], Reply("page", page, kept[0].url))
    print(check.failure)


def damaged_canaries(place: Place) -> None:
    (place.crawl / canary.NAME).write_bytes(b"PAR1")
    canary.load_canaries(job(place), Forgotten().filter())


def unlike_earlier_crawls(place: Place) -> None:
    write_rows(place.crawl / HISTORY_NAME, HISTORY, [usual_run(job(place), number) for number in range(3)])
    history = History(job(place))
    for _ in range(100):
        if failure := history.add(read_page(4)):
            print(failure)


def canaries_of_a_damaged_crawl(place: Place) -> None:
    damage(place)
    keep(job(place), place.crawl, 2)


def crawl_of_an_earlier_drawing(place: Place) -> None:
    """Provoke what is said where a crawl does not tell which drawing of the embedded site it holds."""
    shutil.rmtree(place.crawl)
    crawl_tables.write(place.crawl, [crawl_tables.page(1, [crawl_tables.boke(1, 1, "犬だ")])], [])
    with Tables(job(place)) as tables:
        check_drawing(job(place), tables)


Provoke = Callable[[Place], object]


def without_figures(provoke: Provoke) -> Provoke:
    """Return what provokes a hint once the figures of photos are gone."""

    def provoked(place: Place) -> object:
        (run(place) / "evaluation.parquet").unlink()
        return provoke(place)

    return provoked


def notice_of_a_crawl(place: Place) -> None:
    """Print the command of a notice: the command that learns of the crawl's end writes it to a file."""
    target = place.directory / "notice.json"
    copy = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(sys.stdin.read())"
    notify = NotifyOptions(command=(sys.executable, "-c", copy, str(target)))
    pipeline = Pipeline(place.data, place.name, settings=Settings(notify=notify))
    with suppress(UserError), notice_at_end(pipeline, "crawl"):
        raise UserError("x")
    print(json.loads(target.read_text())["command"])


def build_on_a_small_disk(place: Place) -> None:
    Room(place.dataset, DatasetOptions(min_free_gb=1e9), "dataset", place).check()


def import_on_a_small_disk(place: Place) -> None:
    source = can(place.data.parent / "can", rows_as_csv([boke_row(1)]).encode())
    called(place, "import", "bokekan", str(source), "--set", "crawl.min_free_gb=1000000")


def score_on_a_small_disk(place: Place) -> None:
    table = place.data.parent / "scores.parquet"
    pq.write_table(pa.table({"sha256": ["0" * 64], "score": [1.0]}), table)
    score("x", Scorer(table=table), [place.crawl], DatasetOptions(min_free_gb=1e9), place)


def where_names_no_score(place: Place) -> None:
    called(place, "dataset", "--set", "dataset.where=scores.nonesuch > 1")


def crawl_that_was_stopped(place: Place) -> None:
    write_whole(place.crawl / "report.json", json.dumps({"state": "stopped", "waiting": 9}))
    print(incomplete(place.crawl))


STAGE: list[tuple[str, Provoke, list[str]]] = [
    ("store/register/crawl_end.py", crawl_that_was_stopped, ["crawl"]),
    ("crawler/memory/row_writer.py", rows_that_cannot_be_written, ["crawl"]),
    ("crawler/job.py", lambda place: print(job(place).command), ["crawl"]),
    ("commands/stages/notices.py", notice_of_a_crawl, ["crawl"]),
    ("store/processes/room.py", build_on_a_small_disk, ["dataset"]),
    ("commands/crawl/history.py", without("crawl", lambda place: called(place, "canaries")), ["crawl"]),
    ("commands/crawl/history.py", without("crawl", lambda place: called(place, "history")), ["crawl"]),
    ("crawler/history/history.py", unlike_earlier_crawls, ["history", "--accept"]),
    ("commands/contests.py", lambda place: called(place, "contest", "report"), ["contest", "report", "NAME"]),
    ("commands/contests.py", lambda place: called(place, "contest", "list"), ["contest", "new", "first"]),
    (
        "commands/contests.py",
        lambda place: called(place, "contest", "new", "first", "--runs", run(place).name),
        ["web"],
    ),
    ("judging/contest.py", lambda place: find_contest(place, "first"), ["contest", "new", "first"]),
    ("crawler/canaries/canary.py", damaged_canaries, ["canaries"]),
    ("crawler/canaries/check.py", kept_canaries, ["canaries"]),
    ("dataset/build/crawl_tables.py", without("crawl", lambda place: crawl_shards([place.crawl])), ["crawl"]),
    ("dataset/build/candidates.py", crawl_without_captions, ["crawl"]),
    ("dataset/scores/tables.py", where_names_no_score, ["score", "nonesuch", "--python", "FILE:NAME"]),
    ("dataset/build/candidates.py", filters_that_take_all, ["settings"]),
    ("dataset/builds/compare.py", without("builds", lambda place: called(place, "diff")), ["dataset"]),
    (
        "dataset/describe/why.py",
        without("dataset/left_out", lambda place: called(place, "why", "1")),
        ["dataset"],
    ),
    (
        "dataset/describe/why.py",
        without("photos", lambda place: called(place, "why", "1001")),
        ["dataset", "--force"],
    ),
    ("dataset/read.py", dataset_of_0_1, ["dataset"]),
    ("dataset/read.py", without("dataset", lambda place: read.photos(place.dataset)), ["dataset"]),
    ("featurize/extract.py", empty_dataset, ["dataset"]),
    ("featurize/extract.py", photos_outside_the_limits, ["dataset"]),
    ("featurize/neighbours.py", lambda place: nearest(cache(place), ["0" * 64], 1, 1), ["features"]),
    ("featurize/words/open.py", vectors_of_no_layer, ["features"]),
    ("featurize/read.py", lambda place: vectors(place.features / "none", ["0" * 64]), ["features"]),
    ("featurize/read.py", lambda place: vectors(cache(place), ["0" * 64]), ["features"]),
    ("featurize/read.py", vectors_that_fail, ["forget", "--sha256"]),
    ("train/artifact.py", lambda place: artifact.load(place.runs / "none" / "model"), ["train"]),
    ("train/ranking/artifact.py", lambda place: ranker(run(place)), ["train", "--set", "train.ranker=true"]),
    ("train/data.py", without("dataset", lambda place: dataset_manifest(place.dataset)), ["dataset"]),
    ("train/data.py", dataset_that_was_changed, ["dataset"]),
    ("train/data.py", vectors_that_are_not_finite, ["features"]),
    ("train/lineage/choose.py", without("runs", lambda place: choose(asked(place))), ["train"]),
    ("train/lineage/choose.py", without("runs", choose_by_data), ["train"]),
    ("train/lineage/choose.py", lambda place: choose(asked(place)), ["train"]),
    (
        "train/lineage/choose.py",
        lambda place: choose(asked(place, "train.hidden=99")),
        ["train", "--set", "train.hidden=99"],
    ),
    ("train/lineage/inputs.py", lambda place: require_dataset(asked(place)), ["dataset"]),
    ("train/lineage/inputs.py", lambda place: require_vectors(asked(place)), ["features"]),
    (
        "train/lineage/wanted.py",
        lambda place: require_vectors(asked(place, "features.random.scale=3", "train.hidden=99")),
        ["features", "--set", "features.random.scale=3"],
    ),
    ("train/lineage/measurable.py", measured_on_other_tokens, ["dataset"]),
    ("train/lineage/status.py", without("crawl", state_of("crawl")), ["crawl"]),
    *(
        ("train/lineage/status.py", state_of(stage), [stage])
        for stage in ("dataset", "features", "train", "evaluate")
    ),
    ("train/runs/find.py", without("runs", lambda place: newest(place.runs)), ["train"]),
    ("train/runs/find.py", without_figures(lambda place: called(place, "compare")), ["evaluate"]),
    (
        "train/evaluation/by_photo.py",
        without_figures(lambda place: by_photo.read(run(place), "dev")),
        ["evaluate"],
    ),
    ("train/evaluation/evaluate.py", evaluate_on_other_vectors, ["train"]),
    ("train/evaluation/report.py", lambda place: report(place.runs / "none", place.dataset), ["evaluate"]),
    ("train/evaluation/report.py", evaluation_cut_short, ["evaluate"]),
    *(
        ("train/evaluation/report.py", lambda place: report(run(place), place.dataset), command)
        for command in (["web"], ["caption", "PHOTO.jpg"], ["train", "--set", "train.sampling=one-to-one"])
    ),
    (
        "web/offline/closed.py",
        photos_that_nobody_may_pass_on,
        ["dataset", "--set", "dataset.public_only=true"],
    ),
    ("commands/pipeline.py", without("dataset", lambda place: called(place, "features")), ["dataset"]),
    (
        "featurize/likeness/leaks.py",
        lambda place: leaks(place.features / "none", place.dataset, least=1, count=1),
        ["features"],
    ),
]
"""The module of a hint, what provokes it, and the command that it should advise."""
OTHER: list[tuple[str, Provoke, Callable[[Place], list[str]]]] = [
    ("commands/main.py", lambda place: print(parser().epilog), lambda place: ["demo"]),
    (
        "train/lineage/choose.py",
        lambda place: choose(asked(place, "train.hidden=99")),
        lambda place: ["runs", "list", *where(place)],
    ),
    (
        "train/lineage/choose.py",
        lambda place: choose(asked(place)),
        lambda place: ["runs", "pin", *where(place), "RUN"],
    ),
    (
        "train/lineage/measurable.py",
        measured_on_other_tokens,
        lambda place: ["runs", "list", *where(place)],
    ),
    (
        "commands/runs/naming.py",
        remove_the_pinned_run,
        lambda place: ["runs", "pin", *where(place), "--none"],
    ),
    (
        "crawler/monitoring/alarms.py",
        lambda place: print(alarms.drift(job(place), [Fetched("http://s/odai/1", "drift")], 1, 1).error),
        lambda place: ["parse", "FILE", "--url", "URL"],
    ),
    ("crawler/history/history.py", unlike_earlier_crawls, lambda place: ["parse", "FILE", "--url", "URL"]),
    ("crawler/canaries/check.py", kept_canaries, lambda place: ["parse", "FILE", "--url", "URL"]),
    (
        "crawler/canaries/choose.py",
        canaries_of_a_damaged_crawl,
        lambda place: ["verify", str(place.crawl)],
    ),
    (
        "commands/crawl/history.py",
        import_on_a_small_disk,
        lambda place: ["import", *where(place), "bokekan", str(place.data.parent / "can")],
    ),
    (
        "featurize/scoring/stage.py",
        score_on_a_small_disk,
        lambda place: ["score", *where(place), "x", "--table", str(place.data.parent / "scores.parquet")],
    ),
    ("crawler/memory/tables.py", damaged_crawl, lambda place: ["verify", str(place.crawl)]),
    (
        "crawler/forgotten_rows.py",
        forgotten_rows_of_a_damaged_crawl,
        lambda place: ["verify", str(place.crawl)],
    ),
    (
        "commands/verify.py",
        lambda place: verifying.report(place.crawl, "quick"),
        lambda place: ["verify", str(place.crawl)],
    ),
    (
        "train/evaluation/report.py",
        lambda place: report(run(place), place.dataset),
        lambda place: ["inspect", str(place.dataset)],
    ),
    (
        "featurize/fetch.py",
        weights_of_another,
        lambda place: ["weights", "--data", str(place.data), "caffenet"],
    ),
    (
        "featurize/fetch.py",
        weights_out_of_reach,
        lambda place: ["weights", "--data", str(place.data), "caffenet", "--mirror", "ADDRESS"],
    ),
    (
        "commands/doctor.py",
        lambda place: print(*doctor.examine(place.weights)),
        lambda place: ["weights", "--data", str(place.data), "caffenet"],
    ),
    (
        "commands/forget/scope.py",
        forget_what_another_holds,
        lambda place: ["forget", *where(place, "other"), "--sha256", PHOTO],
    ),
    ("commands/forget/command.py", forget_what_has_a_copy, lambda place: ["forget", *where(place)]),
    (
        "commands/forget/command.py",
        forget_what_has_a_near_copy,
        lambda place: ["forget", *where(place), "--sha256", hashlib.sha256(near_copy()).hexdigest()],
    ),
    (
        "dataset/held/contains.py",
        lambda place: called(place, "contains", "1001"),
        lambda place: ["forget", *where(place), "--boke", "1001"],
    ),
    (
        "dataset/held/contains.py",
        lambda place: called(place, "contains", crawl_tables.image_url(1)),
        lambda place: ["forget", *where(place), "--sha256", PHOTO],
    ),
    ("commands/builds.py", leak, lambda place: ["forget", *where(place), "--sha256", leaking(place)]),
    (
        "commands/arguments.py",
        lambda place: after_an_unfinished_forget(place, "why", *where(place), "犬"),
        lambda place: ["forget", *where(place)],
    ),
    (
        "commands/verify.py",
        verify_an_unfinished_forget,
        lambda place: ["forget", *where(place)],
    ),
    ("commands/forget/scope.py", forget_in_a_damaged_crawl, lambda place: ["verify", str(place.directory)]),
    (
        "crawler/memory/drawing.py",
        crawl_of_an_earlier_drawing,
        lambda place: ["crawl", "--pipeline", NAME, "--config", str(place.config), "--data", "elsewhere"],
    ),
]
"""The same for hints that need not name this pipeline: with the whole of the command."""


def message(provoke: Provoke, place: Place, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what a user reads: an error's message, and what was printed."""
    try:
        provoke(place)
    except UserError as error:
        print(error)
    return "".join(capsys.readouterr())


def assert_advises(text: str, words: list[str]) -> None:
    assert shlex.join(["bokeru", *words]) in text
    parser().parse_args(words)


@pytest.mark.parametrize(("module", "provoke", "words"), STAGE)
def test_a_hint_names_pipeline_settings_and_data(
    module: str, provoke: Provoke, words: list[str], place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    command, *rest = words
    if command == "forget":
        rest.append(photos(place)[0])
    assert_advises(message(provoke, place, capsys), [command, *where(place), *rest])


@pytest.mark.parametrize(("module", "provoke", "words"), OTHER)
def test_a_hint_names_what_its_command_needs(
    module: str,
    provoke: Provoke,
    words: Callable[[Place], list[str]],
    place: Place,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert_advises(message(provoke, place, capsys), words(place))


@pytest.mark.parametrize("command", ["neighbours", "leaks"])
def test_what_reads_vectors_names_their_stage(
    command: str, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    as_built = ["--set", "dataset.dev_fraction=0.25"]
    told = message(lambda place: called(place, command, *as_built), place, capsys)
    assert_advises(told, ["features", *where(place), *as_built])


def test_a_crawl_s_child_knows_the_settings(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    with running(1, 1, 1) as site:
        pass  # by now nobody listens there
    shutil.rmtree(place.crawl)
    called(place, "crawl", "--set", f"crawl.site={site}", "crawl.pause=0.01")
    assert_advises(capfd.readouterr().err, ["crawl", *where(place)])


WEB = {"web/caption_service.py", "web/content/library.py", "web/content/runs.py", "web/content/stages.py",
       "web/offline/pages.py", "web/routes/answers.py", "web/routes/contests.py",
       "web/routes/side_by_side.py", "web/routes/training.py", "web/routes/try_photo.py"}  # fmt: skip


@pytest.mark.parametrize("missing", ["crawl", "dataset", "runs", "../features"])
def test_a_page_names_the_pipeline_that_it_is_about(missing: str, place: Place) -> None:
    other = Place(place.data, "other")
    shutil.copytree(place.directory, other.directory)
    shutil.rmtree(other.directory / missing)
    found = []
    with TestClient(create(place.data, NAME)) as client:
        for path in (
            "/",
            *(
                f"/pipelines/other/{page}"
                for page in ("generate", "training", "try", "photos", "side-by-side")
            ),
        ):
            text = html.unescape(client.get(path).text)
            found += re.findall(r"bokeru [a-z]+ --pipeline other [^<\n]*", text)
    assert found
    for line in found:
        arguments = parser().parse_args(shlex.split(line)[1:])
        assert (arguments.pipeline, arguments.config, arguments.data) == ("other", place.config, place.data)


def calls(path: Path) -> int:
    """Count the places in a module that make a command line."""
    functions = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    attributes = [f for f in functions if isinstance(f, ast.Attribute) and f.attr == "command"]
    ours = [f for f in attributes if getattr(f.value, "id", "") not in ("child", "arguments")]
    return len(ours) + len([f for f in functions if isinstance(f, ast.Name) and f.id in MAKERS])


def test_no_hint_is_forgotten_here() -> None:
    """Fails on a new hint until a case above provokes it."""
    found = {str(path.relative_to(ROOT)): calls(path) for path in sources()}
    made_here = {"store/place.py", "pipelines.py"}  # the maker, and `bokeru settings`, which needs nothing
    expected = Counter(module for module, *_ in [*STAGE, *OTHER])
    assert {name: count for name, count in found.items() if count and name not in made_here | WEB} == expected
    assert {name for name in WEB if found[name]} == WEB


def texts(tree: ast.AST) -> Iterator[str]:
    """Yield the strings of a module that are no docstrings."""
    expressions = (node.value for node in ast.walk(tree) if isinstance(node, ast.Expr))
    docstrings = {id(value) for value in expressions if isinstance(value, ast.Constant)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def test_no_hint_is_written_by_hand() -> None:
    written = re.compile(rf"bokeru ({'|'.join(commands())})\b|make [a-z]+ PIPELINE")
    found = {
        (str(path.relative_to(ROOT)), text)
        for path in sources()
        for text in texts(ast.parse(path.read_text()))
        if written.search(text) and path.name != "examples.py"
    }
    assert found == set()
