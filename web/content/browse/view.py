"""A view of a dataset: what is asked for, and the photos that are found, in the order that is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from store.errors import UsageError
from web.content.browse.filter import Filter, Selection, select
from web.content.browse.order import Values, known, ordered, values
from web.content.catalogue import Catalogue


@dataclass(frozen=True)
class View:
    """N photos that are found.

    Args:
        order: the order's name, "" for the dataset's own.
        least_first: whether it is turned round.
        numbers: (N,) the photos.
        values: (P,) what they are ordered by; None in the dataset's own order.
    """

    catalogue: Catalogue
    wanted: Filter
    selection: Selection
    order: str
    least_first: bool
    numbers: NDArray[np.int64]
    values: Values | None

    def page(self, page: int, per_page: int) -> list[int]:
        """Return the photos of a page, which are counted from 1."""
        return [int(number) for number in self.numbers[(page - 1) * per_page : page * per_page]]


def look(
    catalogue: Catalogue,
    wanted: Filter,
    order: str = "",
    least_first: bool = False,
    losses: Values | None = None,
    offered: Sequence[str] = (),
) -> View:
    """Return a view.

    Args:
        losses: (P,) of a model, where the order is by them.
        offered: the names of the orders that there are, for who asks for another one.

    Raises:
        UsageError: there is no such order.
    """
    if order and not known(catalogue, order):
        raise UsageError(f"There is no order {order!r}. There are: {', '.join(offered)}")
    selection = select(catalogue, wanted)
    numbers = ordered(catalogue, selection, order, least_first, losses)
    key = values(catalogue, order, losses) if order else None
    return View(catalogue, wanted, selection, order, least_first, numbers, key)
