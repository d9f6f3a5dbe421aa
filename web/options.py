"""The settings of the web app."""

from pydantic import Field

from store.options import Options


class WebOptions(Options):
    """The settings of the web app."""

    neighbour_pool: int | None = Field(20_000, ge=1)
    """Neighbours of a photo, and photos for mismatched captions, are looked for among so many of the training
    photos that have a vector, the first in the dataset; null: among all. Each look reads the vectors of them
    all, 16 kB a photo for fc7: 330 MB for 20,000 photos, 1.6 GB for 100,000. Nothing else is limited."""
