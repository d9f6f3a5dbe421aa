"""What `bokeru import warc` does: pages and photos that others have fetched become a crawl's rows."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from crawler.archive.shown import shows_forgotten
from crawler.imports.known import KnownTables
from crawler.imports.pages import Pages, unchanged_row
from crawler.imports.photos import Photos
from crawler.imports.report import WarcReport
from crawler.imports.survey import Survey
from crawler.imports.warc_files import WarcFiles, find
from crawler.items import LeftOutRow, PageRow, PhotoRow, Row
from crawler.job import Job
from crawler.memory.address_set import AddressSet
from crawler.memory.merging import tidy
from crawler.memory.mirror import mirror_of
from crawler.memory.row_writer import RowWriter
from crawler.parsing.outside import use_layouts
from store.forget.forgotten import Forgotten
from store.processes.lock import locked
from store.processes.room import Room
from store.register.listed import list_files
from store.register.sources import Source, note_source
from store.register.stages import Stage
from store.warc.read import MOST

_ABOUT = [("description", "pages that others have fetched, taken from their WARC files")]


def import_warc(job: Job, named: Sequence[str], command: str) -> WarcReport:
    """Take the pages and photos of the site out of WARC files; nothing is requested.

    Args:
        job: the crawl that they are taken into.
        named: files, patterns of their names, and folders.
        command: the command line, for messages.

    Raises:
        UserError: a name stands for no file, the crawl is running, or the mirror fails.
        TooLittleRoom: the disk is nearly full; what was committed before stays.
        Unexpected: there is no page of the site in them, or the crawl has not a single photo.
    """
    paths = find(named)
    use_layouts(job.options.layouts)
    room = Room(job.directory, job.options, "import", job.place, again=command)
    with locked(job.directory / ".lock", f"is crawling {job.directory}"):
        room.check()
        return _Import(job, WarcFiles(paths, MOST), room).run()


class _Import:
    """One import; the crawl's lock must be held."""

    def __init__(self, job: Job, files: WarcFiles, room: Room) -> None:
        self._job, self._files, self._room = job, files, room
        self._forgotten = Forgotten.load(job.directory.parent).filter()
        self.report = WarcReport(files=len(files.files))

    def run(self) -> WarcReport:
        survey = Survey(self._job, self.report)
        survey.read(self._files)
        self.report.records, self.report.damage = self._files.count or 0, self._files.damage
        mirror = mirror_of(self._job.options.mirror, self._job.directory)
        if mirror:
            mirror.synchronise()
        tidy(self._job.directory, mirror)
        with KnownTables(self._job) as tables:
            pages, photos, closed = (
                AddressSet(tables.moments(name)) for name in ("pages", "images", "left_out")
            )
        with self._writing(RowWriter(self._job.directory, self._job.options, mirror, _ABOUT)):
            self._take_pages(Pages(self._job, survey, pages, closed, self.report))
            self._take_photos(survey, photos, closed)
        job = self._job
        self.report.check(job.site, job.hosts, job.command)
        return self.report

    @contextmanager
    def _writing(self, writer: RowWriter) -> Iterator[None]:
        self._writer = writer
        try:
            yield
        except BaseException:
            writer.try_commit()  # what was read so far is whole, and known to the next try
            raise
        writer.commit()
        if self.report.pages or self.report.photos:  # else datasets would be built anew for its date
            note_source(self._job.directory, _source(self._job.site))
        list_files(Stage("crawl", self._job.directory))

    def _take_pages(self, pages: Pages) -> None:
        self._append(pages.rows(self._files.records("pages")))
        self._writer.commit()  # what follows reads the tables
        if pages.unchanged:
            with KnownTables(self._job) as tables:
                earlier = tables.rows_at([one.same_as for one in pages.unchanged if one.same_as])
            for answer in pages.unchanged:
                row = unchanged_row(answer, earlier.get(answer.same_as or ("", answer.fetched_at)))
                if row is None:
                    self.report.leave_out("unchanged since a time whose page is not here", answer.address)
                else:
                    self._append([row])
            self._writer.commit()

    def _take_photos(self, survey: Survey, known: AddressSet, closed: AddressSet) -> None:
        """Take each photo by its widest copy; where that is broken, by the next narrower one."""
        with KnownTables(self._job) as tables:
            self.report.has_photos = bool(tables.outcomes("images").get("ok"))
            shown, there = tables.shown(survey.copies), tables.widths(survey.copies)
        photos = Photos(self._job, survey, shown, known, closed, self.report)
        photos.leave_out_others()
        narrower_than = dict.fromkeys(shown, float("inf"))
        while narrower_than:
            wanted = {
                key: max((width for width in survey.copies[key] if width < limit), default=-1)
                for key, limit in narrower_than.items()
            }
            wanted = {key: width for key, width in wanted.items() if width >= there.get(key, -1)}
            if wanted:
                self._append(photos.rows(self._files.records("photos"), wanted))
            left = {key: width for key, width in wanted.items() if key not in photos.whole and width > 0}
            narrower_than = {key: width for key, width in left.items() if min(survey.copies[key]) < width}

    def _append(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self._room.check()
            row = self._without_forgotten(row)
            self._writer.append(row)
            self.report.add(row)

    def _without_forgotten(self, row: Row) -> Row:
        if isinstance(row, PageRow):
            answer = row.answer
            if answer and shows_forgotten(answer, self._forgotten, row):
                answer = None
            row = PageRow(self._forgotten.page(row))
            row.answer = answer
            return row
        if isinstance(row, PhotoRow):
            return PhotoRow(self._forgotten.image(row))
        return LeftOutRow(row)


def _source(site: str) -> Source:
    return Source(
        name="warc",
        licence="that of the site's own pages",
        homepage=site,
        notice="Pages and photos of the site that others had fetched, taken from their WARC files.",
    )
