"""Measuring and printing: alternating runs, percentiles, and a verdict against the bar."""

import time
from collections.abc import Callable, Sequence


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def best_of_alternating(runs: int, *works: Callable[[], float]) -> list[float]:
    """Return the best seconds of each work. The works alternate, so that a busy machine affects all of them."""
    measured = [[work() for work in works] for _ in range(runs)]
    return [min(column) for column in zip(*measured, strict=True)]


def percentile(samples: Sequence[float], share: float) -> float:
    """Return the percentile of the samples, with `share` from 0 to 1."""
    return sorted(samples)[min(int(len(samples) * share), len(samples) - 1)]


def spread(samples_seconds: Sequence[float]) -> str:
    """Return "p50 …, p95 …, p99 …, max … ms" of these seconds."""
    parts = [f"p{share:.0%}"[:-1] + f" {percentile(samples_seconds, share) * 1000:.1f}" for share in (0.5, 0.95, 0.99)]
    return ", ".join([*parts, f"max {max(samples_seconds) * 1000:.1f} ms"])


def verdict(work: str, measured: str, bar: str, met: bool) -> bool:
    """Print a result with its bar, and return whether the bar is met."""
    print(f"  {work}: {measured}   bar: {bar}   {'met' if met else 'MISSED'}", flush=True)
    return met


def note(text: str) -> None:
    print(f"    {text}", flush=True)
