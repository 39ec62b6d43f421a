#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""All clocks of a bare machine tell one time, and all its timers keep it: pairs of clocks beside each other, ticks counted
for 20 s, deadlines by the thousand. One host; slub_debug=FZPU panic_on_warn=1."""

import itertools
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from harness import Suite, note  # noqa: E402

from bed import Bed  # noqa: E402
from bed.cluster import DEVICE, load, status, wait  # noqa: E402
from bed.host import Host  # noqa: E402
from test_devices import Steering  # noqa: E402

suite = Suite()
test = suite.test

CLOCKS = "pit", "hpet", "pm", "lapic", "rtc", "kvmclock", "tsc"
PAIRS = [f"{one}_{other}" for one, other in itertools.combinations(CLOCKS, 2)]
TOLD_NS = 300_000
"""What the bounds of a pair may leave open: less than the 1 ms by which 100 ppm part two clocks in 10 s."""


def command(program: str, khz: int, number: int, argument: int, seconds: int) -> str:
    build = "selftests/host/build"
    return f"{build}/bare {DEVICE} {build}/{program}.bin {number} {khz} {argument} {seconds}"


def words(line: str) -> dict[str, int]:
    note(line)
    said = {name: int(value) for name, value in re.findall(r"(\w+)=(-?\d+)", line)}
    assert said["ended"] == 1, said
    return said


def agree(host: Host, khz: int, seconds: int) -> dict[str, int]:
    with Steering(host, seconds):
        return words(host.run(command("agree", khz, 0, seconds * 1000, seconds + 40), timeout=seconds + 60))


@test("PIT, HPET, PM timer, LAPIC, RTC, kvmclock, TSC: no two contradict each other in 20 s at +/-100 ppm")
def pairs(host: Host) -> None:
    said = agree(host, status(host)["tsc_khz"], 20)
    assert said["rounds"] > 2000, said
    assert all(0 <= said[pair] < TOLD_NS for pair in PAIRS), said


@test("the same program finds each of them out against a TSC that is taken to be 100 ppm faster")
def wrong_pairs(host: Host) -> None:
    said = agree(host, status(host)["tsc_khz"] * 10001 // 10000, 10)
    assert all(said[f"{clock}_tsc"] < 0 for clock in CLOCKS[:-1]), said


def main() -> int:
    with Bed(hosts=1, cpus=2, memory=1536, slub_debug=True) as bed:
        load(bed[0])
        wait(bed[0])
        suite.run(host=bed[0])
        bed.failed = suite.failed > 0
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
