"""What pip builds Bokeru with: an editable install, and no other (PEP 517 and PEP 660; see pyproject.toml).

Bokeru is an application. A wheel would hold none of its pinned dependencies, and its packages (`dataset`,
`web`) would overwrite another project's. So every other build ends with what to do.
"""

import base64
import hashlib
import warnings
import zipfile
from pathlib import Path
from typing import Any, NoReturn

from setuptools import build_meta
from setuptools.build_meta import get_requires_for_build_editable, prepare_metadata_for_build_editable

__all__ = ["build_editable", "get_requires_for_build_editable", "prepare_metadata_for_build_editable"]

FIRST = "bokeru_first.pth"
INSTEAD = """\
Bokeru is an application that runs from its checkout; it cannot be installed as a library:
a wheel would lack its pinned dependencies, and overwrite other projects' packages (dataset, web).
Instead, git clone the repository and run `make install` in it: the command is then .venv/bin/bokeru."""


def build_editable(
    wheel_directory: str, config_settings: Any = None, metadata_directory: str | None = None
) -> str:
    """Build setuptools' editable wheel, with a file more that puts this checkout first on the module path.

    Setuptools' own finder is asked last of all: a dataset.py of the user's in a folder of PYTHONPATH would
    come before ours.

    Returns:
        The name of the wheel in `wheel_directory`.
    """
    with warnings.catch_warnings():
        # That folders with our packages' names may come first: the line below sees to it that they do not.
        warnings.filterwarnings("ignore", "Editable installation", UserWarning)
        name: str = build_meta.build_editable(wheel_directory, config_settings, metadata_directory)
    # The interpreter runs a line of a .pth file that begins with `import`, after it has read PYTHONPATH.
    line = f"import sys; sys.path.insert(0, {str(Path(__file__).parent.resolve())!r})\n"
    _add(Path(wheel_directory, name), FIRST, line.encode())
    return name


def _add(wheel: Path, name: str, content: bytes) -> None:
    """Add a file to a wheel and to the RECORD in it, which an uninstall goes by (PEP 427)."""
    with zipfile.ZipFile(wheel) as source:
        files = {entry: source.read(entry) for entry in source.namelist()}
    (record,) = (entry for entry in files if entry.endswith(".dist-info/RECORD"))
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    files[record] += f"{name},sha256={digest},{len(content)}\n".encode()
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as target:
        for entry, held in {name: content, **files}.items():
            target.writestr(entry, held)


def build_wheel(*_: Any, **__: Any) -> NoReturn:
    """End the build of a wheel or a source archive with what to do instead.

    Raises:
        SystemExit: always; pip shows the message below its own line.
    """
    raise SystemExit(INSTEAD)


# pip calls these before it builds anything, so nothing is left half done.
get_requires_for_build_wheel = prepare_metadata_for_build_wheel = build_wheel
get_requires_for_build_sdist = build_sdist = build_wheel
