"""How a command line is read: what argparse does, and where people trip over it, a little more."""

import argparse
import difflib
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from store.errors import UsageError
from store.place import program

_SETTING = re.compile(r"[a-z_0-9]+(\.[a-z_0-9]+)+=")
"""How a setting begins on a command line."""


class Parser(argparse.ArgumentParser):
    """The parser of the `bokeru` command: settings end where something else begins, and slips are told."""

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse a command line; where it names no command or none that there is, say which there are."""
        words = list(sys.argv[1:] if args is None else args)
        self._check_command(words)
        named = self._named(words)
        found, unknown = super().parse_known_args(list(one_setting_each(words)), namespace)
        if unknown:  # told by the command itself: its usage shows what there is
            options = [option for action in named._actions for option in action.option_strings]
            nearest = difflib.get_close_matches(unknown[0].partition("=")[0], options, n=1)
            advice = f". Did you mean {nearest[0]!r}?" if nearest else ""
            named.error(f"there is no place for: {' '.join(unknown)[:200]}{advice}")
        return found

    @property
    def commands(self) -> dict[str, argparse.ArgumentParser]:
        """The parser of each command, by its name."""
        return _commands(self)

    def _named(self, words: Sequence[str]) -> argparse.ArgumentParser:
        """Return the parser of the command, or of the part of one, that a command line begins with."""
        named: argparse.ArgumentParser = self
        for word in words:
            if not (parts := _commands(named)) or word in ("-h", "--help", "--version"):
                break
            if named is not self and word not in parts and word.startswith("-"):
                named.error(
                    f"name first what to do: {', '.join(parts)}, as in: {named.prog} {next(iter(parts))}"
                )
            if word not in parts:
                break
            named = parts[word]
        return named

    def _check_command(self, words: Sequence[str]) -> None:
        if not words:  # wrong use, and no question for --help: a variable that was not set, say
            self.print_help(sys.stderr)
            self.exit(UsageError.exit_status)
        name = words[0]
        if not name.startswith("-") and name not in self.commands:
            nearest = difflib.get_close_matches(name, self.commands, n=1)
            advice = f"Did you mean {nearest[0]!r}?" if nearest else f"They are listed by: {program()} --help"
            self.error(f"there is no command {name[:100]!r}. {advice}")


def _commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the parsers of a parser's commands, by their names; none where it has none."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def one_setting_each(words: Sequence[str]) -> Iterator[str]:
    """Yield a command line with a `--set` before each setting: `--set a.b=1 c.d=2` has two behind one.

    So what follows and is no setting, such as a photo, is an argument of its own. A file whose name begins
    like a setting is written ./a.b=c.
    """
    is_next, among_settings = False, False
    for word in words:
        among_settings = is_next or (among_settings and bool(_SETTING.match(word)))
        if among_settings and not is_next:
            yield "--set"
        yield word
        is_next = word == "--set"


def setting(text: str) -> str:
    """Parse KEY=VALUE."""
    if "=" not in text:
        raise argparse.ArgumentTypeError(
            f"{text!r} has no value. Write stage.key=value, as in train.epochs=3"
        )
    return text
