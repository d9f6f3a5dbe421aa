"""Sends a run's model to the Hub: privately, or to all where every row that it learned from allows it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from dataset.export.record import record_model
from store.errors import UsageError
from store.hub.send import Sent, send
from store.place import Place
from store.whole_file import write_json, write_whole
from train import artifact
from train.sharing import card, learned_from
from train.sharing.told import without_folders

PUSHED = (artifact.TENSORS, artifact.CONFIG, artifact.VOCABULARY, learned_from.NAME, card.NAME)
"""What is sent, and nothing else: samples hold captions, snapshots what nobody else needs, the manifest names
this machine's folders."""


def push_model(run: Path, repository: str, *, public: bool = False) -> str:
    """Send a run's model with its card to a repository of the Hub, made if need be; return its address.

    Args:
        repository: `name`, or `owner/name`.
        public: whether everybody is to see it.

    Raises:
        UsageError: it is to be public, and not every row that it learned from allows that; or the
            repository's name is none.
        UserError: as `store.hub.send.send`.
        MissingStage, DamagedFile: there is no model, or a file of it is damaged.
    """
    artifact.load(run / card.FOLDER)  # what is damaged goes nowhere
    learned = learned_from.kept(run)

    def why_closed() -> str | None:
        return learned.why_not_public() if learned else "nobody knows from what data it has learned"

    if public and (closed := why_closed()):
        raise UsageError(
            f"This model cannot be public: {closed}. Train it on a dataset of dataset.public_only=true, or "
            "leave out --public"
        )
    with _folder(run) as folder:

        def record(name: str) -> None:
            record_model(Place.of(run).directory, name, run.name)
            own = card.changed_by_hand(run)
            write_whole(folder / card.NAME, own or card.card(run, f"hub:{name}"))

        sent = Sent("model", PUSHED, "Model trained by Bokeru", why_closed)
        return send(folder, repository, sent, record, public=public)


@contextmanager
def _folder(run: Path) -> Iterator[Path]:
    """Yield a folder with what is sent, but for the card, without the names of this machine's folders."""
    model = run / card.FOLDER
    with TemporaryDirectory(prefix="bokeru-") as temporary:
        folder = Path(temporary)
        for name in (artifact.TENSORS, artifact.VOCABULARY):
            shutil.copyfile(model / name, folder / name)
        write_json(folder / artifact.CONFIG, _portable(artifact.read_config(model)).model_dump())
        if learned := learned_from.kept(run):
            write_json(folder / learned_from.NAME, learned.model_dump())
        yield folder


def _portable(config: artifact.Config) -> artifact.Config:
    """Return a config whose settings name files, and no folders: the encoder's lies elsewhere there."""
    options = {name: without_folders(value) for name, value in config.features.options.items()}
    weights = options.get("weights")
    if isinstance(weights, str):
        options["weights"] = Path(weights).name
    features = config.features.model_copy(update={"options": options})
    return config.model_copy(update={"features": features})
