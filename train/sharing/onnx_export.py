"""A run's decoder for programs that have ONNX Runtime and no Bokeru: two graphs, and what they do not say.

Photos' vectors come from the network that the model was trained with, which is named and not copied.
"""

from pathlib import Path

from dataset.export.made import check_free, exported
from dataset.text.vocabulary import BOS, EOS, PAD, UNK
from store.errors import UserError
from store.whole_file import write_json, write_whole
from train import artifact
from train.sharing.encoder import NamedEncoder, named
from train.sharing.onnx_graph import photo_graph, step_graph
from train.sharing.told import without_folders

PHOTO, STEP, ABOUT = "photo.onnx", "step.onnx", "decoder.json"
MOST = 2**31 - 2**20
"""Bytes of tensors that one ONNX file can hold: protobuf's messages end at 2 GiB."""


def export_onnx(run: Path, directory: Path) -> None:
    """Write the decoder of a run's model into a folder, a new one or one that such an export made.

    Raises:
        MissingStage, DamagedFile: there is no model, or it is damaged.
        UserError: the folder holds other things, or the model is too large for one ONNX file.
    """
    model = artifact.load(run / "model")
    sizes, tensors = model.config.sizes, model.model.tensors()
    if (size := sum(tensor.nbytes for tensor in tensors.values())) > MOST:
        raise UserError(
            f"{run.name} has {size:,} bytes of weights, and one ONNX file holds {MOST:,}. Train a smaller "
            "model: lower train.hidden, train.embedding or dataset.max_size"
        )
    check_free(directory, known=False)
    with exported(directory) as folder:
        for name, graph in ((PHOTO, photo_graph), (STEP, step_graph)):
            write_whole(folder / name, graph(sizes, tensors).SerializeToString(deterministic=True))
        write_json(folder / ABOUT, _about(run.name, model))
        write_whole(
            folder / "README.md", _readme(run.name, sizes.vector, named(model.config.features.options))
        )


def _about(run: str, model: artifact.Artifact) -> dict[str, object]:
    """Return decoder.json: what stands beside the graphs to write captions as Bokeru does."""
    config = model.config
    features = {name: without_folders(value) for name, value in config.features.options.items()}
    return {
        "format": 1,
        "run": run,
        "sizes": config.sizes.model_dump(),
        "bos": BOS,
        "eos": EOS,
        "never": [PAD, UNK, BOS],
        "max_tokens": config.max_tokens,
        "features": features,
        "vocabulary": model.vocabulary.tokens,
    }


def _readme(run: str, dimensions: int, encoder: NamedEncoder) -> str:
    return f"""# The decoder of {run}, as ONNX

`{PHOTO}` turns a photo's vector, {dimensions:,} float32, into what is added to the first embedding. `{STEP}`
reads one token of each caption and returns the log-probabilities of the next one, in nats, with the state to
go on from. `{ABOUT}` has the vocabulary (a token's id is its place), the ids of <BOS> and <EOS>, those that
no caption holds, the longest caption, and under `features` how a photo becomes a vector.

A photo's vector is made by the network that the model was trained with, which is not here. {encoder.text}
In a checkout of Bokeru, `bokeru.pipeline("data/NAME").vectors([sha256])` returns those of its photos.

This writes the likeliest caption for a vector in `vector.npy`, with `numpy` and `onnxruntime` alone:

```python
import json

import numpy as np
import onnxruntime

with open("{ABOUT}", encoding="utf-8") as file:
    about = json.load(file)
project, step = (onnxruntime.InferenceSession(name) for name in ("{PHOTO}", "{STEP}"))


def caption(vector):
    (photo,) = project.run(None, {{"vectors": vector[None]}})
    hidden = cell = np.zeros((about["sizes"]["layers"], 1, about["sizes"]["hidden"]), np.float32)
    ids, token = [], about["bos"]
    while True:
        state = {{"photo": photo, "hidden": hidden, "cell": cell}}
        log_p, photo, hidden, cell = step.run(None, {{"tokens": np.array([token]), **state}})
        log_p[0, about["never"] + ([] if ids else [about["eos"]])] = -np.inf
        token = int(log_p[0].argmax())
        if token == about["eos"] or len(ids) == about["max_tokens"]:
            return "".join(about["vocabulary"][each] for each in ids)
        ids.append(token)


print(caption(np.load("vector.npy")))
```

Captions that are drawn at random differ more: take `token` by `numpy.random.default_rng().choice`, with
`exp(log_p[0])` divided by its sum as probabilities. Say of each caption that a model has written it.
"""
