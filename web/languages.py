"""Translation: the texts of the pages in English and Japanese, keyed by their English."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from store.errors import MissingStage, UserError

LANGUAGES = {"en": "English", "ja": "日本語"}


@dataclass(frozen=True)
class Message:
    """A text to be translated: English with {names} in it, and the values for the names."""

    text: str
    values: Mapping[str, object] = field(default_factory=dict)


@cache
def translations(language: str) -> dict[str, str]:
    """Return the texts of one language by their English; `text#1` is used where {count} is 1."""
    path = Path(__file__).parent / "translations" / f"{language}.json"
    # English needs a file for singulars only: the keys are its texts.
    texts: dict[str, str] = json.loads(path.read_bytes()) if language in LANGUAGES and path.exists() else {}
    return texts


class LocalisedError(UserError):
    """An error with a message that can be translated; `str()` of it is English."""

    def __init__(self, message: Message) -> None:
        super().__init__(Translator("en")(message))
        self.message = message


class Translator:
    """Translates texts into one language. Templates call it as `_("text {name}", name=value)`.

    Args:
        language: a key of `LANGUAGES`.
        gloss: returns what a caption says in that language, None where nobody can tell: templates call it as
            `_.gloss(text)`.
    """

    def __init__(self, language: str, gloss: Callable[[str], str | None] = lambda _: None) -> None:
        self.language, self.gloss = language, gloss
        self._texts = translations(language)

    def __call__(self, text: str | Message, /, **values: object) -> str:
        """Return the text in this language with its values filled in; integers get thousands separators."""
        message = text if isinstance(text, Message) else Message(text, values)
        values_shown = {name: self._shown(value) for name, value in message.values.items()}
        translated = self._texts.get(message.text, message.text)
        if message.values.get("count") == 1:
            translated = self._texts.get(f"{message.text}#1", translated)
        # Without values it is no template: a folder's name may hold braces.
        return translated.format(**values_shown) if values_shown else translated

    def reason(self, problem: Exception | str) -> str:
        """Return why something failed, in this language where a translation exists."""
        if isinstance(problem, LocalisedError):
            return self(problem.message)
        if isinstance(problem, MissingStage):
            values = {"directory": problem.directory, "command": problem.command}
            return self(Message("{directory} is not there yet. Make it with: {command}", values))
        return str(problem)

    def _shown(self, value: object) -> object:
        if isinstance(value, Message):
            return self(value)
        return f"{value:,}" if isinstance(value, int) else value


def choose_language(requested: str | None, accepted: str | None) -> str:
    """Return the language of a page: the requested one, else the first accepted one we have, else English.

    Args:
        requested: a key of `LANGUAGES`, or anything else.
        accepted: the header Accept-Language: of equal weights the first counts, and a weight of 0 is a no.
            (RFC 9110, 12.5.4)
    """
    if requested in LANGUAGES:
        return str(requested)
    weights: dict[str, float] = {}
    for part in (accepted or "").split(","):
        name, _, parameter = part.partition(";")
        code = name.strip().lower().partition("-")[0]
        weights[code] = max(weights.get(code, 0.0), _weight(parameter))
    weights |= {code: weights.get(code, weights.get("*", 0.0)) for code in LANGUAGES}
    # `max` takes the first of equals; those that the header names come first, in its order.
    best = max((code for code in weights if code in LANGUAGES), key=lambda code: weights[code])
    return best if weights[best] > 0 else "en"


def _weight(parameter: str) -> float:
    """Return the weight of a language, `q=0.5`: 1 where none is given, 0 where it is none from 0 to 1."""
    name, _, value = parameter.partition("=")
    if not parameter.strip():
        return 1.0
    try:
        weight = float(value) if name.strip().lower() == "q" else 0.0
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
