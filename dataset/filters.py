"""The filters: named SQL conditions. The first that holds for a caption leaves it out, and is counted.

A condition may use the columns of a caption and of its odai and photo. Filters are applied in order.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from dataset import outside
from dataset.options import DatasetOptions
from dataset.rights.licences import PUBLIC
from dataset.text.captions import normalise
from dataset.where.expression import parse
from store.errors import UserError
from store.sql import literal, string_list
from store.text.visible import RANGES as INVISIBLE_RANGES

Filters = Mapping[str, str]
"""SQL conditions by the filters' names, in the order in which they are applied."""

WORDS_PER_PATTERN = 500
"""Forbidden words in one regular expression: DuckDB's RE2 refuses patterns that grow too large."""
OPT_OUTS = ("odai", "boke", "photo", "url")
"""What a line of the file `dataset.opt_outs` may name."""


def by_fact(options: DatasetOptions) -> dict[str, str]:
    """Return the filters that need no tokens: they are applied before anything is tokenised."""
    confident = f"list_filter(labels, lambda l: coalesce(l.confidence, 1) >= {options.min_confidence})"
    label_names = f"list_transform({confident}, lambda l: l.label)"
    ours = {
        "forgotten": "forgotten",
        "opt_outs": "opted_out",
        "no_photo": "photo_id IS NULL",
        "unusable_photo": "unusable",
        "stand_in": "stands_in",
        "near_both_splits": "split IS NULL",
        "min_stars": f"coalesce(stars, 0) < {options.min_stars}",
        "min_raters": f"coalesce(raters, 0) < {options.min_raters}",
        "categories": _is_not_in("category", options.categories),
        "exclude_categories": _is_in("category", options.exclude_categories),
        "photo_categories": _is_not_in("photo_category", options.photo_categories),
        "exclude_photo_categories": _is_in("photo_category", options.exclude_photo_categories),
        "labels": f"NOT coalesce(list_has_any({label_names}, {_list(options.labels)}), false)"
        if options.labels
        else "false",
        "exclude_labels": f"coalesce(list_has_any({label_names}, {_list(options.exclude_labels)}), false)",
        "exclude_kinds": _is_in("kind", options.exclude_kinds),
        "sources": _is_not_in("source", options.sources),
        "exclude_sources": _is_in("source", options.exclude_sources),
        "licences": _is_not_in("licence", options.licences),
        "photo_licences": _is_not_in("photo_licence", options.photo_licences),
        "public_only": f"NOT ({_is_public('licence')} AND {_is_public('photo_licence')})"
        if options.public_only
        else "false",
        "credited_only": "credit IS NULL" if options.credited_only else "false",
        "where": f"NOT coalesce({parse(options.where).sql}, false)" if options.where else "false",
    }
    return ours | _of_others("by_fact", options, ours)


def by_text(options: DatasetOptions, words: Iterable[str]) -> dict[str, str]:
    """Return the filters on a caption's normalised text; `words` are the forbidden words."""
    ours = {
        "empty": "text_nfkc = ''",
        "broken_characters": "contains(text_nfkc, '\ufffd')",
        "min_characters": f"length(text_nfkc) < {options.min_characters}",
        "max_characters": f"length(text_nfkc) > {options.max_characters}",
        "forbidden_words": _containing(words, options.forbidden_words_across),
    }
    return ours | _of_others("by_text", options, ours)


def _of_others(step: outside.Step, options: DatasetOptions, ours: Iterable[str]) -> dict[str, str]:
    taken = {*ours, *BY_PHOTO, *DatasetOptions.model_fields}
    return outside.conditions(options.filters, step, options, taken)


BY_PHOTO = ("duplicate", "max_captions_per_photo", "min_captions_per_photo")
"""The filters that compare a photo's captions with each other: `caption_selector` applies them."""


def first_match(filters: Filters) -> str:
    """Return a SQL expression for the name of the first filter that holds for a caption, else null."""
    cases = " ".join(f"WHEN {condition} THEN '{name}'" for name, condition in filters.items())
    return f"CASE {cases} END"


def forbidden_words(path: str | None) -> list[str]:
    """Return the words in the file `path`, normalised as captions are and in lower case.

    Raises:
        UserError: the file does not exist or is not UTF-8.
    """
    lines = _lines(path, "dataset.forbidden_words")
    return sorted({word for line in lines if (word := normalise(line).lower())})


def opt_outs(path: str | None) -> list[tuple[str, str]]:
    """Return the opt-outs in the file `path`: kind (one of OPT_OUTS) and value.

    Raises:
        UserError: the file does not exist, or a line cannot be read. A line that is skipped would be content
            that is kept against its owner's will.
    """
    outs = []
    for number, line in enumerate(_lines(path, "dataset.opt_outs"), 1):
        kind, _, value = line.partition("#")[0].strip().partition(" ")
        value = value.strip()
        if not kind:
            continue
        if kind not in OPT_OUTS or not value or (kind in ("odai", "boke") and not value.isdecimal()):
            raise UserError(
                f"{path}, line {number}: {line!r} is not an opt-out. "
                "Write: odai 123, boke 456, photo SHA256, url ADDRESS"
            )
        outs.append((kind, value))
    return outs


def _lines(path: str | None, setting: str) -> list[str]:
    if path is None:
        return []
    try:
        return Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}, named by {setting}, cannot be read as UTF-8 text: {error}") from None


KATAKANA, HIRAGANA = ("".join(map(chr, range(first, first + 86))) for first in (0x30A1, 0x3041))
"""ァ to ヶ, and ぁ to ゖ: the letters that both have."""
BLANKS = f"[\\s\x1c-\x1f\u0085\u00a0\u1680\u2000-\u200a\u3000{INVISIBLE_RANGES}]+"
"""White space and what nobody sees, for Python and for DuckDB, whose \\s is ASCII's."""


def _containing(words: Iterable[str], across: Collection[str]) -> str:
    """Return a SQL condition: the text has one of the words, whatever its case.

    Args:
        across: as `dataset.forbidden_words_across`: `kana` and `blanks` make no difference then.
    """
    text = "lower(text_nfkc)"
    if "kana" in across:
        words = [word.translate(str.maketrans(KATAKANA, HIRAGANA)) for word in words]
        text = f"translate({text}, {literal(KATAKANA)}, {literal(HIRAGANA)})"
    if "blanks" in across:
        words = [re.sub(BLANKS, "", word) for word in words]
        text = f"regexp_replace({text}, {literal(BLANKS)}, '', 'g')"
    escaped = sorted({re.escape(word) for word in words if word})
    parts = [escaped[at : at + WORDS_PER_PATTERN] for at in range(0, len(escaped), WORDS_PER_PATTERN)]
    tests = [f"regexp_matches({text}, {literal('|'.join(part))})" for part in parts]
    return " OR ".join(tests) or "false"


def _is_in(column: str, values: Iterable[str]) -> str:
    return f"coalesce(list_contains({_list(values)}, {column}), false)"


def _is_not_in(column: str, values: Iterable[str] | None) -> str:
    return "false" if values is None else f"NOT {_is_in(column, values)}"


def _is_public(column: str) -> str:
    return f"coalesce(regexp_full_match({column}, {literal(PUBLIC)}), false)"


def _list(values: Iterable[str] | None) -> str:
    return f"{string_list(values or ())}::VARCHAR[]"
