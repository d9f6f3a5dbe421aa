"""What a scorer may answer."""

import numpy as np
import pytest

from featurize.scoring.answer import scores


def test_the_greatest_number_of_float32_is_kept() -> None:
    greatest = float(np.finfo(np.float32).max)
    assert scores("x", {"most": greatest, "least": -greatest}) == {"x.most": greatest, "x.least": -greatest}


@pytest.mark.parametrize("number", [1e300, -1e39])
def test_what_float32_would_make_infinite_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match=r"3\.4e\+38 is the greatest number that can be kept"):
        scores("x", number)
