"""Where libraries keep what they make once: Numba its machine code, Matplotlib its list of fonts.

They keep it in the user's cache, Numba beside the module if it can. Where neither can be written (a
container's user without a home, a read-only image) Numba raises, and Matplotlib warns. Then it is kept among
the temporary files, in a folder that only this user can write to: what lies there is run.
"""

import os
import stat
import tempfile
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(*signature: object, **settings: Any) -> Callable[[Function], Function]:
    """Return a decorator that compiles with Numba, without Python's lock, and keeps the machine code."""
    import numba  # half a second, and `doctor` asks for the place alone

    def decorate(function: Function) -> Function:
        package = Path(function.__code__.co_filename).parent
        place = machine_code(package)
        if place is not None and place == without_home():
            numba.config.CACHE_DIR = str(place)
        if numba.config.CPU_FEATURES is None:
            numba.config.CPU_FEATURES = _features()
        made = numba.njit(*signature, nogil=True, cache=place is not None, **settings)(function)
        if place is not None and not numba.config.DISABLE_JIT:
            # By itself Numba looks at the function's own module alone, and would go on with what an earlier
            # version of another one has put into it.
            made._cache._cache_file._source_stamp = _sources(package)
        return cast(Function, made)

    return decorate


@cache
def _sources(package: Path) -> list[tuple[str, str]]:
    """Return what changes when any module of a package does, and at nothing else: name and digest of each.

    Not the time: an image may give all its files the same one, and a new checkout gives each a new one.
    """
    paths = sorted(package.glob("*.py"))
    return [(path.name, sha256(path.read_bytes()).hexdigest()) for path in paths]


@cache
def _features() -> str:
    """Return what the processor can do, for LLVM, which on some would take half of their vectors' width."""
    from llvmlite import binding

    found: str = binding.get_host_cpu_features().flatten()
    return f"{found},-prefer-256-bit" if "+avx512f" in found else found


def machine_code(package: Path) -> Path | None:
    """Return the folder that keeps the machine code of a package's modules; None where each process makes it
    anew."""
    asked = os.environ.get("NUMBA_CACHE_DIR")
    places = [Path(asked), package / "__pycache__"] if asked else [package / "__pycache__"]
    return next(filter(_is_writable, places), None) or _cache_of_user() or without_home()


@cache
def without_home() -> Path | None:
    """Return a folder among the temporary files that nobody else can write to, for a user without a cache.

    None where the user's own cache can be written, or where there is no such folder either.
    """
    if _cache_of_user():
        return None
    try:
        folder = Path(tempfile.gettempdir()) / f"bokeru-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        state = folder.lstat()  # somebody else may have made it, or a link
    except OSError:
        return None
    own = stat.S_ISDIR(state.st_mode) and state.st_uid == os.getuid() and not state.st_mode & 0o077
    return folder if own and _is_writable(folder) else None


@cache
def _cache_of_user() -> Path | None:
    """Return the user's cache, if there is one that can be written; a home that is not known is no folder."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))  # noqa: PTH111
    return folder if folder.is_absolute() and _is_writable(folder) else None


@cache
def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return False
    return True
