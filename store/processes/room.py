"""Room on the disk: what a stage leaves free, so that it ends before the disk is full."""

import os
from dataclasses import dataclass
from pathlib import Path

from store.errors import TooLittleRoom
from store.options import StageOptions
from store.place import Place

GB = 10**9


@dataclass(frozen=True)
class Room:
    """What a stage leaves free on the disk that it writes to.

    Args:
        directory: what it writes; it need not be there yet.
        options: the stage's settings.
        stage: the name of the settings and of the command.
        place: the pipeline, for messages.
        again: the command line that goes on, where it is not that of the stage.
    """

    directory: Path
    options: StageOptions
    stage: str
    place: Place
    again: str = ""

    def bytes_left(self) -> int:
        """Return how many bytes the stage may still write; negative where too little is free already.

        What is reserved for root does not count as free. Costs some microseconds.
        """
        folder = self.directory.absolute()
        while not folder.exists():
            folder = folder.parent
        disk = os.statvfs(folder)
        return disk.f_bavail * disk.f_frsize - int(self.options.min_free_gb * GB)

    def check(self) -> None:
        """Do nothing while there is room.

        Raises:
            TooLittleRoom: less is free than `min_free_gb` says; the message has both figures and what to do.
        """
        if self.bytes_left() < 0:
            raise self.too_little()

    def too_little(self) -> TooLittleRoom:
        """Return the error for a stage that needs more than it may use."""
        limit = self.options.min_free_gb
        free = max(self.bytes_left() / GB + limit, 0)
        return TooLittleRoom(
            f"the disk of {self.directory} has {free:.3g} GB free, too little for {self.stage}: min_free_gb "
            f"keeps {limit:g}. Nothing that was whole is lost: free some space, then: "
            f"{self.again or self.place.command(self.stage)}"
        )
