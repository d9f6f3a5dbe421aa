"""The limits on photos. They hold for a whole process: every door that a photo comes in by has the same."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import Field

from store.options import Options


class PhotoOptions(Options):
    """`photos:` in pipelines.yaml: which photos are taken, at every stage."""

    max_megapixels: float = Field(25, gt=0, le=150)
    """Larger photos are refused: a file of 20 KB can decode to 169 megapixels. While a photo is decoded, it
    takes up to 12 bytes of memory a pixel on each core."""
    min_side: int = Field(16, ge=1)
    """Photos with a side of fewer pixels are refused: they are icons and rules, and show nothing."""
    max_aspect: float = Field(20, ge=1)
    """Photos with one side more than so many times the other are refused: scaled so that the short side fits
    a network, a photo of 9000x1 would take gigabytes."""


class Limits:
    """The limits that hold in this process.

    Attributes:
        options: set by the command line for as long as its command runs, and in child processes.
    """

    options = PhotoOptions()


@contextmanager
def limited(options: PhotoOptions) -> Iterator[None]:
    """Let these limits hold while the block runs, in every thread."""
    before, Limits.options = Limits.options, options
    try:
        yield
    finally:
        Limits.options = before
