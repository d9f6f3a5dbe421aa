"""The markup of 2018: Bootstrap still, the caption being a link itself."""

from demo.content import Boke
from demo.layouts import lines
from demo.layouts.bootstrap_2015 import Bootstrap


def _link(boke: Boke) -> str:
    return f'<a class="boke-text" href="/boke/{boke.boke_id}">{lines(boke.text)}</a>'


_layout = Bootstrap(_link)
odai, boke, missing = _layout.odai, _layout.boke, _layout.missing
listing = user = _layout.listing
