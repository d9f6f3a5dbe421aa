"""Gives each run of a sweep a name that says what it is, where nobody gave it one."""

from store.place import Place
from train.runs.names import LONGEST, Names, changing
from train.sweep.grid import Cell


def name(cell: Cell, place: Place) -> None:
    """Call a complete run by its title; with the digits of its folder where another run is called so."""
    with changing(place) as directory:
        names = Names.load(directory)
        if names.of(cell.run).name is not None:
            return
        taken = {said.name for said in names.runs.values()}
        names.saying(cell.run, name=_free(cell, taken)).save(directory)


def _free(cell: Cell, taken: set[str | None]) -> str:
    title = cell.title.replace("/", "-").replace("\\", "-")
    if len(title) <= LONGEST and title not in taken:
        return title
    digits = f" ({cell.fingerprint[:8]})"
    return title[: LONGEST - len(digits)].rstrip(", ") + digits
