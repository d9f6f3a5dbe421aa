"""Imports Oogiri-GO (Zhong et al., CVPR 2024): jp.jsonl, and images.zip or images/, photos named by number.

Source: the published files: `type` (I2T, IT2T, T2T), `question`, `image` (a number in a string, or 'None'),
`text`, `star` (missing in a fifth).
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

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
_TRIED = 100
_AROUND = "\ufeff\x1e \t\r,"
"""What may stand around the sample in a line: marks of byte order and of records, blanks, commas."""
_BETWEEN = re.compile(r"[\s,\[\]\ufeff\x1e]*")
_ARRAY = re.compile(r"\s*\[\s*(?!\[)")
_NEXT = re.compile(r"[\r\n,]\s*(?=\{)")
"""Where a sample may start behind one that cannot be read."""
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
        describe = lambda: _found(keys, photos, members)  # noqa: E731
        with ImportWriter(directory, "oogiri-go", SOURCE, describe, room) as writer:
            for sample in _samples(_content(files[0])):
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


def _samples(content: str) -> Iterator[Any]:
    """Yield what each line holds; or, where lines hold no samples, each value that stands in the file.

    Those may be members of one array, or objects over several lines. None stands for what is no JSON.
    """
    lines = (
        line.strip(_AROUND) for line in content.split("\n")
    )  # not splitlines(): a caption may hold U+2028
    first = islice((line for line in lines if line), _TRIED)
    if not _ARRAY.match(content) and any(isinstance(_parsed(line), dict) for line in first):
        yield from (_parsed(text) for line in content.split("\n") if (text := line.strip(_AROUND)))
    else:
        yield from _values(content)


def _values(content: str) -> Iterator[Any]:
    decoder, at = json.JSONDecoder(), 0
    while True:
        at = _BETWEEN.match(content, at).end()  # type: ignore[union-attr]  # it matches nothing, too
        if at == len(content):
            return
        try:
            value, at = decoder.raw_decode(content, at)
            yield value
        except (ValueError, RecursionError):
            yield None
            found = _NEXT.search(content, at)
            at = found.end() if found else len(content)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        return None
    except ValueError:
        with suppress(ValueError, RecursionError):
            return json.loads(text, parse_int=str)  # a number of 5,000 digits costs itself alone
        return None


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
