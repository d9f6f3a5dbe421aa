"""The vocabulary: the tokens that a model knows, and their ids."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from store.errors import DamagedFile
from store.whole_file import read_object, write_json

PAD, UNK, BOS, EOS = range(4)
SPECIALS = ("<PAD>", "<UNK>", "<BOS>", "<EOS>")


class Vocabulary:
    """Tokens and their ids: the four special tokens first, then by falling count in train.

    Args:
        tokens: every token, the special ones included; a token's id is its index.
        counts: how often each token occurs in train; None if that is not known.
    """

    def __init__(self, tokens: Sequence[str], counts: Sequence[int] | None = None) -> None:
        if tuple(tokens[: len(SPECIALS)]) != SPECIALS or len(set(tokens)) != len(tokens):
            raise ValueError(f"a vocabulary starts with {', '.join(SPECIALS)} and holds no token twice")
        if counts is not None and len(counts) != len(tokens):
            raise ValueError(f"{len(tokens)} tokens, but {len(counts)} counts")
        self.tokens = tuple(tokens)
        self.counts = tuple(counts) if counts is not None else None
        self._ids = {token: number for number, token in enumerate(tokens)}

    @classmethod
    def from_counts(
        cls, counts: Mapping[str, int], min_count: int = 1, max_size: int | None = None
    ) -> "Vocabulary":
        """Return the vocabulary of tokens seen at least `min_count` times, at most `max_size` of them."""
        frequent = [(n, token) for token, n in counts.items() if n >= min_count and token not in SPECIALS]
        # Ties by the token itself: ids must not depend on the order of captions.
        frequent.sort(key=lambda pair: (-pair[0], pair[1]))
        kept = frequent[: None if max_size is None else max(max_size - len(SPECIALS), 0)]
        unknown = sum(counts.values()) - sum(n for n, _ in kept)
        return cls([*SPECIALS, *(token for _, token in kept)], [0, unknown, 0, 0, *(n for n, _ in kept)])

    @classmethod
    def load(cls, path: Path) -> "Vocabulary":
        """Read a vocabulary.json.

        Raises:
            DamagedFile: the file is missing, or not a vocabulary.
        """
        try:
            content = read_object(path)
            return cls(content["tokens"], content.get("counts"))
        except FileNotFoundError:
            raise DamagedFile(path, "it is missing") from None
        except (ValueError, KeyError, TypeError) as error:
            raise DamagedFile(path, f"it is not a vocabulary ({error})") from error

    def save(self, path: Path) -> None:
        """Write the vocabulary to `path`, which `load` reads."""
        write_json(path, {"tokens": self.tokens, "counts": self.counts})

    def encode(self, tokens: Iterable[str]) -> list[int]:
        """Return the ids of `tokens`, UNK for unknown ones; neither BOS nor EOS is added."""
        return [self._ids.get(token, UNK) for token in tokens]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Return the tokens of `ids` up to the first EOS, without PAD and BOS."""
        tokens = []
        for number in ids:
            if number == EOS:
                break
            if number not in (PAD, BOS):
                tokens.append(self.tokens[number])
        return tokens

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: object) -> bool:
        return token in self._ids
