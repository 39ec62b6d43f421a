# SPDX-License-Identifier: GPL-2.0
"""How far the clocks of two hosts were apart, from a trace of each (selftests/host/clocktrace) and the difference of
their TSCs (the oracle). Arithmetic only: selftests/unit/test_clocks.py."""

import bisect
import math
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Reading:
    """A clock showed ns when its host's TSC was within width / 2 of tsc."""
    tsc: int
    ns: int
    width: int


@dataclass(frozen=True)
class Point:
    """By how much the second clock was ahead of the first; at that many seconds since the origin asked for."""
    at_s: float
    error_ns: float
    resolution_ns: float
    """The true difference is at most this far from error_ns."""


@dataclass(frozen=True)
class Figures:
    mean_ns: float
    rms_ns: float
    p99_ns: float
    max_ns: float
    count: int


def parse(text: str) -> list[Reading]:
    found = re.findall(r"^tsc=(\d+) ns=(\d+) width=(\d+)$", text, re.M)
    return [Reading(*map(int, one)) for one in found]


def _between(before: Reading, after: Reading, tsc: int) -> float:
    """What the clock showed at a TSC between two readings, as ns since the first."""
    return (after.ns - before.ns) * (tsc - before.tsc) / (after.tsc - before.tsc)


def differences(first: list[Reading], second: list[Reading], ahead: int, uncertainty: int, khz: int,
                origin: int | None = None) -> list[Point]:
    """One point for each reading of the second host that lies between two of the first.

    ahead: the second host's TSC less the first's, in ticks, good to uncertainty. origin: second's TSC at 0 s."""
    ticks = [one.tsc for one in first]
    points = []
    for one in second:
        tsc = one.tsc - ahead
        index = bisect.bisect(ticks, tsc)
        if not 0 < index < len(first):
            continue
        before, after = first[index - 1], first[index]
        error = one.ns - before.ns - _between(before, after, tsc)
        doubt = (one.width + max(before.width, after.width)) / 2 + uncertainty
        points.append(Point((one.tsc - (origin or second[0].tsc)) / khz / 1000, error, doubt * 1e6 / khz))
    return points


def figures(points: list[Point]) -> Figures:
    errors = [one.error_ns for one in points]
    sizes = sorted(map(abs, errors))
    rms = math.sqrt(sum(one * one for one in errors) / len(errors))
    rank = math.ceil(0.99 * len(sizes)) - 1
    return Figures(sum(errors) / len(errors), rms, sizes[rank], sizes[-1], len(errors))


def lock_s(points: list[Point], limit_ns: float, hold_s: float) -> float | None:
    """Seconds from the origin until the error stays within the limit for so long; None if it never does."""
    start = None
    for one in points:
        if abs(one.error_ns) > limit_ns:
            start = None
        elif start is None:
            start = one.at_s
        if start is not None and one.at_s - start >= hold_s:
            return start
    return None
