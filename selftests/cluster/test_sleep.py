#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Hosts that suspend to idle and come back."""

import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from harness import Suite, note  # noqa: E402

from bed import Bed  # noqa: E402
from bed.awake import AwakeShell  # noqa: E402
from bed.cluster import SETTLED_NS, load, settle, until  # noqa: E402
from bed.host import Host  # noqa: E402

suite = Suite()
test = suite.test


class World:
    def __init__(self, bed: Bed):
        self.bed = bed
        self.shells: list[AwakeShell] = []

    def settled(self, number: int, role: str) -> bool:
        now = self.shells[number].status()
        return now["role"] == role and now["state"] == "synchronised" and (now["bound_ns"] or 0) < SETTLED_NS


def told(shell: AwakeShell, since_ns: int) -> list[dict[str, Any]]:
    """What its host said from then on, where it changed."""
    lines = shell.monitor.output[:shell.monitor.output.rfind("\n")].splitlines()
    every = [one for one in map(json.loads, lines) if one["time_ns"] >= since_ns]
    return [one for before, one in zip([{}] + every, every)
            if [before.get(key) for key in ("role", "state")] != [one["role"], one["state"]]]


def sleep(host: Host, shell: AwakeShell, seconds: float) -> None:
    before = shell.status()
    shell.begin("echo freeze > /sys/power/state")
    time.sleep(seconds)
    host.press_power()
    shell.end(60)
    after = shell.status()
    gone = (after["time_ns"] - before["time_ns"]) / 1e9
    log = shell.run("dmesg | grep -E 'PM: suspend (entry|exit)|dvmm_time'")
    note(f"{host.name}: {gone:.1f} s of cluster time meanwhile\n{log}")
    assert gone >= seconds, f"time stood still: {gone} s"
    assert "PM: suspend exit" in log, log


def describe(name: str, states: list[dict[str, Any]]) -> None:
    for one in states:
        note(f"{name}: {one['role']}, {one['state']}, bound {one['bound_ns']}: {one['reason']}")


@test("two hosts are in step, and their shells need no file of L0's")
def join(world: World) -> None:
    for host in world.bed:
        load(host)
        settle(host)
        world.shells.append(AwakeShell(host))
    assert world.settled(0, "grandmaster") and world.settled(1, "slave")


@test("the slave sleeps for 3 s: it promises nothing when it wakes, and is in step again by itself")
def slave_sleeps(world: World) -> None:
    slave = world.shells[1]
    begun = slave.status()["time_ns"]
    sleep(world.bed[1], slave, 3)
    took = until(30, "the slave is in step again", lambda: world.settled(1, "slave"))
    time.sleep(1)
    leader_told, slave_told = [told(shell, begun) for shell in world.shells]
    note(f"in step {took:.1f} s after it woke")
    describe("leader", leader_told)
    describe("slave", slave_told)
    assert [(one["role"], one["state"]) for one in leader_told] == [("grandmaster", "synchronised")]
    assert any(one["state"] == "unsynchronised" and one["bound_ns"] is None for one in slave_told), slave_told


@test("the leader sleeps for 3 s: the other succeeds it; awake, it follows, and does not lead")
def leader_sleeps(world: World) -> None:
    begun = world.shells[1].status()["time_ns"]
    sleep(world.bed[0], world.shells[0], 3)
    until(30, "the successor leads", lambda: world.settled(1, "grandmaster"))
    until(30, "the one that slept follows", lambda: world.settled(0, "slave"))
    time.sleep(1)
    first_told, second_told = [told(shell, begun) for shell in world.shells]
    describe("slept", first_told)
    describe("successor", second_told)
    # it may still doubt its counters, having slept itself: then it holds over before it leads
    assert (second_told[-1]["role"], second_told[-1]["state"]) == ("grandmaster", "synchronised"), second_told
    assert all(one["state"] != "unsynchronised" for one in second_told), second_told
    woken = first_told[1:]
    assert all(one["role"] != "grandmaster" for one in woken), woken
    assert len({shell.status()["cluster_id"] for shell in world.shells}) == 1


def main() -> int:
    with Bed(hosts=2, cpus=2, memory=1024) as bed:
        suite.run(world=World(bed))
        bed.failed = suite.failed > 0
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
