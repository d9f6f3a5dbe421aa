"""The markup of 2018: Bootstrap, with the caption as a link instead of a heading."""

from demo.content import Boke
from demo.layouts.bootstrap_2015 import Bootstrap
from demo.layouts.layout import caption_html


def _link(boke: Boke) -> str:
    return f'<a class="boke-text" href="/boke/{boke.boke_id}">{caption_html(boke.text)}</a>'


_layout = Bootstrap(_link)
odai_page, boke_page, not_found = _layout.odai_page, _layout.boke_page, _layout.not_found
list_page = user_page = _layout.list_page
