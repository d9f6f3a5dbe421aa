"""Imports Oogiri-GO (Zhong et al., CVPR 2024): jp.jsonl, and images.zip or images/, photos named by number.

Source: the published files: `type` (I2T, IT2T, T2T), `question`, `image` (a number in a string, or 'None'),
`text`, `star` (missing in a fifth).
"""

from collections import Counter
from collections.abc import Iterable
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from dataset.importers.json_values import samples
from dataset.importers.photo_files import UNREADABLE, Member, Members, PhotoFiles
from dataset.importers.tables import ImportReport, ImportWriter, existing
from dataset.importers.text_files import decode
from dataset.importers.values import is_nothing, label, number
from store.errors import Unexpected
from store.processes.room import Room
from store.register.sources import Source

KINDS = {"I2T": "photo", "IT2T": "fill-in", "T2T": "text"}
NAMES = ("jp.jsonl", "ja.jsonl", "jp.json", "ja.json")
MAX_BYTES = 2**30
"""Of a file of samples; the Japanese ones have 10 MB."""
SUFFIXES = (".jsonl", ".json", ".ndjson")
SOURCE = Source(
    name="oogiri-go",
    licence="MIT",
    homepage="https://zhongshsh.github.io/CLoT",
    notice="Oogiri-GO, Zhong et al., Let's Think Outside the Box, CVPR 2024.",
)


def read(source: Path, directory: Path, room: Room | None = None) -> ImportReport:
    """Import `source` (jp.jsonl, or a folder or zip file with it) into the crawl tables of `directory`.

    Of a folder, only the Japanese file is read. Lines without a photo (T2T) are counted and left out.

    Raises:
        UserError: `source` is not there.
        Unexpected: it holds no jp.jsonl, nothing could be read of it, or no photo was found.
        TooLittleRoom: the disk has less free than `room` says.
    """
    existing(source, "jp.jsonl, or the folder that holds it")
    folder = source.parent if source.name.lower().endswith(SUFFIXES) else source
    with Members(folder) as members:
        names = NAMES if folder == source else (source.name.lower(),)
        files = members.named(*names)
        if not files:
            raise members.without("jp.jsonl", "Name the folder of Oogiri-GO, or one of its files")
        photos, keys = PhotoFiles(members, files[0]), Counter[str]()
        describe = partial(_found, keys, photos, members)
        with ImportWriter(directory, "oogiri-go", SOURCE, describe, room) as writer:
            for sample in samples(_content(files[0])):
                with writer.record():
                    _add(sample, keys, photos, writer)
    return writer.report


def _found(keys: Counter[str], photos: PhotoFiles, members: Members) -> Iterable[str]:
    """Say what the samples have, and what a sample should have."""
    yield f"The samples have {', '.join(name for name, _ in keys.most_common(8)) or 'no fields'}; needed are"
    yield f"text and image. Files beside them: {', '.join(photos.examples(5)) or 'none'}."
    yield from (f"{reason}." for reason in members.refused)


def _content(file: Member) -> str:
    try:
        return decode(file.read_all(MAX_BYTES))
    except UNREADABLE as error:
        raise Unexpected(f"{file.name} in {file.path} cannot be read: {error}. Fetch it anew") from error


def _add(sample: Any, keys: Counter[str], photos: PhotoFiles, writer: ImportWriter) -> None:
    if isinstance(sample, dict):
        keys.update(map(str, sample))
    if not isinstance(sample, dict) or not isinstance(sample.get("text"), str):
        return writer.bad("lines that are no sample")
    image = sample.get("image")
    if is_nothing(image) or isinstance(image, bool) or not isinstance(image, str | int | float):
        return writer.bad("samples without a photo")
    name = label(image) or ""
    stem = PurePosixPath(name.replace("\\", "/")).name.partition(".")[0]
    odai_id = int(stem) if stem.isascii() and stem.isdecimal() and len(stem) < 19 else None
    url = f"oogiri-go:{name}"
    boke = {
        "boke_id": None,
        "odai_id": odai_id,
        "image_url": url,
        "text": sample["text"],
        "stars": writer.value(number, sample, "star"),
        "raters": None,
        "category": None,
        "posted": None,
    }
    kind = KINDS.get(str(sample.get("type")))
    page = {"url": f"oogiri-go:odai/{stem}", "odai_id": odai_id, "image_url": url, "kind": kind}
    writer.boke(page, boke, licence=SOURCE.licence)
    writer.photo(url, lambda: photos.find(name), licence=SOURCE.licence)
