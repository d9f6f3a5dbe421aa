"""A pipeline that has everything, and what an independent reader says belongs to a photo, an odai or a boke.

Every stage's own code writes it, in one process and in seconds: pages and photos of the embedded site, and a
few by hand, go through the crawl's writer with its archive and its mirror.
"""

import io
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import yaml
from PIL import Image

from commands.main import main
from crawler.items import Answer, LeftOutRow, PageRow, PhotoRow
from crawler.memory.drawing import NAME as DRAWING
from crawler.memory.drawing import drawing
from crawler.memory.mirror import Mirror
from crawler.memory.row_writer import RowWriter
from crawler.options import CrawlOptions
from crawler.parsing.answer import answer_row
from crawler.parsing.images import photo_row
from dataset.export.formats import FORMATS
from demo.content import EmbeddedSite, odai_id
from demo.faults.routes import FaultyRoutes
from demo.routes import HOST, PHOTO_HOST, Routes
from store.whole_file import write_json, write_whole
from tests import crawl_tables
from tests.crawl_tables import boke, rows
from tests.dataset.importers.cans import boke_row, can, oogiri_go, rows_as_csv, sample
from tests.store.forget.everywhere import Traces

PHOTOS, CAPTIONS, SEED, FAULTS = 12, 3, 5, ("photo-near",)
NAME = "p"
WHEN = datetime.now(UTC) - timedelta(hours=1)
"""Now, nearly: canaries would not bear that the site tells other dates to the crawl that comes next."""
SETTINGS: dict[str, Any] = {
    "crawl": {
        "embedded": {"photos": PHOTOS, "captions_per_photo": CAPTIONS, "seed": SEED},
        "delay": 0,
        "concurrency": 4,
    },
    "dataset": {"dev_fraction": 0.3, "max_characters": 60},
    "features": {"weights": "random", "random": {"dimensions": 16}},
    "train": {"epochs": 1, "embedding": 8, "hidden": 8, "batch_size": 16, "fused": False, "device": "cpu"},
}
LISTED, COPY, TWICE = 900_001, 900_002, 900_003
"""Photos made by hand: on a list whose boke have no numbers; a smaller copy of it; one with two addresses."""
UNUSUAL = "ケセラムズン"
UNNUMBERED = (
    f"番号のないボケは{UNUSUAL}に帰る",
    "お題の名も告げずに笑う\n「誰だったっけ」",
    "ぬへぽ",
    '<b>濃いめ</b> & "50%引き" \\ 😀の逆襲',
    "ｶﾞｯﾂﾎﾟｰｽﾞで㌔を測る①番弟子",
    f"長い長い{'それはもう長い' * 8}前置きのあとで忘れたオチ",
)
"""The last one is longer than the dataset takes."""


@dataclass(frozen=True)
class Wanted:
    """One thing to forget: the options that ask for it, and what must be gone afterwards."""

    options: tuple[str, ...]
    traces: Traces


@dataclass(frozen=True)
class Everything:
    """Where the pipeline is: copied from `kept` to `folder` each time, since files of it name their place."""

    kept: Path
    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def pipeline(self) -> Path:
        return self.data / NAME

    @property
    def reach(self) -> tuple[Path, Path]:
        """The folders that forget can clean: the data and the mirror."""
        return self.data, self.folder / "mirror"

    @property
    def elsewhere(self) -> Path:
        """The folder of exports that it can only name."""
        return self.folder / "elsewhere"

    @property
    def where(self) -> tuple[str, ...]:
        return (
            *("--pipeline", NAME, "--config", str(self.folder / "pipelines.yaml")),
            *("--data", str(self.data)),
        )

    def restore(self) -> "Everything":
        """Bring everything back as it was made."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.kept, self.folder)
        return self

    def forget(self, *options: str) -> int:
        """Run `bokeru forget` in this process; return its exit status."""
        return main(["forget", *self.where, *options])

    @cached_property
    def reader(self) -> "Reader":
        return Reader(self.kept / "data")


class Reader:
    """Says in plain loops over a crawl's rows what belongs to a photo, an odai or a boke."""

    def __init__(self, data: Path) -> None:
        crawl, (vectors,) = data / NAME / "crawl", data.glob("features/*/*.parquet")
        self.pages = rows(crawl, "pages")
        found = [row for row in rows(crawl, "images") if row["bytes"]]
        self.photos = {row["sha256"]: {row["bytes"]} for row in found}
        for shard in (data / NAME / "dataset" / "data").glob("*.parquet"):
            for row in pq.read_table(shard, columns=["sha256", "image"]).to_pylist():
                self.photos[row["sha256"]].add(row["image"]["bytes"])  # without what cameras note
        self.shas = {_key(row["url"]): row["sha256"] for row in found}
        self.bokes = [_placed(page, one) for page in self.pages for one in page["bokes"] or ()]
        self.vectors = {row["sha256"]: tuple(row["vector"]) for row in pq.read_table(vectors).to_pylist()}

    def of_photos(self, *shas: str, pixels: bool = True) -> Traces:
        texts = {one["text"] for one in self.bokes if self.shas.get(one["key"]) in shas}
        vectors = tuple(self.vectors[sha] for sha in shas if sha in self.vectors)
        photos = frozenset(photo for sha in shas for photo in self.photos[sha])
        return Traces(photos, self._own(texts, shas), pixels, vectors)

    def of_odai(self, number: int) -> Traces:
        """Return what belongs to an odai whose photo no other shows."""
        (sha,) = {self.shas[one["key"]] for one in self.bokes if one["odai_id"] == number}
        return self.of_photos(sha)

    def of_boke(self, number: int) -> Traces:
        return Traces(texts=frozenset(one["text"] for one in self.bokes if one["boke_id"] == number))

    def _own(self, texts: Iterable[str], shas: Iterable[str]) -> frozenset[str]:
        """Return the texts that prove something: no single letters, and of no other photo."""
        others = {one["text"] for one in self.bokes if self.shas.get(one["key"]) not in set(shas)}
        own = frozenset(text for text in texts if len(text) >= 3 and not any(text in one for one in others))
        assert own
        return own


def _key(url: str | None) -> str:
    """Return what addresses of a photo's copies have in common: the name without the width."""
    return (url or "").rpartition("/")[2].partition("_")[0]


def _placed(page: Mapping[str, Any], one: Mapping[str, Any]) -> dict[str, Any]:
    odai = one["odai_id"] if one["odai_id"] is not None else page["odai_id"]
    return {**one, "odai_id": odai, "key": _key(one["image_url"] or page["image_url"])}


def make(parent: Path) -> Everything:
    """Make it below `parent`."""
    whole = Everything(parent / "kept", parent / "whole")
    settings = SETTINGS | {"crawl": SETTINGS["crawl"] | {"mirror": f"file://{whole.folder}/mirror"}}
    write_whole(whole.folder / "pipelines.yaml", yaml.safe_dump({"pipelines": {NAME: settings}}))
    options = CrawlOptions.model_validate(settings["crawl"], strict=False)
    _crawl(options, whole.pipeline / "crawl")
    imports(whole)
    for stage in ("dataset", "features", "train", "evaluate"):
        _run(stage, *whole.where)
    _run("canaries", *whole.where)
    Mirror(str(options.mirror), whole.pipeline / "crawl").synchronise()
    for form in FORMATS:
        _run("export", *whole.where, "--format", form, whole.pipeline / "exports" / form)
        _run("export", *whole.where, "--format", form, whole.elsewhere / form)
    for pages in (whole.pipeline / "page", whole.data / "shown", whole.elsewhere / "page"):
        _run("web", *whole.where, "--export", pages)
    shutil.copytree(whole.folder, whole.kept)
    return whole


def imports(whole: Everything) -> None:
    """Import two published datasets, whose photos and captions are no page's."""
    source = whole.folder.with_name("published")
    shutil.rmtree(source, ignore_errors=True)
    captions = [boke_row(n, text=f"缶から出てきた{n}匹目のボケ、開けたのは誰だ") for n in range(1, 7)]
    can(source / "can", rows_as_csv(captions).encode())
    answers = [
        sample(n, text=f"大喜利の{n}番目の答えは風に聞け", image="abc" if n == 1 else "1") for n in (1, 2)
    ]
    oogiri = oogiri_go(source / "oogiri", answers, (1,))
    (oogiri / "images" / "abc.jpg").write_bytes(crawl_tables.photo(77, 300))
    _run("import", "bokekan", source / "can", *whole.where)
    _run("import", "oogiri-go", oogiri, *whole.where)


def _run(command: str, *arguments: object) -> None:
    status = main([command, *map(str, arguments)])
    assert status == 0, f"bokeru {command} ended with {status}"


def _crawl(options: CrawlOptions, directory: Path) -> None:
    """Write what a crawl writes: in two shards of each table, with records that say "not changed" (304)."""
    write_json(directory / DRAWING, drawing(options.embedded))  # else no crawl goes on with it
    routes = FaultyRoutes(Routes(EmbeddedSite(PHOTOS, CAPTIONS, SEED), "angular_2020"), FAULTS)
    paths = [f"/odai/{odai_id(SEED, photo)}" for photo in range(PHOTOS)]
    mirror = Mirror(str(options.mirror), directory)
    writer = RowWriter(directory, options, mirror)
    pages = [_page(routes, path, WHEN + timedelta(seconds=n)) for n, path in enumerate(paths)]
    for page in pages:
        writer.append(page)
        writer.append(_photo(routes, str(page["image_url"])))
    writer.commit()
    for page in pages:
        writer.append(_unchanged(page))
    for n, path in enumerate(("/boke/recent", "/boke/popular", "/boke/recent?page=2", "/boke/80000003")):
        writer.append(_page(routes, path, WHEN + timedelta(minutes=20, seconds=n)))
    for row in (*_by_hand(), *_left_out(pages)):
        writer.append(row)
    writer.commit()
    mirror.synchronise()


def _page(routes: FaultyRoutes, path: str, when: datetime) -> PageRow:
    response = routes.respond(path, HOST)
    url = f"http://{HOST}{path}"
    row = answer_row(Answer(url, url, when, 200, (("Content-Type", response.content_type),), response.body))
    assert row["outcome"] == "ok", row["error"]
    return row


def _unchanged(page: PageRow) -> PageRow:
    """Return the row of a page that answers 304 minutes later."""
    first = page.answer
    assert first
    later = first.fetched_at + timedelta(minutes=10)
    row = PageRow({**page, "status": 304, "fetched_at": later})
    row.answer = Answer(first.address, first.url, later, 304, (), b"", (first.address, first.fetched_at))
    return row


def _photo(routes: FaultyRoutes, url: str) -> PhotoRow:
    content = routes.respond(url.partition(PHOTO_HOST)[2], PHOTO_HOST).body
    return _photo_row(url, content)


def _photo_row(url: str, content: bytes) -> PhotoRow:
    return photo_row(content, url, WHEN, 200)


def _by_hand() -> Iterable[PageRow | PhotoRow]:
    """Yield pages that the embedded site has not, and their photos."""
    listed = listed_photo()
    bokes = [boke(None, None, text, image_url=crawl_tables.image_url(LISTED)) for text in UNNUMBERED]
    yield _hand_page("/user/taro/boke", bokes, crawl_tables.image_url(LISTED))
    yield _photo_row(crawl_tables.image_url(LISTED), listed)
    for number, content in ((COPY, _smaller(listed)), (TWICE, photo_of_two()), (TWICE + 1, photo_of_two())):
        text = f"手で書いたお題{number}番のボケ、筆跡鑑定中"
        yield _hand_page(f"/odai/{number}", [boke(number * 10, number, text)], crawl_tables.image_url(number))
        yield _photo_row(crawl_tables.image_url(number), content)


def listed_photo() -> bytes:
    """Return the photo on the list, with what a camera notes, which datasets leave out."""
    file = io.BytesIO()
    with Image.open(io.BytesIO(crawl_tables.photo(LISTED, 300))) as picture:
        exif = Image.Exif()
        exif[0x010F], exif[0x8298] = "メーカー", "撮った人"
        exif.get_ifd(0x8825)[1] = "N"
        picture.save(file, "JPEG", quality=88, exif=exif)
    return file.getvalue()


def photo_of_two() -> bytes:
    """Return the photo that two odai show, each at an address of its own."""
    return crawl_tables.photo(TWICE, 300)


def _hand_page(path: str, bokes: list[dict[str, object]], photo: str) -> PageRow:
    odai = int(path.split("/")[2]) if path.startswith("/odai/") else None
    url, when = f"http://{HOST}{path}", WHEN + timedelta(minutes=30)
    names = {"odai_id": odai, "image_url": photo if odai else None, "url": url, "fetched_at": when}
    row = PageRow(crawl_tables.page(odai or 1, bokes, **names))
    texts = "".join(f"<p class=boke>{one['text']}</p>" for one in bokes)
    narrow = photo.replace("600", "240")
    body = f"<!doctype html><meta charset=utf-8><img src={narrow}>{texts}".encode()
    row.answer = Answer(url, url, when, 200, (("Content-Type", "text/html; charset=utf-8"),), body)
    return row


def _smaller(photo: bytes) -> bytes:
    file = io.BytesIO()
    with Image.open(io.BytesIO(photo)) as picture:
        picture.resize((210, 210)).save(file, "JPEG", quality=70)
    return file.getvalue()


def _left_out(pages: Iterable[PageRow]) -> Iterable[LeftOutRow]:
    for page in pages:
        for table, url in (("pages", page["url"]), ("images", page["image_url"])):
            row = {"url": url, "table": table, "source": f"http://{HOST}/robots.txt", "rule": "Disallow: /x"}
            yield LeftOutRow({**row, "left_out_at": WHEN, "count": None})


def wanted(whole: Everything) -> dict[str, Wanted]:
    """Return one of each thing that can be asked for."""
    reader = whole.reader
    by_hand = {name: sha256(content).hexdigest() for name, content in _made().items()}
    near, original = (reader.shas[_site_key(photo)] for photo in (1, 0))
    odai = odai_id(SEED, 5)
    return {
        "unnumbered": _photos(reader, by_hand["listed"], pixels=False),
        "no number": _photos(reader, by_hand["abc"]),
        "of two odai": _photos(reader, by_hand["twice"]),
        "imported": _photos(reader, by_hand["can"]),
        "near": Wanted(("--sha256", near, "--near"), reader.of_photos(near, original)),
        "odai": Wanted(("--odai", str(odai)), reader.of_odai(odai)),
        "boke": Wanted(("--boke", "80000003"), reader.of_boke(80_000_003)),
    }


def _photos(reader: Reader, sha: str, pixels: bool = True) -> Wanted:
    return Wanted(("--sha256", sha), reader.of_photos(sha, pixels=pixels))


def listed_and_its_copy() -> tuple[str, str]:
    """Return the sha256 of the photo on the list, and of its smaller copy."""
    listed = listed_photo()
    return sha256(listed).hexdigest(), sha256(_smaller(listed)).hexdigest()


def _made() -> dict[str, bytes]:
    photos = {"can": crawl_tables.photo(1), "abc": crawl_tables.photo(77, 300)}
    return photos | {"listed": listed_photo(), "twice": photo_of_two()}


def _site_key(photo: int) -> str:
    return EmbeddedSite(PHOTOS, CAPTIONS, SEED).photo_name(photo)
