"""What a forget left, and what its receipts say."""

import json
from collections.abc import Iterable
from functools import reduce
from operator import or_
from pathlib import Path

from tests.store.forget.everywhere import Found, Traces, holding
from tests.store.forget.whole_pipeline import Everything, Wanted


def left(whole: Everything, traces: Traces) -> dict[str, set[str]]:
    """Return the files within reach that hold some of it; forgotten.json and receipts may tell digests."""
    found = {}
    for path, kinds in holding(traces, *whole.reach).items():
        allowed = {"digest"} if path.name == "forgotten.json" or path.parent.name == "receipts" else set()
        if kinds - allowed:
            found[str(path.relative_to(whole.folder))] = kinds - allowed
    return found


def receipts(whole: Everything) -> str:
    """Return the strings in all receipts, a line each."""
    paths = sorted((whole.pipeline / "receipts").glob("*.json"))
    return "\n".join(one for path in paths for one in strings(json.loads(path.read_text())))


def strings(value: object) -> Iterable[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, str):
        yield value


def names(whole: Everything, path: Path) -> bool:
    """Tell whether a receipt names a file or a folder that it lies in; names may be from the data folder."""
    named = set(receipts(whole).splitlines())
    places = [place for place in (path, *path.parents) if whole.folder in place.parents]
    relative = [place.relative_to(whole.data) for place in places if place.is_relative_to(whole.data)]
    return not named.isdisjoint({str(place) for place in (*places, *relative)} - {"."})


def unnamed(whole: Everything, found: Found) -> list[Path]:
    """Return the files that no receipt names."""
    return [path for path in found if not names(whole, path)]


def assert_gone(whole: Everything, *all_wanted: Wanted) -> None:
    """Assert that nothing of it is within reach any more, and that receipts name the copies elsewhere."""
    traces = reduce(or_, (one.traces for one in all_wanted))
    assert left(whole, traces) == {}
    assert unnamed(whole, holding(traces, whole.elsewhere)) == []
