"""Files that come from outside: pages, photos, models, data sets of others, settings."""

import io
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import numpy as np
import yaml

from crawler.parsing.parse import parse
from crawler.permission.robots_file import RobotsFile
from crawler.permission.tdm_file import TdmFile
from dataset.importers import any_table, bokekan, oogiri_go
from dataset.text.subwords import cutter, learned
from dataset.text.vocabulary import Vocabulary
from featurize.caffe import caffemodel
from pipelines import load
from store.photo.decode import decode
from store.photo.description import describe
from store.photo.metadata.cut import bare
from tests import speaking_photos
from tests.crawl_tables import photo
from tests.crawler.imports import waczs
from tests.crawler.imports.warcs import Warc, take
from tests.dataset.importers.cans import boke_row, rows_as_csv, sample
from tests.featurize.families import resnet
from tests.featurize.small_networks import small_weights
from tests.fuzz.targets import Target, run
from tests.photos.odd import odd_photos

TESTS = Path(__file__).parents[1]
URL = "https://bokete.jp/odai/1"
ROBOTS = b"""User-agent: *
Content-Signal: search=yes, ai-train=no
Crawl-delay: 5
Disallow: /private*
Allow: /$

User-agent: bokeru
Content-Usage: /odai train-ai=n
Disallow:
Sitemap: https://bokete.jp/sitemap.xml
"""
RESERVED = b'[{"location": "/odai/*", "tdm-reservation": 1, "tdm-policy": "https://x.test/p"}]'


def doors(folder: Path) -> Iterator[Target]:
    """Yield a target for every kind of file that somebody else may hand to Bokeru."""
    folder.mkdir(parents=True, exist_ok=True)
    yield Target("page", "html", _pages(), _read_page)
    yield Target("robots.txt", "text", (ROBOTS,), _read_robots)
    yield Target("tdmrep.json", "json", (RESERVED,), lambda content, _: TdmFile.parse(content).refusal(URL))
    yield Target("photo", "picture", _photos(), _read_photo)
    yield from _settings(folder)
    yield from _data_sets(folder)
    yield from _archives(folder)
    yield from _models(folder)


def _pages() -> tuple[bytes, ...]:
    found = [*(TESTS / "crawler/pages").glob("*.html"), *(TESTS / "crawler/layouts/pages").rglob("*.html")]
    return tuple(path.read_bytes() for path in sorted(found))


def _read_page(content: bytes, random: Random) -> None:
    kind = random.choice((None, "text/html; charset=euc-jp", "text/html; charset=nonsense", "text/xml"))
    row = parse(content, URL, datetime(2026, 1, 1, tzinfo=UTC), kind)
    assert row["outcome"] in ("ok", "missing", "drift", "denied", "error")


def _read_robots(content: bytes, _: Random) -> None:
    found = RobotsFile.parse(content)
    found.refusal(URL)
    found.refusal(URL, is_ai_crawler=True)
    found.closed_to_ai()


def _photos() -> tuple[bytes, ...]:
    speaking = [getattr(speaking_photos, name)() for name in ("jpeg", "png", "webp", "gif", "avif", "tiff")]
    plain = [odd.content for odd in odd_photos().values()]
    return tuple(one for one in (*speaking, *plain) if len(one) < 100_000)


def _read_photo(content: bytes, random: Random) -> None:
    read: Callable[[bytes], object] = random.choice((describe, bare, decode))
    read(content)


def _settings(folder: Path) -> Iterator[Target]:
    shared = (
        "x: &d {train: {epochs: 3}}\npipelines: {p: {<<: *d, crawl: {delay: 1e-3, start: [/boke/recent]}}}\n"
    )
    shipped = (TESTS.parent / "pipelines.yaml").read_bytes()

    def read(content: bytes, _: Random) -> None:
        (folder / "p.yaml").write_bytes(content)
        for name in ("p", "demo"):
            run("settings", "--pipeline", name, "--config", folder / "p.yaml")

    yield Target("pipelines.yaml", "yaml", (shared.encode(), shipped), read)

    def override(content: bytes, _: Random) -> None:
        load("p", folder / "whole.yaml", [content.decode(errors="replace")])

    (folder / "whole.yaml").write_text(yaml.safe_dump({"pipelines": {"p": {}}}), encoding="utf-8")
    lines = (b"crawl.start=[/boke/recent, /boke/hot]", b"train.epochs=3", b"dataset.where=stars > 3")
    yield Target("override", "text", lines, override)


def _zipped(files: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def _data_sets(folder: Path) -> Iterator[Target]:
    table = rows_as_csv(boke_row(number) for number in range(6)).encode()
    photos = {f"images/{number}.jpg": photo(number) for number in range(3)}
    lines = b"\n".join(
        str(sample(number)).replace("'", '"').replace("None", "null").encode() for number in range(4)
    )

    def can(content: bytes, _: Random) -> None:
        (folder / "can.zip").write_bytes(content)
        bokekan.read(folder / "can.zip", _emptied(folder / "p") / "crawl")

    def unpacked(name: str, read: Callable[[Path, Path], object]) -> Callable[[bytes, Random], None]:
        def imported(content: bytes, _: Random) -> None:
            source = _emptied(folder / "unpacked")
            (source / name).write_bytes(content)
            for path, picture in photos.items():
                (source / path).parent.mkdir(exist_ok=True)
                (source / path).write_bytes(picture)
            read(source, _emptied(folder / "p") / "crawl")

        return imported

    yield Target("can", "zip", (_zipped({"boke.csv": table, **photos}),), can)
    yield Target(
        "boke.csv",
        "text",
        (table, table.decode().encode("cp932"), b"\xef\xbb\xbf" + table),
        unpacked("boke.csv", bokekan.read),
    )
    yield Target("jp.jsonl", "jsonl", (lines,), unpacked("jp.jsonl", oogiri_go.read))
    own = "image,text,stars,labels,posted\nimages/0.jpg,犬だ,3,犬/猫,2013-05-01\n".encode()
    of_csv = unpacked("jokes.csv", lambda source, crawl: any_table.read(source / "jokes.csv", crawl))
    of_json = unpacked("jokes.jsonl", lambda source, crawl: any_table.read(source / "jokes.jsonl", crawl))
    yield Target("jokes.csv", "text", (own,), of_csv)
    yield Target("jokes.jsonl", "jsonl", (lines,), of_json)


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def _archives(folder: Path) -> Iterator[Target]:
    files = []
    for number, gzip in enumerate((True, False)):
        with Warc(folder / f"{number}.warc", gzip=gzip) as warc:
            warc.odai(1, "犬がいる", "猫もいる")
            warc.photo(1)
        files.append(warc.path.read_bytes())
    package = waczs.write(folder / "x.wacz", {"a.warc.gz": files[0]}).read_bytes()

    def imported(name: str) -> Callable[[bytes, Random], None]:
        def read(content: bytes, _: Random) -> None:
            source = _emptied(folder / "archives")
            (source / name).write_bytes(content)
            take(source, source / name)

        return read

    yield Target("WARC, packed", "warc", (files[0],), imported("x.warc.gz"))
    yield Target("WARC, plain", "text", (files[1],), imported("x.warc"))
    yield Target("WACZ", "zip", (package,), imported("x.wacz"))


def _models(folder: Path) -> Iterator[Target]:
    weights = small_weights(folder)

    def caffe(content: bytes, _: Random) -> None:
        path = folder / "x.caffemodel"
        path.write_bytes(content)
        caffemodel.stated(path)
        caffemodel.read(path, "fc7")

    yield Target("caffemodel", "protobuf", (weights.read_bytes(),), caffe)
    network = resnet(folder / "real.onnx").read_bytes()
    picture = folder / "photo.jpg"
    picture.write_bytes(photo(1))

    def onnx(content: bytes, _: Random) -> None:
        path = folder / "x.onnx"
        path.write_bytes(content)
        run("encoder", "check", path, picture, *("--data", folder / "d", "--out", folder / "n.png"),
            "--set", "features.preprocess=imagenet")  # fmt: skip

    yield Target("onnx", "protobuf", (network,), onnx)

    def reference(suffix: str) -> Callable[[bytes, Random], None]:
        from featurize.feeding.check import _read

        def read(content: bytes, _: Random) -> None:
            path = (folder / "reference").with_suffix(suffix)
            path.write_bytes(content)
            _read(path)

        return read

    array = io.BytesIO()
    np.save(array, np.ones((2, 3)))
    yield Target("vectors, .npy", "npy", (array.getvalue(),), reference(".npy"))
    yield Target("vectors, JSON", "json", (b"[[1, 2.5], [3, 4]]",), reference(".json"))

    def vocabulary(content: bytes, _: Random) -> None:
        path = folder / "vocabulary.json"
        path.write_bytes(content)
        Vocabulary.load(path)

    Vocabulary.from_counts({"犬": 3, "が": 2}).save(folder / "vocabulary.json")
    yield Target("vocabulary", "json", ((folder / "vocabulary.json").read_bytes(),), vocabulary)

    def pieces(content: bytes, _: Random) -> None:
        path = folder / "tokenizer.model"
        path.write_bytes(content)
        cutter(path, " ")("犬がいる")

    yield Target("tokenizer.model", "protobuf", (learned(["犬がいる", "猫もいる"], 20),), pieces)
