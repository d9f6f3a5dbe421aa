"""What may stand in the tree of an expression: kinds of nodes, functions, types, and patterns.

The lists name what may be used, not what may not: a new version of DuckDB brings new functions, and any of
them might read a file. All that is listed depends on nothing but the values, and takes a time that grows with
their length; hence patterns are written out, and LIKE has no more than one `%` beside a `_`, since DuckDB
tries that one at every place for each of the others.
"""

import difflib
from collections.abc import Sequence
from typing import Any

NODES = {
    "CONSTANT": None,
    "COLUMN_REF": None,
    "COMPARISON": None,
    "CONJUNCTION": None,
    "BETWEEN": None,
    "CASE": None,
    "CAST": None,
    "TYPE": None,
    "FUNCTION": None,
    "OPERATOR": {
        *("OPERATOR_NOT", "OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL", "OPERATOR_COALESCE", "OPERATOR_NULLIF"),
        *("OPERATOR_TRY", "COMPARE_IN", "COMPARE_NOT_IN", "ARRAY_EXTRACT"),
    },
}
"""The classes of nodes; of operators also the types."""
OPERATORS = ("+", "-", "*", "/", "//", "%", "**", "^", "~~", "!~~", "&&", "@>", "<@", "^@", "@")
FUNCTIONS = (
    *("abs", "ceil", "floor", "round", "trunc", "sqrt", "ln", "log10", "log2", "greatest", "least"),
    *("if", "ifnull", "nullif", "isnan", "isfinite"),
    *("length", "len", "strlen", "lower", "upper", "trim", "ltrim", "rtrim", "left", "right", "substring"),
    *("contains", "starts_with", "ends_with", "prefix", "suffix", "position", "instr", "strpos"),
    *("regexp_matches", "regexp_full_match"),
    *("list_value", "list_contains", "list_has", "list_has_any", "list_has_all", "list_max", "list_min"),
    *("array_contains", "array_length"),
    *("year", "month", "day", "hour", "dayofweek", "weekday", "isodow", "date_part"),
    *("to_years", "to_months", "to_weeks", "to_days", "to_hours"),
)
TYPES = (
    *("boolean", "bool", "tinyint", "smallint", "int", "integer", "bigint", "hugeint", "ubigint"),
    *("float", "real", "double", "varchar", "text", "string", "date", "timestamp", "interval"),
)
PATTERNS = {"~~": "LIKE", "!~~": "LIKE", "regexp_matches": "a pattern", "regexp_full_match": "a pattern"}
"""The functions whose second value is a pattern."""
MAX_PATTERN = 300

_INSTEAD = {
    **dict.fromkeys(("~~*", "!~~*"), "regexp_matches(text, '...', 'i')"),
    **dict.fromkeys(("~~~", "like_escape", "not_like_escape"), "regexp_matches(text, '...')"),
}
_NAMED = {
    "SUBQUERY": "a subquery",
    "STAR": "a star",
    "WINDOW": "a window function",
    "LAMBDA": "a lambda",
    "PARAMETER": "a parameter",
    "COLLATE": "COLLATE",
}


def check(node: dict[str, Any]) -> None:
    """Raise ValueError where a node of an expression's tree may not be used."""
    kind, types = node["class"], NODES.get(node["class"], ())
    if types is not None and node["type"] not in types:
        what = _NAMED.get(kind, node["type"].lower().replace("_", " "))
        raise ValueError(
            f"it has {what}; it may have columns, values, comparisons, AND, OR, NOT, CASE, casts, functions"
        )
    if kind == "TYPE":
        _check_type(node)
    elif kind == "FUNCTION":
        _check_function(node)


def _check_type(node: dict[str, Any]) -> None:
    name = node["type_name"].lower()
    if name not in TYPES or node["children"] or node["schema"] or node["catalog"]:
        raise ValueError(f"it casts to {name}. {nearest(name, TYPES)}")


def _check_function(node: dict[str, Any]) -> None:
    name = node["function_name"].lower()
    path = node["qualified_name"]["path"]
    if name not in FUNCTIONS + OPERATORS or [part.lower() for part in path] != [name]:
        instead = f"Write {_INSTEAD[name]}" if name in _INSTEAD else nearest(name, FUNCTIONS)
        raise ValueError(f"{'.'.join(path)} may not be used. {instead}")
    if node["distinct"] or node["filter"] or node["order_bys"]["orders"] or node["export_state"]:
        raise ValueError(f"{name} has DISTINCT, FILTER or ORDER BY, which need more than one caption")
    if name in PATTERNS:
        _check_pattern(PATTERNS[name], [argument["expression"] for argument in node["arguments"]])


def _check_pattern(what: str, values: Sequence[dict[str, Any]]) -> None:
    """Refuse patterns that are not written out, and those for which DuckDB may need years."""
    for value in values[1:]:
        if value["class"] != "CONSTANT":
            raise ValueError(f"{what} must be written out, as in text LIKE '%犬%': DuckDB reads it once")
        pattern = value["literal"].get("text") or ""
        if len(pattern) > MAX_PATTERN:
            raise ValueError(f"{what} has {len(pattern)} characters, of {MAX_PATTERN} that it may have")
        if what == "LIKE" and "_" in pattern and pattern.count("%") > 1:
            raise ValueError(f"{what} has more than one % beside a _. Write regexp_matches(text, '...')")


def nearest(name: str, known: Sequence[str]) -> str:
    """Return which of the known names is like `name`, and all of them."""
    close = difflib.get_close_matches(name, known, 1)
    return (f"Nearest: {close[0]}. " if close else "") + f"There are: {', '.join(known)}"
