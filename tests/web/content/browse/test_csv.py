"""A view as CSV: held to RFC 4180, to what OWASP says of formulas, and to the dataset's rows."""

import csv
import io
import tracemalloc

import pyarrow as pa
import pytest
from fastapi.testclient import TestClient

from store.place import Place
from tests.crawl_tables import NOW
from tests.web.content.browse.conftest import Rows, found
from web.app import create
from web.content.browse.csv_rows import csv_rows
from web.content.browse.filter import Filter
from web.content.browse.view import View, look
from web.content.catalogue import Catalogue
from web.content.index import CAPTION_SCHEMA, PHOTO_SCHEMA, Index
from web.options import HideOptions, WebOptions

ADDRESS = "/pipelines/it's/data.csv"


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_it_is_rfc_4180_in_utf_8(client: TestClient) -> None:
    answer = client.get(ADDRESS)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="photos.csv"'
    content = answer.content.decode("utf-8")
    assert content.endswith("\r\n")
    # Lines end with CRLF; the only other end of line stands within quotes, and quotes in them are doubled.
    assert '"これが""猫""、\nです"' in content
    assert content.replace("\r\n", "").count("\n") == 1
    lengths = {len(row) for row in csv.reader(io.StringIO(content, newline=""), strict=True)}
    assert lengths == {19}


def test_no_cell_is_a_formula(client: TestClient) -> None:
    texts = {row["boke_id"]: row["text"] for row in table(client.get(ADDRESS).content.decode())}
    assert [texts[boke] for boke in ("11", "21", "71", "72")] == [
        "'=HYPERLINK(1)",
        "'＋１点",
        "'-1",
        "'@全員",
    ]
    # What was written with a quote in front, or is none, stays.
    assert (texts["81"], texts["51"]) == ("' quoted", "ふつう")


def test_rows_are_the_captions_of_the_photos_in_the_view_s_order(client: TestClient, photos: Rows) -> None:
    rows = table(client.get(f"{ADDRESS}?sort=stars").content.decode())
    by_sha256 = {photo["sha256"]: photo for photo in photos}
    expected = [
        (sha256, str(one["boke_id"]), "" if one["stars"] is None else str(one["stars"]))
        for sha256 in found(client, "sort=stars")
        for one in sorted(by_sha256[sha256]["captions"], key=lambda one: -(one["stars"] or 0))
    ]
    assert [(row["sha256"], row["boke_id"], row["stars"]) for row in rows] == expected
    first = rows[0]
    assert (first["labels"], first["posted"], first["score.kanji"]) == ("人", "2021-05-05T00:00:00Z", "0.25")
    cat = next(row for row in rows if row["boke_id"] == "31")
    assert (cat["posted"], cat["split"], cat["score.light"]) == ("", "dev", "0.3")


def test_only_captions_that_were_asked_for(client: TestClient) -> None:
    rows = table(client.get(f"{ADDRESS}?stars=100").content.decode())
    assert sorted(row["boke_id"] for row in rows) == ["12", "71"]
    assert "user" not in ",".join(rows[0])


def test_hidden_captions_stay_out_and_a_photo_without_captions_stays(looked: Place) -> None:
    options = WebOptions(hide=HideOptions(categories=("例え",), words=("犬",)))
    with TestClient(create(looked.data, looked.name, options=options)) as client:
        text = client.get(ADDRESS).content.decode()
        assert "犬だよ" not in text
        rows = table(text)
        assert sorted(row["boke_id"] for row in rows) == ["", "", "11", "21", "31", "51", "71", "72", "81"]
        assert len({row["sha256"] for row in rows}) == 8
        # And no other page counts them.
        assert found(client, "captions_min=1&captions_max=1") != []
        assert "knows nothing of web.hide" in client.get("/pipelines/it's/data").text


def test_another_site_causes_no_work(client: TestClient) -> None:
    assert client.get(ADDRESS, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.head(ADDRESS).status_code == 200


def of_size(photos: int) -> View:
    """Return a view of so many photos with ten captions each, which nobody has filtered, by stars."""
    row = {"sha256": "0" * 64, "labels": ["猫"], "captions": 10, "split": "train"}
    caption = {"text": "猫が走る" * 4, "stars": 3, "characters": 16, "posted": NOW}
    tables = [
        pa.Table.from_pylist([each] * count, schema)
        for each, count, schema in ((row, photos, PHOTO_SCHEMA), (caption, photos * 10, CAPTION_SCHEMA))
    ]
    return look(Catalogue(Index([], *tables)), Filter(), "stars")


def test_photos_that_nobody_captioned_have_rows() -> None:
    rows = [{"sha256": str(n) * 64, "captions": 0, "split": "dev"} for n in range(3)]
    photos, captions = pa.Table.from_pylist(rows, PHOTO_SCHEMA), CAPTION_SCHEMA.empty_table()
    view = look(Catalogue(Index([], photos, captions)), Filter(), "stars")
    found = table(b"".join(csv_rows(view)).decode())
    assert [(row["sha256"][0], row["text"]) for row in found] == [("0", ""), ("1", ""), ("2", "")]


@pytest.mark.long
def test_memory_does_not_grow_with_the_captions() -> None:
    """What is written of 200,000 captions takes no more memory than what is written of 20,000."""
    peaks = []
    for photos in (2_000, 20_000):
        view = of_size(photos)
        tracemalloc.start()
        try:
            lines = sum(chunk.count(b"\r\n") for chunk in csv_rows(view))
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
        assert lines == 1 + photos * 10
    assert peaks[1] < peaks[0] + 2_000_000, peaks
