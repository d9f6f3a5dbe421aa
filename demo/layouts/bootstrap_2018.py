"""The markup of 2018: Bootstrap, with lists that cut long captions.

From the same readers as `bootstrap_2015`; the whole caption stands in the dialog of each boke. At how many
characters the site cut no reader says.
"""

from demo.layouts.bootstrap_2015 import Bootstrap

_layout = Bootstrap(longest=12)
odai_page, boke_page, not_found = _layout.odai_page, _layout.boke_page, _layout.not_found
list_page = user_page = _layout.list_page
