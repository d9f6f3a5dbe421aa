"""Which captions no page shows: people's and the model's, by category and by words (`web.hide`)."""

from functools import reduce

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dataset.text.captions import normalise
from dataset.text.names import name_form
from web.options import HideOptions


class Hidden:
    """The captions that the settings hide. C captions of a dataset.

    Attributes:
        words: in the normal form of captions: none may stand in one, in whatever case.
    """

    def __init__(self, options: HideOptions) -> None:
        self._categories = sorted({form for name in options.categories for form in (name, name_form(name))})
        self.words = tuple(filter(None, map(normalise, options.words)))

    def mask(self, captions: pa.Table) -> NDArray[np.bool_]:
        """Return which captions of the index are hidden, (C,)."""
        found = [pc.is_in(captions["category"], pa.array(self._categories, pa.string()))]
        found += [pc.match_substring(captions["text_nfkc"], word, ignore_case=True) for word in self.words]
        hidden = reduce(pc.or_, (pc.fill_null(each, False) for each in found))
        return np.asarray(hidden.to_numpy(zero_copy_only=False), bool)

    def hides(self, text: str, category: str | None = None) -> bool:
        """Tell whether a caption is hidden; a model's has no category."""
        folded = normalise(text).casefold()
        return category in self._categories or any(word.casefold() in folded for word in self.words)
