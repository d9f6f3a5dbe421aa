"""A pipeline that the real stages made, of drawn photos under a licence, with a user's small network."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset.build.stage import build
from dataset.options import DatasetOptions
from featurize.extract import extract
from featurize.options import FeatureOptions
from store.place import Place
from tests.crawl_tables import crawl
from tests.featurize.small_networks import small_weights
from tests.train import toy_training
from train.evaluation.evaluate import evaluate
from train.fit import fit

LICENCE = "MIT"


def licensed(place: Place, licence: str | None) -> None:
    """Put all rows of a crawl under a licence."""
    for folder in ("pages", "images"):
        for path in (place.crawl / folder).glob("*.parquet"):
            rows = pq.read_table(path)
            told = pa.array([licence] * len(rows), pa.string())
            pq.write_table(rows.set_column(rows.column_names.index("licence"), "licence", told), path)


def trained(place: Place, weights: Path, licence: str | None = LICENCE, measured: bool = True) -> Path:
    """Run every stage; return the run."""
    crawl(place.crawl, 16, 4)
    licensed(place, licence)
    options = DatasetOptions(tokenizer="characters", dev_fraction=0.3)
    build(options, [place.crawl], place.dataset, name=place.name)
    seen = FeatureOptions(weights=str(weights), backend="numpy")
    features = extract(seen, place.dataset, place.features, place.weights)
    run = fit(toy_training.options(epochs=2, max_tokens=20), place.dataset, features, place.runs)
    if measured:
        evaluate(run, place.dataset, features)
    return run


@pytest.fixture(scope="package")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a small network."""
    return small_weights(tmp_path_factory.mktemp("someone"))


@pytest.fixture(scope="package")
def run(tmp_path_factory: pytest.TempPathFactory, network: Path) -> Path:
    """Return a run that was trained and measured; tests leave it as it is."""
    return trained(Place(tmp_path_factory.mktemp("sharing") / "data", "jokes"), network)
