"""Names that are no SHA-256 are refused where a build, a page or an export would name files by them."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset import read
from dataset.build.stage import build
from dataset.options import DatasetOptions
from store.errors import DamagedFile
from store.photo.keys import check_keys
from store.place import Place
from tests.crawl_tables import boke, image, page, write
from web.content.library import Library
from web.export import _photos

GOOD = "0123456789abcdef" * 4
ODD = ["../../x", GOOD.upper(), GOOD + "\n", GOOD[:-1], "", "/etc/passwd", GOOD + "0", f"{GOOD}/../x"]


@pytest.mark.parametrize("key", ODD)
def test_only_a_sha256_is_a_key(key: str) -> None:
    with pytest.raises(DamagedFile, match=r"a.parquet .*column 'sha256' holds .*, which is no SHA-256"):
        check_keys(Path("a.parquet"), pa.chunked_array([[GOOD, None, key]]))
    check_keys(Path("a.parquet"), pa.chunked_array([[GOOD, None]]))


@pytest.mark.parametrize("key", ODD)
def test_a_crawl_of_others_with_a_path_for_a_key_is_refused_at_the_build(tmp_path: Path, key: str) -> None:
    crawl = tmp_path / "p" / "crawl"
    pages = [page(n, [boke(n, n, "犬だ")]) for n in (1, 2)]
    write(crawl, pages, [image(1), image(2, sha256=key)])
    with pytest.raises(DamagedFile, match=r"images-.*parquet is damaged: column 'sha256' holds .*no SHA-256"):
        build(DatasetOptions(), [crawl], tmp_path / "p" / "dataset", name="p")
    assert not list((tmp_path / "p" / "dataset").glob("data/*.parquet"))


def test_a_dataset_of_others_with_a_path_for_a_key_names_no_file(dataset: Path, tmp_path: Path) -> None:
    path = next((dataset / "data").glob("train-*.parquet"))
    table = pq.read_table(path)
    keys = pa.array(["../../x", *table["sha256"].to_pylist()[1:]])
    place = table.schema.get_field_index("sha256")
    pq.write_table(table.set_column(place, table.schema.field(place), keys), path)
    keys = read.photos(dataset)["sha256"].to_pylist()
    with pytest.raises(DamagedFile, match=r"column 'sha256' holds '\.\./\.\./x', which is no SHA-256"):
        _photos(Place.of(dataset), Library(), keys, tmp_path / "pages" / "photos")
    assert not list(tmp_path.glob("x*"))
