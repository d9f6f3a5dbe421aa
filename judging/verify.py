"""What `bokeru verify` checks in contests: that pairs and votes are those that were written."""

from pathlib import Path

from judging.contest import ASKED, CONTEST, VOTES, has_votes, load, load_pairs
from judging.listed import LIST
from judging.listed import load as load_list
from judging.votes import digest, read_file
from store.errors import DamagedFile
from store.manifest import Entry
from store.register.verify import Problem, Problems

_LISTED_ANEW = "Put it back, or open the contest to vote, in the web app: what is there is listed anew"
_PUT_BACK = (
    f"Put the file back; if that cannot be, its votes are lost: delete {LIST}, and open the contest to vote"
)


def check(pipeline: Path) -> Problems:
    """Yield what is wrong with the contests in a pipeline's folder."""
    for path in sorted(pipeline.glob("contests/[!.]*")):
        if (path / CONTEST).exists():  # else it was never finished: `bokeru contest new` begins anew
            yield from _check(path)
        elif has_votes(path):
            lost = "is missing, though people voted: put it back, or delete the contest's folder"
            yield Problem(f"{path / CONTEST} {lost}")


def _check(directory: Path) -> Problems:
    pairs, is_listed = set[str](), True
    try:
        contest = load(directory)
        is_listed = contest.format > 1
        if not (directory / ASKED).is_file():
            yield Problem(f"{directory / ASKED} is missing: put it back, or delete the contest's folder")
        elif Entry.of(directory / ASKED, ASKED).sha256 != contest.sha256:
            yield Problem(f"{directory / ASKED} is not the file that {CONTEST} names: its sha256 differs")
        else:
            pairs = set(load_pairs(directory))
    except DamagedFile as error:
        yield Problem(str(error))
    yield from _check_votes(directory / VOTES, pairs, is_listed=is_listed)


def _check_votes(directory: Path, pairs: set[str], *, is_listed: bool) -> Problems:
    try:
        listed = load_list(directory)
        if listed is None:  # `bokeru contest new` writes one before there is a contest, but did not at first
            text = f"{directory / LIST} is missing, so nobody can tell whether votes are. {_LISTED_ANEW}"
            yield Problem(text, damaged=is_listed, is_notice=not is_listed)
        missing = (listed or {}).keys() - {path.name for path in directory.glob("[!.]*.parquet")}
        # Votes that come meanwhile may have put some into one file.
        for name in sorted(missing & (load_list(directory) or {}).keys() if missing else ()):
            yield Problem(f"{directory / name} is missing, though {LIST} names it. {_PUT_BACK}")
    except DamagedFile as error:
        listed = None
        yield Problem(str(error))
    for path in sorted(directory.glob("[!.]*.parquet")):
        try:
            votes = read_file(path)
        except DamagedFile as error:
            yield Problem(str(error))
            continue
        if listed and listed.get(path.name, digest(votes)) != digest(votes):
            yield Problem(f"{path} holds other votes than {LIST} names. {_PUT_BACK}")
        strangers = {vote.pair for vote in votes} - pairs
        if pairs and strangers:
            text = f"{path} has votes on {len(strangers)} pairs that {ASKED} lacks: they do not count"
            yield Problem(text, damaged=False, is_notice=True)
