"""Text is UTF-8 whatever the locale says: every file that is opened as text names its encoding.

Ruff's PLW1514 sees those whose type it knows; this sees the others, and children whose output is text.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("benchmarks", "commands", "crawler", "dataset", "demo", "featurize", "store", "train", "web")
TEXT_MODES = frozenset("rwxat+")


def is_text(call: ast.Call) -> bool:
    """Tell whether a call opens text, or reads the text of a child, by the locale's encoding."""
    if any(keyword.arg in ("encoding", None) for keyword in call.keywords):
        return False
    if any(keyword.arg == "text" and ast.unparse(keyword.value) == "True" for keyword in call.keywords):
        return True
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in ("read_text", "write_text"):
        return len(call.args) <= (name == "write_text")
    if name == "NamedTemporaryFile" or name == "TemporaryFile":
        return any(
            keyword.arg == "mode" and "b" not in ast.unparse(keyword.value) for keyword in call.keywords
        )
    if name != "open":
        return False
    if isinstance(call.func, ast.Attribute) and not call.args and not call.keywords:
        return True
    modes = call.args[0:1] if isinstance(call.func, ast.Attribute) else call.args[1:2]
    return any(isinstance(mode, ast.Constant) and set(str(mode.value)) <= TEXT_MODES for mode in modes)


def opened_as_text(code: str) -> Iterator[int]:
    """Yield the lines of code that open text by the locale's encoding."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and is_text(node):
            yield node.lineno


def test_the_rule_sees_what_it_should() -> None:
    seen = (
        "p.read_text()",
        'p.write_text("x")',
        "p.open()",
        'p.open("w")',
        'open(1, "a+")',
        "run(x, text=True)",
    )
    fine = (
        'p.read_text("utf-8")',
        'p.open("rb")',
        "archive.open(name)",
        'open(p, "w", encoding="utf-8")',
        "run(x)",
    )
    assert [list(opened_as_text(code)) for code in (*seen, *fine)] == [[1]] * len(seen) + [[]] * len(fine)


def test_every_text_file_names_its_encoding() -> None:
    files = [ROOT / "pipelines.py", ROOT / "bokeru.py", ROOT / "build_backend.py"]
    files += [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in files
        for line in opened_as_text(path.read_text(encoding="utf-8"))
    ]
    assert found == []
