"""YAML as its readers expect it, within limits: merged, never twice, and no deeper than a person nests it."""

import re
from typing import Any

import yaml

LARGEST = 2**20
"""Characters of a file of settings; libyaml reads about a million a second, PyYAML alone a tenth of that."""
DEEPEST = 40
"""Levels of lists and mappings within each other."""
MOST = 100_000
"""Values of a file, aliases (`*name`) written out: few lines can hold nine times nine times nine of them."""
_MERGE, _BOOL, _STRING = (f"tag:yaml.org,2002:{name}" for name in ("merge", "bool", "str"))


class NotSettings(ValueError):
    """What is no YAML of settings; the message says why, and where."""


_Safe: Any = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


class _Loader(_Safe):  # type: ignore[misc]
    """1e-3 is a number; all else is as SafeLoader has it, `<<` among it."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"), list("-+0123456789")
)


def read_settings(text: str) -> Any:
    """Return what a YAML document says; a key given twice is an error, and `on:` a name.

    Raises:
        NotSettings: it is no YAML, or is several documents; it is larger, or nests deeper, than settings do.
    """
    if len(text) > LARGEST:
        raise NotSettings(f"it has {len(text):,} characters, at most {LARGEST:,} are read")
    try:
        _check_events(text)
        node = yaml.compose(text, _Loader)
        if node is None:
            return None
        _check(node, {})
        return _Loader("").construct_document(node)
    except NotSettings:
        raise
    except yaml.YAMLError as error:
        raise NotSettings(" ".join(str(error).split())) from None
    except (ValueError, OverflowError) as error:  # of int() and others: no such number, no such date
        raise NotSettings(f"it holds a value that cannot be read: {str(error).split(';')[0]}") from None


def shared(text: str) -> set[str]:
    """Return the names at the top of a document that share a value with another one there, by an alias."""
    root = yaml.compose(text, _Loader)
    tops = root.value if isinstance(root, yaml.MappingNode) else []
    nodes = {key.value: _nodes(value) for key, value in tops}
    return {name for name in nodes if any(nodes[name] & nodes[other] for other in nodes if other != name)}


def _nodes(top: yaml.Node) -> set[int]:
    """Return what identifies a node and all below it."""
    found, waiting = set(), [top]
    while waiting:
        if id(node := waiting.pop()) not in found:
            found.add(id(node))
            waiting += _children(node)
    return found


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [one for pair in node.value for one in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _check_events(text: str) -> None:
    """Raise NotSettings for a stream of several documents, or one that nests too deeply to be composed."""
    depth = documents = 0
    for event in yaml.parse(text, _Loader):
        documents += isinstance(event, yaml.DocumentStartEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if documents > 1:
            raise NotSettings(
                f"it holds several documents: a second one begins at {_place(event)}. Settings are one"
            )
        if depth > DEEPEST:
            raise NotSettings(f"it nests more than {DEEPEST} levels deep, at {_place(event)}")


def _check(node: yaml.Node, sizes: dict[int, int]) -> int:
    """Return how many values a node holds, aliases written out; 0 in `sizes` is that of one being counted.

    Raises:
        NotSettings: it contains itself, holds too much, or gives a key twice.
    """
    if id(node) in sizes:
        if not sizes[id(node)]:
            raise NotSettings(f"an anchor contains itself, at {_place(node)}")
        return sizes[id(node)]
    sizes[id(node)] = 0
    if isinstance(node, yaml.MappingNode):
        _check_keys(node)
    size = 1 + sum(_check(one, sizes) for one in _children(node))
    if size > MOST:
        raise NotSettings(f"it holds more than {MOST:,} values, aliases written out, at {_place(node)}")
    sizes[id(node)] = size
    return size


def _check_keys(node: yaml.MappingNode) -> None:
    known: set[tuple[str, str]] = set()
    for key, _ in node.value:
        if key.tag == _BOOL:  # every key here is a name
            key.tag = _STRING
        if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
            continue
        if (key.tag, key.value) in known:
            raise NotSettings(f"the key {key.value!r} stands twice, at {_place(key)}")
        known.add((key.tag, key.value))


def _place(one: yaml.Node | yaml.Event) -> str:
    mark: Any = one.start_mark  # never None of what was read from a text
    return f"line {mark.line + 1}, column {mark.column + 1}"
