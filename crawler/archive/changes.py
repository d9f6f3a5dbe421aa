"""What reading the archive again changes: counted by field, with an example of each."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from store.schema import PAGES

Row = dict[str, Any]

KEPT = ("url", "fetched_at")
"""Columns that say which page it was, and when: they stay."""


@dataclass
class Changes:
    """What reading the archive again changes.

    Args:
        pages: rows in the table.
        records: those of them that were read again.
        changed: those of them that are another row now.
        restored: rows that were lost, and that are there again.
        outcomes: how many pages have another outcome, such as "drift → ok".
        fields: how many pages have another value, by field; `bokes.stars` is that of one or more boke.
        examples: for each field the address of a page, the value before, and the value now.
    """

    pages: int = 0
    records: int = 0
    changed: int = 0
    restored: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    examples: dict[str, dict[str, object]] = field(default_factory=dict)

    def note(self, old: Row, new: Row) -> bool:
        """Count how a row changes; return whether it does."""
        found = list(_differences(old, new))
        for name, before, after in found:
            self.fields[name] += 1
            self.examples.setdefault(name, {"url": new["url"], "before": before, "after": after})
        if old["outcome"] != new["outcome"]:
            self.outcomes[f"{old['outcome']} → {new['outcome']}"] += 1
        self.changed += bool(found)
        return bool(found)

    def __str__(self) -> str:
        lines = [
            f"reparse: {self.records:,} of {self.pages:,} pages are in the archive; "
            f"{self.changed:,} rows changed, {self.restored:,} brought back"
        ]
        lines += [f"  {change}: {count:,} pages" for change, count in self.outcomes.most_common()]
        for name, count in self.fields.most_common():
            example = self.examples[name]
            before, after = _brief(example["before"]), _brief(example["after"])
            lines.append(f"  {name}: {count:,} pages, such as {example['url']}: {before} → {after}")
        return "\n".join(lines)


def _differences(old: Row, new: Row) -> Iterator[tuple[str, object, object]]:
    """Yield the fields in which two rows differ, with both values; of boke, field by field."""
    for name in PAGES.names:
        if name in KEPT or old[name] == new[name]:
            continue
        if name == "bokes":
            yield from _boke_differences(old[name] or [], new[name] or [])
        else:
            yield name, old[name], new[name]


def _boke_differences(old: Sequence[Row], new: Sequence[Row]) -> Iterator[tuple[str, object, object]]:
    before, after = ({boke["boke_id"]: boke for boke in bokes} for bokes in (old, new))
    if list(before) != list(after):
        yield "bokes", list(before), list(after)
    seen: set[str] = set()
    for number in before.keys() & after.keys():
        for name, value in after[number].items():
            if before[number][name] != value and name not in seen:
                seen.add(name)
                yield f"bokes.{name}", before[number][name], value


def _brief(value: object) -> str:
    text = "nothing" if value in (None, [], "") else str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
