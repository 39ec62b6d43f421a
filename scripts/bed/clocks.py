# SPDX-License-Identifier: GPL-2.0
"""How far the clocks of two hosts were apart, from the difference of their TSCs (the oracle) and either a trace of each
(selftests/host/clocktrace) or what each says of itself (dvmmctl --json). Arithmetic only: selftests/unit/test_clocks.py."""

import bisect
import math
import re
from dataclasses import dataclass
from typing import Any

MULT_SHIFT = 60
"""Fraction bits of a status's time_mult."""


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


@dataclass(frozen=True)
class Mark:
    """The oracle's word: when the first host's TSC was tsc, the second's was ahead of it, to within uncertainty; ticks."""
    tsc: int
    ahead: int
    uncertainty: int


def marks(pairs: list[dict[str, int]]) -> list[Mark]:
    """Of the samples that an oracle printed which led on the first host."""
    return [Mark(one["tsc"], one["difference"], one["resolution"]) for one in pairs]


def moved(ruler: list[Mark], tsc: int, ticks: int) -> int:
    """By how much the two TSCs went apart, or together again, within so many ticks before the first host's was tsc:
    emulated ones do, by steps. Not counting what the oracle does not resolve; in all, where it was not asked then."""
    near = [mark for mark in ruler if -ticks <= mark.tsc - tsc <= ticks // 8] or ruler
    low, high = min(near, key=lambda mark: mark.ahead), max(near, key=lambda mark: mark.ahead)
    return max(high.ahead - low.ahead - high.uncertainty - low.uncertainty, 0)


def _told_ns(status: dict[str, Any], tsc: int) -> int:
    """Cluster time at a TSC, as a host says that its clock goes on."""
    return status["time_ns"] + ((tsc - status["time_cycles"]) * status["time_mult"] >> MULT_SHIFT)


def told_differences(first: list[dict[str, Any]], second: list[dict[str, Any]], ruler: list[Mark],
                     khz: int) -> list[Point]:
    """One point for each status of the second host: what both clocks showed at that instant, to the nanosecond and the
    oracle's resolution, with no system call in it. The first host's line is prolonged from its nearest status: exact for
    a grandmaster whom nobody steers; else wrong by its change of rate in that time."""
    points = []
    for one in second:
        mark = min(ruler, key=lambda mark: abs(mark.tsc + mark.ahead - one["time_cycles"]))
        tsc = one["time_cycles"] - mark.ahead
        near = min(first, key=lambda status: abs(status["time_cycles"] - tsc))
        points.append(Point((one["time_cycles"] - second[0]["time_cycles"]) / khz / 1000,
                            one["time_ns"] - _told_ns(near, tsc), mark.uncertainty * 1e6 / khz))
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
