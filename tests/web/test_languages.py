"""Both languages say everything."""

import re
from pathlib import Path

import pytest

from store.errors import MissingStage, UserError
from web.content.training.comparison import FIGURES
from web.door.queue import QueueFull
from web.languages import Message, Translator, choose_language, translations

WEB = Path(__file__).parents[2] / "web"
CALL = re.compile(r"""(?:\b_|\bMessage)\(\s*(?:"((?:[^"\\]|\\.)+)"|'((?:[^'\\]|\\.)+)')""")


def texts() -> set[str]:
    """Every text that a template or module translates."""
    found = set(FIGURES.values())
    for path in [*WEB.rglob("*.html"), *WEB.rglob("*.py")]:
        found.update(match[1] or match[2] for match in CALL.finditer(path.read_text()))
    return found - {"{error}", "text {name}"}


def test_every_text_is_said_in_japanese() -> None:
    assert sorted(texts() - set(translations("ja"))) == []


def test_translations_name_the_same_values() -> None:
    for language in ("en", "ja"):
        for english, translation in translations(language).items():
            assert set(re.findall(r"{\w+}", english)) == set(re.findall(r"{\w+}", translation)), english


def test_numbers_messages_and_singulars() -> None:
    say = Translator("en")
    assert say("{count} photos", count=1234) == "1,234 photos"
    assert say("{count} photos", count=1) == "1 photo"
    assert say(Message("{count} rows", {"count": 2})) == "2 rows"
    assert Translator("ja")("{count} photos", count=1234) == "写真 1,234 枚"
    assert say("unheard of") == "unheard of"
    assert say("{text}", text="{count} <b>") == "{count} <b>", "values are never texts to fill in"


@pytest.mark.parametrize(
    ("wanted", "accepted", "language"),
    [
        ("ja", "en", "ja"),
        (None, "ja-JP,en;q=0.5", "ja"),
        ("xx", "fr,de", "en"),
        (None, None, "en"),
        (None, "fr, ja;q=0.9", "ja"),
        # By weight, not by place (RFC 9110, 12.5.4); of equal weights the first; q=0 is a no.
        (None, "ja;q=0.3, en;q=0.9", "en"),
        (None, "en;q=0.3,ja;q=0.31", "ja"),
        (None, "ja, en", "ja"),
        (None, "en, ja", "en"),
        (None, "ja;q=0, fr", "en"),
        (None, "en;q=0, ja;q=0.1", "ja"),
        (None, "en-GB;q=0.2, en;q=0.8, ja;q=0.5", "en"),
        (None, "*;q=0.5, en;q=0.1", "ja"),
        (None, "de, *;q=0.1", "en"),
        (None, "ja;q=nan, en;q=0.1", "en"),
        (None, "ja;q=5, en;q=0.1", "en"),
        (None, ",;q=,ja;", "ja"),
        (None, "en;q=0", "en"),
    ],
)
def test_the_language_is_the_readers(wanted: str | None, accepted: str | None, language: str) -> None:
    assert choose_language(wanted, accepted) == language


def test_failures_are_told_in_the_readers_language() -> None:
    full = QueueFull(waiting=12, retry_after=7, own=False)
    assert str(full).endswith("Try again in 7 seconds.")
    assert Translator("ja").reason(full) == (
        "ボケの依頼が 12 件待っているため、今は受け付けられません。7 秒後にもう一度お試しください。"
    )
    missing = MissingStage(Path("data/demo/dataset"), "bokeru dataset --pipeline demo")
    assert Translator("en").reason(missing) == str(missing)
    assert "bokeru dataset --pipeline demo" in Translator("ja").reason(missing)
    assert Translator("ja").reason(UserError("as it is")) == "as it is"
