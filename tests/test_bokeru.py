"""The Python door: what it returns is what lies on the disk and what the commands say."""

import ast
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

import bokeru
from commands.main import main
from store.errors import UserError
from store.photo.decode import Picture, decode
from store.photo.errors import UnusablePhoto
from store.place import Place
from tests import crawl_tables
from tests.test_imports import EVERYTHING, ROOT
from tests.web import small_pipeline
from tests.web.small_pipeline import D, Extractor, vector
from train.runs.names import Names


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("door")
    place = small_pipeline.make(folder / "data")
    run = small_pipeline.train(place, seed=2)
    Names(pinned=run.name).save(place.directory)
    (folder / "pipelines.yaml").write_text("pipelines:\n  demo: {}\n")
    return place


class Decoding(Extractor):
    """The stand-in for the network, which refuses what the decoder refuses, as the real one does."""

    def vectors(self, photos: Sequence[bytes | Picture]) -> np.ndarray[Any, Any]:
        try:
            return super().vectors([decode(each) if isinstance(each, bytes) else each for each in photos])
        except UnusablePhoto as error:
            raise UserError(f"photo 1 of 1 cannot be used: {error}") from error


@pytest.fixture(autouse=True)
def extractor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("featurize.extract.Extractor", Decoding)


@pytest.fixture
def demo(place: Place) -> bokeru.Pipeline:
    return bokeru.pipeline(place.directory)


@pytest.fixture
def cat(tmp_path: Path) -> Path:
    (tmp_path / "cat.jpg").write_bytes(crawl_tables.photo(99))
    return tmp_path / "cat.jpg"


def said(place: Place, capsys: pytest.CaptureFixture[str], command: str, *words: str) -> object:
    """Return what a command answers as JSON."""
    where = [
        "--pipeline",
        "demo",
        "--config",
        f"{place.data.parent}/pipelines.yaml",
        "--data",
        f"{place.data}",
    ]
    capsys.readouterr()
    assert main([command, *where, "--json", *words]) == 0
    return json.loads(capsys.readouterr().out)


def train_photos(place: Place) -> list[str]:
    paths = sorted(place.dataset.glob("data/train-*.parquet"))
    return [
        sha256 for path in paths for sha256 in pq.read_table(path, columns=["sha256"])["sha256"].to_pylist()
    ]


def test_photos(demo: bokeru.Pipeline, place: Place) -> None:
    assert demo.photos(split="train")["sha256"].to_pylist() == train_photos(place)
    frame = demo.photos(where="stars >= 0").to_pandas()
    assert len(frame) == 40
    assert set(frame["split"]) == {"train", "dev"}
    with pytest.raises(bokeru.UserError, match="there is no column star"):
        demo.photos("star > 3")


def test_the_bytes_of_a_photo(demo: bokeru.Pipeline, place: Place) -> None:
    path = next(place.dataset.glob("data/dev-*.parquet"))
    row = pq.read_table(path, columns=["sha256", "image"]).to_pylist()[0]
    assert demo.photo(row["sha256"]) == row["image"]["bytes"]
    with pytest.raises(bokeru.UserError, match="has no photo 00"):
        demo.photo("00")


def nearest(place: Place, own: np.ndarray, without: str | None, n: int) -> list[tuple[str, float]]:
    """Return the nearest photos of train by the definition: the cosine of standardised vectors."""
    names = train_photos(place)
    values = np.array([vector(name.encode()) for name in names])
    mean, deviation = values.mean(0), values.std(0)
    standard, query = (values - mean) / deviation, (own - mean) / deviation
    cosine = standard @ query / np.linalg.norm(standard, axis=1) / np.linalg.norm(query)
    pairs = sorted(zip(1 - cosine, names, strict=True))
    return [(name, distance) for distance, name in pairs if name != without][:n]


def test_neighbours_of_a_photo_of_the_dataset_and_of_a_file(
    demo: bokeru.Pipeline, place: Place, cat: Path
) -> None:
    first = train_photos(place)[0]
    for photo, own in ((first, vector(first.encode())), (cat, vector(cat.read_bytes()))):
        found = demo.neighbours(photo, n=4)
        expected = nearest(place, np.array(own), first if photo == first else None, 4)
        assert [one.sha256 for one in found] == [name for name, _ in expected]
        assert [one.distance for one in found] == pytest.approx([each for _, each in expected], abs=1e-5)
    assert len(demo.neighbours(str(cat))) == 6, "a file may be named by a text"
    with pytest.raises(bokeru.UserError, match="have no vector"):
        demo.neighbours("0" * 64)


def test_vectors(demo: bokeru.Pipeline, place: Place) -> None:
    names = train_photos(place)[:3]
    found = demo.vectors(reversed(names))
    assert found.shape == (3, D)
    assert found.dtype == np.float32
    assert found == pytest.approx(np.array([vector(name.encode()) for name in reversed(names)]), abs=1e-6)


def test_runs_and_their_comparison_are_those_of_the_command(
    demo: bokeru.Pipeline, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sorted(demo.runs) == sorted(place.runs.iterdir())
    found, told = demo.compare(), said(place, capsys, "compare")
    assert isinstance(told, dict)
    assert (found.base, [*found.others]) == (told["base"], [*told["others"]])
    other = found.others[demo.runs[1].name]["nll"]
    assert vars(other) == told["others"][demo.runs[1].name]["nll"]
    turned = demo.compare([demo.runs[1].name, demo.runs[0]], split="dev").others[demo.runs[0].name]["nll"]
    assert turned.value == pytest.approx(-(other.value or 0))
    with pytest.raises(bokeru.UserError, match="named twice"):
        demo.compare([demo.runs[0], demo.runs[0].name])
    alone = demo.compare(demo.runs[:1])
    assert (alone.base, alone.others) == (demo.runs[0].name, {})
    told = said(place, capsys, "compare", demo.runs[0].name)
    assert isinstance(told, dict)
    assert vars(alone.figures["nll"]) == told["figures"]["nll"]


def test_captions_are_those_of_the_command(
    demo: bokeru.Pipeline, place: Place, cat: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {"strategy": "sample", "n": 3, "seed": 5, "top_k": 9}
    found = demo.model().caption(str(cat), **settings)
    words = ["--strategy", "sample", "-n", "3", "--seed", "5", "--top-k", "9"]
    assert found == said(place, capsys, "caption", *words, str(cat))
    assert len(found[0]["captions"]) == 3


def test_a_model_by_its_folder(demo: bokeru.Pipeline, cat: Path) -> None:
    first, second = demo.runs
    found = [bokeru.model(run).caption(cat, strategy="greedy")[0]["captions"] for run in demo.runs]
    assert found[0] != found[1]
    assert demo.model(second.name).caption(cat, strategy="greedy")[0]["captions"] == found[1]
    assert bokeru.model(f"{first}").caption(cat, strategy="mismatch")[0]["captions"][0]["source"]["sha256"]


def test_the_model_of_a_pipeline_is_the_one_that_the_commands_take(
    demo: bokeru.Pipeline, place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str], cat: Path
) -> None:
    pinned = Names.load(place.directory).pinned
    assert demo.model().run.name == pinned
    said(place, capsys, "caption", "--run", str(pinned), str(cat))
    (tmp_path / "other.yaml").write_text("pipelines:\n  other: {}\n")
    door = bokeru.pipeline(place.directory, config=tmp_path / "other.yaml")
    assert door.model().run.name == pinned, "without settings too, as in the browser"
    first = next(run for run in demo.runs if run.name != pinned)
    assert demo.model(first.name).run == first


def test_a_photo_that_cannot_be_read_costs_itself_alone(demo: bokeru.Pipeline, cat: Path) -> None:
    broken = cat.with_name("broken.jpg")
    broken.write_bytes(b"no photo")
    bad, good = demo.model().caption(broken, cat)
    assert "error" in bad
    assert "captions" in good
    with pytest.raises(bokeru.UserError, match=r"broken\.jpg: "):
        demo.neighbours(broken)


def test_what_is_wrong_is_told_as_to_users(demo: bokeru.Pipeline, tmp_path: Path, cat: Path) -> None:
    with pytest.raises(bokeru.UserError, match=r"is not there\. Name the folder of a pipeline"):
        bokeru.pipeline(tmp_path / "none")
    with pytest.raises(bokeru.UserError, match=r"has no model\. Name the folder of a run"):
        bokeru.model(tmp_path)
    with pytest.raises(bokeru.UserError, match="no decoding setting 'temprature'"):
        demo.model().caption(cat, temprature=0.5)
    with pytest.raises(bokeru.UserError, match="does not exist"):
        demo.model().caption("cat.jpeg")
    (tmp_path / "demo").mkdir()
    (tmp_path / "pipelines.yaml").write_text("pipelines:\n  demo: {}\n")
    empty = bokeru.pipeline(tmp_path / "demo", config=tmp_path / "pipelines.yaml")
    for call in (empty.photos, empty.model, empty.compare, lambda: empty.neighbours(cat)):
        with pytest.raises(bokeru.UserError, match="Make it with: bokeru "):
            call()
    assert empty.runs == []


def test_a_folder_at_the_root_has_its_settings_in_the_working_folder() -> None:
    for folder in (Path("/tmp"), Path("/")):  # as a volume of a container may lie
        assert bokeru.pipeline(folder).place.config == Path("pipelines.yaml")


def test_the_door_imports_packages_only_where_it_needs_them() -> None:
    for node in ast.parse((ROOT / "bokeru.py").read_text()).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in EVERYTHING:
            assert f"{node.module}".startswith("store.")
    heavy = "{'pyarrow', 'numpy', 'pandas', 'duckdb', 'chainer', 'numba', 'pydantic'}"
    code = f"import bokeru, sys; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True, cwd=ROOT) == "[]\n"


def code_cells(notebook: Path) -> Sequence[str]:
    content = json.loads(notebook.read_text(encoding="utf-8"))
    assert (content["nbformat"], content["nbformat_minor"]) == (4, 5)
    cells = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells), "without outputs"
    return ["".join(cell["source"]) for cell in cells]


def test_the_notebook_runs(place: Place, tmp_path: Path) -> None:
    """In a process of its own, in a folder that has data/demo, as after `make demo`."""
    (tmp_path / "data").symlink_to(place.data)
    cells = code_cells(ROOT / "docs" / "bokeru.ipynb")
    stand_in = "import featurize.extract as real, tests.web.small_pipeline as small"
    stand_in += "\nreal.Extractor = small.Extractor"
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join([stand_in, *cells])],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert result.returncode == 0, result.stderr
    assert any("demo.photos(where=" in cell for cell in cells)
    assert any("bokeru.model(" in cell for cell in cells)


def test_the_examples_of_the_page_run(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").symlink_to(place.data)
    (tmp_path / "cat.jpg").write_bytes(crawl_tables.photo(99))
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    blocks = [block.partition("```")[0] for block in page.split("```python\n")[1:]]
    assert len(blocks) >= 2
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)


def test_the_page_names_everything_that_there_is() -> None:
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    tree = ast.parse((ROOT / "bokeru.py").read_text())
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for name in {name for name in functions if not name.startswith("_")}:
        assert f"{name}" in page, name
