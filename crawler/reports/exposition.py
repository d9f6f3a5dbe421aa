"""The figures of a crawl as text for Prometheus, as node_exporter's textfile collector reads it.

Source: Prometheus' text-based exposition format, version 0.0.4. Names carry their unit, counters end in
`_total` and begin at 0 with each run. Every series has the pipeline as a label, so that the files of several
pipelines can lie side by side; their HELP lines are the same, as the collector wants it.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from math import inf

from crawler.reports.run_report import CrawlReport
from crawler.reports.traffic import Traffic
from store.version import VERSION

Sample = tuple[Mapping[str, str], float]


def exposition(report: CrawlReport, traffic: Traffic, pipeline: str) -> str:
    """Return the content of metrics.prom."""
    text = _Text(pipeline)
    text.family("info", "gauge", "Always 1; says which version crawled.", [({"version": VERSION}, 1)])
    _add_times(text, report)
    tables, new = (report.pages, report.photos), (report.new_pages, report.new_photos)
    text.family("rows", "gauge", "Addresses in the tables, by their newest outcome.", _by_table(*tables))
    text.family("fetched_total", "counter", "Rows that this run wrote, by outcome.", _by_table(*new))
    text.family("boke_total", "counter", "Boke on the pages of this run.", [({}, report.new_bokes)])
    left_out = (({"table": name}, count) for name, count in report.left_out.items())
    text.family("left_out_total", "counter", "Addresses that a rule kept from being fetched.", left_out)
    text.family("waiting_addresses", "gauge", "Addresses still to be fetched.", [({}, report.waiting)])
    _add_answers(text, report, traffic)
    help_text = "Seconds for which hosts were left alone."
    text.family("pauses_total", "counter", "Times that a host was left alone.", [({}, report.pauses)])
    text.family("pause_seconds_total", "counter", help_text, [({}, report.paused_seconds)])
    for name, counts, label, help_text in (
        ("retries_total", report.retries, "kind", "Answers to requests that were made again."),
        ("exceptions_total", report.exceptions, "type", "Requests without an answer."),
        ("log_messages_total", report.log_messages, "level", "Lines of the log."),
    ):
        text.family(name, "counter", help_text, (({label: key}, count) for key, count in counts.items()))
    return str(text)


def _add_times(text: "_Text", report: CrawlReport) -> None:
    is_running = float(report.state == "running")
    text.family("running", "gauge", "1 while it runs, 0 once it has ended.", [({}, is_running)])
    for name, moment, help_text in (
        ("start_time_seconds", report.started_at, "When this run began, in seconds since 1970."),
        ("renewed_time_seconds", report.renewed_at, "When this file was written, in seconds since 1970."),
        ("end_time_seconds", report.finished_at, "When this run ended, in seconds since 1970."),
    ):
        seconds = [datetime.fromisoformat(moment).timestamp()] if moment else []
        text.family(name, "gauge", help_text, (({}, value) for value in seconds))
    if report.exit_status is not None:
        help_text, status = "What the command ended with; absent while it runs.", float(report.exit_status)
        text.family("exit_status", "gauge", help_text, [({}, status)])


def _by_table(pages: Mapping[str, int], photos: Mapping[str, int]) -> Iterator[Sample]:
    for table, counts in (("pages", pages), ("images", photos)):
        yield from (({"table": table, "outcome": outcome}, count) for outcome, count in counts.items())


def _add_answers(text: "_Text", report: CrawlReport, traffic: Traffic) -> None:
    statuses = (
        ({"kind": kind, "status": status}, count)
        for kind, answer in report.answers.items()
        for status, count in answer["statuses"].items()
    )
    text.family("responses_total", "counter", "HTTP answers, each try by itself, by status.", statuses)
    sizes = (({"kind": kind}, answer["bytes"]) for kind, answer in report.answers.items())
    text.family("response_bytes_total", "counter", "Bytes of their bodies as they were sent.", sizes)
    help_text = "Seconds from a request to its answer's head."
    name = text.header("response_latency_seconds", "histogram", help_text)
    for kind, latency in sorted(traffic.latencies.items()):
        for bound, count in [*latency.cumulative(), (inf, latency.count)]:
            text.sample(f"{name}_bucket", {"kind": kind, "le": _number(bound)}, count)
        text.sample(f"{name}_sum", {"kind": kind}, latency.sum)
        text.sample(f"{name}_count", {"kind": kind}, latency.count)


class _Text:
    """Lines of the format, in families: a family's samples stand together below its HELP and TYPE."""

    def __init__(self, pipeline: str) -> None:
        self._pipeline = pipeline
        self._lines: list[str] = []

    def header(self, name: str, kind: str, help_text: str) -> str:
        """Begin a family; return its name in full."""
        name = f"bokeru_crawl_{name}"
        self._lines += [f"# HELP {name} {help_text}", f"# TYPE {name} {kind}"]
        return name

    def family(self, name: str, kind: str, help_text: str, samples: Iterable[Sample]) -> None:
        """Add a family with its samples; nothing where it has none."""
        if found := list(samples):
            name = self.header(name, kind, help_text)
            for labels, value in found:
                self.sample(name, labels, value)

    def sample(self, name: str, labels: Mapping[str, str], value: float) -> None:
        """Add one sample of the family that was begun last."""
        pairs = {"pipeline": self._pipeline, **labels}
        inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in pairs.items())
        self._lines.append(f"{name}{{{inside}}} {_number(value)}")

    def __str__(self) -> str:
        return "\n".join(self._lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return "+Inf" if value == inf else repr(int(value)) if value == int(value) else repr(value)
