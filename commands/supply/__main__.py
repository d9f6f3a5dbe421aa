"""`python -m commands.supply`: writes NOTICE and sbom.json from the pins and the installed metadata."""

from pathlib import Path

from commands.supply.bill import bill, notice
from commands.supply.packages import packages
from store.processes.child import ROOT
from store.whole_file import write_json, write_whole


def main(root: Path = ROOT) -> None:
    """Write both files; the same pins make the same bytes."""
    found = packages(root)
    write_json(root / "sbom.json", bill(found))
    write_whole(root / "NOTICE", notice(found))


if __name__ == "__main__":
    main()
