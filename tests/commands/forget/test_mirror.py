"""What forget writes again is sent to the mirror, whatever its size."""

from pathlib import Path
from typing import Any, cast

from commands.forget.command import forget
from crawler.memory.mirror import Mirror
from store.forget.content import Request
from store.place import Place
from tests.crawl_tables import boke, image, page, write


class Recorder:
    """Stands in for a mirror that takes every file for the one that it has."""

    def __init__(self) -> None:
        self.said: list[Any] = []

    def synchronise(self) -> None:
        self.said.append("synchronise")

    def send(self, path: Path) -> None:
        self.said.append(path)

    def check(self, *, wait: bool) -> None:
        self.said.append("check")


def test_it_is_sent_after_all_else_is_the_same(tmp_path: Path) -> None:
    place, mirror = Place(tmp_path / "data", "p"), Recorder()
    write(place.crawl, [page(1, [boke(1, 1, "犬")])], [image(1)])
    write(place.crawl, [page(2, [boke(2, 2, "猫")])], [image(2)])
    kept = set(place.crawl.glob("*/*.parquet"))
    forget(place, Request(odai=1), mirror=cast(Mirror, mirror))
    first, second, *sent, last = mirror.said
    assert (first, second, last) == ("synchronise", "synchronise", "check")
    assert len(sent) == 2
    assert set(sent) < kept
    assert {path.parent.name for path in sent} == {"pages", "images"}
