"""/.well-known/tdmrep.json: which paths of a host are reserved from text and data mining."""

import json
from dataclasses import dataclass

from crawler.permission.path_pattern import matches, path_of
from crawler.permission.signals import TDM, TDM_FILE

_MAX_BYTES = 2**20


@dataclass(frozen=True)
class TdmFile:
    """The rules of a file in order: a pattern of paths, and whether it reserves them (None: not set).

    Source: TDM Reservation Protocol, section 5.
    """

    rules: tuple[tuple[str, bool | None], ...] = ()

    @classmethod
    def parse(cls, body: bytes) -> "TdmFile":
        """Return the rules in a file; of one that is no JSON array, none."""
        try:
            found = json.loads(body[:_MAX_BYTES].decode("utf-8-sig"))
        except (ValueError, RecursionError):
            return cls()
        rows = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
        rules = ((row.get("location"), row.get(TDM)) for row in rows)
        return cls(tuple((path, _is_reserved(value)) for path, value in rules if isinstance(path, str)))

    def refusal(self, url: str) -> str | None:
        """Return the words that reserve an address: the first rule that matches its path counts."""
        path = path_of(url)
        rule = next((rule for rule in self.rules if matches(rule[0], path)), None)
        return f"{TDM}: 1 for {rule[0]}" if rule and rule[1] and path != path_of(TDM_FILE) else None


def _is_reserved(value: object) -> bool | None:
    """Return what 1 and 0 say; anything else, `true` and "1" included, is not set."""
    return None if isinstance(value, bool) or value not in (0, 1) else value == 1
