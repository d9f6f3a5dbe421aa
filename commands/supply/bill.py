"""What is told of the packages: a bill of materials for programs (CycloneDX), and NOTICE for people."""

from collections.abc import Sequence
from typing import Any

from commands.supply.licences import NAMED
from commands.supply.packages import Package
from store.version import VERSION

NOTICE = """\
Bokeru runs on the packages below, which `make install` fetches (and `make install-scale`), each under a
licence of its own. None of them is part of this repository. The texts and the copyright lines come with each
package, most in .venv/lib/python*/site-packages/<package>.dist-info. `make lock` writes this file anew.

Also fetched, when you ask for them: the weights of the BVLC reference CaffeNet (for unrestricted use), and by
`make install-gpu` CuPy (MIT) and NVIDIA's libraries (under NVIDIA's own terms).
"""


def bill(packages: Sequence[Package]) -> dict[str, Any]:
    """Return a bill of materials.

    Without a date and a serial number, which are optional: it changes when the pins do. The digests of every
    package's files are in the requirements files, which pip holds them to.

    Source: CycloneDX 1.6, its JSON schema.
    """
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": "bokeru", "name": "bokeru",
                                   "version": VERSION, "licenses": [{"license": {"id": "MIT"}}]}},
        "components": [_component(package) for package in packages],
    }  # fmt: skip


def _component(package: Package) -> dict[str, Any]:
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": package.purl,
        "name": package.name,
        "version": package.version,
        "purl": package.purl,
        "scope": "required" if package.is_needed else "optional",
    }
    if package.licence:
        component["licenses"] = [_licence(package.licence)]
    if package.home:
        component["externalReferences"] = [{"type": "website", "url": package.home}]
    if package.marker:
        component["properties"] = [{"name": "bokeru:marker", "value": package.marker}]
    return component


def _licence(said: str) -> dict[str, Any]:
    """Return a licence as CycloneDX has it: an identifier, an expression, or a name that is neither."""
    if said in NAMED or said.startswith("LicenseRef-"):
        return {"license": {"name": said}}
    return {"expression": said} if " " in said else {"license": {"id": said}}


def notice(packages: Sequence[Package]) -> str:
    """Return the text of NOTICE."""
    lines = (
        f"{package.name} {package.version}: {package.licence or 'not installed where this was written'}"
        + (f" ({package.home})" if package.home else "")
        for package in packages
    )
    return NOTICE + "\n" + "\n".join(lines) + "\n"
