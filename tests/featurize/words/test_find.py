"""Photos by words and by photos, by construction: a tower that knows three colours, photos that have one."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import yaml

import bokeru
from commands.main import main
from dataset.text.captions import normalise
from featurize.extract import extract
from featurize.feeding.resolve import fed
from featurize.options import FeatureOptions
from featurize.words.find import Finder, checked
from store.errors import UsageError, UserError
from store.manifest import write_manifest
from store.schema import PHOTOS
from store.shards import whole_parquet
from tests.featurize.small_networks import sha256
from tests.featurize.words.towers import COLOURS, Towers, plain, write_pieces

NAMES = tuple(COLOURS)
SETTINGS = {"preprocess": "clip", "precision": "float16"}


@dataclass(frozen=True)
class Place:
    """A pipeline whose photos have one colour each, and towers that see it.

    Args:
        folder: of settings and data.
        colours: of each photo, in the dataset's order.
        names: their sha256s.
    """

    folder: Path
    colours: list[str]
    names: list[str]

    @property
    def dataset(self) -> Path:
        return self.folder / "data" / "demo" / "dataset"

    def options(self, text: str | None = "text_model.onnx") -> FeatureOptions:
        """Return the settings of features."""
        text = text and str(self.folder / "towers" / text)
        weights = str(self.folder / "towers" / "vision_model.onnx")
        return FeatureOptions.model_validate({"weights": weights, "text": text, **SETTINGS})

    def finder(self, text: str | None = "text_model.onnx") -> Finder:
        """Return what finds its photos."""
        weights = self.folder / "data" / "weights"
        options = self.options(text)
        return Finder(options, self.dataset, self.extracted, weights)

    @property
    def extracted(self) -> Path:
        features, weights = self.folder / "data" / "features", self.folder / "data" / "weights"
        return extract(self.options(), self.dataset, features, weights)

    def of(self, colour: str) -> set[str]:
        """Return the photos of a colour."""
        return {name for name, own in zip(self.names, self.colours, strict=True) if own == colour}


def seeing(folder: Path) -> None:
    """Write towers whose vector of a colour's word points where the vector of its photos does."""
    pieces = write_pieces(folder, "T5Tokenizer")
    towers = Towers(np.random.default_rng(8))
    towers.places[:], towers.value[:], towers.words[:, :3] = 0, 0, 0
    towers.words[:, 3:] *= 0.05  # other words mean next to nothing, each its own
    towers.text[:3] = towers.pixels
    images = towers.write_images(folder / "vision_model.onnx")
    recipe = fed(FeatureOptions(weights=str(images), preprocess="clip"), images, folder).recipe(32)
    tokens = {colour: set(pieces.encode(colour)) for colour in NAMES}
    for colour in NAMES:
        others = set().union(*(tokens[other] for other in NAMES if other != colour))
        own = recipe.prepare(plain(colour)).mean((1, 2))
        for token in tokens[colour] - others:
            towers.words[token, :3] = own
    towers.write_texts(folder / "text_model.onnx")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("found")
    (folder / "towers").mkdir()
    seeing(folder / "towers")
    colours = [NAMES[number % 3] for number in range(12)]
    photos = [plain(colour, number) for number, colour in enumerate(colours)]
    rows = [
        {
            "image": {"bytes": photo},
            "sha256": sha256(photo),
            "labels": ["犬"] if number in (4, 7) else ["猫"],
            "captions": [
                {"text": text, "text_nfkc": normalise(text), "stars": stars, "tokens": [text]}
                for text, stars in ((f"{number}匹の犬", 1), ("ＴＲＡＩＮで行く" if number % 2 else "歩く", 5))
            ][number == 2 :],
        }
        for number, photo in enumerate(photos)
    ]
    dataset = folder / "data" / "demo" / "dataset"
    for name, part in (("train", rows[:8]), ("dev", rows[8:])):
        with whole_parquet(dataset / "data" / f"{name}-00000-of-00001.parquet", PHOTOS) as writer:
            writer.write_table(pa.Table.from_pylist(part, schema=PHOTOS))
    write_manifest(dataset, "dataset", "0")
    made = Place(folder, colours, [sha256(photo) for photo in photos])
    for name, text in (("demo", "text_model.onnx"), ("plain", None)):
        options = made.options(text).model_dump(exclude_unset=True)
        settings = {"pipelines": {name: {"features": options}}}
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    return made


@pytest.mark.parametrize("colour", NAMES)
def test_words_find_the_photos_that_show_it(place: Place, colour: str) -> None:
    found = place.finder().by_words(colour, 4)
    assert {match.sha256 for match in found.matches} == place.of(colour)
    assert found.by == "vectors"
    assert found.remark is None
    assert found.searched == 12
    likeness = [match.likeness or 0.0 for match in found.matches]
    assert likeness == sorted(likeness, reverse=True)
    assert min(likeness) > 0.97


def test_a_photo_finds_those_that_are_like_it_and_not_itself(place: Place, tmp_path: Path) -> None:
    found = place.finder(None).by_photo(place.names[4], 3)
    assert {match.sha256 for match in found.matches} == place.of("緑") - {place.names[4]}
    new = tmp_path / "new.png"
    new.write_bytes(plain("青", 19))
    found = place.finder(None).by_photo(str(new), 4)
    assert {match.sha256 for match in found.matches} == place.of("青")


def test_without_a_tower_captions_and_labels_are_searched_and_it_is_said(place: Place) -> None:
    found = place.finder(None).by_words("犬", 99)
    assert found.by == "captions"
    assert "no text tower" in str(found.remark)
    # Photos with the label come first, then all but number 2, whose captions have no dog.
    rest = [number for number in range(12) if number not in (2, 4, 7)]
    assert [match.sha256 for match in found.matches] == [place.names[number] for number in (4, 7, *rest)]
    assert found.matches[0].caption == "4匹の犬", "a caption with the word, though another has more stars"
    assert found.matches[0].likeness is None
    both = place.finder(None).by_words("train　犬", 99)
    assert [match.sha256 for match in both.matches] == [place.names[n] for n in (7, 1, 3, 5, 9, 11)]
    assert both.matches[0].caption == "ＴＲＡＩＮで行く"
    assert not place.finder(None).by_words("宇宙人").matches


def test_words_that_cannot_be_looked_for_are_told() -> None:
    for words, reason in (
        (" \n", "no words"),
        ("犬" * 1001, "1,001 characters"),
        ("\udcff", "no text in UTF-8"),
    ):
        with pytest.raises(UsageError, match=reason):
            checked(words)
    assert checked("　犬 ") == "犬"


def test_more_words_than_captions_are_searched_for_are_refused(place: Place) -> None:
    """Twenty-one of them: each is looked for in every caption."""
    finder = place.finder(None)
    assert not finder.by_words(" ".join(map(str, range(100, 120)))).matches
    with pytest.raises(UsageError, match="21 words are too many to look for in captions; 20 are the most"):
        finder.by_words(" ".join(map(str, range(100, 121))))
    assert finder.by_words("犬 " * 100).matches, "the same word once more is no other"


def test_what_is_no_photo_and_no_tower_is_told(place: Place) -> None:
    with pytest.raises(UsageError, match=r"nothing.jpg is no file, and no photo of the dataset"):
        place.finder(None).by_photo("nothing.jpg")
    with pytest.raises(UsageError, match=r"features.text is '.*gone.onnx', which is not there"):
        place.finder("gone.onnx").by_words("犬")
    with pytest.raises(UserError, match=r"cannot be used: "):
        place.finder(None).by_photo(str(place.folder / "demo.yaml"))


def test_the_command_answers_for_people_and_programs(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    _ = place.extracted
    data = ("--data", str(place.folder / "data"))
    with_tower = ("--pipeline", "demo", "--config", str(place.folder / "demo.yaml"), *data)
    capsys.readouterr()
    assert main(["find", "赤", *with_tower, "--count", "2", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert {match["sha256"] for match in answer["matches"]} < place.of("赤")
    assert main(["find", "--photo", place.names[0], *with_tower, "--count", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[1] for line in lines[:3]} == place.of("赤") - {place.names[0]}
    assert lines[3] == "3 of 12 photos are shown"
    assert main(["find", "犬", *with_tower, "--set", "features.text=null"]) == 0
    told = capsys.readouterr()
    assert "features.text names no text tower" in told.err
    assert main(["find", *with_tower]) == 2
    assert "takes words, or --photo" in capsys.readouterr().err


def test_the_door_from_python_finds_the_same(place: Place) -> None:
    _ = place.extracted
    pipeline = bokeru.pipeline(place.folder / "data" / "demo", place.folder / "demo.yaml")
    assert {match.sha256 for match in pipeline.find("青", n=4).matches} == place.of("青")
    near = pipeline.find(photo=place.names[1], n=3).matches
    assert {match.sha256 for match in near} == place.of("緑") - {place.names[1]}
    with pytest.raises(UserError, match="words or a photo"):
        pipeline.find()
