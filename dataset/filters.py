"""Filters: each caption that is left out is left out by one named filter, and counted under that name.

A filter is a SQL condition over a caption joined with its photo and odai; the first that holds takes it.
"""

from collections.abc import Mapping

from dataset.options import DatasetOptions

Filters = Mapping[str, str]


def by_fact(options: DatasetOptions) -> dict[str, str]:
    """Return the filters that need no text, by name: these run before anything is tokenised."""
    filters = {
        "no photo": "sha256 IS NULL",
        "opt-out": "opted_out",
        "min_stars": f"coalesce(stars, 0) < {options.min_stars}",
    }
    return filters


def by_text(options: DatasetOptions) -> dict[str, str]:
    """Return the filters on a caption's normalised text."""
    return {
        "empty": "text_nfkc = ''",
        "broken characters": "contains(text_nfkc, '\ufffd')",
        "min_characters": f"length(text_nfkc) < {options.min_characters}",
        "max_characters": f"length(text_nfkc) > {options.max_characters}",
    }


def verdict(filters: Filters) -> str:
    """Return a SQL expression: the name of the first filter that takes the caption, or null."""
    cases = " ".join(f"WHEN {condition} THEN '{name}'" for name, condition in filters.items())
    return f"CASE {cases} END"
