"""Rows as Scrapy items: what ItemAdapter, and so feeds, contracts and pipelines of others, learn of them."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from itemadapter import ItemAdapter
from scrapy.exporters import JsonLinesItemExporter

from crawler.items import LeftOutRow, Page, PageRow, PhotoRow
from crawler.parsing.parse import page_row
from store.schema import IMAGES, LEFT_OUT, PAGES

NOON = datetime(2026, 11, 29, 12, 0, 0, 250_000, tzinfo=UTC)


@pytest.mark.parametrize(("row", "schema"), [(PageRow, PAGES), (PhotoRow, IMAGES), (LeftOutRow, LEFT_OUT)])
def test_a_row_has_its_tables_columns_as_fields_also_while_it_is_empty(row: type, schema: pa.Schema) -> None:
    assert ItemAdapter.get_field_names_from_class(row) == schema.names
    assert list(ItemAdapter(row()).field_names()) == schema.names
    assert ItemAdapter(row(url="u")).asdict() == dict.fromkeys(schema.names) | {"url": "u"}
    for name in schema.names:
        assert ItemAdapter.get_field_meta_from_class(row, name)["type"] == schema.field(name).type


def test_a_field_that_the_table_lacks_is_refused() -> None:
    adapter = ItemAdapter(PageRow(url="u"))
    adapter["category"] = "バカ"
    with pytest.raises(KeyError, match="PageRow does not support field: categroy"):
        adapter["categroy"] = "バカ"
    with pytest.raises(KeyError, match="PhotoRow does not support field: links"):
        ItemAdapter.get_field_meta_from_class(PhotoRow, "links")
    with pytest.raises(KeyError, match="does not support field: categroy"):
        adapter["categroy"]
    assert (adapter["category"], adapter["kind"], "kind" in adapter, "knid" in adapter) == (
        "バカ",
        None,
        True,
        False,
    )


def test_the_json_schema_is_that_of_a_feed() -> None:
    schema = ItemAdapter.get_json_schema(PageRow)
    assert (schema["type"], schema["additionalProperties"], schema["required"]) == (
        "object",
        False,
        PAGES.names,
    )
    properties = schema["properties"]
    assert properties["odai_id"] == {"type": ["integer", "null"]}
    assert properties["fetched_at"] == {"type": ["string", "null"], "format": "date-time"}
    assert properties["label_confidences"]["items"] == {"type": ["number", "null"]}
    assert properties["bokes"]["items"]["properties"]["stars"] == {"type": ["integer", "null"]}


def test_a_dict_that_is_no_row_stays_what_it_was() -> None:
    assert list(ItemAdapter({"anything": 1}).field_names()) == ["anything"]


def line(row: PageRow | PhotoRow) -> dict[str, Any]:
    file = io.BytesIO()
    JsonLinesItemExporter(file).export_item(row)
    found: dict[str, Any] = json.loads(file.getvalue())
    return found


@pytest.mark.parametrize(("kind", "ending"), [("jpeg", "jpg"), ("mpo", "jpg"), ("png", "png")])
def test_a_feed_names_a_photo_as_exports_do(kind: str, ending: str) -> None:
    photo = PhotoRow(url="u", bytes=b"\xff\xd8\xff", sha256="ab" * 32, format=kind, fetched_at=NOON)
    assert line(photo)["bytes"] == f"{'ab' * 32}.{ending}"
    assert ItemAdapter(photo)["bytes"] == b"\xff\xd8\xff", "pipelines get the photo itself"
    assert line(PhotoRow(url="u", bytes=None, sha256=None, format=None))["bytes"] is None


def test_a_feed_keeps_the_zone_and_the_microseconds_of_times() -> None:
    boke = {"boke_id": 1, "text": "ボケ", "posted": NOON}
    page = page_row("u", NOON, Page(), 200) | {"bokes": [boke]}
    found = line(PageRow(page))
    assert found["fetched_at"] == "2026-11-29T12:00:00.250000Z"
    assert found["bokes"] == [{"boke_id": 1, "text": "ボケ", "posted": "2026-11-29T12:00:00.250000Z"}]
    assert boke["posted"] is NOON, "the row itself keeps its time"
