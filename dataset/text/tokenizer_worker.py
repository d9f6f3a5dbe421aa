"""A process that makes captions ready: it reads batches of them, normalises, cuts, and answers.

MeCab keeps the interpreter's lock, so threads would wait for each other: each process does nothing else. It
imports little, so that it starts in a few hundredths of a second, and ends when its input does: with whoever
started it, however that ended.
"""

import sys
from multiprocessing.connection import Connection

from dataset.text.captions import END, Tokenizer, normal_forms


def serve(tokenizer: str, max_characters: int) -> None:
    """Answer each batch on standard input with the captions' normal forms, then their tokens.

    A batch is texts that `clean` returned, with END between them; an answer is twice as many, the tokens of
    one caption with SEPARATOR between them. Texts longer than `max_characters` have no tokens: a filter will
    take them.
    """
    texts, answers = Connection(0, writable=False), Connection(1, readable=False)
    cut_all = Tokenizer(tokenizer).cut_all
    try:
        while True:
            forms = normal_forms(texts.recv_bytes().decode())
            tokens = cut_all([form if len(form) <= max_characters else "" for form in forms])
            answers.send_bytes(END.join([*forms, *tokens]).encode())
    except (EOFError, BrokenPipeError):
        return


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
