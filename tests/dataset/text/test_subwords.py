"""The tokenizer `sentencepiece`: it learns from train alone, joins back, and cuts no grapheme."""

import random
from itertools import accumulate
from pathlib import Path

import pytest
import regex

from dataset import read
from dataset.build.stage import build
from dataset.forget import forget
from dataset.options import DatasetOptions
from dataset.text.captions import Tokenizer, join, normalise
from dataset.text.subwords import MODEL, learned, model_of
from dataset.verify import check
from store.errors import DamagedFile
from store.forget.content import Content
from store.forget.forgotten import ForgottenFilter
from store.register.stages import Stage
from tests.crawl_tables import boke, image, page, write

WHO, WHAT = ("犬", "猫", "課長"), ("走る", "笑う")
TEXTS = sorted({f"{who}が{what}{end}" for who in WHO for what in WHAT for end in "。!?"})
ODD = (
    *("あ゛あ゛", "(´・ω・`)", "(￣▽￣)", "(ﾟДﾟ)", "▁ ▅▁", "👨\u200d👩\u200d👧", "❤\ufe0f犬"),
    *("葛\U000e0100", "𠮷野家", " \u0301\n犬"),
)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    path = tmp_path_factory.mktemp("model") / MODEL
    path.write_bytes(learned(TEXTS, 60))
    return Tokenizer("sentencepiece", path)


@pytest.mark.parametrize("text", [*TEXTS[:3], *ODD, "犬 課長\n走る", "全く知らない字"], ids=ascii)
def test_tokens_join_and_cut_no_grapheme(tokenizer: Tokenizer, text: str) -> None:
    tokens = tokenizer.tokenize(text)
    assert join(tokens) == normalise(text)
    ends = set(accumulate(map(len, regex.findall(r"\X", normalise(text)))))
    assert set(accumulate(map(len, tokens))) <= ends


def test_words_that_come_often_are_pieces_and_the_unknown_single(tokenizer: Tokenizer) -> None:
    assert len(tokenizer.tokenize("課長が走る。")) < len("課長が走る。")
    assert tokenizer.tokenize("鱒鰤走る") == ["鱒", "鰤", *tokenizer.tokenize("走る")]


def test_the_same_texts_make_the_same_model() -> None:
    assert learned(TEXTS, 60) == learned(TEXTS, 60)


@pytest.mark.parametrize("texts", [[], ["▅"], [" "]])
def test_nothing_to_learn_from_is_no_model(texts: list[str]) -> None:
    assert learned(texts, 60) == b""
    assert Tokenizer("sentencepiece").tokenize("犬❤\ufe0f") == ["犬", "❤\ufe0f"]


@pytest.mark.parametrize("texts", [["犬"], ["a", "b"], ["犬犬犬犬犬犬"], ["👨\u200d👩"]])
def test_one_text_is_enough(texts: list[str]) -> None:
    assert learned(texts, 1)


def test_what_is_no_model_is_damaged(tmp_path: Path) -> None:
    (tmp_path / MODEL).write_bytes(b"no model")
    with pytest.raises(DamagedFile, match="no model of sentencepiece"):
        Tokenizer("sentencepiece", tmp_path / MODEL)


def test_a_build_learns_from_train_alone_whatever_the_order(tmp_path: Path) -> None:
    texts = [f"{one}が走る{number % 7}" for number, one in enumerate(("犬", "猫", "課長", "部長") * 10)]
    numbers = range(1, len(texts) + 1)
    images = [image(n) for n in numbers]
    pages = []
    for n, text in zip(numbers, texts, strict=True):
        # A letter of its own on each photo shows which photos were learned from.
        bokes = [boke(n, n, text), boke(n + 100, n, "捨てる鱒鱒", stars=0), boke(n + 200, n, chr(0x4E00 + n))]
        pages.append(page(n, bokes))
    options = DatasetOptions(tokenizer="sentencepiece", subwords=40, dev_fraction=0.3, min_stars=1)
    models = []
    for seed in (1, 2):
        random.Random(seed).shuffle(pages)
        random.Random(seed).shuffle(images)
        crawl = write(tmp_path / str(seed) / "crawl", pages, images)
        dataset = crawl.with_name("dataset")
        build(options, [crawl], dataset, name="p")
        models.append((dataset / MODEL).read_bytes())
    assert models[0] == models[1]
    tokens = Tokenizer("sentencepiece", model_of(dataset))
    own = {split: read.captions(dataset, split)["text_nfkc"].to_pylist() for split in ("train", "dev")}
    pieces = pieces_of(dataset / MODEL)
    assert {text for text in own["train"] if len(text) == 1} <= pieces
    assert {text for text in own["dev"] if len(text) == 1}.isdisjoint(pieces)
    assert "鱒" not in pieces  # left out by its stars
    for row in read.captions(dataset).to_pylist():
        assert row["tokens"] == tokens.tokenize(row["text"])
    assert list(check(Stage("dataset", dataset))) == []
    assert not build(options, [crawl], dataset, name="p")
    forget(Stage("dataset", dataset), Content(boke_ids={1}), ForgottenFilter(frozenset()))
    assert (dataset / MODEL).read_bytes() == models[1]  # its tokens were cut by it
    assert list(check(Stage("dataset", dataset))) == []


def pieces_of(path: Path) -> set[str]:
    import sentencepiece

    model = sentencepiece.SentencePieceProcessor(model_proto=path.read_bytes())
    return {model.id_to_piece(number) for number in range(model.vocab_size())}
