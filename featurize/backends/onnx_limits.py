"""Limits of time and memory for models of others on ONNX Runtime: a loop without an end, a tensor without
measure.

They hold for what is computed of photos, in any process. What loading takes is bounded where a model is
tried, in a process of its own (`featurize/backends/onnx_trial.py`). B photos in a batch.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import onnxruntime

from featurize.backends.onnx import session
from store.errors import UserError

SAME_AS_REQUESTED = 1
"""The arena grows by what is asked for: doubling would meet the limit at half of it."""
FOLDED = 2**30
"""Bytes of a constant that ONNX Runtime may compute beforehand, as it loads a model."""
FOLDER = "session.model_external_initializers_file_folder_path"
"""Where the files of weights lie, for a model that is not loaded from its own file."""


class TooMuch(UserError):
    """A model takes more time or memory than it may."""


class TooMuchMemory(TooMuch):
    """A model takes more memory than it may; fewer photos at once may fit."""


def too_slow(seconds: float, what: str = "a photo") -> TooMuch:
    """Return the error of a model that takes longer than so many seconds for what it does."""
    return TooMuch(
        f"takes longer than {seconds:g} s {what}. If it is slow, and not endless, set features.seconds"
    )


def too_large(memory: int, what: str) -> TooMuchMemory:
    """Return the error of a model that takes more bytes `for 1 photo`, say, or `to be loaded`."""
    return TooMuchMemory(f"takes more than {memory / 1e9:g} GB of memory {what}. Set features.memory_gb")


def is_out_of_memory(error: Exception) -> bool:
    """Tell whether an exception of ONNX Runtime says that there was no more memory."""
    said = str(error)
    return isinstance(error, MemoryError) or any(one in said for one in _OUT_OF_MEMORY)


_OUT_OF_MEMORY = ("Available memory of", "bad_alloc", "bad allocation")


@dataclass(frozen=True)
class Limits:
    """What a model may take.

    Args:
        seconds: for a photo, or a text.
        memory: bytes for what models compute, of all threads and models of this process together: what the
            first of them was opened with.
        noun: what it reads.
    """

    seconds: float
    memory: int
    noun: str = "photo"
    _lock: ClassVar[threading.Lock] = threading.Lock()
    _registered: ClassVar[bool] = False

    def load(self, model: bytes | str, folder: Path | None = None) -> onnxruntime.InferenceSession:
        """Return a session that allocates within the limit; its weights are beside it.

        Args:
            model: its path, or its content.
            folder: where the files of its weights lie, for a model that is given by its content.

        Raises:
            TooMuchMemory: it takes more memory than it may.
            Exception: what ONNX Runtime raises.
        """
        options = self._options()
        if folder is not None:
            options.add_session_config_entry(FOLDER, str(folder.resolve()))
        try:
            return session(model, options)
        except Exception as error:
            if is_out_of_memory(error):
                raise too_large(self.memory, "to be loaded") from None
            raise

    def _options(self) -> onnxruntime.SessionOptions:
        with Limits._lock:
            if not Limits._registered:
                kind = onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR
                memory = onnxruntime.OrtMemoryInfo("Cpu", kind, 0, onnxruntime.OrtMemType.DEFAULT)
                settings = {"max_mem": self.memory, "arena_extend_strategy": SAME_AS_REQUESTED}
                onnxruntime.create_and_register_allocator(memory, onnxruntime.OrtArenaCfg(settings))
                Limits._registered = True
        options = onnxruntime.SessionOptions()
        options.add_session_config_entry("session.use_env_allocators", "1")
        options.add_session_config_entry("session.use_device_allocator_for_initializers", "1")
        folded = "optimization.constant_folding_max_output_size_in_bytes"
        options.add_session_config_entry(folded, str(FOLDED))
        return options

    def run(
        self, session: onnxruntime.InferenceSession, output: str, feed: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        """Return an output of a session.

        Raises:
            TooMuch: it takes longer, or more memory, than it may.
            Exception: what ONNX Runtime raises.
        """
        count = max(len(values) for values in feed.values())
        run, over = onnxruntime.RunOptions(), threading.Event()
        run.log_severity_level = 4  # errors are raised; ONNX Runtime would print them too

        def stop() -> None:
            over.set()
            run.terminate = True  # looked at between any two steps, those of loops among them

        timer = threading.Timer(self.seconds * count, stop)
        timer.daemon = True
        timer.start()
        try:
            return np.asarray(session.run([output], dict(feed), run)[0])
        except Exception as error:
            if over.is_set():
                raise too_slow(self.seconds, f"a {self.noun}") from None
            if is_out_of_memory(error):
                nouns = self.noun if count == 1 else f"{self.noun}s"
                raise too_large(self.memory, f"for {count} {nouns}") from None
            raise
        finally:
            timer.cancel()
