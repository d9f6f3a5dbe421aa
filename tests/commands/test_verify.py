"""`bokeru verify`: whole stages pass, and each kind of damage is named."""

import errno
import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import safetensors.numpy

from commands.verify import report, verify_quickly
from commands.verify import verify as problems_at
from dataset.build.stage import build
from dataset.options import DatasetOptions
from dataset.text.vocabulary import Vocabulary
from store.errors import UserError
from store.manifest import write_manifest
from store.register.stages import find
from store.schema import features
from store.shards import ShardWriter
from store.whole_file import write_json, write_whole
from tests import crawl_tables
from tests.crawl_tables import boke, image, page, write
from tests.test_made_by_0_1 import MADE


def verify(path: Path) -> list[str]:
    return [str(problem) for problem in problems_at(path) if not problem.is_notice]


def changed(path: Path, change: Any) -> Path:
    """Write a shard again, each row put through `change`."""
    table = pq.read_table(path)
    rows = table.to_pylist()
    for row in rows[:1]:
        change(row)
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    return path


def shard(pipeline: Path, pattern: str) -> Path:
    return sorted(pipeline.glob(pattern))[0]


def test_what_was_built_is_whole(pipeline: Path) -> None:
    assert verify(pipeline) == []


@pytest.mark.parametrize("pattern", ["crawl/pages/*", "crawl/images/*", "dataset/data/train-*"])
def test_a_flipped_bit_is_found(pipeline: Path, pattern: str) -> None:
    path = shard(pipeline, pattern)
    content = bytearray(path.read_bytes())
    group = pq.read_metadata(path).row_group(0)
    chunk = max(
        (group.column(n) for n in range(group.num_columns)), key=lambda one: one.total_compressed_size
    )
    content[chunk.data_page_offset + chunk.total_compressed_size // 2] ^= 1  # in data, not in a page's header
    path.write_bytes(bytes(content))
    assert any(str(path) in problem for problem in verify(pipeline))


@pytest.mark.parametrize(
    "pattern", ["crawl/pages/*", "crawl/images/*", "dataset/data/train-*", "dataset/data/dev-*"]
)
def test_a_cut_shard_is_found(pipeline: Path, pattern: str) -> None:
    path = shard(pipeline, pattern)
    path.write_bytes(path.read_bytes()[:-50])
    assert any(str(path) in problem for problem in verify(pipeline))


@pytest.mark.parametrize("name", ["manifest.json", "vocabulary.json", "data/train-00000-of-00001.parquet"])
def test_a_missing_file_is_found(pipeline: Path, name: str) -> None:
    (pipeline / "dataset" / name).unlink()
    assert any(name.split("-")[0].split(".")[0] in problem for problem in verify(pipeline / "dataset"))


@pytest.mark.parametrize("name", ["manifest.json", "vocabulary.json", "statistics.json", "croissant.json"])
def test_damaged_json_is_found(pipeline: Path, name: str) -> None:
    (pipeline / "dataset" / name).write_text("{")
    assert any(name in problem for problem in verify(pipeline / "dataset"))


NO_PHOTO = hashlib.sha256(b"no photo").hexdigest()
DAMAGE = {
    "hashes to": ("crawl/images/*", lambda row: row.update(sha256="0" * 64)),
    "has no bytes": ("crawl/images/*", lambda row: row.update(bytes=None)),
    "cannot be decoded": ("crawl/images/*", lambda row: row.update(bytes=b"no photo", sha256=NO_PHOTO)),
    "is 96x96, not 5x96": ("crawl/images/*", lambda row: row.update(width=5)),
    "is unknown": ("crawl/pages/*", lambda row: row.update(outcome="great")),
    "have no url": ("crawl/pages/*", lambda row: row.update(url=None)),
    "has no captions": ("dataset/data/train-*", lambda row: row.update(captions=[])),
    "do not make its text": ("dataset/data/train-*", lambda row: row["captions"][0].update(tokens=["猫"])),
    "has a caption twice": ("dataset/data/train-*", lambda row: row["captions"].append(row["captions"][0])),
    "is not the file that the manifest lists": ("dataset/data/train-*", lambda row: row.update(category="x")),
    "is not in": ("dataset/data/train-*", lambda row: row.update(sha256="0" * 64)),
}


@pytest.mark.parametrize("message", DAMAGE)
def test_rows_that_disagree_are_found(pipeline: Path, message: str) -> None:
    pattern, change = DAMAGE[message]
    changed(shard(pipeline, pattern), change)
    assert any(message in problem for problem in verify(pipeline))


def test_photos_of_several_crawls_are_looked_for_in_all_of_them(tmp_path: Path) -> None:
    first = crawl_tables.crawl(tmp_path / "p" / "crawl", 2)
    second = crawl_tables.crawl(tmp_path / "q" / "crawl", 2, first=9)
    build(DatasetOptions(dev_fraction=0.0), [first, second], tmp_path / "p" / "dataset", name="p")
    assert verify(tmp_path) == []
    shutil.rmtree(second / "images")
    assert verify(tmp_path / "p") == []  # a crawl that is elsewhere by now can tell nothing
    shutil.copytree(first / "images", second / "images")
    problems = verify(tmp_path / "p" / "dataset")
    assert len(problems) == 2
    assert all("is not in" in problem and "q/crawl" in problem for problem in problems)


def test_a_photo_in_both_splits_is_found(pipeline: Path) -> None:
    train, dev = (pq.read_table(shard(pipeline, f"dataset/data/{split}-*")) for split in ("train", "dev"))
    pq.write_table(pa.concat_tables([dev, train.slice(0, 1)]), shard(pipeline, "dataset/data/dev-*"))
    problems = verify(pipeline / "dataset")
    assert any("stands 2 times (train, dev)" in problem for problem in problems)
    assert any("both sides of the split" in problem for problem in problems)


def test_features_are_checked(tmp_path: Path) -> None:
    directory = tmp_path / "features" / "untrained-fc7-12345678"
    rows = [
        ("a", "ok", [0.0, 1.0]),
        ("b", "ok", None),
        ("c", "ok", [float("nan"), 0.0]),
        ("a", "error", None),
    ]
    with ShardWriter(directory, "features", features(2)) as writer:
        for sha256, outcome, vector in rows:
            writer.append({"sha256": sha256, "outcome": outcome, "error": None, "vector": vector})
    problems = "\n".join(verify(tmp_path / "features"))
    assert "without a vector" in problems
    assert "no numbers" in problems
    assert "photo a has 2 rows" in problems


def replaced_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replaced_by_link(path: Path, target: str = "nowhere") -> None:
    path.unlink()
    path.symlink_to(target)


DAMAGE_OF_ANY_FILE: dict[str, Callable[[Path], object]] = {
    "emptied": lambda path: path.write_bytes(b""),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "a folder": replaced_by_folder,
    "a link that leads nowhere": replaced_by_link,
    "a link to itself": lambda path: replaced_by_link(path, path.name),
}
DAMAGE_OF_JSON: dict[str, Callable[[Path], object]] = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-3]),
    "null": lambda path: path.write_text("null"),
    "nested": lambda path: path.write_text("[" * 100_000),
}


LONG = ("zeros", "a link to itself", "nested")
"""Variants of others."""


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(name, marks=pytest.mark.long) if name in LONG else name
        for name in (*DAMAGE_OF_ANY_FILE, *DAMAGE_OF_JSON)
    ],
)
def test_damage_of_every_kind_of_file_has_status_5(tmp_path: Path, damage: str) -> None:
    """A real pipeline, with a run, an export and a forget list: each of its files in turn."""
    data = Path(shutil.copytree(MADE / "data", tmp_path / "data"))
    suffixes = (".json", ".jsonl") if damage in DAMAGE_OF_JSON else ("",)
    for stage in find(data):
        for _, path in list(stage.files()):
            if not path.name.endswith(suffixes):
                continue
            kept = path.rename(tmp_path / "kept")
            shutil.copy(kept, path)
            {**DAMAGE_OF_ANY_FILE, **DAMAGE_OF_JSON}[damage](path)
            where = stage.directory.parent if stage.name == "run" else stage.directory
            assert status(where) == 5, f"{path}: {damage}"
            path.rmdir() if path.is_dir() else path.unlink()
            kept.rename(path)
    assert verify(data) == []


def test_a_model_whose_files_do_not_fit_is_damaged(tmp_path: Path) -> None:
    (run,) = Path(shutil.copytree(MADE / "data/small/runs", tmp_path / "runs")).iterdir()
    config = run / "model" / "config.json"
    settings = json.loads(config.read_text())
    write_json(config, {**settings, "sizes": {**settings["sizes"], "hidden": 3}})
    assert ["tensor" in problem for problem in verify(run)] == [True]
    config.unlink()
    assert ["config.json is missing" in problem for problem in verify(run)] == [True]


def test_a_manifest_that_lists_nothing_readable_is_damaged(pipeline: Path) -> None:
    for files in (None, 3, [3], [{"name": "a"}]):
        write_json(pipeline / "dataset" / "manifest.json", {"fingerprint": "a", "files": files})
        assert status(pipeline) == 5


@pytest.mark.parametrize("folder", ["", "p", "p/dataset", "p/crawl"])
def test_the_working_folder_can_be_named(
    pipeline: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.chdir(pipeline.parent / folder)
    assert verify(Path()) == []
    monkeypatch.chdir(pipeline)
    assert verify(Path("dataset")) == []


def test_a_file_that_is_no_shard_is_not_called_damaged(pipeline: Path) -> None:
    with pytest.raises(UserError, match=r"not a Parquet file\. Name one, or a stage's directory"):
        verify(pipeline / "dataset" / "manifest.json")


def test_a_stage_that_the_system_refuses_does_not_hide_the_others(
    pipeline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = pipeline / "dataset" / "manifest.json"
    (pipeline / "exports.json").write_text("[]")
    read_bytes = Path.read_bytes

    def refused(path: Path) -> bytes:
        if path == manifest:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refused)  # root, who may run this test, is refused nothing
    for problems in (verify(pipeline), quick(pipeline)):
        assert any("not a list of exports" in problem for problem in problems)
        assert f"{manifest} cannot be read: Permission denied" in problems


def test_a_run_is_checked(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "one"
    write_whole(run / "settings.yaml", "train: {}\n")
    write_json(run / "samples.json", [])
    write_whole(run / "log.jsonl", '{"epoch": 1}\n{"epoch": 2}\n')
    write_whole(run / "model" / "model.safetensors", safetensors.numpy.save({"w": np.zeros(3, np.float32)}))
    Vocabulary.from_counts({"犬": 1}).save(run / "model" / "vocabulary.json")
    assert verify(tmp_path / "runs") == []
    write_whole(run / "model" / "model.safetensors", b"cut")
    write_whole(run / "log.jsonl", '{"epoch": 1}\n{"ep')
    assert len(verify(run)) == 2


CAPTION = {"text": "犬だ", "tokens": ["犬", "だ"], "log_probabilities": [-1.5, -0.25, None]}


def progress(epoch: object, **caption: object) -> str:
    photo = {"sha256": "a" * 64, "greedy": {**CAPTION, **caption}, "sample": None}
    return json.dumps({"epoch": epoch, "photos": [photo]}) + "\n"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (progress(1) + progress(3), 0),
        (progress(1) + progress(3)[:40], 1),
        (progress(1) + progress(3)[:-1], 0),
        (progress(1, text="犬"), 1),
        (progress(1, log_probabilities=[-1.5, -0.25]), 1),
        (progress(1, log_probabilities=[-1.5, -0.25, float("nan")]), 1),
        (progress(1, tokens=3), 1),
        (progress(3) + progress(1), 1),
        (progress(1) + progress(1), 1),
        (progress(2), 1),
        (progress("x"), 1),
        ("[" * 100_000, 1),
        ("", 1),
    ],
)
def test_the_captions_of_a_training_are_checked(tmp_path: Path, content: str, found: int) -> None:
    """Each is of an epoch at which dev was measured, and its tokens and probabilities fit."""
    run = tmp_path / "runs" / "one"
    write_whole(run / "settings.yaml", "train: {}\n")
    log = [{"epoch": 1, "dev_loss": 2.0}, {"epoch": 2, "dev_loss": None}, {"epoch": 3, "dev_loss": 1.0}]
    write_whole(run / "log.jsonl", "".join(json.dumps(line) + "\n" for line in log))
    Vocabulary.from_counts({"犬": 1}).save(run / "model" / "vocabulary.json")
    write_whole(run / "progress.jsonl", content)
    write_manifest(run, "train", "fingerprint", [])
    named = [problem for problem in verify(run) if "progress.jsonl" in problem]
    assert len(named) == found


def test_a_line_that_a_kill_cut_short_is_no_damage(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "one"
    write_whole(run / "settings.yaml", "train: {}\n")
    write_whole(run / "log.jsonl", '{"epoch": 1}\n')
    write_whole(run / "progress.jsonl", progress(1) + progress(2)[:50])
    assert verify(run) == [], "it trains, or goes on"
    write_whole(run / "progress.jsonl", progress(1)[:50] + "\n" + progress(2))
    assert len(verify(run)) == 1


def test_one_shard_can_be_named(pipeline: Path) -> None:
    path = shard(pipeline, "dataset/data/train-*")
    assert verify(path) == []
    path.write_bytes(b"PAR1")
    assert len(verify(path)) == 1


def test_a_path_without_stages_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not there"):
        verify(tmp_path / "none")
    with pytest.raises(UserError, match="holds nothing that a stage wrote"):
        verify(tmp_path)


def test_photos_that_could_not_be_fetched_are_no_problem(tmp_path: Path) -> None:
    lost = image(2, outcome="missing", bytes=None, sha256=None, width=None, height=None)
    write(tmp_path / "p" / "crawl", [page(1, [boke(1, 1, "犬")])], [image(1), lost])
    assert verify(tmp_path / "p" / "crawl") == []


def test_damage_and_contradiction_have_statuses_of_their_own(
    pipeline: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report(pipeline)
    changed(shard(pipeline, "crawl/images/*"), lambda row: row.update(outcome="missing", sha256=None))
    assert status(pipeline) == 1, "each file is whole, but the dataset has one photo more"
    (pipeline / "dataset" / "statistics.json").write_text("{")
    assert status(pipeline) == 5
    printed = capsys.readouterr().out
    assert "build the dataset again" in printed
    assert "statistics.json is damaged" in printed


def test_a_shard_of_another_build_is_found(pipeline: Path) -> None:
    other = pipeline / "dataset" / "data" / "train-00001-of-00002.parquet"
    shutil.copy(shard(pipeline, "dataset/data/train-*"), other)
    assert f"{other} is not in the manifest: build the dataset again" in verify(pipeline)
    assert status(pipeline) == 5


def status(path: Path) -> object:
    with pytest.raises(SystemExit) as ended:
        report(path)
    return ended.value.code


@pytest.mark.parametrize(
    ("name", "words"), [("forgotten.json", "not a forget list"), ("exports.json", "not a list of exports")]
)
def test_the_lists_of_a_pipeline_are_checked(pipeline: Path, name: str, words: str) -> None:
    (pipeline / name).write_text("[]")
    assert [words in problem for problem in verify(pipeline.parent)] == [True]


def test_every_kind_of_file_of_a_run_is_read(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "one"
    for name in (
        "settings.yaml",
        "samples.json",
        "log.jsonl",
        "curves.png",
        "snapshots/000000001.safetensors",
    ):
        write_whole(run / name, "{: [")
    assert len(verify(run)) == 5


def quick(path: Path) -> list[str]:
    return [str(problem) for problem in verify_quickly(path) if not problem.is_notice]


def test_a_quick_look_passes_what_was_built_and_says_what_it_leaves_open(
    pipeline: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report(pipeline, "quick")
    said = capsys.readouterr().out
    assert f"{pipeline}: as the manifests list it" in said
    assert "Not read: the content of" in said
    assert "bokeru verify" in said


def longer(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


@pytest.mark.parametrize(
    ("pattern", "change", "reason"),
    [
        ("dataset/captions/train-*", Path.unlink, "is missing, though the manifest lists it"),
        ("crawl/images/*.parquet", longer, "not a parquet file"),
        ("dataset/data/train-*", longer, "bytes are listed"),
        ("dataset/vocabulary.json", Path.unlink, "is missing, though the manifest lists it"),
        ("dataset/manifest.json", Path.unlink, "the dataset was not completed"),
        ("dataset/captions/train-*", lambda path: path.write_bytes(b"PAR1"), "not a whole Parquet file"),
    ],
    ids=["missing", "longer", "longer photos", "vocabulary", "manifest", "cut"],
)
def test_a_quick_look_finds_what_names_sizes_and_footers_tell(
    pipeline: Path, pattern: str, change: Callable[[Path], object], reason: str
) -> None:
    path = shard(pipeline, pattern)
    change(path)
    found = quick(pipeline)
    assert any(str(path) in line and reason in line for line in found), found


def test_a_quick_look_compares_rows_and_the_manifests_own_digest(pipeline: Path) -> None:
    manifest = pipeline / "dataset" / "manifest.json"
    value = json.loads(manifest.read_text())
    entry = next(file for file in value["files"] if file["name"].startswith("data/train"))
    entry["rows"] += 1
    manifest.write_text(json.dumps(value))
    found = "\n".join(quick(pipeline))
    assert "manifest.json is damaged: it was changed after it was written" in found
    assert f"{entry['rows']:,} rows are listed, {entry['rows'] - 1:,} are there" in found


def test_a_quick_look_reads_no_content(pipeline: Path) -> None:
    path = shard(pipeline, "dataset/data/train-*")
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    assert quick(pipeline) == []
    assert verify(pipeline) != []


def test_of_one_file_no_manifest_tells(pipeline: Path) -> None:
    with pytest.raises(UserError, match="Leave out --quick"):
        quick(shard(pipeline, "crawl/pages/*.parquet"))


def test_it_says_beforehand_how_long_it_will_take(pipeline: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report(pipeline)
    said = capsys.readouterr().err
    assert re.match(
        rf"verify {re.escape(str(pipeline))}: \d+ files, 0\.\d\d GB, [\d,]+ photos, [1-9]\d* captions: "
        r"about 0:00:0\d$",
        said.splitlines()[0],
    )
    assert "sums: " in said
