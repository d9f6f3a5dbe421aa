"""What runs apart may end in any way: it is told in a line, with the file that was read."""

import json
import signal
import sys
from pathlib import Path

import pytest

from store.answers.answer import answering, fail
from store.errors import DamagedFile, Unexpected, UserError
from store.processes.apart import run_apart
from store.processes.ending import exit_status
from store.processes.interruption import Interrupted
from tests.store.processes.dying import end

MEMORY = 2**30


def run(folder: str, seconds: float = 60) -> int:
    return run_apart(end, Path(folder), memory=MEMORY, seconds=seconds)


@pytest.mark.parametrize(
    ("folder", "kind", "words"),
    [
        (
            "aborts",
            DamagedFile,
            r"^aborts/b.parquet is damaged: the process was ended by SIGABRT while it was read \(no key\)",
        ),
        pytest.param("faults", DamagedFile, "ended by SIGSEGV", marks=pytest.mark.long),
        pytest.param("is killed", UserError, "read is killed/b.parquet was killed", marks=pytest.mark.long),
    ],
)
def test_a_death_is_told_with_its_file(
    folder: str, kind: type[UserError], words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(kind, match=words) as death:
        run(folder)
    assert death.value.exit_status == kind.exit_status
    assert "elete" not in str(death.value), "others may be able to read it"
    assert capfd.readouterr() == ("", ""), "what C++ writes as it dies is no message to the user"


def test_what_never_ends_is_ended() -> None:
    with pytest.raises(Unexpected, match=r"^never ends/b.parquet was not read to its end within 2 seconds"):
        run("never ends", seconds=2)


@pytest.mark.long
def test_a_signal_to_the_child_is_one_to_its_parent() -> None:
    with pytest.raises(Interrupted, match="SIGTERM") as ending:
        run("is terminated")
    assert ending.value.exit_status == 128 + signal.SIGTERM


@pytest.mark.parametrize(
    ("folder", "status", "output", "errors"),
    [
        ("fails", 5, "an example\n", "bokeru: fails/c.parquet is damaged: cut short. "),
        pytest.param(
            "takes memory", 1, "", "bokeru: takes memory/b.parquet takes more", marks=pytest.mark.long
        ),
        pytest.param("ends well", 0, "seen\n", "", marks=pytest.mark.long),
    ],
)
def test_other_endings_are_the_child_s_own(
    folder: str, status: int, output: str, errors: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(folder) == status
    printed = capfd.readouterr()
    assert printed.out == output
    assert printed.err.startswith(errors)
    assert len(printed.err.splitlines()) == bool(errors)


@pytest.mark.parametrize(
    ("folder", "status", "told"),
    [
        ("answers", 0, ["seen"]),
        ("fails", 5, {"error": {"status": 5}}),
        ("aborts", 5, {"error": {"status": 5}}),
    ],
)
def test_an_answer_as_json_is_the_childs_or_tells_of_its_death(
    folder: str, status: int, told: object, capfd: pytest.CaptureFixture[str]
) -> None:
    def work() -> None:
        with answering(as_json=True):
            if ended := run(folder):
                sys.exit(ended)

    try:
        found = exit_status(work, fail)
    except SystemExit as end:
        found = int(str(end.code))
    document = json.loads(capfd.readouterr().out)
    if isinstance(document, dict):
        assert document["error"].pop("message")
    assert (found, document) == (status, told)
