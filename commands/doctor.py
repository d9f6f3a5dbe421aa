"""`bokeru doctor`: what works on this machine, and what to do about what does not."""

import os
import platform
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.table import Column, Table

from store.place import weights_command

LIBRARIES = (
    "scrapy",
    "pillow",
    "pandas",
    "pyarrow",
    "duckdb",
    "numpy",
    "chainer",
    "onnxruntime",
    "mecab-python3",
    "sentencepiece",
)


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Args:
        what: its name.
        state: `optional` is what is missing, but nothing needs it.
        detail: what was found.
        remedy: what to do about it; empty where there is nothing to do.
    """

    what: str
    state: Literal["ok", "optional", "broken"]
    detail: str
    remedy: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """What works on a machine.

    Args:
        works: whether nothing is broken.
        findings: what was looked at.
    """

    works: bool
    findings: list[Finding]


def diagnose(weights: Path) -> Diagnosis:
    """Return what works; `weights` is the folder of weights files."""
    findings = list(examine(weights))
    return Diagnosis(all(finding.state != "broken" for finding in findings), findings)


def examine(weights: Path) -> Iterator[Finding]:
    """Yield what was found, one part at a time; `weights` is the folder of weights files."""
    yield Finding("Python", "ok", f"{platform.python_version()} on {platform.platform(terse=True)}")
    for library in LIBRARIES:
        yield _library(library)
    yield _chainer()
    yield from _gpus()
    yield _mecab()
    yield _weights(weights)
    yield _chromium()
    yield _machine(weights)
    yield _machine_code()


def print_findings(findings: Iterable[Finding]) -> None:
    """Print the findings as a table."""
    table = Table("", "what", Column("found", overflow="fold"), "what to do", box=None)
    marks = {"ok": "[green]ok[/]", "optional": "[yellow]--[/]", "broken": "[red]broken[/]"}
    for finding in findings:
        table.add_row(marks[finding.state], finding.what, finding.detail, finding.remedy)
    Console().print(table)


def _library(name: str) -> Finding:
    try:
        return Finding(name, "ok", version(name))
    except PackageNotFoundError:
        return Finding(name, "broken", "not installed", "make install")


def _chainer() -> Finding:
    try:
        import numpy as np

        from store.chainer_compat import chainer

        value = chainer.functions.sum(np.ones(3, np.float32)).array
    except Exception as error:
        return Finding("Chainer runs", "broken", f"{type(error).__name__}: {error}", "make install")
    return Finding("Chainer runs", "ok", f"on today's NumPy (1 + 1 + 1 = {value:g})")


def _gpus() -> Iterator[Finding]:
    from store.chainer_compat import chainer, gpu_problem

    if problem := gpu_problem():
        yield Finding("GPU", "optional", problem)
        return
    cuda = chainer.cuda.cupy.cuda
    count = cuda.runtime.getDeviceCount()
    yield Finding("GPU", "ok", f"CuPy sees {count}" if count > 1 else "CuPy sees one")
    if count > 1:  # a process for each exchanges its gradients through NCCL
        yield _nccl(cuda)


def _nccl(cuda: Any) -> Finding:
    library: Any = getattr(cuda, "nccl", None)  # which Chainer has imported
    if not getattr(library, "available", False):
        what = "make install-gpu: only for training on several GPUs at once"
        return Finding("NCCL", "optional", "not there, or CuPy cannot load it", what)
    return Finding("NCCL", "ok", f"version {library.get_version()}, for training on several GPUs at once")


def _mecab() -> Finding:
    try:
        from dataset.text.captions import Tokenizer

        tokens = Tokenizer("unidic-lite").tokenize("写真でボケて")
    except Exception as error:
        return Finding("MeCab", "broken", f"{type(error).__name__}: {error}", "make install")
    return Finding("MeCab", "ok", f"unidic-lite: {' | '.join(tokens)}")


def _weights(weights: Path) -> Finding:
    files = sorted(weights.glob("*.caffemodel"))
    if files:
        return Finding("weights", "ok", ", ".join(file.name for file in files))
    return Finding(
        "weights",
        "optional",
        f"none in {weights}",
        f"features makes untrained ones; the published ones: {weights_command(weights, 'caffenet')}",
    )


def _chromium() -> Finding:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found:
        return Finding("Chromium", "ok", found)
    return Finding("Chromium", "optional", "none", "only for crawl.render: chromium and the browser tests")


def _machine_code() -> Finding:
    from store.processes.child import ROOT
    from store.processes.kept import machine_code

    what = "machine code"
    if place := machine_code(ROOT / "train" / "arithmetic" / "compiled"):
        return Finding(what, "ok", f"kept in {place}")
    remedy = "set NUMBA_CACHE_DIR to a folder that can be written"
    return Finding(
        what, "optional", "no folder to keep it in can be written: each process compiles anew", remedy
    )


def _machine(weights: Path) -> Finding:
    place = next((parent for parent in (weights, *weights.resolve().parents) if parent.exists()), Path.cwd())
    free = shutil.disk_usage(place).free / 2**30
    detail = f"{os.cpu_count()} cores, {free:,.0f} GiB free on the disk of {place}"
    return Finding(
        "machine", "ok" if free > 2 else "broken", detail, "" if free > 2 else "the demo needs 2 GiB"
    )
