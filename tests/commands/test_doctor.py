"""`bokeru doctor` says what works, and what to do about what does not."""

from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from commands import doctor
from commands.doctor import Finding, examine, print_findings


def test_nothing_is_broken_where_the_tests_run(tmp_path: Path) -> None:
    findings = {finding.what: finding for finding in examine(tmp_path / "data" / "weights")}
    assert not [finding for finding in findings.values() if finding.state == "broken"]
    assert findings["Chainer runs"].detail.endswith("= 3)")
    assert "写真" in findings["MeCab"].detail


def test_weights_that_are_there_are_named(tmp_path: Path) -> None:
    (tmp_path / "mine.caffemodel").write_bytes(b"")
    (found,) = (finding for finding in examine(tmp_path) if finding.what == "weights")
    assert (found.state, found.detail) == ("ok", "mine.caffemodel")


def test_a_missing_library_is_broken_and_has_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(name: str) -> str:
        if name == "scrapy":
            raise PackageNotFoundError(name)
        return "1"

    monkeypatch.setattr(doctor, "version", version)
    (found,) = (finding for finding in examine(tmp_path) if finding.state == "broken")
    assert (found.what, found.remedy) == ("scrapy", "make install")


def test_the_table_tells_whether_all_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert print_findings(iter([Finding("a", "ok", "1"), Finding("b", "optional", "none")]))
    assert not print_findings(iter([Finding("c", "broken", "gone", "make install")]))
    assert "make install" in capsys.readouterr().out
