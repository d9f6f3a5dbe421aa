"""One list of decoding settings: no other place has defaults of its own."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from train.captions.options import DecodingOptions

ROOT = Path(__file__).parents[3]
LIST = ROOT / "train/captions/options.py"
SHIPPED = ("train", "web", "commands", "featurize", "dataset", "store")
NAMES = DecodingOptions.model_fields.keys()
TELLING = {"beam_width", "length_normalisation", "no_repeat", "temperature", "top_k", "top_p", "distance"}
"""Names that mean decoding wherever they stand; `n`, `seed` and `max_tokens` are settings of others too."""


def literal(node: ast.AST | None) -> bool:
    """Return whether a value is written out: a number, a word, or a pydantic field that begins with one."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Field" and node.args:
        return literal(node.args[0])
    if isinstance(node, ast.Tuple):
        return any(map(literal, node.elts))
    if isinstance(node, ast.UnaryOp):
        return literal(node.operand)
    return isinstance(node, ast.Constant)


def written(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield the names that a class, a signature or a dictionary gives a value that is written out."""
    if isinstance(node, ast.ClassDef):
        for line in node.body:
            if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and line.value:
                yield line.target.id, line.value
    elif isinstance(node, ast.arguments):
        positional = [*node.posonlyargs, *node.args]
        yield from zip([each.arg for each in positional[-len(node.defaults) :]], node.defaults, strict=False)
        pairs = zip(node.kwonlyargs, node.kw_defaults, strict=True)
        yield from ((each.arg, default) for each, default in pairs if default)
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant):
                yield str(key.value), value


def lists(tree: ast.AST) -> Iterator[tuple[int, set[str]]]:
    """Yield line and names of everything that gives a default to decoding settings."""
    for node in ast.walk(tree):
        found = {name for name, value in written(node) if name in NAMES and literal(value)}
        if found & TELLING or len(found) > 2:
            yield getattr(node, "lineno", 0), found


def options_by_hand(tree: ast.AST) -> Iterator[str]:
    """Yield the options of a command that are written out and are settings of decoding."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "add_argument":
            for flag in (str(each.value) for each in node.args if isinstance(each, ast.Constant)):
                if flag.lstrip("-").replace("-", "_") in TELLING | {"strategy"}:
                    yield flag


@pytest.mark.parametrize("package", SHIPPED)
def test_there_is_no_second_list(package: str) -> None:
    limits = {ROOT / "web/caption_settings.py": {"n", "beam_width", "temperature", "top_k", "seed"}}
    nearest = {ROOT / "train/captions/pool.py": {"distance"}}  # of a search, where 0 asks for the like
    for path in sorted((ROOT / package).rglob("*.py")):
        if path == LIST:
            continue
        tree = ast.parse(path.read_text())
        found = [names for _, names in lists(tree)]
        expected = [each[path] for each in (limits, nearest) if path in each]
        assert found == expected, path
        assert not list(options_by_hand(tree)), path


def test_a_second_list_would_be_found() -> None:
    for text in (
        "class Settings:\n    beam_width: int = Field(5, ge=1)\n",
        "def beam(model, width=3, length_normalisation=0.0): ...",
        "def sample(model, *, temperature: float = 0.8): ...",
        "DEFAULTS = {'strategy': 'beam', 'n': 3, 'seed': 0}",
    ):
        assert len(list(lists(ast.parse(text)))) == 1, text
    assert list(options_by_hand(ast.parse("parser.add_argument('--beam-width', type=int)"))) == [
        "--beam-width"
    ]


def test_no_template_has_a_bound_or_a_default_of_a_setting() -> None:
    for path in (ROOT / "web/templates").glob("*.html"):
        text = path.read_text()
        for name in NAMES:
            assert not re.search(rf'name="{name}"[^>]*(value|min|max)="\d', text), (path, name)
            assert not re.search(rf"settings\.{name} [<>=]+ \d", text), (path, name)
