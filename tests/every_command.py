"""Runs every command on a small pipeline, and notes each path that is written on the way.

    python -m tests.every_command FOLDER

An audit hook sees what this process opens, renames and makes, temporary names too; what the crawl's process
wrote is found afterwards. FOLDER/report.json tells what the tests look at.
"""

import hashlib
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml
from fastapi.testclient import TestClient

from commands.main import main
from crawler.options import CrawlOptions
from dataset import read
from demo.site import running
from featurize import fetch, weights
from judging.contest import load_pairs
from judging.votes import Ballots
from store.forget.content import SHORT, Content
from store.forget.search import search
from store.manifest import NAME as MANIFEST
from store.manifest import listed, read_manifest
from tests import hub
from tests.crawler.stage import crawl
from tests.dataset.importers.cans import boke_row, can, oogiri_go, rows_as_csv, sample
from tests.featurize.families import resnet
from tests.featurize.small_networks import small_network, small_weights
from tests.web.waiting import ready
from web.app import create

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
PAGE = Path(__file__).parent / "crawler" / "pages" / "angular_2020.html"
PUBLISHED = b"stands in for the weights that others publish"


class Ledger:
    """The commands that ran, and the files that anything wrote below a folder, by their paths from there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: set[str] = set()
        self.commands: set[str] = set()
        self.in_manifests: set[str] = set()
        sys.addaudithook(self._see)

    def run(self, command: str, *arguments: object, status: int = 0) -> None:
        """Run `bokeru COMMAND`, which must end with a status."""
        self.commands.add(command)
        try:
            ended: object = main([command, *map(str, arguments)])
        except SystemExit as end:  # as `verify` ends where something does not fit
            ended = end.code
        if ended != status:
            sys.exit(f"bokeru {command} ended with {ended}, not {status}")
        for path in self.folder.rglob(MANIFEST):
            names = listed(path.parent, read_manifest(path.parent) or {})
            place = path.parent.relative_to(self.folder)
            self.in_manifests |= {(place / name).as_posix() for name in names}

    def look(self) -> None:
        """Note what lies below the folder now."""
        for path in self.folder.rglob("*"):
            if path.is_file():
                self._note(path)

    def _see(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
            path, mode, flags = arguments
            if set(mode or "") & set("wax+") or flags & WRITING:
                self._note(path)
        elif event == "os.rename":
            source, target = (Path(os.fsdecode(path)) for path in arguments[:2])
            if source.is_dir():
                for path in source.rglob("*"):
                    if path.is_file():
                        self._note(target / path.relative_to(source))
            else:
                self._note(source)
                self._note(target)

    def _note(self, path: Any) -> None:
        path = Path(os.fsdecode(path)).absolute()
        if path.is_relative_to(self.folder) and not path.is_dir():
            self.files.add(path.relative_to(self.folder).as_posix())


def settings(folder: Path) -> dict[str, Any]:
    """Return a pipeline that runs in seconds."""
    return {
        "crawl": {
            "embedded": {"photos": 12, "captions_per_photo": 3, "seed": 5},
            "delay": 0,
            "concurrency": 4,
            "mirror": f"file://{folder}/mirror",
        },
        "dataset": {
            "dev_fraction": 0.3,
            "max_captions_per_photo": 2,
            "tokenizer": "sentencepiece",
            "subwords": 1,  # each character
        },
        "features": {"weights": "random", "random": {"dimensions": 16}},
        "train": {
            "epochs": 2,
            "embedding": 8,
            "hidden": 8,
            "batch_size": 8,
            "fused": False,
            "device": "cpu",
            "tensorboard": True,
            "ranker": True,
        },
    }


def crawl_while_robots_close_some(folder: Path, directory: Path) -> None:
    """Crawl the same site while its robots.txt closes some odai, which the next crawl fetches."""
    options = CrawlOptions.model_validate(settings(folder)["crawl"], strict=False)
    size = options.embedded
    with running(size.photos, size.captions_per_photo, size.seed, faults=["robots-disallow"]) as address:
        crawl(options, directory, address=address, pipeline="demo")


def run_everything(folder: Path) -> dict[str, Any]:
    """Run every command in `folder`; return what was written, and what is said of it elsewhere."""
    config, data = folder / "pipelines.yaml", folder / "data"
    config.write_text(yaml.safe_dump({"pipelines": {"demo": settings(folder)}}))
    ledger, where = Ledger(data), ("--config", config, "--data", data)
    pipeline = ("--pipeline", "demo", *where)
    crawl_while_robots_close_some(folder, data / "demo/crawl")
    ledger.run("demo", *where)
    for stage in ("crawl", "dataset", "features", "train", "evaluate", "run"):
        ledger.run(stage, *pipeline)
    ledger.run("compare", *pipeline)
    ledger.run("sweep", *pipeline, "--set", "train.dropout=0,0.1")
    judge(ledger, pipeline)
    ledger.run("runs", "export", "csv", *pipeline, "--out", folder / "runs.csv")
    ledger.run("runs", "export", "onnx", *pipeline, "--out", folder / "onnx")
    ledger.run("canaries", *pipeline)
    ledger.run("history", *pipeline)
    ledger.run("score", "kanji", "--python", "featurize.scoring.ours:kanji", *pipeline)
    ledger.run("web", *pipeline, "--export", folder / "pages")
    look_at_the_map(data)
    holding = [path.relative_to(data).as_posix() for path in search(data, everything(data))]
    photo = folder / "photo.jpg"
    photo.write_bytes(next(read.photo_bytes(data / "demo/dataset"))[1])
    ledger.run("caption", *pipeline, photo)
    checked = ("--set", "features.preprocess=imagenet", "--data", data, "--out", folder / "checked.png")
    ledger.run("encoder", "check", resnet(folder / "model.onnx"), photo, *checked)
    ledger.run("neighbours", *pipeline, "--out", folder / "neighbours.png")
    ledger.run("find", "犬", *pipeline)
    ledger.run("find", "--photo", photo, *pipeline)
    ledger.run("leaks", *pipeline, "--least", 0.999, "--out", folder / "leaks.png")
    for form in ("pairs", "webdataset", "coco", "imagefolder"):
        ledger.run("export", *pipeline, "--format", form, folder / form)
    push(ledger, pipeline)
    ledger.run("import", "bokekan", can(folder / "can", rows_as_csv([boke_row(1)]).encode()), *pipeline)
    ledger.run("import", "oogiri-go", oogiri_go(folder / "oogiri", [sample(1)]), *pipeline)
    ledger.run("dataset", *pipeline)
    run_with_weights(ledger, pipeline, folder)
    ledger.run("forget", *pipeline, "--boke", read.captions(data / "demo/dataset")["boke_id"][0])
    ledger.run("parse", PAGE, "--url", "https://bokete.jp/odai/1")
    ledger.run("reparse", *pipeline)
    ledger.run("settings", "--pipeline", "demo", "--config", config)
    ledger.run("inspect", data)
    # By now there is another dataset than the one that the runs learned from.
    ledger.run("verify", data, status=1)
    first, *others = sorted(path.name for path in (data / "demo/runs").glob("[!.]*"))
    ledger.run("runs", "name", *pipeline, first, "first")
    ledger.run("runs", "remove", *pipeline, *others)
    ledger.run("status", *pipeline)
    ledger.run("prune", *pipeline)
    ledger.run("diff", *pipeline)
    ledger.run("why", *pipeline, read.captions(data / "demo/dataset")["text"][0])
    ledger.run("contains", *pipeline, read.captions(data / "demo/dataset")["boke_id"][0])
    ledger.run("doctor", "--data", data)
    ledger.look()
    return {
        "files": sorted(ledger.files),
        "commands": sorted(ledger.commands),
        "holding content": holding,
        "in the manifest": sorted(ledger.in_manifests),
        "mirror": [
            path.relative_to(folder / "mirror").as_posix() for path in (folder / "mirror").rglob("*.*")
        ],
    }


def everything(data: Path) -> Content:
    """Return every photo, odai and caption of the pipeline; short captions may be words of anything."""
    captions = read.captions(data / "demo/dataset")
    texts = {text for text in captions["text"].to_pylist() if len(text) >= SHORT}
    numbers = set(captions["odai_id"].to_pylist())
    return Content(set(captions["sha256"].to_pylist()), odai_ids=numbers, texts=texts)


def look_at_the_map(data: Path, pipeline: str = "demo") -> None:
    """Open the map in the web app, which makes it."""
    with TestClient(create(data, pipeline)) as client:
        answer = ready(client, f"/pipelines/{pipeline}/map")
        assert answer.status_code == 200, answer.text


def judge(ledger: Ledger, pipeline: tuple[object, ...]) -> None:
    """Draw a contest, vote in it, and publish that."""
    ledger.run("contest", "new", "funny", *pipeline)
    directory = ledger.folder / "demo" / "contests" / "funny"
    Ballots(directory / "votes").append(next(iter(load_pairs(directory))), "judge", 0, 0)
    ledger.run("contest", "publish", "funny", *pipeline)


def push(ledger: Ledger, pipeline: tuple[object, ...]) -> None:
    """Send the dataset and a model to a Hub of our own."""
    from huggingface_hub import constants

    constants.HF_HUB_DISABLE_XET = True
    with hub.serving() as there:
        os.environ |= {"HF_ENDPOINT": there.endpoint, "HF_TOKEN": hub.TOKEN}
        ledger.run("push", *pipeline, "jokes")
        ledger.run("push", *pipeline, "--model", "writer")


def run_with_weights(ledger: Ledger, pipeline: tuple[object, ...], folder: Path) -> None:
    """Compute vectors with weights that are made, and with the user's own; fetch those that are published."""
    weights.caffenet = small_network  # type: ignore[attr-defined]  # CaffeNet itself has 244 MB
    own = small_weights(folder)
    for name in ("untrained", own):
        ledger.run("features", *pipeline, "--set", f"features.weights={name}")
    with ThreadingHTTPServer(("127.0.0.1", 0), Published) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url, sha1 = f"http://127.0.0.1:{server.server_port}/", hashlib.sha1(PUBLISHED).hexdigest()
        fetch.CAFFENET = fetch.KnownWeights("caffenet", fetch.CAFFENET.file, url, sha1)
        ledger.run("weights", "caffenet", "--data", ledger.folder)
        server.shutdown()


class Published(BaseHTTPRequestHandler):
    """Serves PUBLISHED."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(PUBLISHED)))
        self.end_headers()
        self.wfile.write(PUBLISHED)

    def log_message(self, format: str, *args: object) -> None:
        pass


if __name__ == "__main__":
    place = Path(sys.argv[1])
    (place / "report.json").write_text(json.dumps(run_everything(place)))
