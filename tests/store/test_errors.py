"""Errors and the exit status of each."""

from pathlib import Path

import pytest

from store.errors import (
    DamagedFile,
    MissingStage,
    SiteRefuses,
    TimeIsOver,
    TooLittleRoom,
    Unexpected,
    UsageError,
    UserError,
    first_by_status,
    with_status,
)


def test_exit_statuses() -> None:
    assert (UserError.exit_status, UsageError.exit_status) == (1, 2)
    assert (SiteRefuses.exit_status, Unexpected.exit_status) == (4, 5)
    assert (TooLittleRoom.exit_status, TimeIsOver.exit_status) == (3, 6)
    assert MissingStage(Path("a"), "b").exit_status == 1
    assert DamagedFile(Path("a"), "b").exit_status == 5


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


def test_where_several_errors_hold_the_order_of_their_statuses_decides() -> None:
    other, drift, refused = UserError("other"), Unexpected("drift"), SiteRefuses("refused")
    assert first_by_status([other, drift, refused]) is refused
    assert first_by_status([other, drift]) is drift
    full, late = TooLittleRoom("full"), TimeIsOver("late")
    assert first_by_status([other, late, drift, refused, full]) is full
    assert first_by_status([other, late]) is late
    assert first_by_status([drift, Unexpected("later")]) is drift
    assert first_by_status([]) is None


@pytest.mark.parametrize("kind", [UserError, UsageError, TooLittleRoom, SiteRefuses, Unexpected, TimeIsOver])
def test_an_error_crosses_processes_as_its_message_and_status(kind: type[UserError]) -> None:
    error = with_status("why", kind.exit_status)
    assert (type(error), str(error)) == (kind, "why")
