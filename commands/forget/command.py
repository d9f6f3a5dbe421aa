"""`bokeru forget`: take content out of every stage of a pipeline, check that none is left, and keep it out.

What is looked for is written down first, and the forget list next: whatever happens after, later crawls,
imports and builds leave it out, and the next forget finishes the work.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from commands.forget.report import ForgetReport, write_receipt
from commands.forget.scope import (
    beside,
    damage_told,
    facts,
    held,
    other_pipelines,
    searched_files,
    searched_folders,
    stage_forgetters,
)
from store.errors import UserError
from store.place import Place
from store.register.kinds import StageName
from store.register.stages import Stage, below, find

if TYPE_CHECKING:
    from crawler.memory.mirror import Mirror
    from store.forget.content import Content, Request
    from store.forget.forgotten import Forgotten
    from store.forget.near import NearCopies
    from store.forget.unfinished import Unfinished

ORDER: tuple[StageName, ...] = ("run", "features", "dataset", "crawl")
"""Crawls come last: their rows tell what belongs to the request."""
NEAR_BITS = 4
"""How many bits the pHashes of near copies differ in at most, as `dataset.near_duplicate_bits` has it."""


def forget(
    place: Place,
    request: "Request | None" = None,
    *,
    near: bool = False,
    near_bits: int = NEAR_BITS,
    mirror: "Mirror | None" = None,
) -> ForgetReport:
    """Take one photo (with all its captions), one odai (with its photo if no other has it), or one boke out.

    What an earlier forget left unfinished is finished, too. A vector stays for as long as another pipeline
    holds the photo.

    Args:
        request: None only finishes.
        near: near copies of the photos go as well; else they are named.
        mirror: of the crawl, which is to hold the same files.

    Raises:
        DamagedFile: a shard is damaged; nothing can be said of what it holds.
        UserError: nothing of the pipeline is there, a stage of it runs, or files hold the content after all.
    """
    if not place.directory.is_dir():
        raise UserError(f"{place.directory} is not there: pipeline {place.name!r} has nothing to forget")
    with held(place):
        if mirror:
            mirror.synchronise()  # shards of other machines may hold it too
        work = _begin(place, request, near, near_bits)
        return _finish(place, work, mirror) if work else ForgetReport()


def _begin(place: Place, request: "Request | None", near: bool, near_bits: int) -> "Unfinished | None":
    """Write down what is looked for, then put it on the forget list; return it; None if it is nothing."""
    from store.forget.content import Content, Request
    from store.forget.forgotten import Forgotten
    from store.forget.receipt import near_copies_of
    from store.forget.unfinished import Unfinished, seen
    from train.forget import trained_on

    stages, forgotten = find(place.directory), Forgotten.load(place.directory)
    work = Unfinished.load(place.directory) or Unfinished()
    if request:
        work.ask(request, near=near)
    near_copies = partial(_near_copies, place, stages, near_bits)
    with facts(stages, place.directory) as stated:
        work.content |= stated.content(*work.asked, digests=forgotten.digests())
        if work.near:
            copies, work.unseen = near_copies(work.content)
            copies = copies.union(*(near_copies_of(each, place.directory) for each in work.asked))
            work.content |= stated.content(*map(Request, sorted(copies)))
    with damage_told(place.directory):  # now that the facts, a million texts, have left memory
        copies, unseen = near_copies(work.content)
    work.unseen = work.unseen if work.near else unseen
    if not work.asked and work.content == Content():
        return None
    work.near_copies = sorted(copies)
    work.before = work.before or seen(searched_files(place), place.data)
    work.save(place.directory)
    forgotten.add_content(work.content)
    forgotten.add_trained(run.directory.name for run in trained_on(stages, work.content))
    forgotten.save(place.directory)
    return work


def _near_copies(place: Place, stages: Sequence[Stage], bits: int, content: "Content") -> "NearCopies":
    from store.forget.near import NearCopies, near_copies
    from store.photo.near.kept import KeptLooks

    forgetters = stage_forgetters()
    own = (stage for stage in stages if stage.name in forgetters)
    queries = (query for stage in own for query in forgetters[stage.name].hashes(stage))
    if not content.sha256s:
        return NearCopies(set(), 0)
    return near_copies(queries, content.sha256s, bits, KeptLooks(place.photos))


def _finish(place: Place, work: "Unfinished", mirror: "Mirror | None") -> ForgetReport:
    """Take it out everywhere, look for what is left, and write the receipt; then forget what it was."""
    from store.forget import unfinished
    from store.forget.forgotten import Forgotten
    from store.forget.search import texts_in

    forgotten, others = Forgotten.load(place.directory), other_pipelines(place, work.content, work.asked)
    near = {one: _command(place, one) for one in work.near_copies}
    report = ForgetReport(others=others, near=near, unseen=work.unseen)
    _take_out(place, work.content, forgotten, report)
    if mirror:
        mirror.synchronise()
        _send_changed(place, work, mirror)
    left = _left(place, work, others)
    write_receipt(place, work, report, left)
    if left:
        if not others:  # which are told by their captions
            work.content.texts = texts_in(left, work.content)
            work.save(place.directory)
        again = place.command("forget")
        raise UserError(
            f"Still held by {', '.join(map(str, left))}: delete what you do not need, then finish: {again}"
        )
    unfinished.end(place.directory)
    return report


def _command(place: Place, sha256: str) -> str:
    return place.command("forget", "--sha256", sha256)


def _take_out(place: Place, content: "Content", forgotten: "Forgotten", report: ForgetReport) -> None:
    """Let each stage take `content` out, and exports follow their dataset; fill in the report."""
    from dataset.export.formats import export_again
    from dataset.export.pages import remove_pages
    from dataset.export.record import outdated_pushes, pushed_models
    from judging import forget as contests
    from store.forget import anything, leftovers
    from store.place import FORGETTING

    leftovers.remove(place.directory)
    stages = [*find(place.directory), *([] if report.others else below(place.features))]
    forgetters, passing = stage_forgetters(), forgotten.filter()
    names = {entry.run for entry in forgotten.trained}
    report.trained = [
        each.directory for each in stages if each.name == "run" and each.directory.name in names
    ]
    report.pushed_models = pushed_models(place.directory, names)
    for stage in (stage for stage in stages if stage.name == "pipeline"):
        changed = contests.forget(stage.directory, content)
        report.changed["pipeline"] = changed + anything.forget(stage, content, {FORGETTING, *contests.KINDS})
    for name in ORDER:
        own = [stage for stage in stages if stage.name == name]
        report.changed[name] = sum(forgetters[name].forget(stage, content, passing) for stage in own)
        if name == "dataset":
            again, report.exports = export_again(place.dataset)
            report.pushed = outdated_pushes(place.dataset)
            removed, elsewhere = remove_pages(place.dataset)
            report.changed["export"], report.exports = again + removed, report.exports + elsewhere


def _left(place: Place, work: "Unfinished", others: object) -> list[Path]:
    """Return what still holds content; the list of it, and receipts, may."""
    from store.forget.forgotten import NAME as LIST
    from store.forget.receipt import FOLDER
    from store.forget.search import search, search_files

    passed = [place.directory / LIST, place.unfinished_forget, *(place.directory / FOLDER).glob("*.json")]
    folders = [folder for folder in searched_folders(place) if not (others and folder == place.features)]
    found = [path for folder in folders for path in search(folder, work.content, passed)]
    return found + search_files(beside(place), work.content)


def _send_changed(place: Place, work: "Unfinished", mirror: "Mirror") -> None:
    """Send what was written again to the mirror, which would not notice where the size stayed the same."""
    from store.forget.unfinished import seen

    files = [path for kind, path in Stage("crawl", place.crawl).files() if kind.mirrored]
    now = seen(files, place.data)
    for path in files:
        name = path.relative_to(place.data).as_posix()
        if name in work.before and work.before[name] != now[name]:
            mirror.send(path)
    mirror.check(wait=True)
