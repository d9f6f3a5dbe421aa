"""The hours of the day at which a crawl may ask the site, by the clock of the site's zone."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Self

ZONE = "Asia/Tokyo"
"""What `store.schema.JAPAN` is called."""


@dataclass(frozen=True)
class OpeningHours:
    """A window that is open every day from `opens` until just before `closes`, perhaps over midnight."""

    opens: time
    closes: time

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the window that a text such as "01:00-06:00" or "22:30-24:00" says.

        Raises:
            ValueError: it says none.
        """
        ends = [part.strip() for part in text.split("-")]
        try:
            opens, closes = (time.fromisoformat("00:00" if end == "24:00" else end) for end in ends)
        except ValueError:
            raise ValueError(f'{text!r} are no hours: write "01:00-06:00", or "22:00-05:00"') from None
        if opens == closes:
            raise ValueError(f"{text!r} is no time at all, or all day: leave it out for all day")
        if opens.tzinfo or closes.tzinfo:
            raise ValueError(f"{text!r} names a zone, but hours are always those of {ZONE}")
        return cls(opens, closes)

    def until_open(self, now: datetime) -> timedelta:
        """Return how long it is until the window opens; zero within it.

        Args:
            now: of any zone.
        """
        from store.schema import JAPAN  # brings pyarrow, which whoever only reads settings need not wait for

        local = now.astimezone(JAPAN)
        at, is_over_midnight = local.timetz().replace(tzinfo=None), self.closes < self.opens
        is_after, is_before = self.opens <= at, at < self.closes
        if (is_after or is_before) if is_over_midnight else (is_after and is_before):
            return timedelta(0)
        opening = datetime.combine(local.date(), self.opens, JAPAN)
        return (opening if opening > local else opening + timedelta(days=1)) - local
