"""English and Japanese: the texts of the pages, keyed by their English."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from store.errors import MissingStage, UserError

LANGUAGES = {"en": "English", "ja": "日本語"}


@dataclass(frozen=True)
class Message:
    """A text to be said in the reader's language: English with {names}, and their values."""

    text: str
    values: Mapping[str, object] = field(default_factory=dict)


@cache
def translations(language: str) -> dict[str, str]:
    """Return the texts of one language by their English; `text#1` is said where {count} is 1."""
    path = Path(__file__).parent / "translations" / f"{language}.json"
    texts: dict[str, str] = json.loads(path.read_text()) if language in LANGUAGES and path.exists() else {}
    return texts


class Told(UserError):
    """A failure that is told in the reader's language; as an exception, in English."""

    def __init__(self, message: Message) -> None:
        super().__init__(Speaker("en")(message))
        self.message = message


class Speaker:
    """Says texts in one language. Called in templates as `_("text {name}", name=value)`."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._texts = translations(language)

    def __call__(self, text: str | Message, /, **values: object) -> str:
        """Return the text in this language with its values put in; numbers get thousands separators."""
        message = text if isinstance(text, Message) else Message(text, values)
        said = {name: self._value(value) for name, value in message.values.items()}
        known = self._texts.get(message.text, message.text)
        if message.values.get("count") == 1:
            known = self._texts.get(f"{message.text}#1", known)
        return known.format(**said)

    def reason(self, problem: Exception | str) -> str:
        """Return why something failed, in this language where that is known."""
        if isinstance(problem, Told):
            return self(problem.message)
        if isinstance(problem, MissingStage):
            values = {"directory": problem.directory, "command": problem.command}
            return self(Message("{directory} is not there yet. Make it with: {command}", values))
        return str(problem)

    def _value(self, value: object) -> object:
        if isinstance(value, Message):
            return self(value)
        return f"{value:,}" if isinstance(value, int) else value


def choose(wanted: str | None, accepted: str | None) -> str:
    """Return the language to speak: the one asked for, else the first that is accepted, else English."""
    if wanted in LANGUAGES:
        return str(wanted)
    for part in (accepted or "").split(","):
        code = part.split(";")[0].strip().lower()[:2]
        if code in LANGUAGES:
            return code
    return "en"
