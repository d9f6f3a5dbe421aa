"""Everything that is installed here has a licence that is taken, and every spelling of one is understood."""

import sysconfig
from email.message import Message
from importlib.metadata import PackageMetadata, distributions
from typing import cast

import pytest

from commands.supply.licences import FOR_TESTS, TAKEN, is_taken, licence
from commands.supply.packages import packages
from tests.docs.documents import ROOT


def test_what_users_install_is_under_licences_that_are_taken() -> None:
    found = packages(ROOT)
    assert len(found) > 100
    assert {package.name: package.licence for package in found if not is_taken(package.licence)} == {}


def test_so_is_everything_that_is_installed_here() -> None:
    # Not what setuptools brings along for itself, which it may have put on the path.
    found = distributions(path=[sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])
    said = {one.name: licence(one.name, one.metadata) for one in found}
    assert {name: one for name, one in said.items() if not is_taken(one, FOR_TESTS)} == {}


@pytest.mark.parametrize(
    ("expression", "taken"),
    [
        ("MIT", True),
        ("Apache-2.0 AND MIT", True),
        ("GPL-3.0-only OR MIT", True),
        ("GPL-3.0-only AND MIT", False),
        ("BSD-2-Clause AND Apache-2.0 WITH LLVM-exception", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", False),
        ("AGPL-3.0-or-later", False),
        ("", False),
    ],
)
def test_of_a_choice_one_is_enough_and_of_a_sum_all_count(expression: str, taken: bool) -> None:
    assert is_taken(expression, TAKEN) is taken


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ([("License-Expression", "MIT-CMU"), ("License", "HPND")], "MIT-CMU"),
        ([("License", "Apache License, Version 2.0")], "Apache-2.0"),
        ([("License", "BSD"), ("Classifier", "License :: OSI Approved :: BSD License")], "BSD License"),
        (
            [("License", "Copyright (c) 2015 ..."), ("Classifier", "License :: OSI Approved :: MIT License")],
            "MIT",
        ),
        ([("Classifier", "Programming Language :: Python")], ""),
        ([("License", "Do what you want, but ask me first")], ""),
    ],
)
def test_what_metadata_say(fields: list[tuple[str, str]], said: str) -> None:
    metadata = Message()
    for name, value in fields:
        metadata[name] = value
    assert licence("anything", cast(PackageMetadata, metadata)) == said
