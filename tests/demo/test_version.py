"""The embedded site's version counts up when the same settings would show something else."""

from hashlib import sha256

from crawler.options import EMBEDDED_VERSION
from demo.content import EmbeddedSite
from demo.scenes import jpeg

SHOWN = {2: ("03f0c26801c8c0e8", "0ae16cc7b3659b5a")}
"""By version: the start of a digest of 40 boke with their stars, and of three photos."""


def test_the_version_shows_what_it_has_shown() -> None:
    """Where this fails, count EMBEDDED_VERSION up: crawls of before must not be mixed with what is shown."""
    site = EmbeddedSite(20, 3, seed=1, dependence=0.9)
    bokes = "".join(
        f"{boke.boke_id} {boke.odai_id} {boke.text} {boke.stars} {boke.category}\n"
        for boke in site.listed("recent", 0, 40)
    )
    photos = b"".join(jpeg(site.scene(photo), 240) for photo in range(3))
    found = tuple(sha256(content).hexdigest()[:16] for content in (bokes.encode(), photos))
    assert found == SHOWN[EMBEDDED_VERSION]
