"""Notices arrive whole; one that cannot be sent is a line in the log, within its time limit."""

import json
import logging
import socket
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from store.notify.notice import Notice, send
from store.notify.options import NotifyOptions
from tests.certificate import self_signed
from tests.receiver import receiving

NOTICE = Notice(
    "alarm",
    "crawl",
    "bokete",
    "サイト refuses \x1b[2J",
    "bokeru crawl --pipeline bokete",
    4,
    {"pages": {"ok": 3}, "filler": "笑" * 200_000},  # more than a pipe holds
)
PYTHON = sys.executable


def sent(caplog: pytest.LogCaptureFixture, options: NotifyOptions) -> str:
    """Send the notice; return what the log says of it."""
    caplog.clear()
    with caplog.at_level(logging.INFO, "store"):
        send(NOTICE, options)
    (record,) = caplog.records
    return f"{record.levelname}: {record.getMessage()}"


def program(code: str, *arguments: str, **options: Any) -> NotifyOptions:
    return NotifyOptions(command=(PYTHON, "-c", code, *arguments), **options)


def test_a_command_reads_the_notice_on_its_standard_input_and_its_words_pass_no_shell(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    copy = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_bytes(sys.stdin.buffer.read())"
    target = tmp_path / "$(touch owned); a b"
    assert (
        sent(caplog, program(copy, str(target))) == f"INFO: notice of alarm sent: notify.command ({PYTHON})"
    )
    written = json.loads(target.read_text())
    assert written["event"] == "alarm"
    assert (written["stage"], written["pipeline"], written["status"]) == ("crawl", "bokete", 4)
    assert written["message"] == NOTICE.message
    assert written["report"] == NOTICE.report
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("import sys; sys.exit(3)", "ended with status 3"),
        ("import sys; sys.exit('no such channel')", "ended with status 1 (no such channel)"),
        ("import os; os.kill(os.getpid(), 9)", "was killed (SIGKILL)"),
        ("import time; time.sleep(60)", "takes longer than 0.5 seconds, and was ended"),
        (
            "import signal, time; signal.signal(15, signal.SIG_IGN); signal.signal(1, signal.SIG_IGN); "
            "time.sleep(60)",
            "takes longer than 0.5 seconds, and was ended",
        ),
        ("import os\nwhile True: os.write(2, b'x' * 65536)", "takes longer than 0.5 seconds, and was ended"),
    ],
)
def test_a_command_that_fails_or_hangs_is_a_warning_in_time(
    code: str, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    started = time.monotonic()
    assert sent(caplog, program(code, seconds=0.5)).startswith(
        f"WARNING: notice of alarm not sent: notify.command ({PYTHON}) {says}"
    )
    assert time.monotonic() - started < 8


def test_ten_megabytes_on_both_streams_are_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    code = "import os\nfor _ in range(1000): os.write(1, b'x' * 10000); os.write(2, b'y' * 10000)"
    assert sent(caplog, program(code)).startswith("INFO: notice of alarm sent")


def test_what_a_command_started_ends_with_it_where_it_takes_too_long(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    code = (
        "import pathlib, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import signal, time; "
        "signal.signal(15, signal.SIG_IGN); time.sleep(60)'])\n"
        "pathlib.Path(sys.argv[1]).write_text(str(child.pid)); time.sleep(60)"
    )
    sent(caplog, program(code, str(tmp_path / "pid"), seconds=2))
    number = int((tmp_path / "pid").read_text())
    state = Path(f"/proc/{number}/stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"


@pytest.mark.parametrize("name", ["no-such-program-here", "/etc", "nul\0byte"])
def test_a_command_that_is_not_there_is_a_warning(name: str, caplog: pytest.LogCaptureFixture) -> None:
    line = sent(caplog, NotifyOptions(command=(name,)))
    assert line.startswith("WARNING: notice of alarm not sent: notify.command (")


def test_an_address_gets_json_over_https_that_is_verified(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, tls = self_signed(tmp_path)
    with receiving(tls=tls) as receiver:
        address = f"https://localhost:{receiver.port}/services/SECRET?key=SECRET"
        refused = sent(caplog, NotifyOptions(address=address, allow_private=True))
        assert "has a certificate that is not trusted (self-signed certificate); notify.ca_file" in refused
        assert receiver.got == []
        options = NotifyOptions(address=address, allow_private=True, ca_file=str(path))
        assert sent(caplog, options) == "INFO: notice of alarm sent: notify.address (localhost)"
    (got,) = receiver.got
    assert got["report"] == NOTICE.report
    assert receiver.headers["Content-Type"] == "application/json"
    assert "SECRET" not in refused


def test_an_address_of_a_private_network_is_not_asked_unless_it_may_be(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with receiving() as receiver:
        for host in ("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"):
            line = sent(caplog, NotifyOptions(address=f"https://{host}:{receiver.port}/"))
            assert "which is not public" in line or "not known" in line, line
        assert receiver.got == []
        address = f"http://127.0.0.1:{receiver.port}/"
        assert "INFO" in sent(caplog, NotifyOptions(address=address, allow_private=True))
        assert len(receiver.got) == 1


def test_a_name_is_asked_for_once_so_that_no_second_answer_leads_elsewhere(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """DNS rebinding: a public address first, one of this machine when it is asked again."""
    answers = iter(["203.0.113.1", "127.0.0.1", "127.0.0.1"])
    connected: list[str] = []

    def getaddrinfo(host: str, port: int, **_: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    def connect(place: tuple[str, int], timeout: float) -> socket.socket:
        connected.append(place[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr("store.notify.post.is_public", lambda address: not address.startswith("127."))
    monkeypatch.setattr(socket, "create_connection", connect)
    assert "refuses connections" in sent(caplog, NotifyOptions(address="https://hooks.example/"))
    assert connected == ["203.0.113.1"]


def test_redirects_and_refusals_are_warnings_and_nothing_is_sent_on(caplog: pytest.LogCaptureFixture) -> None:
    with receiving() as private, receiving(302, location=f"http://127.0.0.1:{private.port}/") as receiver:
        options = NotifyOptions(address=f"http://127.0.0.1:{receiver.port}/", allow_private=True)
        assert "(127.0.0.1) answers 302, and redirects are not followed" in sent(caplog, options)
        assert private.got == []
    with receiving(500) as receiver:
        options = NotifyOptions(address=f"http://127.0.0.1:{receiver.port}/", allow_private=True)
        assert "(127.0.0.1) answers 500" in sent(caplog, options)
    assert "refuses connections" in sent(caplog, options)


def test_an_address_that_never_answers_or_drips_costs_no_more_than_its_limit(
    caplog: pytest.LogCaptureFixture,
) -> None:
    started = time.monotonic()
    with receiving(drip=0.05) as receiver:
        options = NotifyOptions(address=f"http://127.0.0.1:{receiver.port}/", allow_private=True, seconds=0.4)
        assert "takes longer than 0.4 seconds" in sent(caplog, options)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        options = NotifyOptions(
            address=f"http://127.0.0.1:{silent.getsockname()[1]}/", allow_private=True, seconds=0.4
        )
        assert "takes" in sent(caplog, options)
    assert time.monotonic() - started < 4


def test_no_proxy_of_the_environment_gets_a_notice(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with receiving() as proxy, receiving() as receiver:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        options = NotifyOptions(address=f"http://127.0.0.1:{receiver.port}/", allow_private=True)
        assert "INFO" in sent(caplog, options)
    assert (len(proxy.got), len(receiver.got)) == (0, 1)


@pytest.mark.parametrize(
    ("on", "events"),
    [
        (("end",), {"end", "alarm"}),
        (("alarm",), {"alarm"}),
        (("pause",), {"pause"}),
        ((), set()),
        (("end", "alarm", "pause"), {"end", "alarm", "pause"}),
    ],
)
def test_who_wants_to_know_what(on: Any, events: set[str]) -> None:
    options = NotifyOptions(on=on, command=("x",))
    assert {event for event in ("end", "alarm", "pause") if options.wants(event)} == events
    assert not NotifyOptions(on=on).wants("alarm"), "there is no way to tell anybody"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"address": "http://hooks.example/"}, "plain http"),
        ({"address": "ftp://hooks.example/"}, "no web address"),
        ({"address": "https://user:word@hooks.example/"}, "a user or a password"),
        ({"command": ("",)}, "names no program"),
        ({"command": "mail me"}, "valid tuple"),
        ({"seconds": 600}, "less than or equal to 60"),
        ({"on": ("never",)}, "'end', 'alarm' or 'pause'"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        NotifyOptions.model_validate(settings)
