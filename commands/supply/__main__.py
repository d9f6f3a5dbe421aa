"""`python -m commands.supply`: writes NOTICE and sbom.json from the pins and the installed metadata."""

from pathlib import Path

from commands.supply.bill import bill, notice
from commands.supply.licences import is_taken
from commands.supply.packages import packages
from store.processes.child import ROOT
from store.whole_file import write_json, write_whole


def main(root: Path = ROOT) -> None:
    """Write both files; the same pins make the same bytes.

    Raises:
        SystemExit: what is installed has a licence that is not among those that are taken.
    """
    found = packages(root)
    if others := [f"{one.name}: {one.licence or 'none said'}" for one in found if not is_taken(one.licence)]:
        raise SystemExit(f"Licences that are not taken: {', '.join(others)}. See commands/supply/licences.py")
    write_json(root / "sbom.json", bill(found))
    write_whole(root / "NOTICE", notice(found))


if __name__ == "__main__":
    main()
