"""A small two-tower model: written as two .onnx files, and computed a second time in plain NumPy.

N photos or texts, T tokens of a text, W values of a token, D values in a vector.
"""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import sentencepiece
from onnx import TensorProto, helper, numpy_helper, save
from PIL import Image

WIDTH, DIMENSIONS, TOKENS, LONGEST = 16, 12, 400, 24
COLOURS = {"赤": (220, 20, 30), "緑": (20, 200, 40), "青": (30, 40, 210)}
CORPUS = [
    "犬と電車が走る",
    "赤い犬と青い電車",
    "緑の丘で猫が眠る",
    "電車の中の猫と犬",
    "a dog and a train",
    "the red dog sees the blue train",
    "a quiet morning by the sea",
] * 4


@dataclass
class Towers:
    """Weights of both towers.

    Args:
        masked: whether the text tower reads a mask and takes the mean; else the last token is the text's, as
            in SigLIP.
    """

    random: np.random.Generator
    masked: bool = True

    def __post_init__(self) -> None:
        def draw(*shape: int) -> np.ndarray:
            return np.asarray(self.random.standard_normal(shape) / np.sqrt(shape[-1]), np.float32)

        self.pixels, self.words = draw(3, DIMENSIONS), draw(TOKENS, WIDTH)
        self.places, self.text = draw(LONGEST, WIDTH), draw(WIDTH, DIMENSIONS)
        self.query, self.key, self.value = draw(WIDTH, WIDTH), draw(WIDTH, WIDTH), draw(WIDTH, WIDTH)

    def of_photos(self, prepared: np.ndarray) -> np.ndarray:
        """Return the vectors of prepared photos (N, 3, S, S), by NumPy in float64."""
        return np.asarray(prepared.astype(np.float64).mean((2, 3)) @ self.pixels)

    def of_tokens(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Return the vectors of tokens (N, T), in float64: one block of attention, a projection."""
        x = self.words[ids].astype(np.float64) + self.places[: ids.shape[1]]
        scores = (x @ self.query) @ (x @ self.key).transpose(0, 2, 1) / np.sqrt(WIDTH)
        if self.masked:
            scores = np.where(mask[:, None, :] > 0, scores, -1e9)
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        x = x + shares / shares.sum(-1, keepdims=True) @ (x @ self.value)
        weights = mask / mask.sum(1, keepdims=True)
        pooled = (x * weights[:, :, None]).sum(1) if self.masked else x[:, -1]
        return np.asarray(pooled @ self.text)

    def write_images(self, path: Path, output: str = "image_embeds") -> Path:
        """Write the image tower."""
        nodes = [
            helper.make_node("ReduceMean", ["pixel_values"], ["m"], axes=[2, 3], keepdims=0),
            helper.make_node("MatMul", ["m", "pixels"], [output]),
        ]
        photos = helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["N", 3, 32, 32])
        return _save(path, nodes, [photos], output, {"pixels": self.pixels})

    def write_texts(self, path: Path, output: str = "text_embeds", length: int | str = "T") -> Path:
        """Write the text tower."""
        one, last = np.array([0], np.int64), np.array([-1], np.int64)
        nodes = [
            helper.make_node("Gather", ["words", "input_ids"], ["e"]),
            helper.make_node("Shape", ["input_ids"], ["s"], start=1, end=2),
            helper.make_node("Slice", ["places", "zero", "s"], ["p"]),
            helper.make_node("Add", ["e", "p"], ["x"]),
            *(helper.make_node("MatMul", ["x", name], [name[0]]) for name in ("query", "key", "value")),
            helper.make_node("Transpose", ["k"], ["kt"], perm=[0, 2, 1]),
            helper.make_node("MatMul", ["q", "kt"], ["qk"]),
            helper.make_node("Div", ["qk", "root"], ["scaled"]),
        ]
        ids = [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["N", length])]
        if self.masked:
            ids.append(helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ["N", length]))
            nodes += [
                helper.make_node("Cast", ["attention_mask"], ["f"], to=TensorProto.FLOAT),
                helper.make_node("Unsqueeze", ["f", "one"], ["row"]),
                helper.make_node("Sub", ["row", "unit"], ["off"]),
                helper.make_node("Mul", ["off", "far"], ["away"]),
                helper.make_node("Add", ["scaled", "away"], ["scores"]),
            ]
        else:
            nodes.append(helper.make_node("Identity", ["scaled"], ["scores"]))
        nodes += [
            helper.make_node("Softmax", ["scores"], ["shares"], axis=-1),
            helper.make_node("MatMul", ["shares", "v"], ["mixed"]),
            helper.make_node("Add", ["x", "mixed"], ["y"]),
        ]
        if self.masked:
            nodes += [
                helper.make_node("Unsqueeze", ["f", "last"], ["column"]),
                helper.make_node("Mul", ["y", "column"], ["kept"]),
                helper.make_node("ReduceSum", ["kept", "one"], ["sum"], keepdims=0),
                helper.make_node("ReduceSum", ["f", "one"], ["count"], keepdims=1),
                helper.make_node("Div", ["sum", "count"], ["pooled"]),
            ]
        else:
            nodes += [
                helper.make_node("Gather", ["y", "minus"], ["pooled"], axis=1),
            ]
        nodes.append(helper.make_node("MatMul", ["pooled", "text"], [output]))
        weights = {
            **{name: getattr(self, name) for name in ("words", "places", "query", "key", "value", "text")},
            "zero": one,
            "one": np.array([1], np.int64),
            "last": last,
            "minus": np.array(-1, np.int64),
            "root": np.array(np.sqrt(WIDTH), np.float32),
            "unit": np.array(1, np.float32),
            "far": np.array(1e9, np.float32),
        }
        used = {name for node in nodes for name in node.input}
        return _save(path, nodes, ids, output, {name: w for name, w in weights.items() if name in used})


def _save(path: Path, nodes: Sequence, inputs: Sequence, output: str, weights: dict[str, np.ndarray]) -> Path:  # type: ignore[type-arg]
    result = helper.make_tensor_value_info(output, TensorProto.FLOAT, None)
    tensors = [numpy_helper.from_array(values, name) for name, values in weights.items()]
    graph = helper.make_graph(nodes, "tower", inputs, [result], tensors)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def write_pieces(folder: Path, family: str = "SiglipTokenizer") -> sentencepiece.SentencePieceProcessor:
    """Train SentencePiece as T5's vocabularies are made, and write what transformers keeps beside a tower."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS),
        model_writer=model,
        vocab_size=90,
        character_coverage=1.0,
        hard_vocab_limit=False,
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
        minloglevel=3,
        num_threads=1,
    )
    (folder / "spiece.model").write_bytes(model.getvalue())
    config = {"tokenizer_class": family, "model_max_length": LONGEST, "eos_token": "</s>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


def write_bpe(folder: Path) -> None:
    """Train a byte-level BPE whose words end in </w>, with a start and an end, as CLIP's is."""
    pytest.importorskip("tokenizers", reason="make install-scale")
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.BPE(unk_token="<|endoftext|>", end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    split = pre_tokenizers.Split(Regex(r"[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"), "removed", invert=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [split, pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    special = ["<|startoftext|>", "<|endoftext|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=TOKENS,
        special_tokens=special,
        initial_alphabet=alphabet,
        end_of_word_suffix="</w>",
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    start, end = (tokenizer.token_to_id(token) for token in special)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{special[0]} $A {special[1]}", special_tokens=list(zip(special, (start, end), strict=True))
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "CLIPTokenizer",
        "model_max_length": LONGEST,
        "pad_token": {"content": "<|endoftext|>"},
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config))


def plain(colour: str, shade: int = 0) -> bytes:
    """Return a PNG of one colour; another shade is another file."""
    red, green, blue = COLOURS[colour]
    buffer = io.BytesIO()
    Image.new("RGB", (40, 40), (red - shade, green - shade, blue - shade)).save(buffer, "PNG")
    return buffer.getvalue()
