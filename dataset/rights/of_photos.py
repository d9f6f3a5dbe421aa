"""Loads the distinct photos, and reads their licences off their own metadata where no source tells one."""

import duckdb
import pyarrow as pa

from dataset.build.crawl_tables import PHOTO
from dataset.rights.licences import spdx

_STATED = """
    SELECT DISTINCT unnest([rights.licence_url, rights.licence]) AS stated FROM photo
    WHERE licence IS NULL AND rights IS NOT NULL"""
# The address of a licence says which one, its name may be anything: so the address goes first.
_FILL = """
    UPDATE photo SET
        licence = coalesce(licence, (SELECT spdx FROM known WHERE stated = rights.licence_url),
            (SELECT spdx FROM known WHERE stated = rights.licence)),
        credit = coalesce(credit, rights.credit, rights.creator)
    WHERE rights IS NOT NULL AND (licence IS NULL OR credit IS NULL)"""


def load_photos(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `photo` and `image` of `latest_image`, `anew` and `fact`.

    A photo whose source tells no licence, or names nobody to credit, has what its metadata say.
    """
    connection.execute(PHOTO)
    stated = [text for (text,) in connection.execute(_STATED).fetchall() if text]
    known = {"stated": stated, "spdx": [spdx(text) for text in stated]}
    schema = pa.schema([("stated", pa.string()), ("spdx", pa.string())])
    connection.register("known", pa.table(known, schema))
    connection.execute(_FILL)
    connection.unregister("known")
