import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset.captions import Tokenizer, normalise
from dataset.errors import UserError
from dataset.texts import identity, prepare, prepare_all

TEXTS = ["犬が走る", "hot dog を\n食べた", "ＡＢＣ", "", "長" * 50]


def batch(texts: list[str]) -> pa.RecordBatch:
    return pa.record_batch({"id": list(range(len(texts))), "text": texts})


@pytest.mark.parametrize("tokenizer", ["unidic-lite", "ipadic", "characters"])
def test_tokens_are_those_of_the_tokenizer(tmp_path: Path, tokenizer: str) -> None:
    rows = pq.read_table(prepare(batch(TEXTS), tokenizer, 20, tmp_path / "a.parquet")).to_pylist()
    assert [row["text_nfkc"] for row in rows] == [normalise(text) for text in TEXTS]
    assert [row["tokens"] for row in rows[:3]] == [Tokenizer(tokenizer).tokenize(text) for text in TEXTS[:3]]


def test_what_a_filter_will_take_is_not_cut(tmp_path: Path) -> None:
    rows = pq.read_table(prepare(batch(TEXTS), "characters", 20, tmp_path / "a.parquet")).to_pylist()
    assert [row["tokens"] for row in rows[3:]] == [None, None]


def test_several_processes_write_a_file_a_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataset.texts.BATCH", 1)
    paths = list(prepare_all(map(batch, [["一"], ["二"], ["三"]]), 3, "unidic-lite", 20, tmp_path))
    assert [pq.read_table(path)["text_nfkc"][0].as_py() for path in paths] == ["一", "二", "三"]


def test_a_process_that_is_killed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataset.texts.BATCH", 1)
    monkeypatch.setattr("dataset.texts.prepare", die)
    with pytest.raises(UserError, match="is memory short"):
        list(prepare_all(map(batch, [["一"], ["二"]]), 2, "unidic-lite", 20, tmp_path))


def die(*arguments: object) -> None:
    os.kill(os.getpid(), 9)


def test_the_identity_names_the_dictionary_and_its_version() -> None:
    assert identity("unidic-lite").startswith("unidic-lite ")
    assert identity("characters") != identity("unidic-lite") != identity("ipadic")
