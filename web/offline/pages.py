"""The pages of a copy: which there are, and what each shows."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import quote

from store.place import Place
from web.content import statistics
from web.content.catalogue import Catalogue
from web.content.runs import runs
from web.content.shown.glosses import Glosses
from web.content.shown.learning import Learning
from web.content.training.comparison import compare
from web.content.training.differences import differences, pooled
from web.held import LONGEST
from web.languages import LANGUAGES, Translator
from web.offline.links import FileLinks, file_name
from web.offline.written import Written
from web.pages import Pages
from web.routes.data import tiles
from web.routes.generate import GenerateSettings, hidden_on
from web.routes.training import MAX_RUNS


class Page(NamedTuple):
    """A page: its name, the run that it is about where that is not the first, its place in the menu, and
    what it shows."""

    name: str
    run: str | None
    current: str
    context: dict[str, Any]


@dataclass(frozen=True)
class Copy:
    """What the pages are made of.

    Args:
        chosen: the numbers of the photos of each split that are shown.
        written: what runs write for them.
        learned: what runs wrote while they learned.
        broken: the photos that cannot be decoded.
        has_keys: whether it can be looked up what is in the dataset.
        contact: whom owners can write to.
        left_out: how many photos licences keep out.
        glosses: tell what drawn captions say in English.
    """

    place: Place
    catalogue: Catalogue
    chosen: Mapping[str, list[int]]
    written: Sequence[Written]
    learned: Learning | None
    broken: set[str]
    has_keys: bool
    contact: str | None
    left_out: int
    glosses: Glosses

    def rendered(self, language: str) -> Iterator[tuple[str, str]]:
        """Yield the file name and HTML of each page in a language."""
        names = [one.writer.run for one in self.written]
        cards = {self.catalogue.sha256s[number] for numbers in self.chosen.values() for number in numbers}
        writing = {one.writer.run for one in self.written if one.decoder}
        for name, run, current, context in self._pages(Translator(language)):
            own = run or names[0]
            links = FileLinks(language, names, own, cards=cards, broken=self.broken, writes=own in writing)
            others = {code: quote(file_name(name, code, run)) for code in LANGUAGES}
            template = "photos.html" if name == "data" else f"{name}.html"
            text = Pages(self.place.name, links, self.glosses).render(
                template, language, current=current, language_links=others, **context
            )
            yield file_name(name, language, run), text

    def _pages(self, translator: Translator) -> Iterator[Page]:
        for number, written in enumerate(self.written):
            yield Page(
                "generate", written.writer.run if number else None, "generate", self._generate(written)
            )
        yield Page("training", None, "training", self._training(translator))
        yield Page("data", None, "data", self._data())
        shown = statistics.shown(self.catalogue, self.place, translator)
        yield Page("statistics", None, "data", {**shown, "query": {}})
        yield Page("contains", None, "data", self._contains())

    def _generate(self, written: Written) -> dict[str, Any]:
        return {
            "groups": written.groups,
            "settings": GenerateSettings(),
            "pages": 1,
            "problem": None,
            "writer": written.writer,
            "hidden": hidden_on(written.groups),
            "left_out": self.left_out,
            "runs": [one.writer.run for one in self.written],
            "query": {},
        }

    def _training(self, translator: Translator) -> dict[str, Any]:
        found = runs(self.place)
        folders = [self.place.runs / run.name for run in found[:MAX_RUNS]]
        return {
            "runs": found,
            "shown": found[:MAX_RUNS],
            "command": self.place.command("train"),
            "differences": differences(folders, translator),
            "over_seeds": pooled(folders, translator),
            "learning": self.learned,
            "problem": None,
            **compare(found[:MAX_RUNS], folders, translator),
        }

    def _data(self) -> dict[str, Any]:
        numbers = [number for numbers in self.chosen.values() for number in numbers]
        return {
            "cards": tiles(self.catalogue, numbers),
            "found": len(numbers),
            "total": len(self.catalogue),
            "hidden": int(self.catalogue.hidden.sum()),
            "left_out": self.left_out,
            "last_page": 1,
        }

    def _contains(self) -> dict[str, Any]:
        # Not `Place.command`: strangers read it, and the folders of this machine are none of their business.
        name = shlex.quote(self.place.name)
        return {
            "has_keys": self.has_keys,
            "contact": self.contact,
            "commands": {each: f"bokeru {each} --pipeline {name}" for each in ("forget", "contains")},
            "asked": "",
            "longest": LONGEST,
        }
