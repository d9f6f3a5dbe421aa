"""How a look is kept: its small copy and its views as bytes."""

import numpy as np

from store.photo.near.look import Look

VIEW = np.dtype([("hash", "<u8"), ("box", "<f4", 4), ("pose", "?", 3), ("asks", "?")])
"""How the column `views` packs a view."""


def views_of(look: Look) -> np.ndarray:
    """Return the views of a look, (V,) of `VIEW`."""
    return np.array([(view.hash, view.box, view.pose, view.asks) for view in look.views], VIEW)


def packed(look: Look) -> dict[str, bytes]:
    """Return the columns `small` and `views` of a look."""
    return {"small": look.small.tobytes(), "views": views_of(look).tobytes()}
