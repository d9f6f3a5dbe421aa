"""Limits of time and memory for models of others on ONNX Runtime: a loop without an end, a tensor without
measure.

B photos in a batch.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import onnxruntime

from store.errors import UserError

SAME_AS_REQUESTED = 1
"""The arena grows by what is asked for: doubling would meet the limit at half of it."""
FOLDED = 2**30
"""Bytes of a constant that ONNX Runtime may compute beforehand, as it loads a model."""


def _photos(count: int) -> str:
    return "1 photo" if count == 1 else f"{count} photos"


class TooMuch(UserError):
    """A model takes more time or memory than it may."""


class TooMuchMemory(TooMuch):
    """A model takes more memory than it may; fewer photos at once may fit."""


@dataclass(frozen=True)
class Limits:
    """What a model may take.

    Args:
        seconds: for a photo.
        memory: bytes for what models compute, of all threads and models of this process together: what the
            first of them was opened with.
    """

    seconds: float
    memory: int
    _lock: ClassVar[threading.Lock] = threading.Lock()
    _registered: ClassVar[bool] = False

    def options(self) -> onnxruntime.SessionOptions:
        """Return options of a session that allocates within the limit; its weights are beside it."""
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
                raise TooMuch(
                    f"takes longer than {self.seconds:g} s a photo. If it is slow, and not endless, set "
                    f"features.seconds"
                ) from None
            if isinstance(error, MemoryError) or "Available memory of" in str(error):
                raise TooMuchMemory(
                    f"takes more than {self.memory / 1e9:g} GB of memory for {_photos(count)}. Set "
                    f"features.memory_gb"
                ) from None
            raise
        finally:
            timer.cancel()
