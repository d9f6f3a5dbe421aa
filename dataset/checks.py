"""What is wrong with one stage: its shards, its photos, its rows among themselves, the files beside them."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataset.text.captions import join
from dataset.text.vocabulary import Vocabulary
from store.errors import DamagedFile
from store.manifest import read_manifest
from store.photo import size_of
from store.progress import Progress
from store.schema import OUTCOMES
from store.shards import shard_paths
from store.stages import Stage, Table
from store.whole_file import TEMPORARY

Problems = Iterator[str]
RowCheck = Callable[[Path, pa.Table], Problems]


def check_table(table: Table, check_rows: RowCheck) -> Problems:
    """Yield what is wrong with the shards of `table`; `check_rows` looks at each row group."""
    for path in table.paths:
        try:
            shard_paths(path.parent, table.schema, path.name)
            with pq.ParquetFile(path, page_checksum_verification=True) as shard:
                for group in range(shard.num_row_groups):
                    yield from check_rows(path, shard.read_row_group(group))
        except DamagedFile as error:
            yield str(error)
        except (pa.ArrowException, OSError) as error:
            yield str(DamagedFile(path, str(error).splitlines()[0]))


def no_rows(path: Path, rows: pa.Table) -> Problems:
    """Check nothing but that the rows can be read."""
    yield from ()


# ---- crawl


def _check_crawl(stage: Stage) -> Problems:
    yield from _check_json(stage.directory)
    pages, images = stage.tables()
    yield from check_table(pages, _check_outcomes)
    with Progress(f"verify {stage.directory}", None, "photos") as progress:

        def check(path: Path, rows: pa.Table) -> Problems:
            yield from _check_outcomes(path, rows)
            for row in rows.filter(pc.equal(rows["outcome"], "ok")).to_pylist():
                yield from _check_photo(path, row, row["bytes"])
            progress.advance(rows.num_rows)

        yield from check_table(images, check)


def _check_outcomes(path: Path, rows: pa.Table) -> Problems:
    for outcome in set(rows["outcome"].to_pylist()) - set(OUTCOMES):
        yield f"{path}: outcome {outcome!r} is none of {', '.join(OUTCOMES)}"
    if rows["url"].null_count:
        yield f"{path}: {rows['url'].null_count} rows have no url"


def _check_photo(path: Path, row: dict[str, object], content: bytes | None) -> Problems:
    name = f"{path}: photo {row['sha256']}"
    if not content:
        yield f"{name} has no bytes"
    elif (found := hashlib.sha256(content).hexdigest()) != row["sha256"]:
        yield f"{name} hashes to {found}"
    else:
        try:
            width, height = size_of(content)
        except ValueError as error:
            yield f"{name} cannot be decoded: {error}"
            return
        if (width, height) != (row["width"], row["height"]):
            yield f"{name} is {width}x{height}, not {row['width']}x{row['height']}"


# ---- dataset


def _check_dataset(stage: Stage) -> Problems:
    yield from _check_manifest(stage.directory)
    places: dict[str, list[str]] = {}
    sides: dict[str, set[str]] = {}
    with Progress(f"verify {stage.directory}", None, "photos") as progress:
        for table in stage.tables():
            if not table.paths:
                yield f"{stage.directory} has no {table.name} shard"

            def check(path: Path, rows: pa.Table, split: str = table.name) -> Problems:
                for row in rows.to_pylist():
                    places.setdefault(row["sha256"], []).append(split)
                    sides.setdefault(row["group"], set()).add(split)
                    yield from _check_photo(path, row, row["image"]["bytes"])
                    yield from _check_captions(path, row)
                progress.advance(rows.num_rows)

            yield from check_table(table, check)
    for sha256, splits in places.items():
        if len(splits) > 1:
            yield f"{stage.directory}: photo {sha256} stands {len(splits)} times ({', '.join(splits)})"
    for group, both in sides.items():
        if len(both) > 1:
            yield f"{stage.directory}: group {group} is on both sides of the split"


def _check_captions(path: Path, row: dict[str, object]) -> Problems:
    captions = row["captions"]
    assert isinstance(captions, list)
    if not captions:
        yield f"{path}: photo {row['sha256']} has no captions"
    for caption in captions:
        if join(caption["tokens"]) != caption["text_nfkc"]:
            yield f"{path}: the tokens of boke {caption['boke_id']} do not make its text"
    repeated = [text for text, n in Counter(c["text_nfkc"] for c in captions).items() if n > 1]
    if repeated:
        yield f"{path}: photo {row['sha256']} has a caption twice: {repeated[0]!r}"


def _check_manifest(directory: Path) -> Problems:
    """Yield where the files beside the shards are missing, or are not those that the manifest tells of."""
    try:
        manifest = read_manifest(directory)
        Vocabulary.load(directory / "vocabulary.json")
    except DamagedFile as error:
        yield str(error)
        return
    except FileNotFoundError as error:
        yield f"{error.filename} is missing"
        return
    if manifest is None:
        yield f"{directory / 'manifest.json'} is missing: the dataset was not completed"
        return
    files = manifest.get("files")
    for entry in files if isinstance(files, list) else []:
        path = directory / entry["name"]
        if not path.is_file():
            yield f"{path} is missing"
        elif _sha256(path) != entry["sha256"]:
            yield f"{path} is not the file that the manifest tells of: its sha256 differs"
    yield from _check_json(directory)


# ---- features and runs


def _check_features(stage: Stage) -> Problems:
    seen: Counter[str] = Counter()

    def check(path: Path, rows: pa.Table) -> Problems:
        seen.update(rows["sha256"].to_pylist())
        good = pc.equal(rows["outcome"], "ok")
        vectors = rows["vector"].combine_chunks()
        if pc.sum(pc.xor(good, vectors.is_valid())).as_py():
            yield f"{path}: rows whose outcome is ok without a vector, or with one though it is not"
        if not pc.all(pc.is_finite(vectors.flatten()), min_count=0).as_py():
            yield f"{path}: a vector holds values that are no numbers"

    for table in stage.tables():
        yield from check_table(table, check)
    for sha256, count in seen.items():
        if count > 1:
            yield f"{stage.directory}: photo {sha256} has {count} rows"


def _check_run(stage: Stage) -> Problems:
    yield from _check_json(stage.directory)
    model = stage.directory / "model"
    if model.is_dir():
        yield from _check_json(model)
        yield from _check_model(model)


def _check_model(model: Path) -> Problems:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(model / "model.safetensors", framework="numpy") as tensors:
            for name in tensors.keys():  # noqa: SIM118 - it is no mapping
                tensors.get_tensor(name)
    except (SafetensorError, OSError) as error:
        yield f"{model / 'model.safetensors'} is damaged: {error}"
    try:
        Vocabulary.load(model / "vocabulary.json")
    except (DamagedFile, OSError) as error:
        yield str(error)


def _check_json(directory: Path) -> Problems:
    for path in sorted(directory.glob("*.json*")):
        if path.name.startswith(TEMPORARY):
            continue
        try:
            text = path.read_text()
            for part in text.splitlines() if path.suffix == ".jsonl" else [text]:
                json.loads(part)
        except ValueError as error:
            yield f"{path} is no JSON: {error}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


CHECKS: dict[str, Callable[[Stage], Problems]] = {
    "crawl": _check_crawl,
    "dataset": _check_dataset,
    "features": _check_features,
    "run": _check_run,
}
