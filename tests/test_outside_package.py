"""A package from outside the checkout adds one of each thing that code of others can be."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from crawler.parsing.outside import use_layouts
from crawler.parsing.parse import parse
from dataset import read
from dataset.build.stage import build
from dataset.importers.choose import choose
from dataset.options import DatasetOptions
from featurize.backends.backend import start
from featurize.caffe.layers import InnerProduct, ReLU
from featurize.caffe.network import Network
from featurize.extract import key
from featurize.options import FeatureOptions
from store.errors import UsageError
from store.register.sources import read_sources
from tests.crawl_tables import boke, image, page, photo, write
from tests.installed import install
from train.evaluation import outside


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "site").mkdir()
    monkeypatch.syspath_prepend(str(install(tmp_path / "site")))
    yield
    use_layouts([])
    for name in [name for name in sys.modules if name.startswith("outside_jokes")]:
        del sys.modules[name]


def test_a_layout_reads_a_page() -> None:
    use_layouts(["era_2027"])
    body = (
        "<html><body><main class=era-2027><img src='/photo/odai/7.jpg'>"
        "<article data-boke=1><q>猫だ</q></article></main></body></html>"
    )
    row = parse(
        body.encode(), "https://bokete.jp/odai/7", datetime(2027, 1, 1, tzinfo=UTC), "text/html;charset=utf-8"
    )
    assert (row["layout"], row["outcome"], row["odai_id"]) == ("era_2027", "ok", 7)
    assert [one["text"] for one in row["bokes"]] == ["猫だ"]  # type: ignore[attr-defined]


def test_an_importer_fills_a_crawl(tmp_path: Path) -> None:
    source, crawl = tmp_path / "downloads", tmp_path / "p" / "crawl"
    source.mkdir()
    (source / "photo.jpg").write_bytes(photo(1))
    (source / "jokes.txt").write_text("犬だ\n猫だ\n")
    report = choose("joke-lines")(source, crawl)
    assert (report.bokes, report.photos) == (2, 1)
    (told,) = read_sources(crawl)
    assert (told["name"], told["reader"]) == ("joke-lines", "outside-jokes 1.2")
    with pytest.raises(UsageError, match=r"no importer 'joke-line'\. Did you mean 'joke-lines'"):
        choose("joke-line")


def test_a_filter_leaves_out(tmp_path: Path) -> None:
    bokes = [boke(1, 1, "犬だ", stars=0), boke(2, 1, "長い犬だ", stars=50), boke(3, 1, "12人の猫", stars=3)]
    crawl = write(tmp_path / "p" / "crawl", [page(1, bokes)], [image(1)])
    build(DatasetOptions(filters=("house-rules",)), [crawl], tmp_path / "p" / "dataset", name="p")
    assert read.captions(tmp_path / "p" / "dataset")["boke_id"].to_pylist() == [2]


def test_a_metric_measures() -> None:
    plugins = outside.found(["mean_length"], ["cider"])
    found = outside.measured(plugins, [["a", "b"], ["c"]], [[["a"]], [["c"]]])["mean_length"]
    assert (found.value, found.low, found.high) == (1.5, None, None)
    assert outside.measured(plugins, [], [])["mean_length"].value is None
    with pytest.raises(
        UsageError, match=r"the metric mean_length \(outside-jokes 1\.2; train\.metrics\) has the"
    ):
        outside.found(["mean_length"], ["mean_length"])


def test_a_backend_computes_and_has_a_key_of_its_own(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    weights = generator.standard_normal((4, 12), np.float32)
    layers = (InnerProduct("ip", "ip", weights, np.zeros(4, np.float32)), ReLU("relu", "relu"))
    network, images = Network("small", (3, 2, 2), layers), generator.standard_normal((5, 3, 2, 2), np.float32)
    vectors = start(network, "twice").run(images)
    np.testing.assert_allclose(vectors, 2 * start(network, "numpy").run(images), rtol=1e-5)
    ours, others = (key(FeatureOptions(backend=name), tmp_path) for name in ("numpy", "twice"))
    assert ours == key(FeatureOptions(), tmp_path) != others
    with pytest.raises(
        UsageError, match=r"features\.backend: there is no backend 'onyx'\. Did you mean 'onnx'"
    ):
        key(FeatureOptions(backend="onyx"), tmp_path)
