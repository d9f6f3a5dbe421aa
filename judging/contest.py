"""A contest as it is written down: what is compared, the pairs that were drawn, and where all of it lies.

data/<pipeline>/contests/<name>/contest.json   what is compared, and how it was drawn; written last
                                pairs.parquet  what judges are asked
                                votes/*.parquet
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from pydantic import ValidationError

from store.errors import DamagedFile, MissingStage, UsageError, UserError
from store.manifest import Entry
from store.place import Place
from store.register.sealed import Sealed
from store.schema import PAIRS
from store.shard_reader import Shard, unreadable
from store.shards import read_schema, whole_parquet
from store.whole_file import read_json, remove_leftovers, write_whole

Task = Literal["prefer", "match"]
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,49}")
CONTEST, ASKED, VOTES, PUBLISHED = "contest.json", "pairs.parquet", "votes", "published"
PEOPLE = "people"
"""The system that is no model: what people wrote for the photo."""


@dataclass(frozen=True)
class Caption:
    """A caption in a pair: who wrote it, and for which photo.

    Args:
        system: `people`, or a run and the strategy that it wrote with; empty for one that is no one's.
        sha256: of the photo that it was written for.
        odai_id, boke_id: of what people wrote.
    """

    system: str
    sha256: str
    text: str
    odai_id: int | None = None
    boke_id: int | None = None


@dataclass(frozen=True)
class Pair:
    """What a judge is asked about one photo: two captions, or five of which one was written for it.

    Args:
        key: names it in addresses and votes.
        sha256: of the photo.
        captions: in the order of drawing, which is not the one that judges see.
        known: which caption is right, by number; None where nobody knows.
        catch: it is there to see whether a judge looks.
        model: which caption the model chose, by number, where it was asked.
    """

    key: str
    sha256: str
    captions: tuple[Caption, ...]
    known: int | None = None
    catch: bool = False
    model: int | None = None


class Contest(Sealed):
    """What `contest.json` holds; no photo and no caption.

    Args:
        format: from 2 on there is a list of its files of votes; the first did without.
        task: `prefer`: which of two captions is funnier; `match`: which of five was written for the photo.
        systems: who is compared.
        photos: the split that photos are of.
        seed: of the drawing.
        pairs: how many were drawn, catch pairs not counted.
        left_out: captions that were kept from people, by the reason; and pairs whose captions were equal.
        secret: signs judges' cookies and draws sides; it is nowhere else, and is not published.
        sha256: of pairs.parquet.
        keys: the SHA-256 of each key that opens its Judge page, and the judge whom it was given to; none is
            named where many share it.
        created: UTC, ISO 8601.
    """

    format: int = 2
    name: str
    task: Task
    systems: tuple[str, ...]
    photos: Literal["train", "dev"]
    seed: int
    pairs: int
    left_out: dict[str, int]
    secret: str
    sha256: str
    keys: dict[str, str]
    created: str


def folder(place: Place) -> Path:
    """Return the folder of a pipeline's contests."""
    return place.directory / "contests"


def checked_name(name: str) -> str:
    """Return a contest's name.

    Raises:
        UsageError: it is not one.
    """
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name of a contest: up to 50 of a-z, 0-9, _ and -, a letter or digit first"
        )
    return name


def names(place: Place) -> list[str]:
    """Return the contests of a pipeline."""
    return sorted(path.parent.name for path in folder(place).glob(f"[!.]*/{CONTEST}"))


def find(place: Place, name: str) -> Path:
    """Return a contest's folder.

    Raises:
        MissingStage: there is none of this name.
        UsageError: it is no name.
    """
    directory = folder(place) / checked_name(name)
    if not (directory / CONTEST).exists():
        raise MissingStage(directory, place.command("contest", "new", name))
    return directory


def load(directory: Path) -> Contest:
    """Return what a contest's folder says of it.

    Raises:
        DamagedFile: it is not what was written.
    """
    path, remedy = directory / CONTEST, "Delete the contest's folder, or put the file back"
    try:
        return Contest.model_validate(read_json(path, remedy)).opened(path, remedy)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise DamagedFile(path, f"{where}: {first['msg']}", remedy) from None


def load_pairs(directory: Path) -> dict[str, Pair]:
    """Return a contest's pairs by their keys, in the order of drawing.

    Raises:
        DamagedFile: they cannot be read.
    """
    path = directory / ASKED
    read_schema(path)
    try:
        with Shard(path, PAIRS) as shard:
            return {row["pair"]: _pair(row) for row in shard.read().to_pylist()}
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from error


def _pair(row: Mapping[str, Any]) -> Pair:
    captions = tuple(Caption(**caption) for caption in row["captions"])
    return Pair(row["pair"], row["sha256"], captions, row["known"], row["catch"], row["model"])


def write_pairs(directory: Path, pairs: Sequence[Pair]) -> str:
    """Write a contest's pairs; return the sha256 of their file."""
    rows = [
        {
            "pair": pair.key,
            "sha256": pair.sha256,
            "captions": [vars(caption) for caption in pair.captions],
            "known": pair.known,
            "catch": pair.catch,
            "model": pair.model,
        }
        for pair in pairs
    ]
    path = directory / ASKED
    with whole_parquet(path, PAIRS) as writer:
        writer.write_table(pa.Table.from_pylist(rows, PAIRS))
    return Entry.of(path, ASKED).sha256


def write(directory: Path, contest: Contest) -> None:
    """Write contest.json: from now on there is a contest."""
    write_whole(directory / CONTEST, contest.sealed())


def begin(place: Place, name: str) -> Path:
    """Return the folder for a new contest.

    Raises:
        UserError: there is a contest of this name, with what people voted.
        UsageError: it is no name.
    """
    directory = folder(place) / checked_name(name)
    if (directory / CONTEST).exists() or has_votes(directory):
        raise UserError(f"{directory} is there: votes belong to the pairs that were drawn. Take another name")
    directory.mkdir(parents=True, exist_ok=True)
    remove_leftovers(directory)
    return directory


def has_votes(directory: Path) -> bool:
    """Tell whether people voted in the contest of a folder: then it was drawn, whatever is left of it."""
    return any((directory / VOTES).glob("[!.]*.parquet"))


def new_secret() -> str:
    """Return 256 random bits in hex."""
    return secrets.token_hex(32)


def page(place: Place, name: str) -> str:
    """Return the path of a contest's Judge page in the web app, not quoted: all that its key opens."""
    return f"/pipelines/{place.name}/judge/{name}"
