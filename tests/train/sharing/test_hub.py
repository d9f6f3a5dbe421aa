"""A model goes to a Hub on loopback and comes back: privately, checked, and nothing that could run."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import bokeru
from commands.forget.command import forget
from dataset import read
from dataset.export.record import pushed_models, read_exports
from store.errors import DamagedFile, UsageError, UserError
from store.forget.content import Request
from store.place import Place
from tests import crawl_tables
from tests.hub import TOKEN, Hub, serving
from tests.train.sharing.conftest import trained
from train.sharing import fetched
from train.sharing.fetched import fetch_model
from train.sharing.push import PUSHED, push_model

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # huggingface_hub's own
FETCHED = {"config.json", "model.safetensors", "vocabulary.json"}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)  # another protocol, in Rust
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    with serving() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        yield hub


def test_the_model_is_there_privately_and_alone(run: Path, hub: Hub, network: Path) -> None:
    assert push_model(run, "writer") == f"{hub.endpoint}/reader/writer"
    assert hub.private == {"reader/writer": True}
    assert hub.kinds == ["model"]
    assert hub.files.keys() == {*PUSHED}
    for name in ("model.safetensors", "vocabulary.json", "learned_from.json"):
        assert hub.files[name] == (run / "model" / name).read_bytes()
    assert b'bokeru.model("hub:reader/writer", weights="small.caffemodel")' in hub.files["README.md"]
    here = json.loads((run / "model" / "config.json").read_text())
    here["features"]["options"]["weights"] = network.name
    assert json.loads(hub.files["config.json"]) == here
    folders = (Place.of(run).data, network.parent)
    assert not any(str(folder).encode() in content for content in hub.files.values() for folder in folders)
    assert read_exports(Place.of(run).directory).models == {"reader/writer": [run.name]}


def test_a_model_of_the_hub_writes_what_the_run_writes(
    run: Path, hub: Hub, network: Path, tmp_path: Path
) -> None:
    push_model(run, "writer")
    hub.files |= {"optimizer.pt": b"a pickle", "README.md": b"others' words"}
    (tmp_path / "photo.jpg").write_bytes(crawl_tables.photo(98))
    there = bokeru.model("hub:reader/writer", weights=network)
    assert {*hub.asked} == FETCHED
    assert (tmp_path / "cache") in there.run.parents
    assert there.caption(tmp_path / "photo.jpg", n=4) == bokeru.model(run).caption(
        tmp_path / "photo.jpg", n=4
    )


def test_what_was_fetched_needs_no_hub_the_next_time(
    run: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    push_model(run, "writer")
    first = fetch_model("reader/writer")
    asked = len(hub.asked)
    assert fetch_model(f"reader/writer@{hub.commit}") == first
    assert fetch_model("reader/writer@main") == first
    assert len(hub.asked) == asked, "nothing is fetched twice"
    with serving() as gone:
        pass
    monkeypatch.setenv("HF_ENDPOINT", gone.endpoint)
    assert fetch_model("reader/writer") == first
    with pytest.raises(UserError, match="cannot be reached"):
        fetch_model("reader/other")


@pytest.mark.parametrize("name", sorted(FETCHED))
def test_what_is_not_what_the_hub_lists_is_refused(run: Path, hub: Hub, name: str) -> None:
    push_model(run, "writer")
    right = hub.files[name]
    hub.instead[name] = right[:-9] + bytes(8) + right[-1:]  # of the same size
    with pytest.raises(
        DamagedFile, match=rf"{name} is damaged: its (SHA-256|SHA-1 by git) is \w+, and the Hub"
    ):
        fetch_model("reader/writer")
    del hub.instead[name]
    assert (fetch_model("reader/writer") / name).read_bytes() == right


def test_what_is_too_large_is_not_fetched(run: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    push_model(run, "writer")
    monkeypatch.setattr(fetched, "HEADER", 1000)
    hub.files["model.safetensors"] += bytes(1001)
    with pytest.raises(UserError, match=r"model\.safetensors of reader/writer has [\d,]+ bytes, and at most"):
        fetch_model("reader/writer")
    monkeypatch.setattr(fetched, "MOST_CONFIG", 100)
    with pytest.raises(UserError, match=r"config\.json .* at most 100 belong there"):
        fetch_model("reader/writer")
    assert "model.safetensors" not in hub.asked


def test_a_repository_that_is_no_model_of_ours_is_named(hub: Hub, run: Path) -> None:
    push_model(run, "writer")
    del hub.files["vocabulary.json"]
    with pytest.raises(UserError, match=r"reader/writer has no vocabulary\.json"):
        fetch_model("reader/writer")
    with pytest.raises(UserError, match=r"refuses reader/nobody\. It answers 404"):
        fetch_model("reader/nobody")
    for address in ("writer", "a/b/c", ""):
        with pytest.raises(UsageError, match="no model on the Hub"):
            fetch_model(address)


def test_public_is_for_what_every_row_allows(run: Path, hub: Hub, network: Path, tmp_path: Path) -> None:
    push_model(run, "writer", public=True)
    assert hub.private == {"reader/writer": False}
    with pytest.raises(UserError, match=r"is there and is public\..*or add --public"):
        push_model(run, "writer")
    closed = trained(Place(tmp_path / "data", "closed"), network, licence="CC-BY-ND-2.0", measured=False)
    with pytest.raises(
        UsageError, match=r"cannot be public: .* of 16 of 16 photos \(16 CC-BY-ND-2\.0\) and .*\. Train"
    ):
        push_model(closed, "other", public=True)
    with pytest.raises(UserError, match=r"is there and is public: there are no licences"):
        push_model(closed, "writer")
    assert (
        b"- To be passed on to everybody: there are no licences" in (closed / "model/README.md").read_bytes()
    )


def test_forget_names_the_models_that_learned_from_it(hub: Hub, network: Path, tmp_path: Path) -> None:
    place = Place(tmp_path / "data", "jokes")
    run = trained(place, network, measured=False)
    push_model(run, "writer")
    assert pushed_models(place.directory, [run.name]) == ["reader/writer"]
    assert pushed_models(place.directory, ["another"]) == []
    boke = read.captions(place.dataset, "train")["boke_id"][0].as_py()
    report = forget(place, Request(None, None, boke))
    assert report.pushed_models == ["reader/writer"]
    assert "a model that was trained on it: reader/writer. Delete the repository" in str(report)
    assert report.receipt is not None
    assert "reader/writer on the Hub" in report.receipt.read_text()
