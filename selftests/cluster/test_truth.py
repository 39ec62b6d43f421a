#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The published bounds against what two guests measure of each other through shared memory, while something is wrong.
usage: test_truth.py [all]: without "all", the two cases that tell most."""

import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from harness import TREE, Suite, note  # noqa: E402

from bed import Bed  # noqa: E402
from bed.cluster import DEVICE, Oracle, Sample, Watch, guest, settle, status, until  # noqa: E402
from bed.host import Host  # noqa: E402
from bed.shell import Shell  # noqa: E402

FAULTY = "selftests/host/build/faulty/dvmm_time.ko"
PARAMETERS = "/sys/module/dvmm_time/parameters"
INTERVAL_MS = 80

FAR_NS = 1_000_000
UNNOTICED_S = 1.0
"""For so long after a counter went wrong nothing is promised: sources.rst."""


class Truth:
    """The oracle, and what the hosts published meanwhile."""

    def __init__(self, pair: tuple[Host, Host], shells: dict[str, Shell], seconds: float):
        """The first of the pair tells the time: its host must be the one that nothing happens to."""
        self._hosts = pair
        self._watches = [Watch(host, 0.05) for host in pair]
        time.sleep(1)
        samples = int(seconds * 1000 / (INTERVAL_MS + 20))
        self._oracle = Oracle(*(shells[host.name] for host in pair),
                              f"--samples {samples} --interval {INTERVAL_MS} --aim 20000")
        self.begun_ns = status(pair[0])["time_ns"]

    def now(self) -> float:
        """In seconds of cluster time since the beginning."""
        return (status(self._hosts[0])["time_ns"] - self.begun_ns) / 1e9

    def end(self) -> "Findings":
        self._oracle.wait(120)
        time.sleep(0.5)
        info = status(self._hosts[0])
        series = [watch.stop() for watch in self._watches]
        found = Findings()
        for sample in self._oracle.samples(info["tsc_khz"], info["epoch_ns"]):
            found.add(sample, (sample.time_ns - self.begun_ns) / 1e9, [near(one, sample.time_ns) for one in series])
        return found


def near(series: list[dict[str, Any]], time_ns: int) -> list[dict[str, Any]]:
    """The statuses next to a cluster time. One whose clock is being put right may be told in any order."""
    before = [one for one in series if one["time_ns"] <= time_ns][-1:]
    after = [one for one in series if one["time_ns"] > time_ns][:1]
    return before + after


@dataclass
class Findings:
    """All in seconds since the beginning, and ns."""
    all: list[tuple[float, float]] = field(default_factory=list)
    silent: list[float] = field(default_factory=list)
    used: list[tuple[float, float]] = field(default_factory=list)

    def add(self, sample: Sample, at: float, statuses: list[list[dict[str, Any]]]) -> None:
        self.all.append((at, sample.difference_ns))
        told = [one for each in statuses for one in each]
        if any(one["state"] == "unsynchronised" or one["guest_bound_ns"] is None for one in told):
            self.silent.append(at)
            return
        bound = sum(max(one["guest_bound_ns"] for one in each) for each in statuses)
        excess = max(abs(sample.difference_ns) - sample.resolution_ns, 0)
        self.used.append((at, excess / max(bound, 1)))

    def check(self, least: int, unnoticed: tuple[float, float] | None = None) -> None:
        """Every sample is within the bounds, or a host gave none; but while a fault could not be known."""
        start, end = unnoticed or (0, 0)
        wrong = [one for one in self.used if one[1] > 1]
        kept = [one[1] for one in self.used if not start <= one[0] < end]
        apart = sorted(abs(one[1]) for one in self.all)
        note(f"{len(self.all)} samples: median {apart[len(apart) // 2] / 1e3:.1f} us, maximum {apart[-1] / 1e3:.1f} us;"
             f" {len(self.silent)} while a host gave no bound; of the others at most {max(kept):.0%} of the bounds")
        if unnoticed:
            seen = [abs(ns) for at, ns in self.all if start <= at < end]
            late = [one[0] - start for one in wrong if start <= one[0] < end]
            far = [at - start for at, ns in self.all if at >= start and abs(ns) > FAR_NS]
            note(f"before it was noticed: {len(seen)} samples, at most {max(seen, default=0) / 1e3:.1f} us apart,"
                 f" {len(late)} beyond the bounds, the last {max(late, default=0):.2f} s after the fault;"
                 f" more than {FAR_NS / 1e6:.0f} ms apart for {max(far, default=0):.1f} s")
        outside = [one for one in wrong if not start <= one[0] < end]
        assert not outside, f"beyond the bounds, (s, share of the bound): {outside}; a fault from {start} to {end}"
        assert len(kept) >= least, f"only {len(kept)} samples say anything"


class World:
    """Hosts with a guest each."""

    def __init__(self, bed: Bed):
        self.bed = bed
        self.shells: dict[str, Shell] = {}

    def join(self, module: str, guests_on: list[Host]) -> None:
        for host in self.bed:
            host.run(f"insmod {module} iface=eth0")
            settle(host)
        ready = {host.name: guest(host, DEVICE, cpus=1) for host in guests_on}
        self.shells = {name: wait() for name, wait in ready.items()}

    def roles(self) -> tuple[Host, Host]:
        """The grandmaster and the other, of two hosts."""
        until(20, "a grandmaster and its slave", lambda: sorted(status(host)["role"] for host in self.bed)
              == ["grandmaster", "slave"])
        leader = [status(host)["role"] for host in self.bed].index("grandmaster")
        return self.bed[leader], self.bed[1 - leader]

    def watch(self, pair: tuple[Host, Host], seconds: float) -> Truth:
        return Truth(pair, self.shells, seconds)


quick, thorough, trio = Suite(), Suite(), Suite()


@quick.test("the two hosts are in step, with a guest on each")
def join(world: World) -> None:
    world.join(FAULTY, list(world.bed))


@quick.test("one direction of the wire takes 3 ms longer, then the other, then neither: within the bounds")
def delayed(world: World) -> None:
    truth = world.watch(world.roles(), 12)
    for there, back in ((3000, 0), (0, 3000), (0, 0)):
        time.sleep(3)
        world.bed.delay((there, 0), (back, 0))
    truth.end().check(60)


def inject(host: Host, fault: str, value: int) -> None:
    host.run(f"echo {value} > {PARAMETERS}/fault_{fault}")


@quick.test("the leader's TSC jumps by 20 ms: its guest sees that for less than a second; then bounds hold")
def leader_jumps(world: World) -> None:
    leader, other = world.roles()
    settle(other)
    truth = world.watch((other, leader), 11)
    time.sleep(2)
    fault = truth.now()
    inject(leader, "jump", 20_000_000)
    found = truth.end()
    found.check(30, (fault, fault + UNNOTICED_S))
    note(f"{leader.name} is {status(leader)['role']}, {other.name} {status(other)['role']}")


@thorough.test("the slave's TSC goes 300 ppm faster: the same")
def slave_strays(world: World) -> None:
    until(60, "both hosts' counters are sound", lambda: all(settle(host) is None for host in world.bed))
    leader, slave = world.roles()
    truth = world.watch((leader, slave), 14)
    time.sleep(3)
    fault = truth.now()
    inject(slave, "ppb", 300_000)
    truth.end().check(30, (fault, fault + UNNOTICED_S))


@thorough.test("the slave's link is down for 5 s: holdover, and within the bounds")
def unplugged(world: World) -> None:
    leader, slave = world.roles()
    settle(slave)
    truth = world.watch((leader, slave), 14)
    time.sleep(2)
    slave.run("ip link set eth0 down")
    time.sleep(5)
    slave.run("ip link set eth0 up")
    truth.end().check(60)
    settle(slave)


@thorough.test("the slave is stopped for a second: it sees that it was, says so, and its bound holds")
def stopped(world: World) -> None:
    leader, slave = world.roles()
    settle(slave)
    truth = world.watch((leader, slave), 14)
    time.sleep(3)
    fault = truth.now()
    slave.stop()
    time.sleep(1)
    slave.cont()
    truth.end().check(30, (fault, fault + 1 + UNNOTICED_S))


@thorough.test("the leader is stopped for a second: it finds that another leads, yields, and its bound holds")
def leader_stopped(world: World) -> None:
    leader, slave = world.roles()
    truth = world.watch((slave, leader), 14)
    time.sleep(3)
    fault = truth.now()
    leader.stop()
    time.sleep(1)
    leader.cont()
    truth.end().check(30, (fault, fault + 1 + UNNOTICED_S))
    assert world.roles() == (slave, leader), "who was stopped leads again"


@trio.test("three hosts are in step, with a guest on two that follow")
def join_three(world: World) -> None:
    world.join("dvmm_time.ko", list(world.bed)[1:])


@trio.test("the leader is killed: the other two agree on, within their bounds")
def killed(world: World) -> None:
    leader, *others = world.bed
    assert status(leader)["role"] == "grandmaster"
    truth = world.watch(tuple(others), 14)
    time.sleep(4)
    leader.kill()
    truth.end().check(80)
    assert sorted(status(host)["role"] for host in others) == ["grandmaster", "slave"]


def play(suites: list[Suite], **bed_options: Any) -> None:
    with Bed(cpus=2, memory=1024, **bed_options) as bed:
        world = World(bed)
        for suite in suites:
            suite.run(world=world)
        bed.failed = any(suite.failed for suite in suites)


def close(suites: list[Suite]) -> int:
    total = Suite()
    for suite in suites:
        total.passed += suite.passed
        total.failed += suite.failed
    return total.close()


def main() -> int:
    subprocess.run(["make", "-s", "-C", TREE / "selftests/host", "faulty"], check=True)
    if sys.argv[1:] != ["all"]:
        play([quick], hosts=2, delays=True)
        return close([quick])
    play([quick, thorough], hosts=2, delays=True)
    play([trio], hosts=3)
    return close([quick, thorough, trio])


if __name__ == "__main__":
    sys.exit(main())
