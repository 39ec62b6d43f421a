# SPDX-License-Identifier: GPL-2.0
"""dvmm_time on the hosts of a bed: loaded, asked, watched; and what two guests measure of each other."""

import bisect
import json
import re
import time
from dataclasses import dataclass
from typing import Any, Callable

from .bed import Bed
from .clocks import Mark, Point, marks, moved, told_differences
from .errors import BedError
from .host import Host
from .shell import Call, Shell

DEVICE = "/dev/dvmm/kvm"
STOCK = "/dev/kvm"
SETTLED_NS = 2_000_000


def load(host: Host, parameters: str = "") -> None:
    host.run(f"insmod dvmm_time.ko iface=eth0 {parameters}")


def wait(host: Host, timeout: int = 60) -> None:
    host.run(f"tools/dvmmctl wait --timeout {timeout}", timeout=timeout + 30)


def status(host: Host) -> dict[str, Any]:
    return json.loads(host.run("tools/dvmmctl status --json"))


def settled(host: Host) -> bool:
    """In step, by a bound that was measured: after any trouble the first one is a wide one."""
    now = status(host)
    return now["state"] == "synchronised" and now["bound_ns"] is not None and now["bound_ns"] < SETTLED_NS


def settle(host: Host, timeout: float = 30) -> None:
    end = time.monotonic() + timeout
    while not settled(host):
        if time.monotonic() > end:
            raise AssertionError(f"{host.name} is not in step after {timeout} s: {status(host)}")
        time.sleep(0.1)


def until(seconds: float, what: str, holds: Callable[[], Any]) -> float:
    """Waits; returns how long it took."""
    start = time.monotonic()
    while time.monotonic() < start + seconds:
        if holds():
            return time.monotonic() - start
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s: {what}")


def phc(host: Host) -> str:
    return status(host)["phc"]


class Watch:
    """A host's status, taken all the time: its bounds at any cluster time since."""

    def __init__(self, host: Host, interval: float = 0.1):
        self._job = host.start(f"tools/dvmmctl monitor --json --interval {interval}")

    def series(self) -> list[dict[str, Any]]:
        complete = self._job.output[:self._job.output.rfind("\n") + 1]
        return [json.loads(line) for line in complete.splitlines()]

    def stop(self) -> list[dict[str, Any]]:
        self._job.kill()
        self._job.wait(30)
        return self.series()


def bound_at(series: list[dict[str, Any]], time_ns: int, key: str = "guest_bound_ns") -> int | None:
    """What the host published around a cluster time: the wider of the two statuses next to it.
    None where one of them gives none: that is no bound to be held to."""
    at = bisect.bisect([one["time_ns"] for one in series], time_ns)
    near = series[max(at - 1, 0):at + 1]
    bounds = [one[key] for one in near]
    return None if None in bounds else max(bounds)


@dataclass
class Told:
    """What the second host's clock was ahead of the first's by, at one of its statuses, and what it may be."""
    point: Point
    bound_ns: float | None
    """Both hosts' bounds; None if one gives none."""
    moved_ns: float
    """By how much the TSCs stepped against each other in the seconds before."""


class HostOracle:
    """The oracle between two hosts, and what each says of its clock meanwhile: good to tens of ns here."""

    SETTLE_S = 5
    INTERVAL_MS = 250

    def __init__(self, first: Host, second: Host, seconds: float):
        options = f"--samples {int(seconds * 1000 / self.INTERVAL_MS)} --interval {self.INTERVAL_MS} --spin 3 --aim 100"
        program = f"exec selftests/guest/build/oracle {{}} --window $DVMM_SHM {options}"
        self._khz = status(first)["tsc_khz"]
        self._watches = [Watch(host, 0.2) for host in (first, second)]
        self._follow, self._lead = second.start(program.format("follow")), first.start(program.format("lead"))

    def wait(self, timeout: float) -> list[Told]:
        for job in self._lead, self._follow:
            assert job.wait(timeout) == 0, job.output
        first, second = [watch.stop() for watch in self._watches]
        ruler = self._marks()
        points = told_differences(first, second, ruler, self._khz)
        return [self._judge(ruler, point, one, bound_at(first, one["time_ns"], "bound_ns"))
                for point, one in zip(points, second)]

    def _marks(self) -> list[Mark]:
        lines = [line for line in self._lead.output.splitlines() if line.startswith("sample ")]
        found = marks([{key: int(value) for key, value in re.findall(r"(\w+)=(-?\d+)\b", line)} for line in lines])
        sharp = sorted(mark.uncertainty for mark in found)[len(found) // 2]
        return [mark for mark in found if mark.uncertainty <= 2 * sharp]

    def _judge(self, ruler: list[Mark], point: Point, one: dict[str, Any], bound_ns: int | None) -> Told:
        known = one["bound_ns"] is not None and bound_ns is not None
        ticks = moved(ruler, one["time_cycles"] - ruler[0].ahead, self._khz * 1000 * self.SETTLE_S)
        return Told(point, one["bound_ns"] + bound_ns if known else None, ticks * 1e6 / self._khz)


@dataclass
class Sample:
    """One measurement of two guests' TSCs, in ns; when, in cluster time and in ticks."""
    time_ns: int
    tsc: int
    difference_ns: float
    resolution_ns: float


class Oracle:
    """Two guests on two hosts measure the difference of their TSCs through the shared window."""

    def __init__(self, lead: Shell, follow: Shell, options: str = ""):
        self._follow = follow.start(f"oracle follow --cpu 0 {options}")
        self._lead = lead.start(f"oracle lead --cpu 0 {options}")

    def raw(self) -> list[dict[str, int]]:
        return self._lead.pairs("sample")

    def wait(self, timeout: float) -> tuple[dict[str, int], dict[str, int]]:
        """Waits for both to end; returns their summaries, the leader's first."""
        return tuple(self._end(call, timeout) for call in (self._lead, self._follow))

    @staticmethod
    def _end(call: Call, timeout: float) -> dict[str, int]:
        result = call.wait(timeout)
        assert result == 0, f"oracle ended with status {result}:\n{call.output}"
        return call.pairs("summary")[0]

    def samples(self, khz: int, epoch_ns: int = 0) -> list[Sample]:
        def ns(ticks: int) -> float:
            return ticks * 1e6 / khz
        return [Sample(epoch_ns + one["tsc"] * 1000000 // khz, one["tsc"], ns(one["difference"]),
                       ns(one["resolution"])) for one in self.raw()]


def guest(host: Host, device: str, **options: Any) -> Callable[[], Shell]:
    """Starts a guest; what is returned waits until it is up. A guest that ends as it boots is started once more,
    and that is said: TCG's emulation of code that patches itself fails now and then, on stock KVM, too."""
    first = Shell(host, device=device, **options)

    def ready() -> Shell:
        try:
            return first.wait_ready()
        except BedError as error:
            if first.job.running:
                raise
            print(f"# a guest on {host.name} ended as it booted, and is started again: {str(error)[-200:]!r}", flush=True)
        return Shell(host, device=device, **options).wait_ready()
    return ready


def guests(bed: Bed, device: str, **options: Any) -> list[Shell]:
    """One guest on each host, started together."""
    return [ready() for ready in [guest(host, device, **options) for host in bed]]
