#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The HPET of guests: of a bare machine, which has nothing but what KVM and the module give it, and of Linux under
QEMU. One host; slub_debug=FZPU panic_on_warn=1, so memory misuse or a warning ends it."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from harness import Suite, note  # noqa: E402

from bed import Bed  # noqa: E402
from bed.cluster import DEVICE, load, status, wait  # noqa: E402
from bed.host import Host  # noqa: E402
from test_devices import agreement, start, stop  # noqa: E402

suite = Suite()
test = suite.test

REGISTERS, ONE_SHOTS, PERIODICS, LEVEL, LEGACY, STORM, GARBAGE = range(7)
"""Tests of selftests/host/hpet_guest.c."""

WAYS = "edge", "edge32", "fsb", "fsb32", "level"
TICK_NS = 10
TIMERS = 32


def bare(host: Host, number: int, argument: int = 0, seconds: int = 60) -> dict[str, int]:
    """What the bare machine says; it is ended after so many seconds."""
    khz = status(host)["tsc_khz"]
    build = "selftests/host/build"
    line = host.run(f"{build}/bare {DEVICE} {build}/hpet.bin {number} {khz} {argument} {seconds}", timeout=seconds + 30)
    note(line)
    return {name: int(value) for name, value in re.findall(r"(\w+)=(-?\d+)", line)}


def unload(host: Host) -> None:
    """Where a test has failed, too."""
    host.run("! grep -q ^dvmm_time /proc/modules || rmmod dvmm_time")


def bare_load(host: Host, timers: int) -> None:
    """A policy by which no tick is left out, and none stays missing."""
    unload(host)
    load(host, f"hpet_timers={timers} hpet_policy=catchup")
    wait(host)


@test("hpet_timers is 0 or 3 to 32")
def parameter(host: Host) -> None:
    for wrong in 1, 2, 33, -1, "three":
        host.run(f"! insmod dvmm_time.ko iface=eth0 hpet_timers={wrong}")
    bare_load(host, 3)


@test("one-shot, log-uniform from 1 us to 100 ms, edge, 32 bits, FSB, level: none early, none lost")
def one_shots(host: Host) -> None:
    said = bare(host, ONE_SHOTS, argument=6)
    assert said["ended"] == 1 and said["armed"] > 25, said
    assert said["early"] == said["early_tsc"] == said["lost"] == 0, said


@test("periodic at 100 Hz, the same ways: each tick counted, none early")
def periodics(host: Host) -> None:
    said = bare(host, PERIODICS, argument=1000)
    assert said["ended"] == 1 and said["early"] == 0 and said["ticks"] >= 100, said
    assert all(said[way] == 0 for way in WAYS), said


@test("level-triggered: held until its status is cleared")
def level(host: Host) -> None:
    said = bare(host, LEVEL)
    assert said["ended"] == 1 and (said["before"], said["ticks"], said["cleared"]) == (0, 5, 0), said
    assert (said["held"], said["unmasked"]) == (2, 6), said


@test("legacy replacement: timers 0 and 1 are IRQ 0 and 8, the PIT is silent, and comes back")
def legacy(host: Host) -> None:
    said = bare(host, LEGACY)
    assert said["ended"] == 1, said
    # one tick of the PIT may have been due, and not delivered, when it was replaced
    assert said["pit_before"] > 5 and said["pit_after"] > 5 and said["pit_replaced"] <= 1, said
    assert said["timer0"] == said["timer1"] == 0, said


def read_cost(host: Host, parameters: str, name: str, seconds: int) -> tuple[int, int]:
    """By how many ns Linux's clocksource hpet contradicts the TSC, and ticks to read its counter."""
    unload(host)
    shell = start(host, parameters)
    apart_ns = agreement(host, shell, "hpet", TICK_NS, seconds)["apart_ns"]
    call = shell.start("hpetcost 4000")
    assert call.wait(60) == 0, call.output
    cost = call.pairs("hpet")[0]
    note(f"{name}: {cost}")
    found = shell.run("dmesg | grep 'hpet0: .* comparators'", timeout=30)
    stop(host, shell)
    assert "3 comparators, 64-bit 100.000000 MHz counter" in found, found
    return apart_ns, cost["best"]


@test("Linux's clocksource hpet and the TSC agree to the tick under steering, and QEMU's do not; it is read faster")
def linux(host: Host) -> None:
    theirs_apart, theirs = read_cost(host, "hpet_timers=0", "QEMU's", 3)
    ours_apart, ours = read_cost(host, "", "ours", 6)
    note(f"reading costs {ours / theirs:.2f} of what QEMU's does")
    assert ours_apart <= TICK_NS and theirs_apart > 100 * TICK_NS, (ours_apart, theirs_apart)
    assert ours < theirs, (ours, theirs)


@test("registers: QEMU's id and period, 32 timers, and halves of the counter that belong together")
def registers(host: Host) -> None:
    bare_load(host, TIMERS)
    said = bare(host, REGISTERS)
    assert said["ended"] == 1, said
    assert said["id"] == 0x8086a001 | (TIMERS - 1) << 8 and said["period"] == 10_000_000, said
    assert said["timers"] == said["alike"] == TIMERS, said
    assert (said["lower"], said["upper"], said["upper_now"]) == (1, 6, 7), said


@test("32 timers every 10 ns: it takes half a CPU at most, and the host is well")
def storm(host: Host) -> None:
    thread = host.start("while sleep 0.2; do cat /proc/$(pgrep -o dvmm-timer)/stat; done 2>/dev/null")
    said = bare(host, STORM, argument=6, seconds=6)
    thread.kill()
    worked = [int(line.split()[14]) / 100 for line in thread.output.splitlines() if line.count(" ") > 40]
    note(f"the timers' thread worked {max(worked):.1f} s of 6")
    assert said["ticks"] > 100 and max(worked) < 0.6 * 6, said


@test("garbage in every register: the host is well")
def garbage(host: Host) -> None:
    said = bare(host, GARBAGE, argument=4, seconds=20)
    assert said["ended"] == 1 and said["writes"] > 100, said


def main() -> int:
    with Bed(hosts=1, cpus=2, memory=1536, slub_debug=True) as bed:
        suite.run(host=bed[0])
        bed.failed = suite.failed > 0
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
