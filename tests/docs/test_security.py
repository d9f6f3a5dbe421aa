"""SECURITY.md promises what tests hold."""

import re

import psutil
import pytest

import web.app
from commands.main import main
from demo.site import running
from tests.docs.documents import ROOT

PROMISES = (ROOT / "SECURITY.md").read_text().partition("## What is promised\n")[2].partition("\n## ")[0]


def test_every_promise_names_tests_that_exist() -> None:
    promises = re.findall(r"^- .*(?:\n  .*)*", PROMISES, re.MULTILINE)
    assert len(promises) > 15
    for promise in promises:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", promise)
        assert named, promise
        for path, function in named:
            assert f"\ndef {function}(" in (ROOT / path).read_text(), f"{path}::{function}"


def test_what_serves_listens_on_loopback_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(web.app, "serve", lambda *arguments, **_: asked.append(arguments))
    assert main(["web", "--pipeline", "demo", "--config", str(ROOT / "pipelines.yaml")]) == 0
    assert asked[0][2] == "127.0.0.1"
    with running(2, 1, 1):
        sockets = [it for child in psutil.Process().children() for it in child.net_connections("tcp")]
        assert {it.laddr.ip for it in sockets if it.status == psutil.CONN_LISTEN} == {"127.0.0.1"}
