"""What each stage does for `bokeru forget`."""

from collections.abc import Iterator
from typing import Protocol

from store.forget.content import Content
from store.forget.forgotten import ForgottenFilter
from store.register.stages import Stage


class StageForget(Protocol):
    """What a stage does for `bokeru forget`; its module `forget` is its implementation.

    `commands/forget/command.py` calls the stages one after another: none needs to know of those after it.
    Tables and JSON files of which it knows nothing more it leaves to `store.forget.anything`.
    """

    def facts(self, stage: Stage) -> Iterator[str]:
        """Yield SQL that selects what the stage's tables state, in the columns of `facts.FACT`.

        A stage that only keeps what others state yields nothing.
        """

    def hashes(self, stage: Stage) -> Iterator[str]:
        """Yield SQL that selects what tells near copies of photos, in the columns of `near.HASH`."""

    def images(self, stage: Stage) -> Iterator[str]:
        """Yield SQL that selects what photos are without metadata here, in the columns of `facts.IMAGE`."""

    def forget(self, stage: Stage, content: Content, forgotten: ForgottenFilter) -> int:
        """Take `content` out of the stage's files; return how many changed.

        It must be safe to be killed at any point, and to be called again for what was taken out already.

        Args:
            content: what was found to belong to the request, in all stages.
            forgotten: the pipeline's forget list, which holds `content` and everything forgotten before.
        """
