"""The keys of what is held as a script: a page without a server looks up in it what is asked for."""

import base64
import json
import logging

import numpy as np
from numpy.typing import NDArray

from dataset.held.keys import keys_of
from dataset.held.rows import held_rows
from store.place import Place

KEYS = "static/offline/keys.js"
"""The file of a copy that holds them."""
SCRIPT = "offline/contains.js"
"""What looks things up."""
log = logging.getLogger(__name__)


def keys_script(place: Place, megabytes: float) -> bytes | None:
    """Return the script that gives a page its keys; `static/offline/contains.js` reads it.

    Args:
        megabytes: it may be so large.

    Returns:
        None where it would be larger, which is said.
    """
    with held_rows(place) as rows:
        keys = keys_of(rows)
    if keys is None:
        log.warning('The copy cannot tell "Is mine in it?": its photos have too many sources and credits')
        return None
    content = {
        "keys": base64.b64encode(keys.keys.tobytes()).decode(),
        "photos": _little(keys.photos),
        "days": _little(keys.days),
        "captions": _little(keys.captions),
        "origins": _little(keys.origins),
        "named": keys.named,
    }
    text = json.dumps(content, separators=(",", ":")).replace("<", "\\u003c")
    if len(text) > megabytes * 1e6:
        log.warning(
            'The copy cannot tell "Is mine in it?": its list of keys would take %.1f MB, and '
            "web.keys_megabytes is %g. Raise it to %d to bring it along",
            *(len(text) / 1e6, megabytes, -(-len(text) // 10**6)),
        )
        return None
    return f"held({text});\n".encode()


def _little(values: NDArray[np.uint16] | NDArray[np.uint32]) -> str:
    """Return numbers in base64, the least byte of each first."""
    return base64.b64encode(values.astype(values.dtype.newbyteorder("<")).tobytes()).decode()
