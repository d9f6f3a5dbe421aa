"""Filters of other people's code (`dataset.filters`): SQL conditions under their own names, as ours are.

What SQL cannot say is a scorer's: `bokeru score`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import duckdb

from store.errors import UserError
from store.plugins.find import Plugin, find

SETTING = "dataset.filters"
Step = Literal["by_fact", "by_text"]
COLUMNS: Mapping[Step, str] = {
    "by_fact": "boke_id BIGINT, odai_id BIGINT, text VARCHAR, stars BIGINT, raters BIGINT, category VARCHAR, "
    "posted TIMESTAMP WITH TIME ZONE, url VARCHAR, kind VARCHAR, photo_category VARCHAR, "
    "labels STRUCT(label VARCHAR, confidence FLOAT)[]",
    "by_text": "text_nfkc VARCHAR",
}
"""What a condition of each step may use: docs/extending.md."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)


def conditions(references: Iterable[str], step: Step, options: Any, ours: Iterable[str]) -> dict[str, str]:
    """Return the conditions of a step that the filters of others have, by name; each was tried on no rows.

    Args:
        references: as `dataset.filters` names them.
        options: a DatasetOptions; each filter is given it, as ours are.
        ours: the names that are taken.

    Raises:
        UsageError: one is not there, or is no filter.
        UserError: its code fails, or a condition is no SQL; the message names it.
    """
    found: dict[str, str] = {}
    for reference in references:
        plugin = find("filter", reference, SETTING)
        filters = plugin.load()
        if not any(hasattr(filters, name) for name in COLUMNS):
            plugin.load(*COLUMNS)  # it says what is lacking
        if not hasattr(filters, step):
            continue
        with plugin.blamed(f"gave its conditions ({step})"):
            given = {str(name): str(condition) for name, condition in getattr(filters, step)(options).items()}
        for name, condition in given.items():
            if not _NAME.fullmatch(name) or name in ours or name in found:
                why = "it is taken" if name in ours or name in found else "write small letters, digits and _"
                raise UserError(f"{plugin} has a condition named {name!r}: {why}")
            found[name] = _tried(plugin, step, name, condition)
    return found


def _tried(plugin: Plugin, step: Step, name: str, condition: str) -> str:
    """Return a condition in brackets; what follows `--` in it ends with its line."""
    whole = f"(\n{condition}\n)"
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE caption ({COLUMNS[step]})")
        try:
            statements = connection.extract_statements(f"SELECT CASE WHEN {whole} THEN 1 END FROM caption")
            if len(statements) != 1:
                raise UserError(f"{plugin}, {name}: {condition!r} is several statements. Write one condition")
            connection.execute(statements[0]).fetchall()
        except duckdb.Error as error:
            reason = str(error).partition("\n")[0]
            columns = re.sub(r" [A-Z].*?(?=, [a-z]|$)", "", COLUMNS[step])
            raise UserError(f"{plugin}, {name}: {reason}. There are the columns {columns}") from None
    return whole


def versions(references: Iterable[str]) -> list[str]:
    """Return the filters with their versions, for the fingerprint of a build."""
    return [f"{reference} {find('filter', reference, SETTING).version}" for reference in references]


def blamed(references: Sequence[str], error: duckdb.Error) -> UserError:
    """Return what is said of a build that ended by an error of DuckDB which filters of others can cause."""
    named = ", ".join(map(str, (find("filter", reference, SETTING) for reference in references)))
    reason = str(error).partition("\n")[0]
    return UserError(f"a condition of {named} failed on a caption: {reason}. Use TRY_CAST, or leave it out")
