"""The settings beside vectors and in models: written as they were resolved, and read back with that
meaning."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from featurize.options import FeatureOptions, is_onnx
from store.errors import UserError

SINCE_0_2 = "deviation"
"""A setting that every version before 0.2 lacks."""
DEFAULT_LAYER = "fc7"
DIGEST = "digest"
"""Beside the settings: what identifies the file of the user's that made the vectors; no setting."""


def saved_options(settings: Mapping[str, Any]) -> FeatureOptions:
    """Return the settings that somebody kept, to make another photo's vector in the same way.

    Versions before 0.2 kept the defaults that they had, whether these had meant anything or not: a layer that
    an .onnx does not have, and a mean that only `preprocess: caffe` takes off.

    Raises:
        UserError: another version wrote them, and they cannot be read.
    """
    values = {name: value for name, value in settings.items() if name != DIGEST}
    if values and SINCE_0_2 not in values:
        if is_onnx(str(values.get("weights", ""))) and values.get("layer") == DEFAULT_LAYER:
            del values["layer"]
        if values.get("preprocess", "caffe") != "caffe":
            values.pop("mean", None)
    try:
        return FeatureOptions.model_validate_json(json.dumps(values))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise UserError(
            f"the settings of features cannot be read ({place}: {first['msg']}): another version wrote them"
        ) from None
