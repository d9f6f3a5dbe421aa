"""Under `--json` standard output holds one document, whatever is printed beside it and however it ends."""

import io
import json
import math
import signal
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import PydanticSerializationError

from store.answers.answer import Failure, Reason, answering, fail, give, is_due, text
from store.errors import Unexpected
from store.processes.ending import exit_status
from store.processes.interruption import Interrupted


@dataclass
class Found:
    """What a command may find."""

    counts: Counter[str]
    shares: list[float]
    place: Path
    at: datetime | None = None
    more: object = None


FOUND = Found(Counter("aba"), [0.5], Path("data/写真"))


def test_a_document_is_what_json_says_of_its_type() -> None:
    at = datetime(2026, 11, 30, 12, 0, 0, 500000, timezone(timedelta(hours=9)))
    written = text(Found(Counter("aba"), [0.5, 1e-9], Path("data/写真"), at, {"x": (1, None)}), Found)
    assert json.loads(written) == {
        "counts": {"a": 2, "b": 1},
        "shares": [0.5, 1e-9],
        "place": "data/写真",
        "at": "2026-11-30T12:00:00.500000+09:00",
        "more": {"x": [1, None]},
    }
    assert "写真" in written, "people read it, too"
    assert text(datetime(2026, 1, 2, tzinfo=UTC), datetime) == '"2026-01-02T00:00:00Z"'


def test_no_number_is_nan() -> None:
    odd = Found(Counter(), [math.nan, math.inf, -math.inf, 0.0], Path("a"), more={"deep": [math.nan]})
    told = json.loads(text(odd, Found), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert told["shares"] == [None, None, None, 0.0]
    assert told["more"] == {"deep": [None]}


@pytest.mark.parametrize("odd", ["\x1b[31m", "\x9b2J", "\u202egnp.exe", "\udc80", "\x7f", 'a"\\\n'])
def test_what_no_terminal_should_get_is_escaped_and_comes_back(odd: str) -> None:
    written = text({"text": odd}, dict[str, str])
    assert json.loads(written) == {"text": odd}
    written.encode()  # as every stream can
    assert not {*written} & {*odd} - {*'a"\\\n[31m2Jgnp.exe'}


def test_an_answer_of_another_type_is_a_mistake() -> None:
    with pytest.raises(PydanticSerializationError):
        text({"text": 3}, dict[str, str])


def test_only_the_answer_is_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    with answering(as_json=True):
        print("evaluate: up to date")
        assert is_due()
        give(FOUND, Found)
        print("and more")
        assert not is_due()
    output, errors = capsys.readouterr()
    assert json.loads(output)["counts"] == {"a": 2, "b": 1}
    assert errors == "evaluate: up to date\nand more\n"


def test_without_json_nothing_is_due(capsys: pytest.CaptureFixture[str]) -> None:
    with answering(as_json=False):
        assert not is_due()
        print("lines")
    fail("it went wrong", 1)
    assert capsys.readouterr() == ("lines\n", "")


def test_no_answer_is_a_mistake() -> None:
    with pytest.raises(RuntimeError, match="gave no answer"), answering(as_json=True):
        pass
    with answering(as_json=False):
        pass


def ended(action: Any, capsys: pytest.CaptureFixture[str]) -> tuple[int, Any, str]:
    def work() -> None:
        with answering(as_json=True):
            action()

    status = exit_status(work, fail)
    output, errors = capsys.readouterr()
    return status, json.loads(output), errors


def test_a_failure_stands_in_the_place_of_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    def damaged() -> None:
        raise Unexpected("a.parquet is damaged: \x1b[31m")

    status, told, errors = ended(damaged, capsys)
    assert status == 5
    assert told == {"error": {"status": 5, "message": "a.parquet is damaged: \x1b[31m"}}
    assert errors == "bokeru: a.parquet is damaged: \\x1b[31m\n"


def test_a_disk_that_is_full_is_told_too(capsys: pytest.CaptureFixture[str]) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device", "data/a.json")

    status, told, _ = ended(full, capsys)
    assert (status, told["error"]["status"]) == (3, 3)


def test_an_interruption_is_told_too(capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> None:
        raise Interrupted(signal.SIGTERM)

    status, told, errors = ended(interrupted, capsys)
    assert (status, told["error"]["status"]) == (143, 143)
    assert told["error"]["message"] in errors


def test_what_fails_after_the_answer_adds_no_second_document(capsys: pytest.CaptureFixture[str]) -> None:
    def leaking() -> None:
        give(FOUND, Found)
        raise Unexpected("photos are on both sides")

    status, told, errors = ended(leaking, capsys)
    assert (status, told["place"]) == (5, "data/写真")
    assert "both sides" in errors


def test_nobody_reads_the_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Closed())
    with answering(as_json=True):
        fail("it went wrong", 1)


def test_a_failure_says_status_and_message() -> None:
    assert json.loads(text(Failure(Reason(1, "a")), Failure)) == {"error": {"status": 1, "message": "a"}}
