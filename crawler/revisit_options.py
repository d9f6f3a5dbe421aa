"""The settings that say when what was fetched is read again."""

from dataclasses import dataclass

from pydantic import Field

from store.options import StageOptions

_HOUR, _DAY = 3600.0, 86_400.0


@dataclass(frozen=True)
class Revisits:
    """When pages are read again, in seconds; None means never.

    Args:
        lists: after this long, the first page of a list is due.
        odai: after this long at the earliest, the first page of an odai or a boke is due,
        growth: and after this share of its age, which is that of its newest boke.
        settled_too: whether pages that are missing or denied are due as well.
    """

    lists: float | None
    odai: float | None
    growth: float
    settled_too: bool

    def told(self) -> str:
        """Return when pages that were read are read again, behind a colon; nothing where they never are."""
        more = " and more, the older they are" if self.growth else ""
        waits = (("lists", self.lists, ""), ("odai", self.odai, more))
        told = [f"{what} again after {wait / _HOUR:g} hours{more}" for what, wait, more in waits if wait]
        return f": {', '.join(told)}" if told else ""


NEVER = Revisits(None, None, 0.0, settled_too=False)


class RevisitOptions(StageOptions):
    """The part of `crawl:` in pipelines.yaml that is about coming back."""

    lists_after: float | None = Field(6.0, gt=0)
    """Hours after which a list is read again, as far as it has something new; null means never."""
    odai_after: float | None = Field(1.0, gt=0)
    """Days after which an odai is read again at the earliest, for its boke and stars; null means never."""
    odai_growth: float = Field(0.5, ge=0)
    """How much longer that takes for old odai, as a share of the age of their newest boke: at 0.5, one whose
    newest boke was 100 days old when it was read is read again 50 days later."""
    revisit_after: float | None = Field(None, gt=0)
    """Days after which every page is read again, whatever its age; null means: as the three above say."""

    @property
    def revisits(self) -> Revisits:
        """When pages are read again."""
        if self.revisit_after is not None:
            seconds = self.revisit_after * _DAY
            return Revisits(seconds, seconds, 0.0, settled_too=True)
        lists = None if self.lists_after is None else self.lists_after * _HOUR
        odai = None if self.odai_after is None else self.odai_after * _DAY
        return Revisits(lists, odai, self.odai_growth, settled_too=False)
