#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Guests that mean no good, and the host that has them. One host; slub_debug=FZPU panic_on_warn=1, so memory misuse
or a warning ends it."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from harness import Suite, note  # noqa: E402

from bed import Bed  # noqa: E402
from bed.cluster import DEVICE, load, status, wait  # noqa: E402
from bed.host import Host  # noqa: E402

suite = Suite()
test = suite.test

FIRES, UNMASKS = range(2)
"""Tests of selftests/host/hostile_guest.c."""

BUILD = "selftests/host/build"


def command(host: Host, number: int, argument: int, seconds: int) -> str:
    return f"{BUILD}/bare {DEVICE} {BUILD}/hostile.bin {number} {status(host)['tsc_khz']} {argument} {seconds}"


def fresh(host: Host) -> None:
    host.run("! grep -q ^dvmm_time /proc/modules || rmmod dvmm_time")
    load(host, "hpet_timers=32")
    wait(host)


@test("an input masked and unmasked without end: the timers' thread takes half a CPU at most")
def unmasks(host: Host) -> None:
    fresh(host)
    thread = host.start("while sleep 0.2; do cat /proc/$(pgrep -o dvmm-timer)/stat; done 2>/dev/null")
    line = host.run(command(host, UNMASKS, 6, 10), timeout=40)
    thread.kill()
    note(line)
    said = {name: int(value) for name, value in re.findall(r"(\w+)=(-?\d+)", line)}
    worked = [int(row.split()[14]) / 100 for row in thread.output.splitlines() if row.count(" ") > 40]
    note(f"the timers' thread worked {max(worked):.1f} s of 6")
    assert said["ended"] == 1 and said["unmasked"] > 100 and said["ticks"] > 0, said
    assert max(worked) < 0.6 * 6, worked


@test("killed while 32 timers fire at 10 kHz, 20 times; the module is unloaded right after")
def killed(host: Host) -> None:
    fresh(host)
    one = command(host, FIRES, 0, 30)
    host.run(f"for i in $(seq 20); do {one} & sleep 0.$((i % 5 + 2)); kill -9 $!; wait $! || :; done", timeout=120)
    host.run("rmmod dvmm_time", timeout=30)
    left = host.run("pgrep -c dvmm-timer || :").strip()
    assert left == "0", left


def main() -> int:
    with Bed(hosts=1, cpus=2, memory=1536, slub_debug=True) as bed:
        suite.run(host=bed[0])
        bed.failed = suite.failed > 0
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
