"""The Judge page under load: one judge with a key, then sixteen at once for a minute.

    python -m benchmarks.judges [--data DIR] [--pipeline NAME] [--seconds 60] [--judges 16]

It draws a contest of its own in the pipeline, and takes it away at the end. A judge opens the page with its
photo, looks for a second on average, votes, and is led on. Expected: no error, and a 95th percentile of the
answers at most 3 times that of a single judge.
"""

import argparse
import asyncio
import random
import re
import shutil
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from judging.contest import find, page
from judging.drawing.new import Wanted, new
from store.place import Place
from train.runs.find import complete
from web.app import create
from web.browser import serving
from web.door.keys import KeyRing, digest

LOOKING = 1.0
"""Mean seconds that a judge looks at a pair."""
NAME = "benchmark"


async def judge(address: str, secret: str, seconds: float, seed: int) -> list[float]:
    """Judge until the time is over; return the seconds of each answer.

    Raises:
        httpx.HTTPStatusError: an answer was an error.
    """
    taken, pause, end = [], random.Random(seed), time.monotonic() + seconds
    async with httpx.AsyncClient(follow_redirects=True, timeout=60) as client:
        text = (await client.get(address, params={"key": secret})).raise_for_status().text
        while time.monotonic() < end and (
            fields := dict(re.findall(r'name="(pair|key)" value="(\w+)"', text))
        ):
            await asyncio.sleep(pause.expovariate(1 / LOOKING))
            for send in (
                client.get(f"{address}/photos/{fields['pair']}.jpg"),
                client.post(address, data={**fields, "answer": pause.choice("01")}),
            ):
                begun = time.monotonic()
                text = (await send).raise_for_status().text
                taken.append(time.monotonic() - begun)
    return taken


async def together(address: str, secrets: Sequence[str], seconds: float) -> list[float]:
    """Return the seconds of all answers of judges who judge at once."""
    found = await asyncio.gather(
        *(judge(address, secret, seconds, seed) for seed, secret in enumerate(secrets))
    )
    return [each for one in found for each in one]


@contextmanager
def contest(place: Place, secrets: Sequence[str]) -> Iterator[str]:
    """Serve a contest with a key for each judge; yield the address of its page."""
    runs = complete(place.runs)[-1:]
    wanted = Wanted(runs=runs, photos="train", n=200)
    new(place, NAME, wanted, {digest(secret): secret for secret in secrets})
    app = create(place.data, place.name, ("127.0.0.1",), keys=KeyRing(asked=True))
    try:
        with serving(app) as address:
            yield address + page(place, NAME)
    finally:
        shutil.rmtree(find(place, NAME))


def main() -> None:
    """Print the 95th percentile of one judge, and of many."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--pipeline", default="demo")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--judges", type=int, default=16)
    arguments = parser.parse_args()
    secrets = [f"judge-{number}" for number in range(arguments.judges + 1)]
    with contest(Place(arguments.data, arguments.pipeline), secrets) as address:
        for given in (secrets[:1], secrets[1:]):
            taken = asyncio.run(together(address, given, arguments.seconds))
            late = statistics.quantiles(taken, n=20)[-1]
            print(
                f"{len(given):>2} judges: {len(taken):,} answers, 95% within {1000 * late:.0f} ms", flush=True
            )


if __name__ == "__main__":
    main()
