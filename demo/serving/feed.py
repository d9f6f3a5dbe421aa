"""The embedded site's feed: RSS 2.0, as its specification describes it."""

from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape

from demo.content import Boke


def feed(name: str, site: str, bokes: list[Boke], photos: list[str]) -> str:
    """Return the feed of a list.

    Args:
        name: the list's name.
        site: the address that its links begin with.
        bokes: the entries.
        photos: the address of each entry's photo.
    """
    items = "".join(
        f"<item><title>{escape(boke.text)}</title><link>{site}/boke/{boke.boke_id}</link>"
        f'<guid isPermaLink="true">{site}/boke/{boke.boke_id}</guid>'
        f"<pubDate>{format_datetime(datetime.now(UTC) - boke.age)}</pubDate>"
        f'<description>&lt;img src="{photo}"&gt;</description></item>\n'
        for boke, photo in zip(bokes, photos, strict=True)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>'
        f"<title>{escape(name)}のボケ</title><link>{site}/boke/{name}</link><description>ボケ</description>\n"
        f"{items}</channel></rss>\n"
    )
