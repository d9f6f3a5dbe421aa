"""docs/json has the schema of every command that takes `--json`, as its type makes it."""

import argparse
import json

from commands.answers.catalogue import ANSWERS
from commands.answers.schemas import DOCS, documents
from tests.docs.documents import ROOT, commands


def test_the_documents_show_the_types() -> None:
    kept = {path: path.read_text(encoding="utf-8") for path in DOCS.glob("*.json")}
    assert kept == documents(), "run: python -m commands.answers.schemas"


def takes_json(parser: argparse.ArgumentParser) -> bool:
    """Tell whether a command has the option, or an action of it has."""
    actions = [action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return "--json" in parser._option_string_actions or any(
        takes_json(inner) for choices in actions for inner in choices.values()
    )


def test_every_command_with_json_has_a_type_and_a_line_in_the_documents() -> None:
    taking = {name for name, parser in commands().items() if takes_json(parser)} | {"parse"}
    assert taking == ANSWERS.keys()
    page = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    for name in (*taking, "error"):
        assert f"(json/{name}.json)" in page, name


def test_no_answer_has_an_object_where_a_failure_has_it() -> None:
    for path, content in documents().items():
        schema = json.loads(content)
        named = [one["$ref"].rpartition("/")[2] for one in schema.get("anyOf", ()) if "$ref" in one]
        tops = [schema, *(schema["$defs"][name] for name in named)]
        found = any("$ref" in top.get("properties", {}).get("error", {}) for top in tops)
        assert found == (path.stem == "error"), path
