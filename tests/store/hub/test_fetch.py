"""What the Hub says of a file is held against the file: size, SHA-256, git's name of it."""

from pathlib import Path

import pytest

from store.hub.fetch import Listed

HELLO = b"hello\n"
# As sha256sum and `git hash-object` name these six bytes.
SHA256 = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
BLOB = "ce013625030ba8dba906f756967f9e9ca394464a"


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    (tmp_path / "hello").write_bytes(HELLO)
    return tmp_path / "hello"


@pytest.mark.parametrize(
    "listed",
    [Listed(6, SHA256, BLOB), Listed(6, None, BLOB), Listed(6, SHA256, "0" * 40), Listed(6, None, None)],
    ids=["large", "small", "a pointer's name", "no digest"],
)
def test_a_file_as_it_is_listed(hello: Path, listed: Listed) -> None:
    assert listed.problem(hello) is None


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        (Listed(7, SHA256, BLOB), "it has 6 bytes, and the Hub lists 7"),
        (Listed(6, "0" * 64, BLOB), f"its SHA-256 is {SHA256}, and the Hub lists 000"),
        (Listed(6, None, "0" * 40), f"its SHA-1 by git is {BLOB}, and the Hub lists 000"),
    ],
)
def test_another_file_is_told(hello: Path, listed: Listed, words: str) -> None:
    assert (listed.problem(hello) or "").startswith(words)
