"""Rows in CSV and XML: what readers of these formats get, whatever a caption holds."""

import csv
import io
import json
from xml.etree import ElementTree

from crawler.items import LeftOutRow, PageRow, PhotoRow
from crawler.scrapy_project.exporters import COLUMNS, CsvRows, XmlRows

TEXT = 'line\nand "quotes", a comma, <b> & \x0b\x00 \ufffe 笑'
PAGE = PageRow(url="u", error=None, labels=["a,b", "c"], bokes=[{"boke_id": 1, "text": TEXT, "stars": None}])


def test_xml_leaves_out_what_xml_cannot_hold() -> None:
    file = io.BytesIO()
    exporter = XmlRows(file)
    exporter.start_exporting()
    exporter.export_item(PAGE)
    exporter.finish_exporting()
    item = ElementTree.fromstring(file.getvalue())[0]
    assert item.findtext("bokes/value/text") == 'line\nand "quotes", a comma, <b> &   笑'
    assert item.findtext("bokes/value/stars") == item.findtext("error") == ""
    assert [label.text for label in item.findall("labels/value")] == ["a,b", "c"]


def test_csv_gives_lists_back_and_has_rows_of_every_table() -> None:
    file = io.BytesIO()
    exporter = CsvRows(file)
    for row in (LeftOutRow(url="closed", rule="Disallow: /"), PAGE, PhotoRow(url="p", width=3)):
        exporter.export_item(row)
    closed, page, photo = csv.DictReader(io.StringIO(file.getvalue().decode(), newline=""))
    assert list(page) == COLUMNS
    assert (closed["rule"], photo["width"], page["error"]) == ("Disallow: /", "3", "")
    assert json.loads(page["labels"]) == ["a,b", "c"]
    assert json.loads(page["bokes"]) == PAGE["bokes"]


def test_csv_has_the_fields_that_a_feed_names() -> None:
    file = io.BytesIO()
    exporter = CsvRows(file, fields_to_export=["width", "url"])
    exporter.export_item(PhotoRow(url="p", width=3))
    exporter.finish_exporting()
    assert file.getvalue() == b"width,url\r\n3,p\r\n"
