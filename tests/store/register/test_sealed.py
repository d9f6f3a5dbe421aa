"""Files that hold their own digest."""

import json
from pathlib import Path

import pytest
from pydantic import Field

from store.errors import DamagedFile
from store.register.sealed import Sealed


class Names(Sealed):
    names: list[str] = Field(default_factory=list)


def test_a_file_as_it_was_written_is_read_without_its_digest() -> None:
    read = Names.model_validate_json(Names(names=["犬"]).sealed())
    assert read.opened(Path("x")) == Names(names=["犬"])


def test_a_file_of_0_1_has_no_digest() -> None:
    assert Names.model_validate_json('{"names": ["犬"]}').opened(Path("x")).names == ["犬"]


@pytest.mark.parametrize("change", [{"names": ["猫"]}, {"digest": "0" * 16}])
def test_a_changed_file_is_damaged(change: dict[str, object]) -> None:
    content = {**json.loads(Names(names=["犬"]).sealed()), **change}
    with pytest.raises(DamagedFile, match="x is damaged: it was changed after it was written"):
        Names.model_validate(content).opened(Path("x"))


class MoreNames(Names):
    """The same in a later version."""

    numbers: list[int] = Field(default_factory=list)


def test_a_field_that_a_later_version_adds_makes_no_file_a_changed_one() -> None:
    read = MoreNames.model_validate_json(Names(names=["犬"]).sealed())
    assert read.opened(Path("x")).names == ["犬"]
