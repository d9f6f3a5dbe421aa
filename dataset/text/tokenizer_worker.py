"""The process behind `tokenizer_process`: reads batches of captions, normalises and segments them, answers.

MeCab keeps the interpreter's lock, so threads would wait for each other: hence processes. This one imports
little, to start within a few hundredths of a second. It ends when its input does, so it never outlives the
process that started it.
"""

import sys
from multiprocessing.connection import Connection
from pathlib import Path

from dataset.text.captions import TEXT_SEPARATOR, Tokenizer, normalise_joined


def serve(tokenizer: str, max_characters: int, model: Path | None) -> None:
    """Answer each batch of N captions on standard input with N normal forms, then N tokenised texts.

    Both are joined with TEXT_SEPARATOR, the tokens of a text with TOKEN_SEPARATOR. The captions of a batch
    have gone through `clean`. Texts longer than `max_characters` have no tokens: a filter leaves them out.
    """
    texts, answers = Connection(0, writable=False), Connection(1, readable=False)
    segment_all = Tokenizer(tokenizer, model).segment_all
    try:
        while True:
            forms = normalise_joined(texts.recv_bytes().decode())
            tokens = segment_all([form if len(form) <= max_characters else "" for form in forms])
            answers.send_bytes(TEXT_SEPARATOR.join([*forms, tokens]).encode())
    except (EOFError, BrokenPipeError):
        return


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]) if sys.argv[3:] else None)
