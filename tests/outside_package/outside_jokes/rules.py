"""A filter and a metric."""

from collections.abc import Sequence


class Rules:
    """Conditions by name, as SQL."""

    def by_fact(self, options: object) -> dict[str, str]:
        """Return what needs no normalised text."""
        return {"few_stars": "coalesce(stars, 0) < 1"}

    def by_text(self, options: object) -> dict[str, str]:
        """Return what the text decides."""
        return {"with_digits": "regexp_matches(text_nfkc, '[0-9]')"}


house_rules = Rules()


def mean_length(
    captions: Sequence[Sequence[str]], references: Sequence[Sequence[Sequence[str]]]
) -> float | None:
    """Return the mean number of tokens of a caption."""
    return sum(map(len, captions)) / len(captions) if captions else None
