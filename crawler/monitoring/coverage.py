"""Which share of the boke and odai that a run read have each of their fields: Spidermon's field coverage."""

from collections import Counter

from crawler.items import PageRow

OF_BOKE = ("odai_id", "image_url", "stars", "raters", "category", "posted")
OF_PAGE = ("image_url", "category", "labels")


class Coverage:
    """Counts fields that are not null; a list counts if it is not empty."""

    def __init__(self) -> None:
        self._totals: Counter[str] = Counter()
        self._covered: Counter[str] = Counter()

    def add(self, row: PageRow) -> None:
        """Count a page that was read, and its boke."""
        bokes: list[dict[str, object]] = row["bokes"]  # type: ignore[assignment]
        self._totals["boke"] += len(bokes)
        for field in OF_BOKE:
            self._covered[f"boke/{field}"] += sum(boke[field] is not None for boke in bokes)
        if row["odai_id"] is not None:
            self._totals["page"] += 1
            for field in OF_PAGE:
                self._covered[f"page/{field}"] += row[field] not in (None, [])

    def shares(self) -> dict[str, float]:
        """Return the share of each field, 0 to 1, by `boke/FIELD` and `page/FIELD` (pages of odai)."""
        return {
            name: count / self._totals[name.partition("/")[0]]
            for name, count in self._covered.items()
            if self._totals[name.partition("/")[0]]
        }
