"""Imports Oogiri-GO (Zhong et al., CVPR 2024): jp.jsonl, and photos in images/, named by their number."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dataset.importers.tables import ImportReport, ImportWriter, Source, existing
from store.errors import UserError

SITE = "https://bokete.jp"
KINDS = {"I2T": "photo", "IT2T": "fill-in", "T2T": "text"}
SUFFIXES = ("", ".jpg", ".jpeg", ".png", ".webp")
SOURCE = Source(
    name="oogiri-go",
    licence="MIT",
    homepage="https://zhongshsh.github.io/CLoT",
    notice="Oogiri-GO, Zhong et al., Let's Think Outside the Box, CVPR 2024.",
)


def read(source: Path, directory: Path) -> ImportReport:
    """Import `source` (jp.jsonl, or a folder with it) into the crawl tables of `directory`.

    Of a folder, only the Japanese file is read. Lines without a photo (T2T) are counted and left out.

    Raises:
        UserError: there is no jp.jsonl.
    """
    path = existing(source, "jp.jsonl, or the folder that holds it")
    if path.is_dir():
        paths = sorted([*path.rglob("jp.jsonl"), *path.rglob("ja.jsonl"), *path.rglob("jp.json")])
        if not paths:
            raise UserError(f"{source} holds no jp.jsonl. Name the folder of Oogiri-GO, or one of its files")
        path = paths[0]
    with ImportWriter(directory, "oogiri-go", SOURCE) as writer:
        for sample in _samples(path, writer):
            _add(sample, path.parent, writer)
    return writer.report


def _samples(path: Path, writer: ImportWriter) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        for line in lines:
            if not line.strip():
                continue
            try:
                sample = json.loads(line)
            except ValueError:
                sample = None
            if isinstance(sample, dict) and isinstance(sample.get("text"), str):
                yield sample
            else:
                writer.bad("lines that are no sample")


def _add(sample: dict[str, Any], folder: Path, writer: ImportWriter) -> None:
    name = sample.get("image")
    if not isinstance(name, str | int) or not str(name) or str(name) == "None":
        return writer.bad("samples without a photo")
    name = str(name)
    stem = name.rsplit("/", 1)[-1].split(".")[0]
    odai_id = int(stem) if stem.isascii() and stem.isdecimal() and len(stem) < 19 else None
    url = f"oogiri-go:{name}"
    stars = sample.get("star")
    boke = {
        "boke_id": None,
        "odai_id": odai_id,
        "image_url": url,
        "text": sample["text"],
        "stars": int(stars) if isinstance(stars, int | float) and 0 <= stars < 2**62 else None,
        "raters": None,
        "category": None,
        "posted": None,
    }
    kind = KINDS.get(str(sample.get("type")))
    page = {"url": f"{SITE}/odai/{stem}", "odai_id": odai_id, "image_url": url, "kind": kind}
    writer.boke(page, boke)
    writer.photo(url, _find(folder, name), folder)


def _find(folder: Path, name: str) -> Path:
    """Return the file of photo `name`: beside the samples or in images/, with or without its suffix."""
    paths = [place / (name + suffix) for place in (folder / "images", folder) for suffix in SUFFIXES]
    return next((path for path in paths if path.is_file()), paths[1])
