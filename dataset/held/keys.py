"""What a dataset holds as short keys, in which a page without a server looks something up.

P photos, K keys, O origins. A key is the first 40 bits of a SHA-256, so the list tells no number and no
address to whoever does not know it already; beside a million keys, one number in a million that is not held
seems to be.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataset.held.rows import HeldRows
from store.addresses import sql_photo_key

KEY_BYTES = 5
_NAMES = {
    "boke": "SELECT boke_id::VARCHAR AS name, sha256 FROM kept",
    "odai": "SELECT odai_id::VARCHAR, sha256 FROM kept",
    "photo": "SELECT sha256, sha256 FROM kept",
    "copy": "SELECT image_sha256, sha256 FROM kept WHERE image_sha256 <> sha256",
    "address": f"SELECT {sql_photo_key('url')}, sha256 FROM image SEMI JOIN kept USING (sha256)",
}
"""What something can be asked for by: a number, the SHA-256 of a photo as fetched or as the dataset has it,
or what the addresses of a photo's copies have in common."""
_TOLD = """
    CREATE TEMP TABLE told AS
    SELECT row_number() OVER (ORDER BY sha256) - 1 AS number, sha256, least(count(*), 65535) AS captions,
        coalesce(any_value(day), 0) AS day, any_value(kept.source) AS source,
        any_value(kept.licence) AS licence, any_value(kept.credit) AS credit
    FROM kept LEFT JOIN (
        SELECT sha256, min(epoch_us(fetched_at)) // 86400000000 AS day FROM image GROUP BY sha256
        HAVING day BETWEEN 0 AND 65535)
    USING (sha256) GROUP BY sha256"""
_MOST_ORIGINS = 2**16


@dataclass(frozen=True)
class Keys:
    """The keys of a dataset, and what there is to tell of each photo.

    Attributes:
        keys: (K, KEY_BYTES) uint8, in order; a key that stands for several photos is there for each.
        photos: (K,) uint32, the number of each key's photo.
        days: (P,) uint16, since when it is held, in days since 1970-01-01; 0 where that is not known, or is
            no day that a number can tell: archives of others have any.
        captions: (P,) uint16.
        origins: (P,) uint16, the number of its origin.
        named: O origins: source, licence and credit; None for what is not known.
    """

    keys: NDArray[np.uint8]
    photos: NDArray[np.uint32]
    days: NDArray[np.uint16]
    captions: NDArray[np.uint16]
    origins: NDArray[np.uint16]
    named: list[tuple[str | None, ...]]


def keys_of(rows: HeldRows) -> Keys | None:
    """Return the keys of what the dataset holds; None where it has more origins than a number can tell.

    What was fetched and is not in the dataset is not among them: where that alone is forgotten, the dataset
    stays as it is, and nothing would say that a list of keys is outdated.
    """
    connection = rows.connection
    connection.execute("CREATE TEMP TABLE kept AS FROM caption WHERE split IS NOT NULL")
    connection.execute(_TOLD)
    told: list[dict[str, Any]] = connection.sql("FROM told ORDER BY number").to_arrow_table().to_pylist()
    origins = [(row["source"], row["licence"], row["credit"]) for row in told]
    number_of = {origin: number for number, origin in enumerate(dict.fromkeys(origins))}
    if len(number_of) > _MOST_ORIGINS:
        return None
    found = connection.sql(f"{_named()} ORDER BY key, number").to_arrow_table()
    digits = "".join(found["key"].to_pylist())
    return Keys(
        np.frombuffer(bytes.fromhex(digits), np.uint8).reshape(-1, KEY_BYTES),
        found["number"].to_numpy().astype(np.uint32),
        np.array([row["day"] for row in told], np.uint16),
        np.array([row["captions"] for row in told], np.uint16),
        np.array([number_of[origin] for origin in origins], np.uint16),
        list(number_of),
    )


def _named() -> str:
    """Return the SQL of all keys, in hex, with the number of their photo."""
    return " UNION ".join(
        f"SELECT left(sha256('{kind} ' || name), {2 * KEY_BYTES}) AS key, number "
        f"FROM ({query}) AS named(name, sha256) JOIN told USING (sha256) WHERE name IS NOT NULL"
        for kind, query in _NAMES.items()
    )
