"""YAML of settings: merged as its specification says, and refused where it is no file of a person's."""

import time
from typing import Any

import pytest

from store.text.settings import NotSettings, read_settings, shared

LAUGHS = "a0: &a0 {x: 1}\n" + "".join(
    f"a{n}: &a{n} {{{', '.join(f'k{m}: *a{n - 1}' for m in range(9))}}}\n" for n in range(1, 12)
)
"""Nine to the eleventh values in twelve lines."""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("d: &d {a: 1, b: 2}\ne: {<<: *d, b: 3}", {"d": {"a": 1, "b": 2}, "e": {"a": 1, "b": 3}}),
        ("d: &d {a: 1}\nf: &f {a: 2, c: 4}\ne: {<<: [*d, *f]}", None),
        ("x: 1e-3\non: 2\n", {"x": 0.001, "on": 2}),
        ("", None),
    ],
)
def test_what_settings_say(text: str, value: Any) -> None:
    """https://yaml.org/type/merge.html: own keys before merged ones, earlier ones before later ones."""
    if "*f" in text:
        value = {"d": {"a": 1}, "f": {"a": 2, "c": 4}, "e": {"a": 1, "c": 4}}
    assert read_settings(text) == value


def test_a_mapping_that_merges_may_be_merged_again() -> None:
    found = read_settings("a: &a {x: 1}\nb: &b {<<: *a, x: 2}\nc: {<<: *b}\nd: *b")
    assert found == {"a": {"x": 1}, "b": {"x": 2}, "c": {"x": 2}, "d": {"x": 2}}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: 1\n---\nb: 2", r"several documents: a second one begins at line 2, column 1"),
        ("a: " + "[" * 3000 + "]" * 3000, r"nests more than 40 levels deep, at line 1, column 43$"),
        ("{a: " * 100_000, r"nests more than 40 levels deep"),
        ("- " * 100_000, r"nests more than 40 levels deep"),
        ("a: &p {b: *p}", r"an anchor contains itself, at line 1, column 4"),
        ("a: &p [*p]", r"an anchor contains itself"),
        (LAUGHS, r"more than 100,000 values, aliases written out, at line 6"),
        ("a: " + "9" * 5000, r"a value that cannot be read: .*4300 digits"),
        ("a: 2001-13-45", r"a value that cannot be read"),
        ("a: 1\na: 2", r"the key 'a' stands twice, at line 2, column 1"),
        ("a: {<<: 3}", r"expected a mapping or list of mappings for merging"),
        ("a: \0", r"characters are not allowed"),
        ("a: !!python/object:os.system {}", r"could not determine a constructor"),
        ("# " + "x" * 2_000_000, r"it has 2,000,002 characters, at most 1,048,576 are read"),
        ("{[1]: 2}", r"unhashable key"),
    ],
)
def test_what_is_no_file_of_a_persons_is_refused_at_once(text: str, reason: str) -> None:
    start = time.monotonic()
    with pytest.raises(NotSettings, match=reason):
        read_settings(text)
    assert time.monotonic() - start < 20


def test_names_at_the_top_that_share_a_value() -> None:
    text = "x: &x {a: 1}\ny: {z: &z {b: 1}}\nlonely: {c: 1}\npipelines: {p: {<<: *x, q: *z}}"
    assert shared(text) == {"x", "y", "pipelines"}
