"""The Makefile says what its targets are, and the linters before a commit are those of `make lint`."""

import re
import subprocess

import yaml

from tests.docs.documents import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()


def test_the_hooks_before_a_commit_run_what_make_lint_runs() -> None:
    plan = ["make", "--no-print-directory", "-n", "lint"]
    planned = subprocess.run(plan, cwd=ROOT, capture_output=True, text=True, check=True)
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert repository["repo"] == "local"
    hooks = repository["hooks"]
    assert planned.stdout.splitlines()[-1].split(" && ") == [hook["entry"] for hook in hooks]
    assert all(hook["language"] == "system" and hook["pass_filenames"] is False for hook in hooks)


def test_every_target_that_is_no_file_is_declared_and_explained() -> None:
    declared = set(re.findall(r"^\.PHONY: (.*)$", MAKEFILE.replace("\\\n", " "), re.MULTILINE)[0].split())
    targets = dict(re.findall(r"^([a-z][a-z-]*):[^=\n]*?(?:## (.*))?$", MAKEFILE, re.MULTILINE))
    assert declared == set(targets)
    assert all(targets.values()), targets


def test_make_help_lists_every_target() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^  make ([a-z-]+)", shown, re.MULTILINE)) == set(
        re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE)
    )
