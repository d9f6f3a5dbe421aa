"""`python -m commands.supply.audit`: which vulnerabilities are known of the packages that are installed here.

pip-audit asks a database for them, over the network. Where none can be reached, that is said and no more.
"""

import json
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from store.processes.child import ROOT

AUDITOR = ROOT / ".venv-audit" / "bin" / "pip-audit"
NONE, KNOWN, NOT_ASKED = 0, 1, 2
"""Exit statuses: nothing is known, something is, or not all could be asked for."""
_SECONDS = 900


def main(auditor: Path = AUDITOR, installed: str = sysconfig.get_path("purelib")) -> int:
    """Print what is known; return NONE, KNOWN or NOT_ASKED.

    Args:
        auditor: pip-audit, which does not install beside the pins.
        installed: the folder of the packages.
    """
    options = ("--skip-editable", "--format", "json", "--progress-spinner", "off")
    try:
        packages = _report([str(auditor), "--path", installed, *options])["dependencies"]
    except (OSError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
        print(f"not checked: no database of vulnerabilities could be asked ({error})")
        return NOT_ASKED
    known = [line for package in packages for line in _known(package)]
    unknown = [package["name"] for package in packages if "vulns" not in package]
    if known or len(unknown) < len(packages):
        print("\n".join(known) or f"{len(packages) - len(unknown)} packages: no vulnerability is known")
    if unknown:
        shown = f"{', '.join(unknown[:5])}{', …' if unknown[5:] else ''}"
        print(f"not checked: {len(unknown)} packages that the database does not have: {shown}")
    return KNOWN if known else NOT_ASKED if unknown else NONE


def _report(command: list[str]) -> dict[str, Any]:
    """Return what pip-audit says.

    Raises:
        OSError, TimeoutExpired: it cannot be run, or takes too long.
        ValueError: it has no report; the message is what it says instead.
    """
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=_SECONDS)
    if not done.stdout.startswith("{"):
        raise ValueError(" ".join(done.stderr.split())[:300] or f"pip-audit ended with {done.returncode}")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _known(package: dict[str, Any]) -> Iterator[str]:
    for one in package.get("vulns", ()):
        mended = ", ".join(one["fix_versions"]) or "no version yet"
        yield f"{package['name']} {package['version']}: {one['id']}, mended in {mended}"


if __name__ == "__main__":
    sys.exit(main())
