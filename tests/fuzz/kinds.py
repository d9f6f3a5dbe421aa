"""Files that Bokeru itself writes, and may find changed: every kind of the register, read by the commands."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

import yaml

from judging.contest import VOTES, find, load_pairs
from judging.votes import Ballots
from store.errors import UserError
from store.manifest import NAME as MANIFEST
from store.place import Place
from store.register.kinds import KINDS, FileKind
from store.register.listed import entries
from store.register.stages import Stage
from store.whole_file import read_json, write_json
from tests.crawl_tables import photo
from tests.every_command import look_at_the_map
from tests.fuzz.targets import Target, run
from tests.store.forget.whole_pipeline import NAME, Everything, make
from tests.store.register.paths import kind_of
from train.runs.find import newest
from web.content.index import open_index

LEFT_OUT = {
    "<pipeline>/dataset/tokenizer.model": "read by a door",
    "<pipeline>/forgetting.json": "only while a forget is unfinished",
    "<pipeline>/runs/<run>/tensorboard/*": "written for others, and never read",
    "<pipeline>/runs/<run>/tensorboard/captions/*": "written for others, and never read",
    "weights/*.caffemodel": "read by a door",
    "weights/*.sha256": "only of weights that were fetched",
    "weights/digests.json": "only of weights that are files",
    "weights/trials.json": "only of .onnx models",
}
"""Kinds of which the pipelines here have no file."""
OTHER = "q"
"""A second pipeline, which Scrapy has crawled: the first one was not."""
COMMANDS = {
    "crawl": "dataset --force; reparse --dry-run; history; canaries; why 犬; forget --boke 80000003",
    "dataset": "dataset; features; why 犬; diff; leaks; neighbours --out {}/n.png; forget --boke 80000003;"
    "export --format pairs {}/pairs",
    "features": "features; leaks; neighbours --out {}/n.png; caption {}/photo.jpg",
    "run": "compare; runs export csv --out {}/r.csv; evaluate; caption {}/photo.jpg; web --export {}/shown;"
    "caption {}/photo.jpg --strategy best-of; runs list; prune --dry-run; train --set train.ranker=true",
    "pipeline": "dataset --force; diff; forget --boke 80000003; web --export {}/shown; runs list;"
    "contest report funny; contest list; contest publish funny; contest key funny; evaluate",
    "weights": "features --force",
}
"""What reads the files of each stage, beside `verify` and `inspect`; {} stands for the folder."""


def kinds(folder: Path) -> Iterator[Target]:
    """Yield a target for every kind in the register, with the files that one pipeline has of it."""
    whole = _kept(folder)
    found: dict[str, list[Path]] = {}
    for path in sorted((whole.kept / "data").rglob("*")):
        kind = kind_of(path.relative_to(whole.kept / "data").as_posix()) if path.is_file() else None
        if kind and (kind.lasts or kind.format == "derived"):
            found.setdefault(kind.path, []).append(path.relative_to(whole.kept))
    for kind in KINDS:
        if paths := found.get(kind.path):
            contents = tuple((whole.kept / path).read_bytes() for path in paths)
            yield Target(kind.path, kind.format, contents, _reader(whole, kind, paths))


def _kept(folder: Path) -> Everything:
    """Return a folder of pipelines that have everything, made the first time that it is asked for."""
    whole = Everything(folder / "kept", folder / "whole")
    if not whole.kept.exists():
        made = make(folder).restore()
        run("score", "kanji", "--python", "featurize.scoring.ours:kanji", *made.where)
        run("forget", "--boke", "80000005", *made.where)
        run("dataset", *made.where)
        _judge(made)
        _crawl(made)
        (made.folder / "photo.jpg").write_bytes(photo(1))
        shutil.rmtree(made.kept)
        made.folder.rename(made.kept)
    return whole


def _judge(made: Everything) -> None:
    """Train a ranker, name its run, hold a contest and publish it; let the web app make its index and map."""
    run("train", *made.where, "--set", "train.ranker=true")
    place = Place(made.data, NAME)
    run("runs", "name", newest(place.runs).name, "own", *made.where)
    run("contest", "new", "funny", "-n", "2", *made.where)
    directory = find(place, "funny")
    for pair in load_pairs(directory):
        Ballots(directory / VOTES).append(pair, "a judge", 0, 0)
    run("contest", "publish", "funny", *made.where)
    open_index(place.dataset, lambda done, total: None)
    look_at_the_map(made.data, NAME)


def _crawl(made: Everything) -> None:
    config = made.folder / "pipelines.yaml"
    settings = yaml.safe_load(config.read_text(encoding="utf-8"))
    site = {"embedded": {"photos": 4, "captions_per_photo": 2, "seed": 7}, "delay": 0}
    settings["pipelines"][OTHER] = {"crawl": site, "dataset": {"dev_fraction": 0.5}}
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    for stage in ("crawl", "dataset"):
        run(stage, *_where(made, OTHER))


def _where(whole: Everything, pipeline: str) -> list[str]:
    return [pipeline if one == NAME else one for one in whole.where]


def _reader(whole: Everything, kind: FileKind, paths: list[Path]) -> Callable[[bytes, Random], None]:
    commands = [line.split() for line in COMMANDS[kind.stage].split(";")]

    def read(content: bytes, random: Random) -> None:
        whole.restore()
        place = random.choice(paths)
        path, pipeline = whole.folder / place, OTHER if OTHER in place.parts else NAME
        path.write_bytes(content)
        stage = Stage(kind.stage, _directory(whole, kind, path))
        if kind.in_manifest and random.random() < 0.5:
            _relist(stage)
        run("verify", whole.data)
        run("inspect", stage.directory)
        name, *arguments = random.choice(commands)
        run(name, *_where(whole, pipeline), *(one.format(whole.folder) for one in arguments))

    return read


def _directory(whole: Everything, kind: FileKind, path: Path) -> Path:
    """Return the directory of the file's stage."""
    depth = kind.path.count("/") - kind.name.count("/")
    return whole.data.joinpath(*path.relative_to(whole.data).parts[:depth])


def _relist(stage: Stage) -> None:
    """Let the manifest list the files as they are, as somebody would who changes one on purpose."""
    with suppress(UserError, OSError):
        manifest = read_json(stage.directory / MANIFEST)
        manifest["files"] = [entry.to_json() for entry in entries(stage)]
        manifest.pop("digest", None)
        write_json(stage.directory / MANIFEST, manifest)
