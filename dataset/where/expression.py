"""Reads the expression of `dataset.where`: one true-or-false value of a caption with its photo, and no more.

DuckDB's own parser makes a tree of it. Only what is listed in `dataset/where/allowed.py` may stand in that
tree, so nothing in it reads a file, asks a network, or takes time that grows faster than the text. The
SQL of the build is written anew from the checked tree. So nobody's reading but DuckDB's counts.
"""

import atexit
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from dataset.where import allowed
from dataset.where.columns import COLUMNS, FACTS, SCORES, SUBJECT, column, examples

if TYPE_CHECKING:
    import duckdb

MAX_CHARACTERS = 2_000
SECONDS = 1.0
"""The time of a core that ROWS captions may take: what needs longer would need hours for a crawl."""
ROWS = 16
_ALARM = 20 * SECONDS
"""The time by the clock after which DuckDB is stopped, however busy the machine is."""
_NESTING = 100
_SAFE = {
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "memory_limit": "100MB",
    "threads": "1",
    "max_expression_depth": str(_NESTING),
    "lock_configuration": "true",
}
"""No files, no network, no extensions, little memory; and no statement can change that."""

Tree = dict[str, Any]


class Expression(NamedTuple):
    """An expression that was checked.

    Args:
        sql: the same, over fields of the struct SUBJECT.
        columns: those that it names.
    """

    sql: str
    columns: tuple[str, ...]


@lru_cache
def parse(text: str) -> Expression:
    """Return what `text` says, checked and tried on a caption.

    Raises:
        ValueError: it is no expression, names what is not there, may not be used, or gives no truth value.
    """
    if not text.strip():
        raise ValueError("it is empty: write such as `stars > 10`, or null for none")
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"it has {len(text):,} characters, of {MAX_CHARACTERS:,} that it may have")
    if "\0" in text:
        raise ValueError("it has a character of number 0")
    with _limited() as connection:
        tree = _parsed(connection, text)
        columns = tuple(sorted(set(_named(tree))))
        sql = _written(connection, tree)
        _try(connection, sql, columns)
    return Expression(sql, columns)


@cache
def _safe() -> "duckdb.DuckDBPyConnection":
    import duckdb

    atexit.register(_safe.cache_clear)  # else DuckDB complains at the end of a process that it is still open
    return duckdb.connect(config=_SAFE)  # type: ignore[arg-type]


@contextmanager
def _limited() -> "Iterator[duckdb.DuckDBPyConnection]":
    """Yield a connection of its own that reaches nothing, and turn what DuckDB says into a ValueError."""
    import duckdb

    with _safe().cursor() as connection:
        alarm = threading.Timer(_ALARM, connection.interrupt)
        alarm.start()
        try:
            yield connection
        except duckdb.InterruptException:
            raise ValueError(_too_slow()) from None
        except duckdb.Error as error:
            raise ValueError(_reason(str(error))) from None
        finally:
            alarm.cancel()
            alarm.join()


def _parsed(connection: "duckdb.DuckDBPyConnection", text: str) -> Tree:
    """Return the tree of an expression, with every node allowed."""
    [(serialised,)] = connection.execute("SELECT json_serialize_sql(?)", [f"SELECT\n{text}\n"]).fetchall()
    found = json.loads(serialised)
    if found["error"]:
        raise ValueError(f"DuckDB cannot read it: {_reason(found['error_message'])}")
    [(alone,)] = connection.execute("SELECT json_serialize_sql('SELECT true')").fetchall()
    statements = [{**one, "node": {**one["node"], "select_list": []}} for one in found["statements"]]
    expected = json.loads(alone)["statements"]
    expected[0]["node"]["select_list"] = []
    values = [value for one in found["statements"] for value in one["node"].get("select_list", [])]
    if len(values) != 1 or values[0]["alias"] or not _same(statements, expected):
        raise ValueError("it must be one expression, as behind WHERE: no other clause, list or statement")
    for node in _nodes(values[0]):
        allowed.check(node)
    tree: Tree = values[0]
    return tree


def _same(one: object, other: object) -> bool:
    """Return whether two trees are equal but for where their parts stand in the text."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(
            key.startswith("query_location") or _same(value, other[key]) for key, value in one.items()
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return one == other


def _nodes(tree: object) -> Iterator[Tree]:
    """Yield every node below and at `tree`, wherever it hangs."""
    if isinstance(tree, dict):
        if "class" in tree:
            yield tree
        for value in tree.values():
            yield from _nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _nodes(value)


def _named(tree: Tree) -> Iterator[str]:
    """Yield the columns that a tree names, each turned into a field of SUBJECT there."""
    for node in _nodes(tree):
        if node["class"] == "COLUMN_REF":
            name = _column([str(part) for part in node["column_names"]])
            node["column_names"] = [SUBJECT, name]
            yield name


def _column(written: list[str]) -> str:
    path = [part.lower() for part in written]
    if path[0] == SCORES.rstrip("."):
        if len(path) == 1:
            raise ValueError("scores are several: name one, as in `scores.kanji > 0.5`")
        return SCORES + ".".join(written[1:])  # case tells names of scores apart
    is_fact = len(path) == 2 and path[0] == "facts"
    known = FACTS if is_fact else tuple(COLUMNS)
    name = path[-1] if is_fact else ".".join(path)
    if name not in known:
        raise ValueError(f"there is no column {'.'.join(path)}. {allowed.nearest(name, known)}")
    return name


def _written(connection: "duckdb.DuckDBPyConnection", tree: Tree) -> str:
    """Return the SQL of a tree, as DuckDB writes it."""
    [(alone,)] = connection.execute("SELECT json_serialize_sql('SELECT true')").fetchall()
    whole = json.loads(alone)
    whole["statements"][0]["node"]["select_list"] = [tree]
    [(sql,)] = connection.execute("SELECT json_deserialize_sql(?)", [json.dumps(whole)]).fetchall()
    return str(sql).removeprefix("SELECT ")


def _try(connection: "duckdb.DuckDBPyConnection", sql: str, columns: tuple[str, ...]) -> None:
    """Hold an expression to its type, and run it on a caption as there are, and on one that lacks all."""
    import duckdb

    plausible, empty = examples(columns)
    rows = f"SELECT {plausible} AS {SUBJECT} FROM range({ROWS}) UNION ALL SELECT {empty}"
    began = time.thread_time()  # with one thread, DuckDB works in ours
    try:
        found = connection.sql(f"SELECT {sql} AS holds FROM ({rows})")
        kind = str(found.types[0])
        found.fetchall()
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:
        raise ValueError(f"{_reason(str(error))}. {_types(columns)}") from None
    if kind != "BOOLEAN":
        raise ValueError(f"it gives {kind}, not true or false: compare it, as in `stars > 10`")
    if time.thread_time() - began > SECONDS:
        raise ValueError(_too_slow())


def _too_slow() -> str:
    return f"it takes over {SECONDS:g} seconds for {ROWS} captions: write it in a simpler way"


def _types(columns: tuple[str, ...]) -> str:
    kinds = (f"{name} is {column(name).kind}" for name in columns)
    return f"({', '.join(kinds)})" if columns else "It names no column"


def _reason(message: str) -> str:
    """Return the first line of what DuckDB says, without the kind of its error."""
    line = message.splitlines()[0]
    kind, colon, rest = line.partition(": ")
    return (rest if colon and kind.endswith("Error") else line).rstrip(".")
