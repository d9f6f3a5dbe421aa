"""Captions that are kept from judges: by words, by their category, by a score."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from dataset.text.captions import normalise
from dataset.text.names import name_form


@dataclass
class Unfit:
    """What is kept from judges, and how much that was.

    Args:
        words: normalised and in lower case, as `dataset.filters.forbidden_words` returns them.
        categories: of what people wrote; a model's captions have none.
        scores: the most that a score may be, by its name; a caption without that score is let through.
        left_out: how many captions, by the reason.
    """

    words: Sequence[str] = ()
    categories: Collection[str] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._categories = {name_form(name) for name in self.categories}

    def is_fit(
        self, text: str, category: str | None = None, scores: Mapping[str, float | None] | None = None
    ) -> bool:
        """Tell whether people may be shown a caption; count it by the reason where they may not."""
        reason = self._reason(text, category, scores or {})
        if reason:
            self.left_out[reason] += 1
        return reason is None

    def _reason(self, text: str, category: str | None, scores: Mapping[str, float | None]) -> str | None:
        normal = normalise(text).lower()
        if not normal:
            return "empty"
        if any(word in normal for word in self.words):
            return "words"
        if category is not None and name_form(category) in self._categories:
            return "category"
        for name, most in self.scores.items():
            if (scores.get(name) or 0.0) > most:
                return f"score {name}"
        return None
