"""NOTICE and sbom.json tell of the packages that are pinned, no others, and are what `make lock` writes."""

import json
import re
from pathlib import Path

from commands.supply import __main__ as supply
from commands.supply.packages import pinned
from tests.docs.documents import ROOT

PINS = {
    line.split()[0].replace("==", " ")
    for file in ("requirements.txt", "requirements-scale.txt")
    for line in (ROOT / file).read_text(encoding="utf-8").splitlines()
    if "==" in line.split("--hash")[0].split(";")[0]
}
SBOM = json.loads((ROOT / "sbom.json").read_text(encoding="utf-8"))


def test_every_pin_is_in_both_and_nothing_else() -> None:
    assert len(PINS) > 100
    assert {f"{one['name']} {one['version']}" for one in SBOM["components"]} == PINS
    lines = (ROOT / "NOTICE").read_text(encoding="utf-8").rpartition("\n\n")[2].splitlines()
    assert {line.partition(": ")[0] for line in lines} == PINS


def test_the_bill_has_the_form_of_cyclonedx() -> None:
    """Source: the JSON schema of CycloneDX 1.6: what is required, and what values may be."""
    assert (SBOM["bomFormat"], SBOM["specVersion"], SBOM["version"]) == ("CycloneDX", "1.6", 1)
    assert len({one["bom-ref"] for one in SBOM["components"]}) == len(SBOM["components"])
    for one in SBOM["components"]:
        assert one["type"] == "library"
        assert one["scope"] in ("required", "optional")
        assert re.fullmatch(r"pkg:pypi/[a-z0-9.-]+@[^@\s]+", one["purl"])
        assert all(set(said) in ({"expression"}, {"license"}) for said in one.get("licenses", ()))
        assert all(re.match("https?://", link["url"]) for link in one.get("externalReferences", ()))


def test_they_are_what_make_lock_writes_from_these_pins(tmp_path: Path) -> None:
    for file in ("requirements.txt", "requirements-scale.txt"):
        (tmp_path / file).write_bytes((ROOT / file).read_bytes())
    supply.main(tmp_path)
    for name in ("NOTICE", "sbom.json"):
        assert (tmp_path / name).read_text(encoding="utf-8") == (ROOT / name).read_text(encoding="utf-8")


def test_pins_are_read_with_their_markers(tmp_path: Path) -> None:
    path = tmp_path / "r.txt"
    path.write_text(
        "a-b==1.0 \\\n    --hash=sha256:00\n"
        "c==2 ; python_full_version < '3.12' \\\n    --hash=sha256:11\n"
        "d==3\n",
        encoding="utf-8",
    )
    found = [(package.name, package.version, package.marker) for package in pinned(path)]
    assert found == [("a-b", "1.0", ""), ("c", "2", "python_full_version < '3.12'"), ("d", "3", "")]
