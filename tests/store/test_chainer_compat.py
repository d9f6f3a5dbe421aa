"""Chainer on today's NumPy: it imports, and never loads a pickle."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from store.chainer_compat import chainer, gpu_problem

CHECK = """
import chainer.functions as F
x = np.arange(6, dtype=np.float32)
y = F.as_strided(chainer.Variable(x), (4, 3), (1, 1), 0)
F.sum(y).backward()
assert y.shape == (4, 3)
"""


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=120,
    )


@pytest.mark.parametrize(
    "imports",
    [
        "from store.chainer_compat import chainer; import numpy as np",
        "import numpy as np; from store.chainer_compat import chainer",
        "import pandas, numpy as np; from store.chainer_compat import chainer; import chainer",
    ],
)
def test_imports_without_a_warning_in_any_order(imports: str) -> None:
    result = python(imports + CHECK)
    assert (result.returncode, result.stderr) == (0, "")


def test_a_broken_cupy_is_reported_and_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "cupy").mkdir()
    (tmp_path / "cupy" / "__init__.py").write_text('raise ImportError("libcublas.so.12: cannot open")\n')
    code = "from store.chainer_compat import gpu_problem; print(gpu_problem())"
    result = python(code, PYTHONPATH=f"{tmp_path}{os.pathsep}{Path.cwd()}")
    assert result.returncode == 0, result.stderr
    assert "cannot be used: libcublas.so.12: cannot open" in result.stdout


@pytest.mark.skipif(chainer.backends.cuda.available, reason="CuPy is installed")
def test_without_cupy_the_problem_names_the_command() -> None:
    assert "make install-gpu" in str(gpu_problem())


class Bomb:
    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (Path("exploded"),)


def test_load_npz_refuses_a_pickle_inside_an_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.savez("model.npz", W=np.array([Bomb()], dtype=object), b=np.zeros(2, np.float32))
    with pytest.raises(ValueError, match="allow_pickle"):
        chainer.serializers.load_npz("model.npz", chainer.links.Linear(2, 2))
    assert not Path("exploded").exists()


def test_load_npz_refuses_a_bare_pickle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("model.npz").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ValueError, match="allow_pickle"):
        chainer.serializers.load_npz("model.npz", chainer.links.Linear(2, 2))
    assert not Path("exploded").exists()


def test_a_saved_link_comes_back(tmp_path: Path) -> None:
    saved, loaded = chainer.links.Linear(3, 2), chainer.links.Linear(3, 2)
    chainer.serializers.save_npz(tmp_path / "model.npz", saved)
    chainer.serializers.load_npz(tmp_path / "model.npz", loaded)
    np.testing.assert_array_equal(saved.W.array, loaded.W.array)
