"""Chainer 7.8.1 on today's Python: import it from here, never directly.

    from store.chainer_compat import chainer

Its last release is from 2022 and leans on things that are gone or unsafe. What they were, and why
putting them right here is enough:

- `chainer._environment_check` imports `numpy.distutils` (gone with Python 3.12 and NumPy 2) and
  `pkg_resources` (gone with setuptools 81), only to warn about versions. A stand-in takes its place.
- `F.as_strided` reads `numpy.sctypes`, which NumPy 2 dropped. It gets it back, with just the entries read.
- It warns that CuPy lacks cuDNN, which it always does today, and CuPy that NCCL is missing: no harm done.
- `load_npz` unpickles whatever a file holds, so a model from a stranger would run code. It refuses now.

This must happen before the first `import chainer` anywhere, whether NumPy or CuPy is imported or not.
"""

import sys
import types
import warnings

import numpy as np

if "chainer" not in sys.modules:
    _no_check = types.ModuleType(
        "chainer._environment_check", "Chainer's check of versions that no longer exist."
    )
    _no_check.check = lambda: None  # type: ignore[attr-defined]
    sys.modules.setdefault(_no_check.__name__, _no_check)
if "sctypes" not in vars(np):  # not hasattr: NumPy 2 answers that with an exception of its own
    np.sctypes = {  # type: ignore[attr-defined]
        "int": [np.int8, np.int16, np.int32, np.int64],
        "float": [np.float16, np.float32, np.float64],
    }

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", r"cuDNN is not enabled", UserWarning)
    warnings.filterwarnings("ignore", r"\s*nccl library could not be loaded", UserWarning)
    import chainer
    import chainer.serializers.npz

chainer.serializers.npz._allow_pickle_kwargs["allow_pickle"] = False

__all__ = ["chainer", "gpu_problem"]


def gpu_problem() -> str | None:
    """Return in one line why Chainer cannot use a GPU here, or None where it can.

    Chainer itself swallows the reason: a CUDA library that is missing looks like no GPU at all.
    """
    cuda = chainer.backends.cuda
    if not cuda.available:
        error = getattr(cuda, "_resolution_error", None)
        if isinstance(error, ModuleNotFoundError) and error.name == "cupy":
            return "CuPy is not installed. On a machine with an NVIDIA GPU: make install-gpu"
        return f"CuPy is installed, but cannot be used: {' '.join(str(error).split())}"
    try:
        count = cuda.cupy.cuda.runtime.getDeviceCount()
    except Exception as error:  # CuPy's own kinds, which exist only where CuPy does
        return f"CuPy found no GPU: {' '.join(str(error).split())}"
    return None if count else "CuPy found no GPU: the driver lists none"
