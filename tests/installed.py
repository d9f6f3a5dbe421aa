"""Installs the tests' package of other people's code as pip would: modules and metadata in a folder."""

import shutil
import tomllib
from pathlib import Path

SOURCE = Path(__file__).parent / "outside_package"


def install(folder: Path) -> Path:
    """Copy the package into a folder, which is to be on the module path; return that.

    Metadata: https://packaging.python.org/en/latest/specifications/recording-installed-packages/
    """
    shutil.copytree(SOURCE / "outside_jokes", folder / "outside_jokes")
    project = tomllib.loads((SOURCE / "pyproject.toml").read_text())["project"]
    about = folder / f"outside_jokes-{project['version']}.dist-info"
    about.mkdir()
    heads = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (about / "METADATA").write_text(heads)
    (about / "top_level.txt").write_text("outside_jokes\n")
    groups = project["entry-points"].items()
    lines = [
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in all_.items())
        for group, all_ in groups
    ]
    (about / "entry_points.txt").write_text("\n".join(lines))
    return folder
