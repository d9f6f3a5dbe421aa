"""The text of a caption: what a browser shows of it."""

import pytest
from parsel import Selector

from crawler.parsing.markup import text


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("犬が<script>track('猫')</script>走る", "犬が走る"),
        ("<style>h1{color:red}</style>犬", "犬"),
        ("犬<template><b>猫</b></template>", "犬"),
        ('犬<noscript><img alt="猫"></noscript>', "犬"),
        ('笑う<img alt="😂" src="/emoji/1f602.png">犬', "笑う😂犬"),
        ('<img alt="😂">', "😂"),
        ('<img src="/emoji/1f602.png">', ""),
        ("一行<br>二行", "一行\n二行"),
        ("\u200d", ""),
        ("\u3164", ""),
        ("\u3000\u2800\ufe0f\u200b<br>\u115f", ""),
        ("👨\u200d👩", "👨\u200d👩"),
        ("<b>太</b>字<!-- 注 -->", "太字"),
    ],
)
def test_text(html: str, shown: str) -> None:
    assert text(Selector(f"<h1>{html}</h1>").css("h1")[0]) == shown
