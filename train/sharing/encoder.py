"""The network that makes a model's vectors, named for whoever is given the model: it is not in the folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from featurize.feeding.saved import DIGEST, saved_options
from featurize.fetch import CAFFENET
from featurize.weights import SEED


@dataclass(frozen=True)
class NamedEncoder:
    """What a card says of the network.

    Args:
        text: what it is, its file's digest, its licence, and how one comes by it, in Markdown.
        file: the name of the user's own file, which has to be passed on beside the model; else None.
        doubt: what it cannot see, a sentence; nothing where nothing is known against it.
    """

    text: str
    file: str | None = None
    doubt: str = ""


_UNTRAINED = NamedEncoder(
    f"It is CaffeNet's layers with weights drawn from the seed {SEED}: Bokeru writes the file (244 MB) "
    "when it first needs it. It has no licence of its own: nobody's photos went into it.",
    doubt="The network that looks at photos is untrained: it tells little more than colours and shapes.",
)
_PUBLISHED = NamedEncoder(
    f"It is the BVLC reference CaffeNet, `{CAFFENET.file}` (SHA-1 `{CAFFENET.sha1}`), published for "
    "unrestricted use. Bokeru's command `weights caffenet` fetches it and checks it."
)
_RANDOM = NamedEncoder(
    "There is none: its vectors are drawn by chance, one for each photo, to see what a model is worth that "
    "sees nothing.",
    doubt="It was shown vectors that say nothing of the photo: its captions have nothing to do with it.",
)


def named(features: Mapping[str, Any]) -> NamedEncoder:
    """Return what is to be said of the network that these settings name.

    Args:
        features: as config.json keeps them.

    Raises:
        UserError: another version wrote them, and they cannot be read.
    """
    weights = saved_options(features).weights
    by_name = {"untrained": _UNTRAINED, "caffenet": _PUBLISHED, "random": _RANDOM}
    return by_name.get(weights) or _own(Path(weights).name, features.get(DIGEST))


def _own(file: str, digest: object) -> NamedEncoder:
    told = f"SHA-256 `{digest}`" if digest else "no digest of it was kept"
    return NamedEncoder(
        f"It is the file `{file}` ({told}), which whoever trained the model has. Its licence is not known to "
        "Bokeru: ask for it together with the file. Where its weights lie in files beside it, the digest is "
        "one of all.",
        file=file,
    )
