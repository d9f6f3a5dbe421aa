"""What `bokeru verify` checks in contests: that pairs and votes are those that were written."""

from pathlib import Path

from judging.contest import ASKED, CONTEST, VOTES, has_votes, load, load_pairs
from judging.votes import read_file
from store.errors import DamagedFile
from store.manifest import Entry
from store.register.verify import Problem, Problems


def check(pipeline: Path) -> Problems:
    """Yield what is wrong with the contests in a pipeline's folder."""
    for path in sorted(pipeline.glob("contests/[!.]*")):
        if (path / CONTEST).exists():  # else it was never finished: `bokeru contest new` begins anew
            yield from _check(path)
        elif has_votes(path):
            lost = "is missing, though people voted: put it back, or delete the contest's folder"
            yield Problem(f"{path / CONTEST} {lost}")


def _check(directory: Path) -> Problems:
    pairs: set[str] = set()
    try:
        contest = load(directory)
        if not (directory / ASKED).is_file():
            yield Problem(f"{directory / ASKED} is missing: put it back, or delete the contest's folder")
        elif Entry.of(directory / ASKED, ASKED).sha256 != contest.sha256:
            yield Problem(f"{directory / ASKED} is not the file that {CONTEST} names: its sha256 differs")
        else:
            pairs = set(load_pairs(directory))
    except DamagedFile as error:
        yield Problem(str(error))
    for path in sorted((directory / VOTES).glob("[!.]*.parquet")):
        try:
            votes = read_file(path)
        except DamagedFile as error:
            yield Problem(str(error))
            continue
        strangers = {vote.pair for vote in votes} - pairs
        if pairs and strangers:
            text = f"{path} has votes on {len(strangers)} pairs that {ASKED} lacks: they do not count"
            yield Problem(text, damaged=False, is_notice=True)
