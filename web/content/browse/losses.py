"""The loss of a model per photo, as an evaluation measured it. P photos."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from train.evaluation.by_photo import read
from train.runs.find import BY_PHOTO
from web.content.catalogue import Catalogue
from web.content.file_cache import file_version


def losses(catalogue: Catalogue, run: Path) -> NDArray[np.float64]:
    """Return nats per token, the end of a caption counted, over people's captions of each photo, (P,).

    Not a number for a photo that was not measured: evaluations take all photos of dev, and some of train.

    Raises:
        MissingStage: the run has not been evaluated.
        DamagedFile: the file cannot be read.
    """
    version = file_version(run / BY_PHOTO)
    return catalogue.derived.get(("losses", run), version, lambda: _losses(catalogue, run))


def _losses(catalogue: Catalogue, run: Path) -> NDArray[np.float64]:
    names = ("sha256", "nats", "tokens")
    rows = pa.concat_tables([read(run, split).select(names) for split in ("train", "dev")])
    place = pc.index_in(catalogue.photos["sha256"], rows["sha256"].combine_chunks())
    known = place.is_valid().to_numpy(zero_copy_only=False)
    nats, tokens = (rows[name].to_numpy() for name in names[1:])
    # A photo without captions has no token.
    measured = np.divide(nats, tokens, out=np.full(len(rows), np.nan), where=tokens > 0)
    found = np.full(len(catalogue), np.nan)
    found[known] = measured[place.drop_null().to_numpy()]
    return found
