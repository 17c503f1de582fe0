"""Counters for Prometheus, in its text format."""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

Labels = tuple[tuple[str, str], ...]
SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
"""Upper edges of the histograms' buckets."""

HELP = {
    "sftctl_requests_total": "Requests answered, by route and status.",
    "sftctl_prompt_tokens_total": "Tokens of prompts.",
    "sftctl_cached_tokens_total": "Tokens of prompts that did not have to be computed again.",
    "sftctl_completion_tokens_total": "Tokens written.",
    "sftctl_tool_calls_total": "Tool calls made.",
    "sftctl_malformed_calls_total": "Answers in which something that looked like a call was not well formed.",
    "sftctl_unconstrained_tools_total": "Tools whose calls could not be held to their schema.",
    "sftctl_disconnects_total": "Clients that went away before their answer was whole.",
}


@dataclass
class Histogram:
    """How many observations were at most each edge."""

    counts: list[int] = field(default_factory=lambda: [0] * len(SECONDS))
    total: float = 0.0
    n: int = 0

    def observe(self, value: float) -> None:
        self.total += value
        self.n += 1
        for at, edge in enumerate(SECONDS):
            self.counts[at] += value <= edge


class Metrics:
    """Everything that is counted. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counters: dict[str, Counter[Labels]] = {name: Counter() for name in HELP}
        self._histograms = {
            "sftctl_request_seconds": Histogram(),
            "sftctl_first_token_seconds": Histogram(),
        }

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        """Add to the counter `sftctl_<name>_total`."""
        with self._lock:
            self._counters[f"sftctl_{name}_total"][tuple(sorted(labels.items()))] += amount

    def value(self, name: str, **labels: str) -> int:
        """What the counter `sftctl_<name>_total` stands at."""
        with self._lock:
            return self._counters[f"sftctl_{name}_total"][tuple(sorted(labels.items()))]

    def observe(self, name: str, seconds: float) -> None:
        """Note a duration in the histogram `sftctl_<name>_seconds`."""
        with self._lock:
            self._histograms[f"sftctl_{name}_seconds"].observe(seconds)

    def text(self, gauges: Mapping[str, int]) -> str:
        """All of it, with the values that `gauges` have now."""
        with self._lock:
            return "\n".join([*self._lines(gauges), ""])

    def _lines(self, gauges: Mapping[str, int]) -> Iterator[str]:
        for name, counter in self._counters.items():
            yield from (f"# HELP {name} {HELP[name]}", f"# TYPE {name} counter")
            yield from (f"{name}{_labels(labels)} {value}" for labels, value in sorted(counter.items()))
        for name, value in gauges.items():
            yield from (f"# TYPE sftctl_{name} gauge", f"sftctl_{name} {value}")
        for name, histogram in self._histograms.items():
            yield f"# TYPE {name} histogram"
            for edge, count in zip(SECONDS, histogram.counts, strict=True):
                yield f'{name}_bucket{{le="{edge}"}} {count}'
            yield f'{name}_bucket{{le="+Inf"}} {histogram.n}'
            yield from (f"{name}_sum {histogram.total:.6f}", f"{name}_count {histogram.n}")


def _labels(labels: Iterable[tuple[str, str]]) -> str:
    inside = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels)
    return f"{{{inside}}}" if inside else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
