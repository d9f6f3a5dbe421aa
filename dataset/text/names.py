"""One spelling for names: バカ, ﾊﾞｶ and 「バカ　」 are one category, on pages as in settings."""

from functools import lru_cache
from typing import TYPE_CHECKING

from dataset.text.captions import normalise
from dataset.text.graphemes import graphemes
from store.text.visible import INVISIBLE

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@lru_cache(maxsize=10_000)
def name_form(name: str) -> str:
    """Return the form in which a category or label is kept and compared; empty where nothing of it is seen.

    It is the normal form of captions, on one line, without invisible characters but those within an emoji.
    """
    if not INVISIBLE.isdisjoint(name):
        name = "".join(map(_shown, graphemes(name)))
    return normalise(name).replace("\n", " ")


def spellings(name: str) -> list[str]:
    """Return a name as it was asked for, which a dataset of 0.1 may have, and in its one form."""
    return sorted({name, name_form(name)})


def _shown(grapheme: str) -> str:
    import regex

    if regex.search(r"\p{Extended_Pictographic}|\u20e3", grapheme):
        return grapheme
    return "".join(character for character in grapheme if character not in INVISIBLE)


def unify(connection: "DuckDBPyConnection", table: str, column: str) -> None:
    """Bring a column of names, or of lists of names, into their one form; an empty name becomes null."""
    [(kind,)] = connection.execute(f"SELECT any_value(typeof({column})) FROM {table}").fetchall()
    is_list = str(kind).endswith("[]")
    each = f"unnest({column})" if is_list else column
    written = [
        name for (name,) in connection.execute(f"SELECT DISTINCT {each} FROM {table}").fetchall() if name
    ]
    other = {name: form for name in written if (form := name_form(name)) != name}
    if not other:  # as nearly always: nothing is written
        return

    def in_one_form(name: str) -> str:
        place = f"list_position($written, {name})"
        return f"CASE WHEN {place} > 0 THEN nullif(list_extract($forms, {place}), '') ELSE {name} END"

    value = f"list_transform({column}, lambda l: {in_one_form('l')})" if is_list else in_one_form(column)
    has = f"list_has_any({column}, $written)" if is_list else f"list_contains($written, {column})"
    names = {"written": list(other), "forms": list(other.values())}
    connection.execute(f"UPDATE {table} SET {column} = {value} WHERE {has}", names)
