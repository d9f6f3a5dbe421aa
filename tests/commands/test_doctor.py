"""`bokeru doctor` says what works, and what to do about what does not."""

from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace

import pytest

from commands import doctor
from commands.doctor import Finding, diagnose, examine, print_findings
from store.chainer_compat import chainer


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


@pytest.mark.parametrize(
    ("cards", "available", "expected"),
    [
        (1, False, [("GPU", "ok", "")]),
        (2, True, [("GPU", "ok", ""), ("NCCL", "ok", "")]),
        (2, False, [("GPU", "ok", ""), ("NCCL", "optional", "make install-gpu")]),
    ],
)
def test_nccl_is_looked_for_where_there_are_several_gpus(
    cards: int,
    available: bool,
    expected: list[tuple[str, str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A module of CuPy's that could not load NCCL says so by `available`, and has no other name."""
    nccl = SimpleNamespace(available=available)
    if available:
        nccl.get_version = lambda: 22703
    runtime = SimpleNamespace(getDeviceCount=lambda: cards)
    cupy = SimpleNamespace(cuda=SimpleNamespace(runtime=runtime, nccl=nccl))
    monkeypatch.setattr(chainer.backends.cuda, "cupy", cupy)
    monkeypatch.setattr("store.chainer_compat.gpu_problem", lambda: None)
    found = [each for each in examine(tmp_path) if each.what in ("GPU", "NCCL")]
    assert [(each.what, each.state, each.remedy.partition(":")[0]) for each in found] == expected
    assert ("22703" in found[-1].detail) == available
    assert (str(cards) in found[0].detail) == (cards > 1)


def test_it_tells_whether_all_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = [Finding("a", "ok", "1"), Finding("b", "optional", "none")]
    broken = [*whole, Finding("c", "broken", "gone", "make install")]
    for findings in (whole, broken):
        monkeypatch.setattr("commands.doctor.examine", lambda weights, found=findings: iter(found))
        assert diagnose(tmp_path).works == (findings == whole)
    print_findings(broken)
    assert "make install" in capsys.readouterr().out
