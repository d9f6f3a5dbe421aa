"""How much a caption tells of its photo: the mutual information of the two, in nats."""

import numpy as np

from demo.captions.tellings import Tellings, tellings


def mutual_information(dependence: float) -> float:
    """Return the mutual information of a photo's scene and one of its captions, in nats.

    It is exact: the sum over all scenes and all that a caption can tell. A photo shows nothing but its scene
    that captions depend on. What a model can gain by seeing the photo is no more than this, for each caption.

    Args:
        dependence: the share of captions that are written for their photo.
    """
    return information(tellings(), dependence)


def information(told: Tellings, dependence: float) -> float:
    """Return the sum of p(scene, telling) · log (p(telling | scene) / p(telling))."""
    ratios = dependence * told.ratios + (1 - dependence)
    nats = ratios * np.log(ratios, out=np.zeros_like(ratios), where=ratios > 0)
    return float(told.tally.sum(axis=(1, 2)) @ nats @ told.shares)
