"""What pip builds Bokeru with: an editable install, and no other (PEP 517 and PEP 660; see pyproject.toml).

Bokeru is an application. A wheel would hold none of its pinned dependencies, and its packages (`dataset`,
`web`) would overwrite another project's. So every other build ends with what to do.
"""

from typing import Any, NoReturn

from setuptools.build_meta import (
    build_editable,
    get_requires_for_build_editable,
    prepare_metadata_for_build_editable,
)

__all__ = ["build_editable", "get_requires_for_build_editable", "prepare_metadata_for_build_editable"]

INSTEAD = """\
Bokeru is an application that runs from its checkout; it cannot be installed as a library:
a wheel would lack its pinned dependencies, and overwrite other projects' packages (dataset, web).
Instead, git clone the repository and run `make install` in it: the command is then .venv/bin/bokeru."""


def build_wheel(*_: Any, **__: Any) -> NoReturn:
    """End the build of a wheel or a source archive with what to do instead.

    Raises:
        SystemExit: always; pip shows the message below its own line.
    """
    raise SystemExit(INSTEAD)


# pip calls these before it builds anything, so nothing is left half done.
get_requires_for_build_wheel = prepare_metadata_for_build_wheel = build_wheel
get_requires_for_build_sdist = build_sdist = build_wheel
