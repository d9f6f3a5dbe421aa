"""An importer, as a module: a folder with photo.jpg and jokes.txt, a joke a line."""

from pathlib import Path

from dataset.importers.photo_files import Member, Members
from dataset.importers.tables import ImportReport, ImportWriter, existing
from store.processes.room import Room
from store.register.sources import Source

SITE = "https://jokes.example.org"
SOURCE = Source("joke-lines", "CC0-1.0", SITE, "Lines of jokes, for tests.")


def read(source: Path, directory: Path, room: Room | None = None) -> ImportReport:
    """Import the folder `source` into the crawl's tables in `directory`."""
    existing(source, "a folder with jokes.txt")
    photo = f"{SITE}/photo.jpg"
    page = {"url": f"{SITE}/odai/1", "odai_id": 1, "image_url": photo}
    with Members(source) as members, ImportWriter(directory, "joke-lines", SOURCE, room=room) as writer:
        (picture,) = members.named("photo.jpg")
        for number, line in enumerate((source / "jokes.txt").read_text().splitlines(), 1):
            writer.boke(page, {"boke_id": number, "odai_id": 1, "text": line})
        writer.photo(photo, lambda: _member(picture))
    return writer.report


def _member(picture: Member) -> Member:
    return picture
