"""`bokeru caption`: files, folders, standard input; tables and JSON; broken photos among good ones."""

import io
import json
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from commands.main import main
from store.errors import MissingStage, UsageError, UserError
from store.photo.decode import decode
from store.photo.errors import UnusablePhoto
from store.place import Place
from tests import crawl_tables
from tests.web import small_pipeline
from train.captions.answers import PhotoCaptions, WrittenCaption
from train.captions.files import caption_files, print_table
from train.captions.options import DecodingOptions
from train.captions.photo_captioner import PhotoCaptioner
from web.caption_settings import CaptionSettings


class Extractor(small_pipeline.Extractor):
    """The stand-in, which refuses what the decoder refuses, as the real one does."""

    def vectors(self, contents):  # type: ignore[no-untyped-def]
        try:
            return super().vectors([decode(content) for content in contents])
        except UnusablePhoto as error:
            raise UserError(f"photo 1 of 1 cannot be used: {error}") from error


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return small_pipeline.make(tmp_path_factory.mktemp("captions"))


@pytest.fixture(autouse=True)
def extractor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("featurize.extract.Extractor", Extractor)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(3):
        (tmp_path / f"{number}.JPG").write_bytes(crawl_tables.photo(number))
    (tmp_path / "notes.txt").write_text("no photo, and not taken for one")
    return tmp_path


def results(place: Place, *photos: Path, **settings: object) -> list[PhotoCaptions]:
    (run,) = place.runs.iterdir()
    weights = place.data / "weights"
    captioner = PhotoCaptioner(run, weights, dataset=place.dataset, features=place.features)
    return list(caption_files(captioner, photos, settings))


def test_files_and_folders(place: Place, folder: Path) -> None:
    found = results(place, folder, folder / "1.JPG", n=2)
    assert [Path(str(one["file"])).name for one in found] == ["0.JPG", "1.JPG", "2.JPG", "1.JPG"]
    once, again = (found[place]["captions"] for place in (1, 3))
    assert [one["text"] for one in once] == [one["text"] for one in again]
    for one, other in zip(once, again, strict=True):
        assert one["log_probability"] == pytest.approx(
            other["log_probability"], rel=1e-5
        )  # sums in any order
    assert all(len(one["captions"]) == 2 for one in found)


def test_standard_input(place: Place, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = (folder / "1.JPG").read_bytes()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    (piped,) = results(place, Path("-"))
    (named,) = results(place, folder / "1.JPG")
    assert piped["captions"] == named["captions"]


def test_a_broken_photo_is_named_and_the_rest_captioned(place: Place, folder: Path) -> None:
    (folder / "1.JPG").write_bytes(b"no photo")
    found = results(place, folder)
    assert [sorted(one) for one in found] == [["captions", "file"], ["error", "file"], ["captions", "file"]]


def test_photos_in_a_folder_are_known_by_their_content(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every suffix that a browser or a phone gives them, or none; the rest of the folder is named."""
    names = ["a.jfif", "b.avif", "c.jpe", "d.mpo", "e.gif", "f.bmp", "g", "h.txt", "sub/i.tif"]
    (tmp_path / "sub").mkdir()
    formats = ["JPEG", "AVIF", "JPEG", "MPO", "GIF", "BMP", "PNG", "WEBP", "TIFF"]
    for name, format in zip(names, formats, strict=True):
        Image.new("RGB", (40, 30), "red").save(tmp_path / name, format)
    for number in range(6):
        (tmp_path / f"text{number}").write_text("BM is no bitmap, and II no TIFF")
    heic = b"\0\0\0\x18ftypheic" + bytes(40)
    (tmp_path / "phone").write_bytes(heic)
    (tmp_path / "page.jpg").write_text("<html>")
    found = {str(Path(str(one["file"])).relative_to(tmp_path)): one for one in results(place, tmp_path)}
    assert [name for name, one in found.items() if "captions" in one] == names
    assert "HEIC" in str(found["phone"]["error"])
    assert "a web page, and no photo" in str(found["page.jpg"]["error"])
    assert len(found) == len(names) + 2
    assert "left out: text0, text1, text2, text3, text4 and 1 more" in capsys.readouterr().err


def test_a_mismatch_names_its_source(place: Place, folder: Path) -> None:
    from dataset.read import photos

    train = photos(place.dataset, "train")["sha256"].to_pylist()
    (one,) = results(place, folder / "0.JPG", strategy="mismatch", n=2, distance=1.1)
    for caption in one["captions"]:
        assert caption["source"]["sha256"] in train
        assert caption["source"]["distance"] == pytest.approx(1.1, abs=0.3)
    alone = PhotoCaptioner(next(place.runs.iterdir()), place.data)
    with pytest.raises(UserError, match="needs the dataset"):
        list(caption_files(alone, [folder], {"strategy": "mismatch"}))


def test_wrong_usage_is_refused_before_any_work(place: Place, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere does not exist"):
        results(place, tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="holds no photos"):
        results(place, tmp_path / "empty")
    with pytest.raises(UsageError, match="temperature cannot be 0"):
        results(place, folder, strategy="sample", temperature=0)
    with pytest.raises(MissingStage, match="bokeru train"):
        list(caption_files(PhotoCaptioner(tmp_path / "demo" / "runs" / "x", tmp_path), [folder], {}))


def test_tables_show_text_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    caption = WrittenCaption(
        text="[bold]猫[/bold]",
        tokens=[],
        log_probability=-1.25,
        score=-1.25,
        token_log_probabilities=[],
        source={"sha256": "ab" * 32, "distance": 0.8},
    )
    print_table([{"file": "[x].jpg", "captions": [caption]}, {"file": "b.jpg", "error": "broken [/]"}])
    shown = capsys.readouterr().out
    assert "[bold]猫[/bold]" in shown
    assert "[x].jpg" in shown
    assert "broken [/]" in shown


@pytest.mark.parametrize("columns", ["80", "100"])
def test_photos_in_one_folder_are_told_apart(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    folder = "/home/somebody/Pictures/a folder with a rather long name/2026/november"
    names = [f"IMG_2026113{number}_120000.jpg" for number in range(3)] + ["album/" + "x" * 50 + "1.jpg"]
    text = "草原に立つ犬が飼い主の帰りを待っている" * 3
    caption = WrittenCaption(
        text=text, tokens=[], log_probability=-1.0, score=-1.0, token_log_probabilities=[]
    )
    print_table({"file": f"{folder}/{name}", "captions": [caption]} for name in names)
    shown = capsys.readouterr().out
    assert f"photos of {folder}:" in shown.replace("\n", "")
    rows = shown.splitlines()[2:]
    cells = "".join(line[: line.index("  ") if "  " in line else None].strip() for line in rows)
    assert all(name in cells for name in names), shown


def test_captions_stand_in_the_order_of_the_number_beside_them(
    place: Place, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ways = (("sample", 6, 0.0), ("mismatch", 4, 0.0), ("beam", 3, 0.0), ("beam", 3, 1.0))
    for strategy, n, power in ways:
        way = {"strategy": strategy, "n": n, "length_normalisation": power}
        found = results(place, folder / "0.JPG", **way)
        print_table(found)
        numbers = [float(number) for number in re.findall(r"-\d+\.\d\d", capsys.readouterr().out)]
        assert len(numbers) == n
        assert numbers == sorted(numbers, reverse=True)
        for caption in found[0]["captions"]:
            length = len(caption["tokens"]) + 1
            assert caption["score"] == pytest.approx(caption["log_probability"] / length**power)


def test_at_random_is_the_default_in_the_terminal_and_in_the_browser() -> None:
    assert DecodingOptions().strategy == CaptionSettings().strategy == "sample"


def test_the_command(place: Place, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = folder / "pipelines.yaml"
    config.write_text("pipelines: {demo: {}}")
    common = ["caption", "--pipeline", "demo", "--config", str(config), "--data", str(place.data)]
    common += ["--run", next(place.runs.iterdir()).name]  # its dataset and vectors are not those of the file
    options = ["--strategy", "sample", "-n", "2", "--seed", "5", "--top-k", "9", "--forbid", "犬", "--json"]
    assert main([*common, *options, str(folder)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found) == 3
    for one in found[0]["captions"]:
        assert one["text"] == "".join(one["tokens"])
        assert "犬" not in one["text"]
        assert one["log_probability"] == pytest.approx(np.sum(one["token_log_probabilities"]))
    (folder / "0.JPG").write_bytes(b"")
    assert main([*common, str(folder)]) == 1
    assert "1 of 3 photos have no caption" in capsys.readouterr().err
