"""The taste of the embedded site: a few circles of judges, each with a taste of its own.

A boke is found by one circle, and what these people think of it decides how far it goes. Which circles
look at a photo depends on what it shows: indoors those who like it short, outdoors by day and in fair
weather those who like absurd turns, outdoors in the dark, in rain or in snow those who cannot bear them.
So a turn that is right for one photo is wrong for another, and a caption alone does not tell. All like a
caption to speak of what is in the photo.
"""

from bisect import bisect
from itertools import accumulate
from typing import NamedTuple

from demo.captions.said import Said, fits
from demo.scenes import Contents
from demo.things import PLACES


class Judge(NamedTuple):
    """What a circle of judges gives points for; each point doubles the stars.

    Args:
        turn: for an absurd turn.
        fit: for naming what the photo shows, and nothing else. As many are lost by naming what it does not
            show; a caption that names nothing gets none and loses none.
        brief: lost for every `STEP` characters, of `MOST_STEPS` of them at most.
    """

    turn: int
    fit: int
    brief: int


STEP, MOST_STEPS = 6, 6
JUDGES = (Judge(turn=4, fit=2, brief=0), Judge(turn=-4, fit=2, brief=0), Judge(turn=0, fit=2, brief=2))
AUDIENCES = {
    "fair": (0.9, 0.05, 0.05),
    "foul": (0.05, 0.9, 0.05),
    "indoors": (0.05, 0.05, 0.9),
}
"""How probable it is for each of the JUDGES to find a boke, by the setting of its photo."""


def setting(scene: Contents) -> str:
    """Return the key in AUDIENCES of a photo: where and in what light it was taken."""
    _, _, _, place, time, weather = scene
    if not PLACES[place].outdoors:
        return "indoors"
    return "fair" if (time, weather) == ("day", "clear") else "foul"


def steps(length: int) -> int:
    """Return how many times a caption of so many characters loses the points of `Judge.brief`."""
    return min(length // STEP, MOST_STEPS)


def points(judge: Judge, has_turn: bool, fit: int, long: int) -> int:
    """Return the points that a circle gives.

    Args:
        has_turn: whether the caption has an absurd turn.
        fit: 1, 0 or −1, as `demo.captions.said.fits` returns it.
        long: as `steps` returns it.
    """
    return judge.turn * has_turn + judge.fit * fit - judge.brief * long


def judged(said: Said, scene: Contents, chance: float) -> int:
    """Return the points of a caption by the circle that finds it.

    Args:
        said: what the caption says.
        scene: what the photo shows.
        chance: from 0 to 1, drawn evenly: decides which circle that is.
    """
    finds = bisect(list(accumulate(AUDIENCES[setting(scene)])), chance, 0, len(JUDGES) - 1)
    return points(JUDGES[finds], said.has_turn, fits(said.named, scene), steps(said.length))
