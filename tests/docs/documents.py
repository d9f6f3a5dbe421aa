"""What the documents, the Makefile, pipelines.yaml and every --help show as code."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from commands.examples import EXAMPLES
from commands.main import parser

ROOT = Path(__file__).parents[2]
MARKDOWN = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
COMMENTED = [ROOT / "Makefile", ROOT / "pipelines.yaml"]
HELP = [Path("bokeru --help"), *(Path(f"bokeru {name} --help") for name in EXAMPLES)]
TEXTS = [*MARKDOWN, *COMMENTED, *HELP]
"""Every text that is checked; the last ones are no files, but what a command prints."""
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"`([^`\n]+(?:\n[^`\n]+)?)`")
_COMMENT = re.compile(r"^ *#.*| ## .*", re.MULTILINE)
_COMMAND = re.compile(r"(?:\$ )?(?:\S*/)?((?:bokeru|make|python -m) .*)")


def commands() -> dict[str, argparse.ArgumentParser]:
    """Return the parser of each command."""
    return parser().commands


def read(text: Path) -> str:
    """Return the text of a document, the comments of a Makefile or YAML file, or the help of a command."""
    if text in MARKDOWN:
        return text.read_text()
    if text in COMMENTED:
        return "\n".join(_COMMENT.findall(text.read_text()))
    name = text.name.split()[1]
    return (parser() if name == "--help" else commands()[name]).format_help()


def inline(text: Path) -> Iterator[str]:
    """Yield what stands between backticks in the prose."""
    prose = _BLOCK.sub("", read(text))
    yield from (re.sub(r"\n[ #]*", " ", code) for code in _INLINE.findall(prose))


def examples(text: Path) -> Iterator[str]:
    """Yield the lines that are shown to be copied: shell blocks, and lines of --help or of a comment."""
    if text in MARKDOWN:
        code = "".join(block for language, block in _BLOCK.findall(read(text)) if language == "sh")
    elif text in COMMENTED:
        code = "\n".join(re.findall(r"^ *#  +(.*)", read(text), re.MULTILINE))
    else:
        code = read(text).partition("\nexample")[2]
    yield from (line.strip() for line in code.replace("\\\n", "").splitlines())


def command_lines(text: Path) -> Iterator[str]:
    """Yield every command line in a text, whether to be copied or named in the prose."""
    found = (_COMMAND.fullmatch(code) for code in (*examples(text), *inline(text)))
    yield from (line[1] for line in found if line)
