"""What the first LSTM reads, and what its gradient adds to embeddings and photos.

A thread has captions and tokens of its own; T tokens and N captions of the thread, E embedding, V vocabulary.
Arrays are float32 and C-contiguous.
"""

from typing import Any

from train.arithmetic.compiled import rows
from train.arithmetic.compiled.jit import compiled
from train.model import Array


@compiled(inner=True)
def read(
    embedding: Array, ids: Array, photo: Array, photo_bias: Array, counts: Array, every: Any, x: Array
) -> None:
    """Fill x (T, E) with the tokens' embeddings and the photos.

    Args:
        embedding: (V, E).
        ids: (T,) int32.
        photo: (E, N), without its bias.
        photo_bias: (E,).
        counts: (S,) int64, the captions that are not over at each step; 0 where all are.
        every: whether the photo is added to every token, not only to the first.
    """
    start = 0
    for count in counts:
        for row in range(start, start + count):
            rows.copy(embedding[ids[row]], x[row])
            if start == 0 or every:
                for unit in range(len(photo)):
                    x[row, unit] += photo[unit, row - start] + photo_bias[unit]
        start += count


@compiled(inner=True)
def gather_photos(grad_x: Array, counts: Array, every: Any, grad_photo: Array) -> None:
    """Fill the photos' gradient (N, E) from that of what was read, (T, E); see `read`."""
    for row in range(len(grad_photo)):
        rows.copy(grad_x[row], grad_photo[row])
    if not every:
        return
    start = len(grad_photo)
    for count in counts[1:]:
        for row in range(count):
            rows.add(grad_x[start + row], grad_photo[row])
        start += count


@compiled(inner=True)
def scatter(ids: Array, grad_x: Array, first: int, grad_embedding: Array) -> None:
    """Fill the gradient of some embeddings.

    In the order of the tokens: ids repeat, and another order of additions would change the last bits.

    Args:
        ids: int32, of all threads' tokens.
        grad_x: the gradient of what was read, a row per token.
        first: the id of the first of these embeddings.
        grad_embedding: a row per embedding, filled.
    """
    rows.clear(grad_embedding)
    for row in range(len(ids)):
        line = ids[row] - first
        if 0 <= line < len(grad_embedding):
            rows.add(grad_x[row], grad_embedding[line])
