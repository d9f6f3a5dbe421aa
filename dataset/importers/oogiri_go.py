"""Imports Oogiri-GO (Zhong et al., CVPR 2024): jp.jsonl, and photos in images/, named by their number."""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from dataset.importers.tables import ImportReport, ImportWriter, Source, existing
from store.errors import UserError
from store.photo.containers import CLAIM, claimed_format

SITE = "https://bokete.jp"
KINDS = {"I2T": "photo", "IT2T": "fill-in", "T2T": "text"}
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
        files = _PhotoFiles(path.parent)
        for sample in _samples(path, writer):
            _add(sample, path.parent, files, writer)
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


def _add(sample: dict[str, Any], folder: Path, files: "_PhotoFiles", writer: ImportWriter) -> None:
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
    writer.photo(url, files.find(name), folder)


class _PhotoFiles:
    """Finds photos, which are named by number: in images/ or beside the samples, with any suffix or none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._named: defaultdict[str, list[Path]] = defaultdict(list)
        for path in sorted([*folder.iterdir(), *(folder / "images").rglob("*")]):
            within = path.relative_to(folder)
            for name in {within.as_posix(), within.with_suffix("").as_posix()} if path.is_file() else ():
                self._named[name].append(path)

    def find(self, name: str) -> Path:
        """Return the file of photo `name`; where there is none, the path at which it should be.

        Only listed files are looked at, since a record could name any file of this machine.
        """
        bare = name.removesuffix(PurePosixPath(name).suffix)
        wanted = [place + stem for stem in dict.fromkeys((name, bare)) for place in ("images/", "")]
        paths = [path for key in wanted for path in self._named.get(key, ())]
        # Beside a photo may lie a text of the same name: a file that begins as photos do comes first.
        return next(filter(_begins_as_photo, paths), (*paths, self._folder / "images" / name)[0])


def _begins_as_photo(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return claimed_format(file.read(CLAIM)) is not None
    except OSError:
        return False
