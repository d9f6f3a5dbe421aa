"""learned_from.json beside a model: which data it learned from, and under which licences.

It is written when the model is, since the dataset may be another one tomorrow. It holds numbers, sources and
licences, and nothing that tells a photo or a caption.
"""

from collections import Counter
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field, ValidationError

from dataset.rights.licences import allows_publishing
from dataset.rights.publishing import why_not
from store.errors import DamagedFile
from store.manifest import read_manifest
from store.options import Options
from store.place import Place
from store.whole_file import read_object, read_whole, write_json
from train.data import dataset_manifest

NAME = "learned_from.json"


class Counted(Options):
    """The rows of a split."""

    photos: int
    captions: int


class Source(Options):
    """What is repeated of an imported source, as `store.register.sources.Source` has it."""

    name: str
    licence: str = ""
    notice: str = ""
    homepage: str = ""


class LearnedFrom(Options):
    """What learned_from.json holds; what the dataset's figures do not tell, those of 0.1 say, is empty.

    Args:
        pipeline: whose dataset it is.
        dataset: the dataset's fingerprint.
        splits: photos and captions by split.
        origins: of photos and of captions source, licence and number, the greatest number first.
        sources: of imported data, as in sources.json.
    """

    pipeline: str
    dataset: str
    splits: dict[str, Counted] = Field(default_factory=dict)
    origins: dict[str, list[tuple[str | None, str | None, int]]] = Field(default_factory=dict)
    sources: list[Source] = Field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """Return what `dataset.rights.attribution` asks for: the part of statistics.json that says it."""
        return {"origins": self.origins, "credits": {"distinct": 0, "most_frequent": []}}

    def not_to_pass_on(self) -> Counter[str]:
        """Return the licences of photos and captions that keep these from being passed on: rows of each."""
        found = Counter[str]()
        for _, licence, number in (row for rows in self.origins.values() for row in rows):
            if licence and not allows_publishing(licence):
                found[licence] += number
        return found

    def why_not_public(self) -> str | None:
        """Return why what learned from these data may not be published; None where it may."""
        if not all(self.origins.get(kind) for kind in ("photos", "captions")):
            return "it is not known under which licences the data are that it learned from"
        counts = {kind: Counter[str | None]() for kind in self.origins}
        for kind, rows in self.origins.items():
            for _, licence, number in rows:
                counts[kind][licence] += number
        return why_not({kind: found.most_common() for kind, found in counts.items()})


def learned_from(dataset: Path) -> LearnedFrom:
    """Return what a model that learns from a dataset learns from.

    Raises:
        MissingStage: there is no dataset.
        DamagedFile: its figures cannot be read.
    """
    manifest, path = dataset_manifest(dataset), dataset / "statistics.json"
    try:
        figures = read_object(path)
    except FileNotFoundError:
        figures = {}
    imported: Any = manifest.get("sources", ())
    try:
        return LearnedFrom(
            pipeline=Place.of(dataset).name,
            dataset=str(manifest["fingerprint"]),
            splits={name: _only(Counted, split) for name, split in figures.get("splits", {}).items()},
            origins={what: list(map(tuple, rows)) for what, rows in figures.get("origins", {}).items()},
            sources=[_only(Source, one) for one in imported],
        )
    except (AttributeError, TypeError, ValueError) as error:
        raise DamagedFile(path, "its splits and origins are not those of a dataset") from error


Part = TypeVar("Part", bound=Options)


def _only(kind: type[Part], values: dict[str, Any]) -> Part:
    """Return a part of what there is more of."""
    return kind.model_validate({name: value for name, value in values.items() if name in kind.model_fields})


def keep(run: Path, dataset: Path) -> None:
    """Write down what a run's model has learned from; `dataset` is what it was trained on."""
    write_json(run / "model" / NAME, learned_from(dataset).model_dump())


def kept(run: Path) -> LearnedFrom | None:
    """Return what a run's model has learned from.

    Of a run of before there was such a file it is told by its dataset, as long as that is the same build;
    else nobody knows, and it is None.

    Raises:
        DamagedFile: what was written down cannot be read.
    """
    path = run / "model" / NAME
    try:
        return LearnedFrom.model_validate_json(read_whole(path))
    except FileNotFoundError:
        place = Place.of(run)
        made_from, there = read_manifest(run) or {}, read_manifest(place.dataset) or {}
        if not there or made_from.get("dataset") != there.get("fingerprint"):
            return None
        return learned_from(place.dataset)
    except ValidationError as error:
        first = error.errors()[0]
        raise DamagedFile(path, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
