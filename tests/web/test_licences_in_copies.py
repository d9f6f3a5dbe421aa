"""What licences keep out of a copy: a copy is made to be passed on, so what nobody may pass on stays out."""

import logging
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from dataset import read
from dataset.build.stage import build
from dataset.options import DatasetOptions
from store.errors import UserError
from store.place import Place
from store.schema import features
from store.shards import ShardWriter
from store.whole_file import write_json
from tests import crawl_tables
from tests.web import small_pipeline
from web.export import export

PHOTO_SAYS_NO, CAPTION_SAYS_NO = "CC-BY-ND-4.0", "All rights reserved"


def make(data: Path, photos: Mapping[int, str | None], captions: Mapping[int, str | None]) -> Place:
    """A trained pipeline whose photos and captions have these licences, by odai; 0 stands for all others."""
    place = Place(data, "demo")
    pages = []
    for n in photos:
        bokes = [
            crawl_tables.boke(10 * n + k, n, text) for k, text in enumerate((f"犬が{n}匹", f"猫も{n}匹"))
        ]
        pages.append(crawl_tables.page(n, bokes, licence=captions.get(n, captions.get(0))))
    crawl_tables.write(place.crawl, pages, [crawl_tables.image(n, licence=photos[n]) for n in photos])
    build(DatasetOptions(dev_fraction=0.4), [place.crawl], place.dataset, name="demo")
    with ShardWriter(place.features / small_pipeline.KEY, "vectors", features(small_pipeline.D)) as shards:
        for sha256 in read.photos(place.dataset)["sha256"].to_pylist():
            vector = small_pipeline.vector(sha256.encode())
            shards.append({"sha256": sha256, "outcome": "ok", "vector": vector})
    write_json(place.features / small_pipeline.KEY / "settings.json", {})
    small_pipeline.train(place)
    return place


def by_odai(place: Place) -> dict[int, str]:
    rows = read.photos(place.dataset).select(["sha256", "odai_ids"]).to_pylist()
    return {row["odai_ids"][0]: row["sha256"] for row in rows}


def test_photos_that_nobody_may_pass_on_are_in_no_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    photos = dict.fromkeys(range(1, 9), "CC-BY-4.0") | {3: PHOTO_SAYS_NO, 4: None, 5: PHOTO_SAYS_NO}
    place = make(tmp_path / "data", photos, {6: CAPTION_SAYS_NO, 7: "CC0-1.0"})
    with caplog.at_level(logging.WARNING):
        index = export(place.data, "demo", tmp_path / "copy")
    named = f"(2 {PHOTO_SAYS_NO}, 1 {CAPTION_SAYS_NO})"
    assert (
        f"The copy leaves out 3 of 8 photos: licences let nobody pass on these or their captions {named}"
        in (caplog.text)
    )
    files = [path for path in index.parent.rglob("*") if path.is_file()]
    text = "".join(path.read_text() for path in files if path.suffix in (".html", ".js"))
    for odai, sha256 in by_odai(place).items():
        is_left_out = odai in (3, 5, 6)
        assert any(sha256 in path.name for path in files) == (not is_left_out), odai
        assert (sha256 in text) == (not is_left_out), odai
        assert (f"犬が{odai}匹" in index.read_text()) == (not is_left_out), odai
    for name in ("index.html", "data.html"):
        assert (
            "3 photos are left out: a licence lets nobody pass on these" in (index.parent / name).read_text()
        )
    assert "写真 3 枚は省いています" in (index.parent / "index.ja.html").read_text()


def test_weights_that_learned_from_them_stay_at_home(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The licences are those of the rows when it learned, whatever the dataset is now."""
    place = make(
        tmp_path / "data", dict.fromkeys(range(1, 7), "CC0-1.0") | {2: PHOTO_SAYS_NO}, {0: "CC0-1.0"}
    )
    build(DatasetOptions(public_only=True, dev_fraction=0.4), [place.crawl], place.dataset, name="demo")
    with caplog.at_level(logging.WARNING):
        index = export(place.data, "demo", tmp_path / "copy")
    assert re.search(
        rf"it learned from photos or captions that licences .*\(1 {PHOTO_SAYS_NO}\)", caplog.text
    )
    assert "leaves out" not in caplog.text
    assert not list(index.parent.rglob("model*.js"))
    assert "data-write" not in index.read_text()
    assert '<ol class="captions model">' in index.read_text(), "what it wrote is there"


def test_where_no_licence_is_known_nobody_says_no(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    place = make(tmp_path / "data", dict.fromkeys(range(1, 7)), {})
    with caplog.at_level(logging.WARNING):
        index = export(place.data, "demo", tmp_path / "copy")
    assert not caplog.text
    assert (index.parent / "static" / "offline" / "model.js").exists()
    assert "left out" not in index.read_text()


def test_a_copy_without_any_photo_is_refused(tmp_path: Path) -> None:
    place = make(tmp_path / "data", dict.fromkeys(range(1, 5), PHOTO_SAYS_NO) | {2: CAPTION_SAYS_NO}, {})
    expected = (
        rf"none of the 4 photos: .*\(3 {PHOTO_SAYS_NO}, 1 {CAPTION_SAYS_NO}\)\. "
        r".*bokeru dataset --pipeline demo .*--set dataset\.public_only=true\. Or .* without --export"
    )
    with pytest.raises(UserError, match=expected):
        export(place.data, "demo", tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
