"""A pipeline as the commands see it: its settings, and where its stages lie."""

import logging
from dataclasses import dataclass, field
from pathlib import Path

from pipelines import Settings
from store.errors import MissingStage
from store.place import Place

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pipeline(Place):
    """A place with the settings of the pipeline that lies there.

    Args:
        overrides: what `--set` gave of these, as it was given.
    """

    settings: Settings = field(kw_only=True)
    overrides: tuple[str, ...] = field(default=(), kw_only=True)

    @property
    def crawls(self) -> list[Path]:
        """The crawls that the dataset is built from: this pipeline's and those that `dataset.also` names.

        This pipeline's own may be missing where others are named: it then only joins what they hold.
        """
        others = [self.data / name / "crawl" for name in self.settings.dataset.also]
        own = [self.crawl] if not others or any((self.crawl / "pages").glob("*.parquet")) else []
        return own + others

    @property
    def has_crawl(self) -> bool:
        """Whether there is a site to crawl for it.

        There is none where settings name no `crawl:` and data come otherwise: from other pipelines
        (`dataset.also`), or by an import. Else the default would crawl the embedded site beside them.
        """
        from store.register.sources import NAME as SOURCES  # imports what not every command needs

        is_fed = bool(self.settings.dataset.also) or (self.crawl / SOURCES).exists()
        return "crawl" in self.settings.model_fields_set or not is_fed

    @property
    def is_drawn(self) -> bool:
        """Whether its crawl is of the embedded site."""
        return self.has_crawl and self.settings.crawl.site == "embedded"

    @property
    def feature_cache(self) -> Path:
        """The cache of vectors that the settings name, whether it exists or not."""
        from featurize.extract import key

        return self.features / key(self.settings.features, self.weights)

    def require(self, directory: Path, stage: str) -> None:
        """Raise MissingStage where a stage has not made its directory."""
        if not directory.exists():
            raise MissingStage(directory, self.command(stage))

    def require_dataset(self) -> None:
        """Raise MissingStage where there is no dataset; say so where it has an older layout."""
        from dataset.read import older_layout

        self.require(self.dataset, "dataset")
        if older := older_layout(self.dataset):
            log.warning(older)
