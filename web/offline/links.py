"""The addresses within a copy of the pages, relative to its folder."""

from collections.abc import Collection, Sequence
from urllib.parse import quote

from web.links import Links


class FileLinks(Links):
    """Addresses on one page of a copy.

    Args:
        language: of the page.
        runs: those that write captions; the page of the first is the copy's first page.
        run: the one of the page.
        cards: the photos that the Generate page has a card of.
        broken: the photos that are exported as a placeholder, since they cannot be decoded.
        writes: whether the run's decoder lies beside the pages.
    """

    is_copy = True

    def __init__(
        self,
        language: str,
        runs: Sequence[str],
        run: str,
        *,
        cards: Collection[str] = (),
        broken: Collection[str] = (),
        writes: bool = False,
    ) -> None:
        super().__init__()
        self._language, self._first, self._run = language, runs[0], run
        self._cards, self._broken, self.writes = cards, broken, writes

    def overview(self) -> str:
        """Return the first page: the copy has no overview."""
        return file_name("generate", self._language)

    def page(self, name: str, pipeline: str, **query: object) -> str:
        """Return the file of a page, of a run where one is asked for; a copy knows no other query."""
        run = str(query.get("run", self._first))
        return quote(file_name(name, self._language, None if run == self._first else run))

    def photo_page(self, pipeline: str, sha256: str, part: str = "") -> str:
        """Return a photo's card, or the photo itself where there is none: the copy has no page about it."""
        if sha256 in self._cards:
            return f"{self.overview()}#photo-{sha256[:16]}"
        return self.photo(pipeline, sha256)

    def photo(self, pipeline: str, sha256: str, size: int = 600) -> str:
        """Return the file of a photo."""
        return f"photos/{sha256}.{'svg' if sha256 in self._broken else 'jpg'}"

    def static(self, name: str) -> str:
        """Return the file of a stylesheet, script or icon."""
        return f"static/{quote(name)}"

    @property
    def model(self) -> str:
        """The script of the run's model, without its ending."""
        return model_name(None if self._run == self._first else self._run)


def file_name(name: str, language: str, run: str | None = None) -> str:
    """Return the file name of a page: index.html, training.html, index.ja.html, generate-RUN.html.

    Args:
        run: whose captions the Generate page has, where it is not the first's.
    """
    stem = f"{name}-{run}" if run else {"generate": "index"}.get(name, name)
    return f"{stem}.html" if language == "en" else f"{stem}.{language}.html"


def model_name(run: str | None) -> str:
    """Return the name of a model's script, without its ending; None stands for the first run."""
    return f"model-{run}" if run else "model"
