"""Scrapy's exporters of CSV and XML for rows, whose tables differ in columns, and which hold lists and nulls.

JSON takes them as they are.
"""

import json
import re
from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any

from itemadapter import ItemAdapter
from scrapy.exporters import CsvItemExporter, XmlItemExporter

from crawler.items import LeftOutRow, PageRow, PhotoRow

COLUMNS = list(
    dict.fromkeys(
        name
        for row in (PageRow, PhotoRow, LeftOutRow)
        for name in ItemAdapter.get_field_names_from_class(row) or ()
    )
)
"""Of all tables: one file has rows of each, unless its `item_classes` or `fields` say otherwise."""

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, even escaped (https://www.w3.org/TR/xml/#charsets)."""


class CsvRows(CsvItemExporter):
    """CSV with the columns of all tables, and lists as JSON."""

    def __init__(self, file: BytesIO, **options: Any) -> None:
        options["fields_to_export"] = options.get("fields_to_export") or COLUMNS
        super().__init__(file, **options)

    def serialize_field(self, field: Mapping[str, Any], name: str, value: Any) -> Any:
        """Return what stands in a cell."""
        value = field.get("serializer", _as_it_is)(value)
        return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


class XmlRows(XmlItemExporter):
    """XML in which null is an empty element, and which every reader of XML takes."""

    def serialize_field(self, field: Mapping[str, Any], name: str, value: Any) -> Any:
        """Return what stands in an element."""
        return _for_xml(super().serialize_field(field, name, value))


def _as_it_is(value: Any) -> Any:
    return value


def _for_xml(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str):
        return _NOT_IN_XML.sub("", value)
    if isinstance(value, Mapping):
        return {name: _for_xml(one) for name, one in value.items()}
    return [_for_xml(one) for one in value] if isinstance(value, Iterable) else value
