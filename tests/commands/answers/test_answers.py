"""What each command prints under `--json` is one document that follows its schema, whatever it is asked."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from PIL import Image

from commands.answers.catalogue import ANSWERS
from commands.main import main
from tests.commands.small_pipeline import SmallPipeline, flip, make
from tests.dataset.importers.cans import oogiri_go, sample
from tests.docs.documents import ROOT

SCHEMAS = {path.stem: json.loads(path.read_text()) for path in (ROOT / "docs" / "json").glob("*.json")}
"""The documents, not the types: they are what others rely on."""


def closed(schema: Any) -> Any:
    """Return a schema that knows no other keys than it names: in a test, any other is a mistake."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: closed(each) for key, each in schema.items()}
    if found.get("type") == "object" and "properties" in found:
        found.setdefault("additionalProperties", False)
    return found


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    make(folder)
    with (folder / "pipelines.yaml").open("a", encoding="utf-8") as config:
        config.write("  nothing: {}\n")
    where = ["--pipeline", "demo", "--config", str(folder / "pipelines.yaml"), "--data", str(folder / "data")]
    for stage in ("train", "evaluate"):  # a second run to compare with
        assert main([stage, *where, "--set", "train.seed=1"]) == 0
    Image.effect_noise((320, 240), 60).convert("RGB").save(folder / "photo.jpg")
    (folder / "no-photo.jpg").write_text("no photo")
    oogiri_go(folder / "more", [sample(number) for number in range(4, 7)])
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "copy"))


Ask = Callable[..., tuple[int, Any]]


@pytest.fixture
def ask(folder: Path, capfd: pytest.CaptureFixture[str]) -> Ask:
    def asked(line: str) -> tuple[int, Any]:
        pages = str(ROOT / "tests" / "crawler" / "pages")
        command, *words = line.replace("DIR", str(folder)).replace("PAGES", pages).split()
        config = ["--config", str(folder / "pipelines.yaml")] if "--pipeline" in words else []
        data = ["--data", str(folder / "data")] if config or command in ("doctor", "encoder") else []
        capfd.readouterr()
        option = [] if command == "parse" else ["--json"]
        try:
            status = main([command, *words, *config, *data, *option])
        except SystemExit as end:
            status = int(end.code or 0)
        output, errors = capfd.readouterr()
        assert "Traceback" not in errors
        told = json.loads(output, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
        name = "error" if is_failure(told) else command
        Draft202012Validator(
            closed(SCHEMAS[name]), format_checker=Draft202012Validator.FORMAT_CHECKER
        ).validate(told)
        if is_failure(told):
            assert told["error"]["status"] == status != 0
            assert errors.splitlines()[-1].endswith(told["error"]["message"].splitlines()[-1])
        return status, told

    return asked


def is_failure(told: Any) -> bool:
    return isinstance(told, dict) and isinstance(told.get("error"), dict)


DEMO = {
    "canaries --pipeline demo -n 3": 0,
    "caption --pipeline demo DIR/photo.jpg": 0,
    "caption --pipeline demo --strategy mismatch DIR/photo.jpg": 0,
    "caption --pipeline demo DIR/no-photo.jpg DIR/photo.jpg": 1,
    "compare --pipeline demo": 0,
    "contains --pipeline demo DIR/photo.jpg": 0,
    "contains --pipeline demo --vectors DIR/photo.jpg": 0,
    "contains --pipeline demo 80000001": 0,
    "diff --pipeline demo": 0,
    "diff --pipeline demo --check": 0,
    "contest list --pipeline demo": 0,
    "contest new funny --pipeline demo": 0,
    "contest plan --pipeline demo": 0,
    "doctor": 0,
    "encoder check untrained DIR/photo.jpg --out DIR/near.png": 0,
    "evaluate --pipeline demo": 0,
    "evaluate --pipeline demo --seeds 2": 0,
    "find --pipeline demo の": 0,
    "find --pipeline demo --photo DIR/photo.jpg": 0,
    "forget --pipeline demo": 0,
    "forget --pipeline demo --odai 3": 0,
    "history --pipeline demo": 0,
    "history --pipeline demo --accept": 0,
    "import oogiri-go DIR/more --pipeline imported": 0,
    "import warc DIR/data/demo/crawl/archive --pipeline demo": 0,
    "inspect DIR/data": 0,
    "inspect DIR/data/demo/crawl/history.parquet": 0,
    "leaks --pipeline demo --least -1 --out DIR/leaks.png": 1,
    "leaks --pipeline demo --least 1 --out DIR/leaks.png": 0,
    "parse PAGES/angular_2020.html --url http://bokete.test/odai/1": 0,
    "parse PAGES/boke_page_2024.html --url http://bokete.test/boke/1": 0,
    "prune --pipeline nothing": 0,
    "prune --pipeline demo --dry-run": 0,
    "prune --pipeline demo": 0,
    "reparse --pipeline demo --dry-run": 0,
    "runs list --pipeline demo": 0,
    "runs list --pipeline nothing": 0,
    "site --facts": 0,
    "site --facts --captions-per-photo 1": 0,
    "status --pipeline demo": 0,
    "sweep --pipeline demo --seeds 2": 0,
    "sweep --pipeline demo --set train.dropout=0,0.1 --dry-run": 0,
    "status --pipeline nothing --check": 1,
    "verify DIR/data/demo": 0,
    "verify --quick DIR/data/demo": 0,
    "why --pipeline demo の": 0,
    "why --pipeline demo 無い言葉": 1,
}


@pytest.mark.parametrize(("line", "status"), DEMO.items())
def test_an_answer_of_a_whole_pipeline(ask: Ask, line: str, status: int) -> None:
    found, told = ask(line)
    assert (found, is_failure(told)) == (status, False), told


NOTHING = {
    "canaries --pipeline nothing": 1,
    "caption --pipeline nothing DIR/photo.jpg": 1,
    "compare --pipeline nothing": 1,
    "contains --pipeline nothing DIR/photo.jpg": 1,
    "contest report funny --pipeline nothing": 1,
    "diff --pipeline nothing": 1,
    "encoder check DIR/nothing.onnx DIR/photo.jpg --out DIR/near.png": 1,
    "evaluate --pipeline nothing": 1,
    "find --pipeline nothing の": 1,
    "find --pipeline nothing": 2,
    "forget --pipeline nothing": 1,
    "history --pipeline nothing": 1,
    "import oogiri-go DIR/data/demo/runs --pipeline nothing": 5,
    "inspect DIR/data/nothing": 1,
    "leaks --pipeline nothing --out DIR/leaks.png": 1,
    "parse DIR/none.html --url http://bokete.test/odai/1": 2,
    "reparse --pipeline nothing": 1,
    "site": 2,
    "sweep --pipeline nothing --seeds 2": 1,
    "verify DIR/data/nothing": 1,
    "why --pipeline nothing の": 1,
    "why --pipeline unknown の": 2,
}


@pytest.mark.parametrize(("line", "status"), NOTHING.items())
def test_a_failure_of_an_empty_pipeline(ask: Ask, line: str, status: int) -> None:
    found, told = ask(line)
    assert (found, is_failure(told)) == (status, True), told


BROKEN = {
    "canaries --pipeline demo": True,
    "caption --pipeline demo DIR/photo.jpg": True,
    "compare --pipeline demo": True,
    "contains --pipeline demo DIR/photo.jpg": True,
    "contest new funny --pipeline demo": True,
    "diff --pipeline demo": True,
    "evaluate --pipeline demo": True,
    "find --pipeline demo --photo DIR/photo.jpg": True,
    "find --pipeline demo の": True,
    "forget --pipeline demo --odai 3": True,
    "history --pipeline demo": True,
    "inspect DIR/data/demo": False,
    "leaks --pipeline demo --out DIR/leaks.png": True,
    "reparse --pipeline demo": True,
    "sweep --pipeline demo --seeds 2": True,
    "verify DIR/data/demo": False,
    "why --pipeline demo の": True,
}
"""Whether the command fails where every Parquet file and model is cut; else it answers what is damaged."""


@pytest.mark.parametrize(("line", "fails"), BROKEN.items())
def test_a_broken_pipeline(ask: Ask, folder: Path, line: str, fails: bool) -> None:
    # A crawl whose files have other sizes makes a dataset stale, which is said first.
    cut(folder / "data", without="crawl" if line.startswith(("evaluate", "find", "leaks", "sweep")) else "")
    status, told = ask(line)
    assert (status, is_failure(told)) == (5, fails), told
    if not fails:
        assert told["problems"]


def cut(data: Path, without: str = "") -> None:
    """Cut every table and model in two, as a disk that was full once does; but for those of one stage."""
    for ending in ("parquet", "safetensors", "warc.gz"):
        for path in (path for path in data.rglob(f"*.{ending}") if without not in path.parts):
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_every_command_is_asked() -> None:
    assert {line.split()[0] for line in DEMO} == ANSWERS.keys()
    anywhere, no_pipeline = {"doctor", "prune", "runs", "status"}, {"encoder", "import", "parse", "site"}
    assert {line.split()[0] for line in NOTHING} == ANSWERS.keys() - anywhere
    assert {line.split()[0] for line in BROKEN} == ANSWERS.keys() - anywhere - no_pipeline


def test_a_flipped_bit_is_listed(ask: Ask, folder: Path) -> None:
    shard = flip(SmallPipeline(folder / "data").shard())
    status, told = ask("verify DIR/data/demo/dataset")
    assert (status, told["status"], told["closeness"]) == (5, 5, "usual")
    assert any(str(shard) in problem["text"] and problem["damaged"] for problem in told["problems"])
