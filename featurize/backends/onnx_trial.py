"""An .onnx file of others is read, loaded and tried in a process of its own before it is used here.

What hangs, dies or takes all memory there costs that process alone: nothing else ends what ONNX Runtime makes
of a model's constants as it loads. What a trial found is kept, so that a second start costs nothing.
"""

import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

import onnxruntime
from pydantic import BaseModel, ValidationError

from featurize.backends import onnx_graph
from featurize.backends.onnx_encoder import Tried
from featurize.options import FeatureOptions
from store.errors import DamagedFile, UserError, with_status
from store.manifest import fingerprint
from store.processes import child
from store.whole_file import read_object, write_json

T = TypeVar("T", bound=BaseModel)
TRIALS = "trials.json"
VERSION = 1
"""Part of what tells a trial from others: raise it when the same model would be found to be another."""
KEPT = 100
"""The trials that are kept, the newest."""
PYTHON = 2 * 10**9
"""Bytes that the process may use beside what a model takes: Python and its libraries reserve 0.3 GB."""
COPIES = 8
"""How often a model's weights may be in memory: as the file, as its parts, as ONNX Runtime reads and packs
them."""
LARGEST = 2**31
"""Bytes of the largest .onnx file: https://protobuf.dev/programming-guides/proto-limits. Larger models keep
their weights in files beside it."""
SMALL = 2**22
"""Bytes of a file that is read in this process: protobuf makes at most some 50 times that of it, 200 MB."""
START_SECONDS = 300.0
"""What the process may take to start, on a machine that does much else."""


def external_files(path: Path) -> list[str]:
    """Return the names of the files beside an .onnx that hold weights of it.

    Raises:
        UserError: one lies outside the model's folder, or the file takes too long or too much memory to read.
    """
    if (size := _size(path)) <= SMALL:
        return onnx_graph.external_files(path)
    memory = PYTHON + COPIES * size
    return list(map(str, _ask("files", path, memory, memory)["files"]))


def tried(path: Path, options: FeatureOptions, identity: str, beside: Sequence[Path], weights: Path) -> Tried:
    """Return what a trial of an image encoder found, which is made unless it is known.

    Args:
        options: as they were resolved; the limits are among them.
        identity: what identifies the model's files.
        beside: those of them that lie beside it.
        weights: the folder that keeps trials.

    Raises:
        UserError: the model is none that can be used within the limits; the message says why.
    """
    return trial("try", Tried, path, options, identity, beside, weights)


def trial(
    action: str,
    kind: type[T],
    path: Path,
    options: FeatureOptions,
    identity: str,
    beside: Sequence[Path],
    weights: Path,
) -> T:
    """Return what a trial found; `tried` has the other arguments.

    Args:
        action: what `onnx_worker` is asked to do.
        kind: the type of what it finds.
    """
    settings = options.model_dump_json()
    key = fingerprint(VERSION, identity, settings, onnxruntime.__version__)
    kept = _kept(weights)
    with suppress(KeyError, ValidationError):  # made by another version
        return kind.model_validate(kept[key])
    computed = int(options.memory_gb * 1e9)
    size = _size(path) + sum(one.stat().st_size for one in beside)
    answer = _ask(action, path, PYTHON + COPIES * size + computed, computed, settings)
    found = kind.model_validate(answer["tried"])
    newest = dict(list(_kept(weights).items())[1 - KEPT :])
    with suppress(OSError):  # it only saves time: a folder that cannot be written is no reason to fail
        write_json(weights / TRIALS, newest | {key: found.model_dump()})
    return found


def _kept(weights: Path) -> dict[str, Any]:
    try:
        return read_object(weights / TRIALS)
    except (OSError, DamagedFile):
        return {}


def _size(path: Path) -> int:
    """Return the bytes of an .onnx file.

    Raises:
        UserError: they are more than such a file can have.
    """
    size = path.stat().st_size
    if size > LARGEST:
        limit = f"{LARGEST:,} is the most that the format allows"
        raise UserError(f"{path} has {size:,} bytes, {limit}. Export it with its weights in a file beside it")
    return size


def _ask(action: str, path: Path, memory: int, computed: int, *settings: str) -> dict[str, Any]:
    """Return what a process of its own says of a model.

    Args:
        memory: the most bytes that the process may use.
        computed: those of them that its user can change, for the message.
    """
    arguments = (action, str(path), str(memory), *settings)
    with (
        tempfile.TemporaryFile() as errors,
        child.running("featurize.backends.onnx_worker", *arguments, errors=errors) as process,
    ):
        assert process.stdout
        with Connection(os.dup(process.stdout.fileno()), writable=False) as answers:
            process.stdout.close()
            seconds, reason = START_SECONDS, f"{path} was not tried: the process for it did not start"
            try:
                while answers.poll(seconds):
                    answer: dict[str, Any] = json.loads(answers.recv_bytes())
                    if "failed" in answer:
                        raise with_status(answer["failed"], answer["status"])
                    if "seconds" not in answer:
                        return answer
                    seconds, reason = answer["seconds"], answer["reason"]
                process.kill()
                raise UserError(reason)
            except (EOFError, ConnectionError):
                errors.seek(0)
                raise _death(path, process.wait(), errors.readlines(), computed) from None


def _death(path: Path, status: int, errors: Iterable[bytes], computed: int) -> UserError:
    """Return what is said of a process that ended without an answer."""
    from featurize.backends.onnx_limits import too_large

    said = b"".join(errors).decode(errors="replace")
    if any(one in said for one in ("MemoryError", "bad_alloc")):
        return UserError(f"{path} {too_large(computed, 'to be loaded')}")
    ended = f"the process that tried it {child.ending(status, said)}"
    return UserError(f"{path} is not a model that ONNX Runtime can run: {ended}")
