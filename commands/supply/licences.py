"""Under which licence a package is: what its metadata say, and which licences are taken."""

import re
from importlib.metadata import PackageMetadata

BY_HAND = {
    "axe-playwright-python": "MIT",  # its licenses/LICENSE; the script within is MPL-2.0
    "brotlicffi": "MIT",  # as brotli: only where Python is PyPy
    "httpx2-jsfetch": "BSD-3-Clause",  # as httpx2: only within a browser
    "ipadic": "NAIST-2003",  # ipadic/dicdir/COPYING
    "mlcroissant": "Apache-2.0",  # its repository's LICENSE
    "ply": "BSD-3-Clause",  # the head of its sources
    "pypydispatcher": "BSD License",  # as PyDispatcher: only where Python is PyPy
    "text-unidecode": "Artistic-1.0-Perl OR GPL-2.0-or-later",  # its LICENSE: the user chooses
}
"""What is not in the metadata, or not said there as one licence, and where it was found."""
SPELLED = {
    "2-clause BSD License": "BSD-2-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "BSD 3-Clause License": "BSD-3-Clause",
    "GNU GPLv3+": "GPL-3.0-or-later",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT license": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
"""SPDX identifiers of what metadata from before PEP 639 say."""
NAMED = frozenset({"Apache Software License", "BSD License", "FreeBSD", "Python Software Foundation License"})
"""Classifiers and names that do not tell which of several texts it is."""
TAKEN = NAMED | {
    *(
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "CNRI-Python",
        "ISC",
        "LicenseRef-MPICH",
    ),
    *("MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "NAIST-2003", "PSF-2.0", "ZPL-2.1", "Zlib"),
    "Apache-2.0 WITH LLVM-exception",
}
"""Licences of what users install: each lets them use, change and hand on the whole, closed or open."""
FOR_TESTS = TAKEN | {"Artistic-1.0-Perl", "GPL-2.0-or-later", "GPL-3.0-or-later"}
"""Those of what tests and linters need, too: nobody hands that on with Bokeru."""
_EXPRESSION = re.compile(
    r"[A-Za-z0-9.+-]+(?: WITH [A-Za-z0-9.+-]+)?(?: (?:AND|OR) [A-Za-z0-9.+-]+(?: WITH [A-Za-z0-9.+-]+)?)*"
)


def licence(name: str, metadata: PackageMetadata) -> str:
    """Return a package's licence: an SPDX expression, one of NAMED, or "" where nothing is said.

    Source: the core metadata specification: License-Expression, then License, then classifiers.
    """
    if expression := field(metadata, "License-Expression"):
        return expression
    if name.lower() in BY_HAND:
        return BY_HAND[name.lower()]
    classifiers = [
        one.rpartition(" :: ")[2]
        for one in metadata.get_all("Classifier") or ()
        if one.startswith("License ::")
    ]
    for said in (field(metadata, "License"), *classifiers):
        found = SPELLED.get(said, said)
        if found in NAMED or set(parts(found)) <= FOR_TESTS:
            return str(found)
    return ""


def field(metadata: PackageMetadata, name: str) -> str:
    """Return a field of metadata; nothing where they have none of that name."""
    return str((metadata.get_all(name) or [""])[0]).strip()


def parts(expression: str) -> list[str]:
    """Return the licences in an SPDX expression without brackets, an exception with its licence."""
    return re.split(r" AND | OR ", expression)


def is_taken(expression: str, taken: frozenset[str] | set[str] = TAKEN) -> bool:
    """Tell whether a licence is among those that are taken; of several to choose from, one is enough."""
    return any(all(one in taken for one in choice.split(" AND ")) for choice in expression.split(" OR "))
