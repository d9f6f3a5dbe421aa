"""Pictures that stand for a photo which is not there: "image removed", "loading", "no image".

Such a picture is one file under many photos' addresses. (One photo in several odai is normal: its address,
and the md5 in it, is then the same.)
"""

from collections.abc import Collection
from dataclasses import dataclass

from store.addresses import sql_is_named_stand_in, sql_md5, sql_photo_key
from store.sql import string_list


@dataclass(frozen=True)
class StandInRule:
    """What makes a picture a stand-in.

    Args:
        after: it answers for so many photo addresses with different md5 within one crawl.
        photos: sha256 of pictures that are photos all the same.
    """

    after: int = 8
    photos: Collection[str] = ()


def sql_stand_ins(images: str, rule: StandInRule) -> str:
    """Return a query for the stand-ins of one crawl: sha256, and for how many addresses each answers.

    Args:
        images: a table or query in brackets with the columns url, outcome and sha256.
    """
    is_named = f"bool_or({sql_is_named_stand_in('url')})"
    # Nearly all photos have one address: only for the others are addresses told apart, which is slow.
    return f"""
        WITH image AS MATERIALIZED (
            SELECT sha256, url FROM {images}
            WHERE outcome = 'ok' AND sha256 NOT IN {_values(rule.photos)}),
        suspect AS (
            SELECT sha256 FROM image GROUP BY sha256 HAVING count(*) >= {rule.after} OR {is_named})
        SELECT sha256, count(DISTINCT {sql_photo_key("url")}) AS addresses
        FROM image SEMI JOIN suspect USING (sha256) GROUP BY sha256
        HAVING count(DISTINCT {sql_md5("url")}) >= {rule.after} OR {is_named}
        ORDER BY addresses DESC, sha256"""


def _values(photos: Collection[str]) -> str:
    return f"(SELECT unnest({string_list(sorted(photos))}::VARCHAR[]))"
