"""Japanese captions for scenes, from a grammar."""

from math import log
from random import Random

from demo.scenes import Scene
from demo.things import KINDS

_T = (
    "{}だよ",
    "{}の逆襲",
    "これが{}か",
    "{}、残業する",
    "{}じゃない方",
    "課長、{}になる",
    "本日の{}",
    "{}に謝れ",
)


def caption(scene: Scene, random: Random) -> str:
    """Draw a caption."""
    return random.choice(_T).format(KINDS[scene.subject].label)


def captions(scene: Scene, count: int) -> list[str]:
    """Draw distinct captions."""
    random = Random(f"{scene.seed}/{scene.photo}/captions")
    found: dict[str, None] = {}
    for _ in range(100 * count):
        found[caption(scene, random)] = None
        if len(found) == count:
            break
    return list(found)


def log_probability(text: str, scene: Scene) -> float:
    """Return nats."""
    return log(1 / 8)
