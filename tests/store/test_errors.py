from pathlib import Path

import pytest

from store.errors import DamagedFile, MissingStage, UsageError, UserError


def test_exit_statuses() -> None:
    assert (UserError.exit_status, UsageError.exit_status) == (1, 2)
    assert MissingStage(Path("a"), "b").exit_status == DamagedFile(Path("a"), "b").exit_status == 1


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            MissingStage(Path("data/p/crawl"), "bokeru crawl --pipeline p"),
            "data/p/crawl is not there yet. Make it with: bokeru crawl --pipeline p",
        ),
        (
            DamagedFile(Path("a.json"), "no JSON", "Bring it back."),
            "a.json is damaged: no JSON. Bring it back.",
        ),
    ],
)
def test_messages_tell_what_and_what_to_do(error: UserError, message: str) -> None:
    assert str(error) == message


def test_without_a_remedy_the_usual_one_is_told() -> None:
    assert "Delete it and run its stage again" in str(DamagedFile(Path("a"), "cut short"))
