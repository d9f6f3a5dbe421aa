"""What a text becomes before a tower reads it: as transformers' documents say, and as merged by hand."""

import json
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from featurize.words import tokens
from featurize.words.tokens import Lengths, open_tokenizer
from store.errors import UserError
from tests.featurize.words.towers import LONGEST, write_bpe, write_pieces

OPEN = Lengths(0, has_mask=True)


def merged(word: str, merges: list[tuple[str, str]]) -> list[str]:
    """Return a word's parts: of all pairs the one that was merged first is merged, until there is none.

    Source: Sennrich et al. 2016, algorithm 1, with CLIP's end of a word.
    """
    ranks = {pair: rank for rank, pair in enumerate(merges)}
    parts = [*word[:-1], f"{word[-1]}</w>"]
    while pairs := [pair for pair in pairwise(parts) if pair in ranks]:
        one, other = min(pairs, key=ranks.__getitem__)
        joined, place = [], 0
        while place < len(parts):
            both = tuple(parts[place : place + 2]) == (one, other)
            joined.append(one + other if both else parts[place])
            place += 2 if both else 1
        parts = joined
    return parts


def test_clips_tokens_are_merged_as_by_hand(tmp_path: Path) -> None:
    write_bpe(tmp_path)
    model = json.loads((tmp_path / "tokenizer.json").read_text(encoding="utf-8"))["model"]
    merges, numbers = [tuple(pair) for pair in model["merges"]], model["vocab"]
    tokenizer = open_tokenizer(tmp_path / "text.onnx", Lengths(0, has_mask=False))
    ids, mask = tokenizer.rows(["The  RED dogs", "a"])
    words = [number for word in ("the", "red", "dogs") for number in map(numbers.get, merged(word, merges))]
    start, end = numbers["<|startoftext|>"], numbers["<|endoftext|>"]
    wanted = [start, *words, end]
    assert ids.shape == (2, LONGEST), "without a mask all are filled to the longest"
    assert ids[0].tolist() == [*wanted, *[end] * (LONGEST - len(wanted))]
    assert mask[0].sum() == len(wanted)
    assert len(words) > 3, "no word of its own stands for each: something was merged"


def test_a_text_that_is_too_long_keeps_its_ends(tmp_path: Path) -> None:
    write_bpe(tmp_path)
    ids, mask = open_tokenizer(tmp_path / "text.onnx", OPEN).rows(["dog " * 300])
    assert ids.shape == (1, LONGEST)
    assert ids[0, 0] == 0
    assert ids[0, -1] == 1
    assert mask.all()
    short, _ = open_tokenizer(tmp_path / "text.onnx", Lengths(7, has_mask=True)).rows(["dog " * 300])
    assert short.shape == (1, 7)
    assert short[0, -1] == 1


def test_siglip_reads_lower_case_without_punctuation_and_is_filled_with_ends(tmp_path: Path) -> None:
    """`tokenization_siglip.py`: lower case, no punctuation, </s> behind it and as filling, no mask."""
    pieces = write_pieces(tmp_path)
    ids, mask = open_tokenizer(tmp_path / "text.onnx", OPEN).rows(["A dog,  and a (TRAIN)!", "犬と電車"])
    wanted = [*pieces.encode("a dog and a train"), 1]
    assert ids.shape == (2, LONGEST)
    assert ids[0].tolist() == [*wanted, *[1] * (LONGEST - len(wanted))]
    assert ids[1, : len(pieces.encode("犬と電車"))].tolist() == pieces.encode("犬と電車")
    assert mask.all(), "SigLIP learned with rows whose filling is read"


def test_t5_keeps_case_and_punctuation_and_masks_what_is_filled(tmp_path: Path) -> None:
    pieces = write_pieces(tmp_path, "T5Tokenizer")
    ids, mask = open_tokenizer(tmp_path / "text.onnx", OPEN).rows(["a dog, and", "犬"])
    first, second = [*pieces.encode("a dog, and"), 1], [*pieces.encode("犬"), 1]
    assert ids[0].tolist() == first
    assert ids[1].tolist() == [*second, *[0] * (len(first) - len(second))]
    np.testing.assert_array_equal(mask.sum(1), [len(first), len(second)])


def test_a_tokenizer_above_the_folder_onnx_counts(tmp_path: Path) -> None:
    write_bpe(tmp_path)
    (tmp_path / "onnx").mkdir()
    assert open_tokenizer(tmp_path / "onnx" / "text_model.onnx", OPEN).path == tmp_path / "tokenizer.json"


def test_what_a_tokenizer_json_says_of_its_filling_holds(tmp_path: Path) -> None:
    write_bpe(tmp_path)
    path = tmp_path / "tokenizer.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    padding = {
        "strategy": {"Fixed": 9},
        "direction": "Right",
        "pad_id": 5,
        "pad_type_id": 0,
        "pad_token": "x",
    }
    path.write_text(json.dumps({**content, "padding": {**padding, "pad_to_multiple_of": None}}))
    ids, _ = open_tokenizer(tmp_path / "text.onnx", OPEN).rows(["dog"])
    assert ids.shape == (1, 9)
    assert ids[0, -1] == 5
    left = {**padding, "direction": "Left", "pad_to_multiple_of": None}
    path.write_text(json.dumps({**content, "padding": left}))
    with pytest.raises(UserError, match="fills texts on the left"):
        open_tokenizer(tmp_path / "text.onnx", OPEN)


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        ({}, r"has no tokenizer.json and no spiece.model beside it.*save_pretrained"),
        ({"tokenizer.json": "{"}, r"tokenizer.json beside it, which cannot be read"),
        (
            {"tokenizer.json": "{}", "tokenizer_config.json": "["},
            r"tokenizer_config.json beside it, which cannot",
        ),
        (
            {"spiece.model": "no"},
            r"tokenizer_class nowhere in tokenizer_config.json: those of SiglipTokenizer",
        ),
        (
            {"spiece.model": "no", "tokenizer_config.json": '{"tokenizer_class": "T5TokenizerFast"}'},
            r"spiece.model beside it, which SentencePiece cannot read",
        ),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, contents: dict[str, str], reason: str) -> None:
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=reason):
        open_tokenizer(tmp_path / "text.onnx", OPEN)


def test_what_reads_a_tokenizer_json_is_named_where_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(
        UserError, match=r"`tokenizers`, which reads it, is not installed. Add it: make install"
    ):
        open_tokenizer(tmp_path / "text.onnx", OPEN)


def test_a_file_beyond_all_measure_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "LARGEST", 10)
    write_bpe(tmp_path)
    with pytest.raises(UserError, match=r"tokenizer.json beside it, of [\d,]+ bytes; at most 10 are read"):
        open_tokenizer(tmp_path / "text.onnx", OPEN)
