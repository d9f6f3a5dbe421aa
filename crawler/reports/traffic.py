"""What went over the network in one run: what Scrapy's statistics and our own extensions counted there."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from crawler.reports.latency import Latency

QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}


@dataclass
class Traffic:
    """`stats` are Scrapy's statistics, as they are at the moment; `latencies` are by kind of request.

    The kinds are `pages`, `photos`, and `rules` for robots.txt and tdmrep.json.
    """

    stats: Mapping[str, Any] = field(default_factory=dict)
    latencies: dict[str, Latency] = field(default_factory=lambda: defaultdict(Latency))

    def below(self, prefix: str) -> dict[str, int]:
        """Return the counts whose names begin so, by what follows: of `bokeru/bytes/`, bytes by kind."""
        found = {
            name.removeprefix(prefix): self.stats[name] for name in self.stats if name.startswith(prefix)
        }
        return dict(sorted(found.items()))

    def answers(self) -> dict[str, dict[str, Any]]:
        """Return statuses, bytes and seconds of the answers, by kind of request."""
        return {
            kind: {
                "statuses": self.below(f"bokeru/responses/{kind}/"),
                "bytes": count,
                "seconds": self.quantiles(kind),
            }
            for kind, count in self.below("bokeru/bytes/").items()
        }

    def quantiles(self, kind: str) -> dict[str, float]:
        """Return the seconds within which half, nine tenths and all but a hundredth of the answers came."""
        latency = self.latencies[kind]
        found = {name: round(latency.quantile(share), 4) for name, share in QUANTILES.items()}
        return found | {"max": round(latency.max, 4)}
