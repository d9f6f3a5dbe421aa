"""Feeds lead to the boke and odai that they name. The feeds here follow their specifications' examples."""

from datetime import UTC, datetime

import pytest

from crawler.parsing.parse import parse

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SITE = "https://bokete.jp"
RSS2 = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>人気のボケ</title>
<link>https://bokete.jp/boke/popular</link><atom:link rel="self" href="https://bokete.jp/boke/popular/rss"/>
<item><title>犬 &amp; 猫</title><link>https://bokete.jp/boke/81</link><guid>https://bokete.jp/boke/81</guid></item>
<item><title><![CDATA[<b>車</b>]]></title><link> http://www.bokete.jp/boke/82/?ref=rss
</link></item>
<item><title>お題</title><link>https://bokete.jp/odai/5</link></item>
<item><title>広告</title><link>https://elsewhere.example/boke/9</link></item>
<item><title>一覧</title><link>https://bokete.jp/boke/hot</link></item></channel></rss>"""
RSS1 = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
<channel rdf:about="https://bokete.jp/boke/popular/rss"><link>https://bokete.jp/</link></channel>
<item rdf:about="https://bokete.jp/boke/81"><link>https://bokete.jp/boke/81</link></item>
<item rdf:about="https://bokete.jp/boke/82"><link>/boke/82</link></item></rdf:RDF>"""
ATOM = """<!-- made by hand --><feed xmlns="http://www.w3.org/2005/Atom"><link href="https://bokete.jp/odai/1"/>
<entry><link rel="alternate" href="https://bokete.jp/boke/81"/><link rel="edit" href="https://bokete.jp/boke/7"/>
</entry><entry><link href="https://bokete.jp/boke/82"/></entry></feed>"""
BOMB = """<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY f SYSTEM "file:///etc/passwd">]>
<rss><channel><item><link>https://bokete.jp/boke/81</link><title>&a;&f;</title></item></channel></rss>"""


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        (RSS2, ["/boke/81", "/boke/82", "/odai/5"]),
        (RSS1, ["/boke/81", "/boke/82"]),
        (ATOM, ["/boke/81", "/boke/82"]),
        (BOMB.replace("<!DOCTYPE", "<!--").replace("]>", "-->"), ["/boke/81"]),
        (RSS2[: RSS2.index("<item><title>お題")], ["/boke/81", "/boke/82"]),
    ],
)
def test_a_feed_leads_to_the_boke_and_odai_of_the_site(text: str, paths: list[str]) -> None:
    row = parse(text.encode(), f"{SITE}/boke/popular/rss", NOW, "application/rss+xml")
    assert (row["outcome"], row["layout"], row["bokes"]) == ("ok", "feed", [])
    assert row["links"] == [f"{SITE}{path}" for path in paths]


def test_a_feed_in_another_encoding_is_read() -> None:
    body = RSS2.replace("utf-8", "euc-jp").encode("euc_jp")
    assert parse(body, f"{SITE}/boke/popular/rss", NOW)["links"] == [
        f"{SITE}/{path}" for path in ("boke/81", "boke/82", "odai/5")
    ]


def test_a_feed_that_names_nothing_is_drift() -> None:
    row = parse(b"<rss><channel><title>x</title></channel></rss>", f"{SITE}/boke/popular/rss", NOW)
    assert (row["outcome"], row["error"]) == ("drift", "a feed that leads to no boke and no odai")


def test_a_page_that_speaks_of_feeds_is_none() -> None:
    page = b'<html><body><p>&lt;rss&gt; <rss version="2"></rss></p></body></html>'
    assert parse(page, f"{SITE}/help", NOW)["layout"] != "feed"


def test_the_entities_of_a_feed_are_not_followed() -> None:
    row = parse(BOMB.encode(), f"{SITE}/boke/popular/rss", NOW)
    assert "root:" not in str(row)
