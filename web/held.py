"""What a pipeline holds of what a visitor asks for: `bokeru contains`, with failures that pages translate."""

from collections.abc import Callable
from dataclasses import dataclass

from dataset.held.answer import Contains
from dataset.held.contains import Alike, Undecodable, contains
from store.errors import UsageError, UserError
from store.place import Place
from web.content.shown.hidden import Hidden
from web.languages import LocalisedError, Message
from web.pictures import UnusablePhoto

LONGEST = 2000
"""Characters of an address that may be asked for."""


class NotAsked(LocalisedError):
    """A text that is neither a number nor an address."""


@dataclass(frozen=True)
class Held:
    """Where a visitor looks for what is theirs.

    Args:
        place: the pipeline.
        rule: which captions are hidden; pages that show them are not named.
        contact: whom owners can write to.
        opened: opens what compares photos by their vectors.
    """

    place: Place
    rule: Hidden
    contact: str | None
    opened: Callable[[], Alike] | None = None

    def look(self, asked: str, content: bytes | None = None) -> Contains:
        """Return what is held of a number, an address or a photo. It reads all captions: run it in the queue.

        Args:
            asked: a number or an address; or what to call `content`, the bytes of a photo.

        Raises:
            NotAsked, UnusablePhoto: it is none.
            MissingStage: there is no dataset.
            DamagedFile: a shard cannot be read.
        """
        alike = self._alike(content)
        try:
            return contains(
                asked, self.place, contact=self.contact, content=content, hides=self.rule.hides, alike=alike
            )
        except UsageError:
            text = "{asked} is neither a boke's number nor the address of a boke, an odai or a photo."
            raise NotAsked(Message(text, {"asked": asked})) from None
        except Undecodable as error:
            reason = Message(error.reason.text, error.reason.values)
            raise UnusablePhoto(Message("The photo cannot be used: {reason}.", {"reason": reason})) from None

    def _alike(self, content: bytes | None) -> Alike | None:
        """Return what compares photos by vectors; None where there are none: then hashes alone tell."""
        try:
            return self.opened() if self.opened and content is not None else None
        except UserError:
            return None
