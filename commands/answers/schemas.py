"""Writes the schema of each command's answer into docs/json, and that of a failure.

Run it when a type in `commands.answers.catalogue` has changed: `python -m commands.answers.schemas`.
"""

import json
from pathlib import Path

from commands.answers.catalogue import ANSWERS
from store.answers.answer import Failure
from store.answers.schema import schema
from store.whole_file import write_whole

DOCS = Path(__file__).parents[2] / "docs" / "json"


def documents() -> dict[Path, str]:
    """Return every schema by its file."""
    kinds = {**{name: kind() for name, kind in ANSWERS.items()}, "error": Failure}
    return {DOCS / f"{name}.json": f"{json.dumps(schema(kind), indent=1)}\n" for name, kind in kinds.items()}


def main() -> None:
    """Write the schemas that there are, and no others."""
    made = documents()
    for path in {*DOCS.glob("*.json")} - {*made}:
        path.unlink()
    for path, content in made.items():
        write_whole(path, content)


if __name__ == "__main__":
    main()
