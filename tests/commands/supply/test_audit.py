"""`make audit`: what the auditor says becomes a line and a status; silence is never taken for safety."""

import json
from pathlib import Path
from typing import Any

import pytest

from commands.supply.audit import KNOWN, NONE, NOT_ASKED, main

SAFE = {"name": "safe", "version": "1.0", "vulns": []}
HOLED = {
    "name": "holed",
    "version": "2.0",
    "vulns": [{"id": "CVE-2026-1", "fix_versions": ["2.1"], "aliases": []}],
}
STRANGE = {"name": "strange", "skip_reason": "not found"}
"""Source: pip-audit's README, `--format json`."""


def auditor(folder: Path, said: str, status: int = 0) -> Path:
    """Return a program that says something instead of pip-audit."""
    path = folder / "pip-audit"
    path.write_text(
        f"#!/bin/sh\ncat {folder}/said\necho failed, for a reason >&2\nexit {status}\n", encoding="utf-8"
    )
    (folder / "said").write_text(said, encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("packages", "status", "lines"),
    [
        ([SAFE], NONE, ["1 packages: no vulnerability is known"]),
        ([SAFE, HOLED], KNOWN, ["holed 2.0: CVE-2026-1, mended in 2.1"]),
        (
            [SAFE, STRANGE],
            NOT_ASKED,
            [
                "1 packages: no vulnerability is known",
                "not checked: 1 packages that the database does not have: strange",
            ],
        ),
    ],
)
def test_what_is_known_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], packages: list[Any], status: int, lines: list[str]
) -> None:
    said = json.dumps({"dependencies": packages, "fixes": []})
    assert main(auditor(tmp_path, said, int(status == KNOWN))) == status
    assert capsys.readouterr().out.splitlines() == lines


@pytest.mark.parametrize("said", ["", "{", "{}", "no connection"])
def test_an_auditor_without_a_report_checks_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], said: str
) -> None:
    assert main(auditor(tmp_path, said, 1)) == NOT_ASKED
    assert capsys.readouterr().out.startswith("not checked: no database of vulnerabilities could be asked (")


def test_an_auditor_that_is_not_there_checks_nothing(tmp_path: Path) -> None:
    assert main(tmp_path / "pip-audit") == NOT_ASKED
