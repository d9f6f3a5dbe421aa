"""The loss curves of a run as a picture, with the bounds to compare them with."""

import io
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from store.processes.kept import without_home
from store.whole_file import write_whole


def draw(path: Path, records: Sequence[Mapping[str, Any]], bounds: Mapping[str, float | None]) -> None:
    """Draw training and dev loss by epoch to a PNG, and a line across for each of `bounds` that is known."""
    if folder := without_home():
        os.environ.setdefault("MPLCONFIGDIR", str(folder))
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    epochs = [record["epoch"] for record in records]
    for name, label in (("loss", "train"), ("dev_loss", "dev"), ("dev_known_loss", "dev, known tokens")):
        # Earlier versions did not log the last one; where nothing was measured, the line has a gap.
        losses = [math.nan if (loss := record.get(name)) is None else loss for record in records]
        if not all(map(math.isnan, losses)):
            axes.plot(epochs, losses, marker=".", label=label)
    for style, (label, value) in zip(("-", "--", ":", "-."), bounds.items(), strict=False):
        if value is not None:
            axes.axhline(value, color="0.4", linestyle=style, linewidth=1, label=f"{label}  {value:.3f}")
    axes.set_xlabel("epoch")
    axes.set_ylabel("nats per token")
    axes.set_ylim(bottom=0)
    # Losses fall; "best", the default, looks for room, and warns where that takes long.
    axes.legend(loc="upper right")
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=100, metadata={"Software": None})
    write_whole(path, picture.getvalue())
