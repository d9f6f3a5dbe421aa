"""Contests as the Judge page needs them: read once, and again when their files change."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from judging import judges
from judging.contest import (
    ASKED,
    CONTEST,
    VOTES,
    Caption,
    Contest,
    Pair,
    find,
    folder,
    load,
    load_pairs,
    names,
    page,
)
from judging.votes import UNFIT, Ballots, RefusedVote
from store.errors import UserError
from store.place import Place
from web.content.catalogue import Catalogue
from web.content.file_cache import FileCache, file_version
from web.door.keys import Key
from web.languages import LocalisedError, Message

NEITHER, NOT_FIT = "neither", "unfit"
"""Answers beside the numbers of captions, as they stand on the page."""
KEPT = 50
"""Contests that are kept in memory."""


class Refused(LocalisedError, RefusedVote):
    """A vote that does not count, in the judge's language."""


@dataclass(frozen=True)
class Question:
    """What a judge is asked.

    Args:
        pair: its key.
        texts: captions from left to right, as this judge sees them.
        key: what the vote has to carry.
        done, all: how many pairs the judge has voted on, and how many there are.
    """

    pair: str
    texts: tuple[str, ...]
    key: str
    done: int
    all: int


@dataclass(frozen=True)
class OpenContest:
    """A contest that people vote in: what is asked, and their votes.

    Args:
        pairs: by their keys, without those that hold a caption which the settings hide.
        hidden: how many captions those hold.
    """

    contest: Contest
    pairs: dict[str, Pair]
    ballots: Ballots
    hidden: int = 0

    def question(self, judge: str) -> Question | None:
        """Return what a judge is asked next; None where there is nothing left."""
        voted = self.ballots.of(judge)
        pair = judges.next_pair(
            self.contest, judge, self.pairs.values(), voted, self.ballots.unfit(judges.WITHDRAWN)
        )
        if pair is None:
            return None
        texts = tuple(pair.captions[number].text for number in judges.order(self.contest, judge, pair))
        key = judges.voting_key(self.contest, judge, pair.key)
        return Question(pair.key, texts, key, len(voted.keys() & self.pairs.keys()), len(self.pairs))

    def vote(self, judge: str, pair: str, answer: str, key: str) -> None:
        """Keep a judge's answer.

        Args:
            answer: the place of a caption on this judge's page, from 0; NEITHER, or NOT_FIT.
            key: that came with the question.

        Raises:
            Refused: no such pair, another's key, an answer that is none, or the judge has voted on it.
        """
        asked = self.pairs.get(pair)
        if asked is None:
            raise Refused(Message("There is no such pair in this contest."))
        if not judges.is_voting_key(self.contest, judge, pair, key):
            raise Refused(Message("This vote does not belong to what you were asked."))
        order = judges.order(self.contest, judge, asked)
        answers: dict[str, int | None] = {str(place): number for place, number in enumerate(order)}
        answers |= {NOT_FIT: UNFIT} if self.contest.task == "match" else {NOT_FIT: UNFIT, NEITHER: None}
        if answer not in answers:
            raise Refused(Message("That is none of the answers."))
        try:
            self.ballots.append(pair, judge, answers[answer], order[0])
        except RefusedVote:
            raise Refused(Message("You have voted on that pair already: it counted once.")) from None


class Contests:
    """The contests of all pipelines."""

    def __init__(self) -> None:
        self._asked = FileCache(KEPT)
        self._ballots = FileCache(KEPT)

    def open(self, place: Place, name: str, catalogue: Catalogue | None = None) -> OpenContest:
        """Return a contest.

        Args:
            catalogue: tells which captions are hidden; None where none is.

        Raises:
            MissingStage: there is none of this name.
            DamagedFile: a file of it was cut or edited.
        """
        directory = find(place, name)
        version = file_version(directory / CONTEST, directory / ASKED), catalogue
        contest, pairs, hidden = self._asked.get(directory, version, lambda: _read(directory, catalogue))
        # One for as long as the contest is the same: its lock is what keeps two votes apart.
        ballots = self._ballots.get(directory, contest.secret, lambda: Ballots(directory / VOTES))
        return OpenContest(contest, pairs, ballots, hidden)

    def all(self, place: Place) -> list[Contest]:
        """Return the contests of a pipeline that can be read, the newest first."""
        found = []
        for name in names(place):
            try:
                found.append(load(folder(place) / name))
            except UserError:  # `bokeru verify` names it
                continue
        return sorted(found, key=lambda contest: contest.created, reverse=True)


def _read(directory: Path, catalogue: Catalogue | None) -> tuple[Contest, dict[str, Pair], int]:
    """Return a contest with the pairs that may be shown, and how many hidden captions the others hold."""
    contest, pairs = load(directory), load_pairs(directory)
    if catalogue is None:
        return contest, pairs, 0
    hidden = {
        key: count
        for key, pair in pairs.items()
        if (count := sum(_is_hidden(caption, catalogue) for caption in pair.captions))
    }
    shown = {key: pair for key, pair in pairs.items() if key not in hidden}
    return contest, shown, sum(hidden.values())


def _is_hidden(caption: Caption, catalogue: Catalogue) -> bool:
    """Tell whether the settings hide a caption; its category is what the dataset says of it."""
    if catalogue.rule.hides(caption.text):
        return True
    photo = catalogue.index.get(caption.sha256)
    if photo is None:
        return False
    rows = slice(*map(int, catalogue.offsets[photo : photo + 2]))
    texts = catalogue.captions["text"][rows].filter(pa.array(catalogue.hidden[rows]))
    return caption.text in texts.to_pylist()


def keys(data: Path, path: str) -> Iterable[Key]:
    """Yield the keys that open the Judge page which a path of the app leads to."""
    parts = path.split("/")
    if len(parts) < 5 or parts[1] != "pipelines" or parts[3] != "judge":
        return
    place = next((Place(data, each.name) for each in data.glob("*") if each.name == parts[2]), None)
    if place is None or parts[4] not in names(place):
        return
    with suppress(UserError):  # a damaged contest opens nothing; its page says why to those who may look
        for digest, judge in load(folder(place) / parts[4]).keys.items():
            yield Key(digest, page(place, parts[4]), judge)
