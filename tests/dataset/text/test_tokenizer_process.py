"""Tokenising in child processes: the same tokens, and their end is noticed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.text.captions import TOKEN_SEPARATOR, TOKENIZERS, Tokenizer, clean, normalise
from dataset.text.tokenizer_process import TokenizerProcess, tokenizer_version
from store.errors import UserError

TEXTS = ["犬が走る", "hot dog を\n食べた", "ＡＢＣ", "", "えっ　　なに", "長" * 50]


def prepared(tokenizer: str, texts: list[str]) -> tuple[list[str], list[str]]:
    with TokenizerProcess(tokenizer, 20) as tokenizer_process:
        forms, cuts = tokenizer_process.prepare(pa.array(texts, pa.string()))
    return forms.to_pylist(), cuts.to_pylist()


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_many_captions_are_cut_as_each_would_be(tokenizer: str) -> None:
    forms, cuts = prepared(tokenizer, TEXTS)
    assert forms == [normalise(text) for text in TEXTS]
    assert [segment.split(TOKEN_SEPARATOR) for segment in cuts if segment] == [
        Tokenizer(tokenizer).tokenize(text) for text in TEXTS if 0 < len(text) <= 20
    ]


@pytest.fixture(scope="module")
def tokenizer_process() -> Iterator[TokenizerProcess]:
    with TokenizerProcess("unidic-lite", 40) as one:
        yield one


@settings(max_examples=200, deadline=None)
@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), max_size=8))
def test_no_text_runs_into_the_next(tokenizer_process: TokenizerProcess, texts: list[str]) -> None:
    cleaned = [clean(text) for text in texts]
    forms, cuts = tokenizer_process.prepare(pa.array(cleaned, pa.string()))
    assert forms.to_pylist() == [normalise(text) for text in texts]
    tokenizer = Tokenizer("unidic-lite")
    assert cuts.to_pylist() == [
        tokenizer.segment(form) if len(form) <= 40 else "" for form in forms.to_pylist()
    ]


def test_what_a_filter_will_take_is_not_cut() -> None:
    assert prepared("characters", TEXTS)[1][3:] == ["", TOKEN_SEPARATOR.join("えっ なに"), ""]


def test_no_captions_need_no_answer() -> None:
    assert prepared("characters", []) == ([], [])


def test_a_process_that_is_killed_is_told() -> None:
    with TokenizerProcess("characters", 20) as tokenizer_process:
        os.kill(tokenizer_process._talk.process.pid, signal.SIGKILL)
        with pytest.raises(UserError, match=r"SIGKILL.*memory is short"):
            for _ in range(2):  # the first may still fit in the pipe
                tokenizer_process.prepare(pa.array(["一"]))


def test_a_process_that_fails_is_told_with_its_last_line(monkeypatch: pytest.MonkeyPatch) -> None:
    fails = [sys.executable, "-c", "import sys; sys.exit('no dictionary here')"]
    monkeypatch.setattr("store.processes.child.command", lambda *_: fails)
    message = r"ended with status 1 \(no dictionary here\)"
    with TokenizerProcess("characters", 20) as process, pytest.raises(UserError, match=message):
        for _ in range(2):  # the first may still fit in the pipe
            process.prepare(pa.array(["一"]))


def test_the_identity_names_the_dictionary_and_its_version() -> None:
    assert tokenizer_version("unidic-lite").startswith("unidic-lite ")
    assert tokenizer_version("characters") != tokenizer_version("unidic-lite") != tokenizer_version("ipadic")


def test_ctrl_c_reaches_only_who_started_the_process() -> None:
    program = """
import os, signal, sys
import pyarrow as pa
from dataset.text.tokenizer_process import TokenizerProcess

with TokenizerProcess("characters", 20) as tokenizer_process:
    try:
        os.killpg(0, signal.SIGINT)
        signal.pause()
    except KeyboardInterrupt:
        print(tokenizer_process.prepare(pa.array(["犬"]))[0].to_pylist())
"""
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, start_new_session=True, capture_output=True, text=True, timeout=30)
    assert result.stdout == "['犬']\n"
    assert result.stderr == ""
