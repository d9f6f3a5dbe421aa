"""A batch's losses and gradients in one compiled function, which all threads run at once.

A thread takes every so-many-th caption of the batch through the LSTMs, forward and backward, alone. The
output layer is shared out by the vocabulary; the other weights' gradients, which add up all tokens, by the
weights' rows. So the threads wait for each other five times in an update, and the order of each sum depends
on their number alone.

N captions, T target tokens, E embedding, H hidden; the rest as in `memory`.
"""

from typing import Any, NamedTuple

import numpy as np

from train.arithmetic.compiled import embedding, lstm, output, rows
from train.arithmetic.compiled.blas import multiply
from train.arithmetic.compiled.denormals import FLUSHED, exchange
from train.arithmetic.compiled.jit import compiled
from train.arithmetic.compiled.meeting import begin, end, meet
from train.arithmetic.compiled.memory import Layers, Memory, Weights
from train.arithmetic.compiled.output import Softmax
from train.model import Array


class Given(NamedTuple):
    """What an update is given; N captions and T tokens as `train.batches.Batch` says."""

    mean: Array  # (D,) float32
    scale: Array  # (D,) float32
    vectors: Array  # (N, D) float32, raw
    inputs: Array  # (T,) int32
    targets: Array  # (T,) int32
    loss_weights: Array  # (T,) float32
    steps: Array  # (S,) int64
    masks: Layers  # L + 1 of (T, I) float32: what each LSTM reads, and the output layer, is multiplied by it
    drops: bool
    every: bool
    smoothing: Any  # float32
    learns: bool


@compiled()
def update(
    thread: int, threads: int, counter: Array, given: Given, weights: Weights, slopes: Weights, made: Memory
) -> None:
    """Fill the batch's losses and, where the model learns, its gradients; called in every thread.

    Args:
        thread: counted from 0.
        counter: see `meeting.meet`.
        slopes: the gradients of `weights`.
        made: the same for every thread.
    """
    begin(thread, counter)
    before = exchange(FLUSHED)
    captions, tokens = _lay_out(thread, threads, given, made)
    _forward(thread, captions, tokens, given, weights, made)
    goes_on = meet(counter, threads)
    goes_on = goes_on and _output(thread, threads, counter, given, weights, slopes, made)
    if given.learns and goes_on and meet(counter, threads):
        _backward(thread, captions, tokens, given, weights, made)
        if meet(counter, threads):
            _weights_gradients(thread, threads, given, slopes, made)
    exchange(before)
    end(thread, threads, counter)


@compiled(inner=True)
def _share(count: int, thread: int, threads: int) -> slice:
    """Return a thread's share of `count` rows that lie together."""
    return slice(count * thread // threads, count * (thread + 1) // threads)


@compiled(inner=True)
def _lay_out(thread: int, threads: int, given: Given, made: Memory) -> tuple[slice, slice]:
    """Fill in what the thread's tokens are, and return which captions and tokens are the thread's."""
    captions = tokens = first = 0
    for other in range(thread + 1):
        first = tokens
        for step in range(len(given.steps)):
            # Of n captions every `threads`-th, from `other` on: they are sorted, so threads have alike.
            count = (given.steps[step] + threads - 1 - other) // threads
            tokens += count
            made.counts[other, step] = count
        captions += made.counts[other, 0]
    row, batch_row = first, 0
    for step in range(len(given.steps)):
        for caption in range(thread, given.steps[step], threads):
            made.order[row] = place = batch_row + caption
            made.inputs[row], made.targets[row] = given.inputs[place], given.targets[place]
            made.loss_weights[row] = given.loss_weights[place]
            row += 1
        batch_row += given.steps[step]
    return slice(captions - made.counts[thread, 0], captions), slice(first, tokens)


@compiled(inner=True)
def _forward(
    thread: int, captions: slice, tokens: slice, given: Given, weights: Weights, made: Memory
) -> None:
    """Take the thread's captions through the LSTMs; fills what the output layer reads."""
    counts, threads = made.counts[thread], len(made.counts)
    standardised, photo = made.standardised[captions], made.photo[:, captions]
    for row in range(len(standardised)):
        for component in range(len(given.mean)):
            value = given.vectors[thread + row * threads, component]
            standardised[row, component] = (value - given.mean[component]) * given.scale[component]
    # (E, D) @ (D, N): the other way round, OpenBLAS takes twice as long for a few captions.
    multiply(weights.photo_w, standardised.T, photo, 0)
    embedding.read(
        weights.embedding, made.inputs[tokens], photo, weights.photo_b, counts, given.every, made.x[0][tokens]
    )
    for layer in range(len(weights.lstm_x)):
        if layer == 0:
            _drop(given, 0, made.order[tokens], made.x[0][tokens], made.x[0][tokens])
        gates, hidden = made.gates[layer][tokens], made.hidden[layer][tokens]
        multiply(made.x[layer][tokens], weights.lstm_x[layer].T, gates, 0)  # (T, I) @ (I, 4H)
        lstm.transpose(weights.lstm_h[layer], made.transposed[thread])
        lstm.forward(
            counts, made.transposed[thread], weights.lstm_b[layer],
            gates, made.previous[layer][tokens], made.cell[layer][tokens], hidden,
        )  # fmt: skip
        _drop(given, layer + 1, made.order[tokens], hidden, made.x[layer + 1][tokens])


@compiled(inner=True)
def _drop(given: Given, place: int, order: Array, values: Array, out: Array) -> None:
    """Fill out with values (T, I), each multiplied by its mask; nothing is done where nothing is dropped."""
    if not given.drops:
        return
    mask = given.masks[place]
    for row in range(len(values)):
        for unit in range(values.shape[1]):
            out[row, unit] = values[row, unit] * mask[order[row], unit]


@compiled(inner=True)
def _output(
    thread: int, threads: int, counter: Array, given: Given, weights: Weights, slopes: Weights, made: Memory
) -> bool:
    """Compute losses and, where the model learns, the outputs' gradients and those of the output layer.

    As many tokens at once as there is memory for their scores. Each thread takes all of them, with its blocks
    of the vocabulary. False is returned where a thread has failed.
    """
    mine, whole = _share(made.blocks, thread, threads), made.softmax
    for start in range(0, len(made.order), whole.scores.shape[1]):
        some = slice(start, min(start + whole.scores.shape[1], len(made.order)))
        hidden, targets, tokens = made.x[-1][some], made.targets[some], some.stop - some.start
        # These are not overwritten by the next tokens, which another thread may have begun with.
        part = Softmax(whole.scores, whole.highest, whole.top[:, some], whole.total[:, some], whole.tile)
        output.score(
            thread, mine, hidden, weights.output_w, weights.output_b, targets, given.learns, part,
            made.target_scores[some],
        )  # fmt: skip
        if not meet(counter, threads):
            return False
        top, total = np.empty(tokens, np.float32), np.empty(tokens, np.float32)
        output.normalise(part, top, total)
        here = _share(tokens, thread, threads)
        for token in range(here.start, here.stop):
            made.losses[start + token] = np.log(total[token]) + top[token] - made.target_scores[start + token]
        if given.learns:
            output.differentiate(
                thread, mine, hidden, weights.output_w, targets, made.loss_weights[some], given.smoothing,
                top, total, start > 0, part, slopes.output_w, slopes.output_b, made.grad_hidden[thread, some],
            )  # fmt: skip
    return True


@compiled(inner=True)
def _backward(
    thread: int, captions: slice, tokens: slice, given: Given, weights: Weights, made: Memory
) -> None:
    """Take the gradients of the thread's captions back through the LSTMs, to what was read and the photos."""
    counts, order, grad_hidden = made.counts[thread], made.order[tokens], made.grad_hidden[0, tokens]
    grad_x = made.grad_x[tokens]
    for other in range(1, len(made.grad_hidden)):
        for row in range(len(grad_hidden)):
            rows.add(made.grad_hidden[other, tokens.start + row], grad_hidden[row])
    for layer in range(len(weights.lstm_x) - 1, -1, -1):
        _drop(given, layer + 1, order, grad_hidden, grad_hidden)
        grad_gates = made.grad_gates[layer][tokens]
        lstm.backward(
            counts, weights.lstm_h[layer], made.gates[layer][tokens], made.previous[layer][tokens],
            made.cell[layer][tokens], grad_hidden, made.grad_cell[captions], grad_gates,
        )  # fmt: skip
        # (T, 4H) @ (4H, I)
        multiply(grad_gates, weights.lstm_x[layer], grad_hidden if layer else grad_x, 0)
    _drop(given, 0, order, grad_x, grad_x)
    embedding.gather_photos(grad_x, counts, given.every, made.grad_photo[captions])


@compiled(inner=True)
def _weights_gradients(thread: int, threads: int, given: Given, slopes: Weights, made: Memory) -> None:
    """Compute the gradients of the thread's rows of all weights but those of the output layer."""
    for layer in range(len(slopes.lstm_x)):
        mine = _share(len(slopes.lstm_b[layer]), thread, threads)
        columns = made.grad_gates[layer][:, mine]
        multiply(columns.T, made.x[layer], slopes.lstm_x[layer][mine], 0)  # (rows, T) @ (T, I)
        multiply(columns.T, made.previous[layer], slopes.lstm_h[layer][mine], 0)  # (rows, T) @ (T, H)
        rows.add_up(columns, slopes.lstm_b[layer][mine])
    mine = _share(len(slopes.embedding), thread, threads)
    embedding.scatter(made.inputs, made.grad_x, mine.start, slopes.embedding[mine])
    mine = _share(len(slopes.photo_w), thread, threads)
    multiply(made.grad_photo[:, mine].T, made.standardised, slopes.photo_w[mine], 0)  # (rows, N) @ (N, D)
    rows.add_up(made.grad_photo[:, mine], slopes.photo_b[mine])
