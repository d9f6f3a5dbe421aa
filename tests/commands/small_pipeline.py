"""A whole small pipeline for tests that break copies of it, made by the real stages."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from commands.main import main
from dataset import read
from store.manifest import fingerprint
from tests.dataset.importers.cans import oogiri_go, sample
from tests.featurize.small_networks import small_weights

PHOTOS, DEV_FRACTION = 24, 0.3


def make(folder: Path) -> Path:
    """Run every stage in `folder`, with a forget, an export and an import; return the data folder."""
    config, data = folder / "pipelines.yaml", folder / "data"
    settings = {
        "crawl": {
            "embedded": {"photos": PHOTOS, "captions_per_photo": 3, "seed": 5},
            "delay": 0,
            "concurrency": 8,
        },
        "dataset": {"dev_fraction": DEV_FRACTION},
        "features": {"weights": str(small_weights(folder))},
        "train": {"epochs": 2, "embedding": 8, "hidden": 8, "batch_size": 8, "fused": False, "device": "cpu"},
    }
    config.write_text(yaml.safe_dump({"pipelines": {"demo": settings, "imported": {}}}))

    def run(command: str, *arguments: object, pipeline: str = "demo") -> None:
        where = ("--pipeline", pipeline, "--config", str(config), "--data", str(data))
        assert not main([command, *where, *map(str, arguments)]), command

    run("crawl")
    run("canaries")
    run("dataset")
    run("forget", "--boke", read.captions(data / "demo/dataset")["boke_id"][0])
    for stage in ("dataset", "features", "train", "evaluate"):
        run(stage)
    run("export", "--format", "pairs", folder / "pairs")
    source = oogiri_go(folder / "oogiri", [sample(number) for number in range(4)])
    run("import", "oogiri-go", source, pipeline="imported")
    return data


@dataclass(frozen=True)
class SmallPipeline:
    """Where the files of a copy are, and ways to change them as no stage does."""

    data: Path

    @property
    def pipeline(self) -> Path:
        """data/demo."""
        return self.data / "demo"

    @property
    def dataset(self) -> Path:
        """data/demo/dataset."""
        return self.pipeline / "dataset"

    @property
    def cache(self) -> Path:
        """data/features/<key>."""
        return self._one(self.data, "features/[!.]*/")

    @property
    def run(self) -> Path:
        """data/demo/runs/<run>."""
        return self._one(self.pipeline, "runs/*/")

    @property
    def vectors(self) -> Path:
        """The shard of vectors."""
        return self._one(self.cache, "*.parquet")

    def crawled(self, table: str) -> Path:
        """Return the shard of `pages` or `images`."""
        return self._one(self.pipeline, f"crawl/{table}/*.parquet")

    def shard(self, split: str = "train") -> Path:
        """Return the dataset's shard of a split."""
        return self._one(self.dataset, f"data/{split}-*.parquet")

    def snapshot(self) -> Path:
        """Return the run's last snapshot."""
        return self._one(self.run, "snapshots/[0-9]*.safetensors")

    @staticmethod
    def _one(folder: Path, pattern: str) -> Path:
        (path,) = folder.glob(pattern)
        return path

    def renew(self, *folders: Path) -> None:
        """Make sums and sizes fit the files: in Croissant, and in the manifests of folders, or of all."""
        if not folders or self.dataset in folders:
            self._renew_croissant()
        for folder in folders or (self.pipeline / "crawl", self.dataset, self.cache, self.run):
            path = folder / "manifest.json"
            if path.exists():
                manifest = dict(renewed(folder, json.loads(path.read_text())))
                if manifest.pop("digest", None):
                    manifest["digest"] = fingerprint(manifest)
                path.write_text(json.dumps(manifest, ensure_ascii=False))

    def _renew_croissant(self) -> None:
        path = self.dataset / "croissant.json"
        content = json.loads(path.read_text())
        for file in (entry for entry in content["distribution"] if "contentUrl" in entry):
            described = self.dataset / file["contentUrl"]
            file["sha256"], file["contentSize"] = sha256(described), f"{described.stat().st_size} B"
        path.write_text(json.dumps(content))


def renewed(folder: Path, manifest: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the entries of a manifest, those of files that are still there as the files are now."""
    for key, value in manifest.items():
        if key == "files":
            yield key, [renewed_entry(folder, entry) for entry in value if (folder / entry["name"]).exists()]
        else:
            yield key, value


def renewed_entry(folder: Path, entry: dict[str, Any]) -> dict[str, Any]:
    """Return what a manifest says of a file, as the file is now."""
    path = folder / entry["name"]
    facts: dict[str, Callable[[], object]] = {
        "sha256": lambda: sha256(path),
        "bytes": lambda: path.stat().st_size,
        "rows": lambda: pq.read_metadata(path).num_rows,
    }
    return {**entry, **{name: fact() for name, fact in facts.items() if name in entry}}


def sha256(path: Path) -> str:
    """Return the digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def flip(path: Path, place: float = 0.5) -> Path:
    """Change one bit at so much of the file's length."""
    content = bytearray(path.read_bytes())
    content[int(place * (len(content) - 1))] ^= 1
    path.write_bytes(content)
    return path


def rewrite(path: Path, change: Callable[[list[dict[str, Any]]], object]) -> Path:
    """Write a shard again, with its schema and its metadata, after `change` of its rows in place."""
    table = pq.read_table(path)
    rows = table.to_pylist()
    change(rows)
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    return path


def rewrite_json(path: Path, change: Callable[[Any], object]) -> Path:
    """Write a JSON file again, after `change` of its value in place."""
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n")
    return path


def exchange(rows: list[dict[str, Any]], columns: tuple[str, ...], one: int = 0, other: int = 1) -> None:
    """Exchange the values of some columns of two rows."""
    for name in columns:
        rows[one][name], rows[other][name] = rows[other][name], rows[one][name]


def exchange_files(one: Path, other: Path) -> None:
    """Give each of two files the name of the other."""
    aside = one.with_name("aside")
    one.rename(aside)
    other.rename(one)
    aside.rename(other)


def random_vectors(rows: list[dict[str, Any]]) -> None:
    """Give every photo a vector of the same size that tells nothing of it."""
    random = np.random.default_rng(1)
    for row in rows:
        row["vector"] = random.random(len(row["vector"])).tolist()
