"""A dataset goes to a Hub on loopback: privately, without what is not its own, and told in plain words."""

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from commands.main import main
from dataset import read
from dataset.build.stage import build
from dataset.export.push import push
from dataset.export.record import read_exports
from dataset.options import DatasetOptions
from store.errors import UsageError, UserError
from tests.hub import TOKEN, Hub, serving

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # huggingface_hub's own


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)  # another protocol, in Rust
    with serving() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        yield hub


def test_what_belongs_to_the_dataset_is_there_privately(dataset: Path, hub: Hub) -> None:
    (dataset / "notes.txt").write_text("mine")
    (dataset / "archive").mkdir()
    (dataset / "archive" / "pages.warc.gz").write_bytes(b"names of users")
    assert push(dataset, "jokes") == f"{hub.endpoint}/datasets/reader/jokes"
    assert hub.private == {"reader/jokes": True}
    shards = [path for folder in ("data", "captions") for path in (dataset / folder).iterdir()]
    names = {path.relative_to(dataset).as_posix() for path in shards}
    beside = {"README.md", "statistics.json", "statistics.svg", "vocabulary.json", "croissant.json"}
    assert hub.files == {name: (dataset / name).read_bytes() for name in names | beside}
    assert list(read_exports(dataset.parent).pushed) == ["reader/jokes"]


def test_a_second_push_deletes_what_is_there_no_longer(dataset: Path, hub: Hub) -> None:
    push(dataset, "jokes")
    hub.files |= {"data/train-00001-of-00002.parquet": b"older", "LICENSE": b"the owner's"}
    push(dataset, "jokes")
    assert "data/train-00001-of-00002.parquet" not in hub.files
    assert hub.files["LICENSE"] == b"the owner's"


def test_nothing_goes_to_a_public_repository(dataset: Path, hub: Hub) -> None:
    hub.private["reader/jokes"] = False
    with pytest.raises(UserError, match=r"reader/jokes is there and is public.*no licences"):
        push(dataset, "jokes")
    assert hub.files == {}


def test_public_is_refused_where_a_row_has_no_licence_that_allows_it(
    dataset: Path, hub: Hub, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"no licences .* 36 of 36 captions \(36 without any"):
        push(dataset, "jokes", public=True)
    config = tmp_path / "pipelines.yaml"
    config.write_text("pipelines: {p: {dataset: {dev_fraction: 0.3}}}")
    where = ["--pipeline", "p", "--data", str(tmp_path), "--config", str(config)]
    assert main(["push", *where, "--public", "jokes"]) == 2
    assert "dataset.public_only=true" in capsys.readouterr().err
    assert hub.private == {}


def licensed(crawl: Path, captions: str, photos: str) -> Path:
    """Return a dataset whose captions, and whose photos, are all under one licence."""
    for folder, licence in (("pages", captions), ("images", photos)):
        for path in (crawl / folder).glob("*.parquet"):
            rows = pq.read_table(path)
            told = pa.array([licence] * len(rows), pa.string())
            pq.write_table(rows.set_column(rows.column_names.index("licence"), "licence", told), path)
    build(DatasetOptions(tokenizer="characters"), [crawl], crawl.with_name("dataset"), name="p")
    return crawl.with_name("dataset")


def test_what_every_row_allows_goes_to_a_public_repository(pipeline: Path, hub: Hub) -> None:
    push(licensed(pipeline / "crawl", "MIT", "CC-BY-2.0"), "jokes", public=True)
    assert hub.private == {"reader/jokes": False}
    assert "README.md" in hub.files
    with pytest.raises(UserError, match=r"is there and is public\..*or add --public"):
        push(pipeline / "dataset", "jokes")
    hub.private["reader/jokes"] = True
    with pytest.raises(UserError, match="is there and is private"):
        push(pipeline / "dataset", "jokes", public=True)


def test_one_kind_of_row_that_allows_nothing_is_enough(pipeline: Path, hub: Hub) -> None:
    directory = licensed(pipeline / "crawl", "MIT", "CC-BY-ND-2.0")
    with pytest.raises(UsageError, match=r"of 12 of 12 photos \(12 CC-BY-ND-2.0\)\. Leave"):
        push(directory, "jokes", public=True)
    assert hub.private == {}


@pytest.mark.parametrize(
    ("status", "words"), [(401, "hf auth login"), (403, "may not write"), (400, "It answers 400")]
)
def test_a_refusal_says_what_to_do(dataset: Path, hub: Hub, status: int, words: str) -> None:
    hub.refuses = status
    with pytest.raises(UserError, match=words) as error:
        push(dataset, "jokes")
    assert "\n" not in str(error.value)


def test_an_upload_that_is_refused_ends_in_a_line(dataset: Path, hub: Hub) -> None:
    hub.refuses_uploads = 400
    with pytest.raises(UserError, match="did not take an upload to jokes: Bad request") as error:
        push(dataset, "jokes")
    assert "\n" not in str(error.value)
    assert hub.files == {}


def test_a_wrong_token_is_told_from_none(
    dataset: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    with pytest.raises(UserError, match="does not know you"):
        push(dataset, "jokes")


def test_a_hub_that_does_not_answer_is_named(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with serving() as hub:
        pass  # by now nobody listens there
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    with pytest.raises(UserError, match="cannot be reached"):
        push(dataset, "jokes")


def test_a_name_that_is_none_is_wrong_use(dataset: Path, hub: Hub) -> None:
    with pytest.raises(UsageError, match="no name of a repository"):
        push(dataset, "a/b/c")


def test_the_manifest_stays_here(dataset: Path, hub: Hub) -> None:
    """It holds the paths of this machine."""
    push(dataset, "jokes")
    assert json.loads((dataset / "manifest.json").read_text())["crawls"]
    assert not any(str(dataset.parent).encode() in content for content in hub.files.values())
    assert read.is_complete(dataset)
