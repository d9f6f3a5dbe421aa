"""sources.json of a crawl: where imported data come from."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from store.errors import DamagedFile
from store.register.listed import changing
from store.register.stages import Stage
from store.whole_file import read_json, write_json

NAME = "sources.json"


@dataclass(frozen=True)
class Source:
    """Where imported data come from: the dataset card repeats it."""

    name: str
    licence: str
    homepage: str
    notice: str


def note_source(directory: Path, source: Source) -> None:
    """Write down in a crawl's directory that something of a source was imported now."""
    others = [entry for entry in read_sources(directory) if entry["name"] != source.name]
    entry = {**asdict(source), "imported_at": datetime.now(UTC).isoformat()}
    with changing(Stage("crawl", directory), [directory / NAME]):
        write_json(directory / NAME, [*others, entry])


def note_reader(directory: Path, name: str, reader: str) -> None:
    """Write down the version of other people's code that read a source: builds are told apart by it.

    Args:
        name: the source's.
    """
    told = [{**one, "reader": reader} if one["name"] == name else one for one in read_sources(directory)]
    with changing(Stage("crawl", directory), [directory / NAME]):
        write_json(directory / NAME, told)


def read_sources(directory: Path) -> list[dict[str, str]]:
    """Return the sources of the data that were imported into a crawl's directory; none if none were.

    Raises:
        DamagedFile: the file is no list of sources.
    """
    path = directory / NAME
    try:
        return [{key: str(value) for key, value in source.items()} for source in read_json(path)]
    except FileNotFoundError:
        return []
    except (AttributeError, TypeError) as error:
        raise DamagedFile(path, f"not a list of sources ({error})") from error
