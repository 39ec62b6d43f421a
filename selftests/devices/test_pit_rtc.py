#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""PIT and RTC: of a VM of a few instructions, to the tick and while the cluster's rate is steered; and as Linux uses them.
One host; slub_debug=FZPU panic_on_warn=1, so memory misuse or a warning ends it."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from harness import Suite, note  # noqa: E402

from bed import Bed  # noqa: E402
from bed.cluster import DEVICE, guest, load, status, wait  # noqa: E402
from bed.host import Host  # noqa: E402
from bed.shell import Call, Shell  # noqa: E402
from test_devices import Steering  # noqa: E402

suite = Suite()
test = suite.test

ONLY_PIT = "nolapic noapic hpet=disable clocksource=tsc tsc=reliable nohz=off highres=off"
"""A Linux that has no clock event device but the PIT, and takes each of its ticks by the PIC."""

PIT_HZ, LATCH = 1193182, 4773
"""What Linux's HZ of 250 makes of the PIT's clock."""


class World:
    """A host, and a guest of it that the tests go through one after the other."""

    def __init__(self, host: Host):
        self.host = host
        self.guest: Shell | None = None
        self.rtctest: Call | None = None

    def linux(self) -> Shell:
        self.guest = guest(self.host, DEVICE, cpus=1, append=ONLY_PIT)()
        return self.guest


def run(host: Host, program: str, *arguments: int) -> str:
    command = f"selftests/host/build/{program} {DEVICE} {' '.join(map(str, arguments))} 2>&1"
    output = host.run(command, timeout=100, check=False)
    note(output)
    return output


def bare(host: Host, program: str, *arguments: int) -> None:
    with Steering(host, 6):
        output = run(host, program, *arguments)
    results = re.findall(r"^(ok|not ok) ", output, re.M)
    assert len(results) >= 10 and set(results) == {"ok"}, output


def missed(world: World, shell: Shell) -> float:
    """Ticks of 6 s that have not come."""
    call = shell.start(f"ticks 0 {status(world.host)['tsc_khz']} 6")
    assert call.wait(90) == 0, call.output
    found = call.pairs("ticks")[0]
    due = found["ns"] * PIT_HZ / LATCH / 1e9
    note(f"{found['count']} ticks, {due:.2f} were due")
    return due - found["count"]


@test("Linux on the PIT and the PIC alone gets every tick, in the time that the TSC says")
def linux_on_pit(world: World) -> None:
    shell = world.linux()
    device = shell.run("cat /sys/devices/system/clockevents/clockevent0/current_device").strip()
    assert device == "pit", device
    # either end may be late, and catch up; a machine that has too much else to do gets another try
    assert any(abs(missed(world, shell)) < 25 for _ in range(4))
    world.rtctest = shell.start("timeout 56 rtctest")


@test("the RTC of a bare VM tells the second that the TSC says, and interrupts as it should")
def bare_rtc(world: World) -> None:
    now = status(world.host)
    bare(world.host, "rtc", now["tsc_khz"], 6, now["epoch_ns"])


@test("the PIT of a bare VM is what the TSC says, interrupts exactly as often as it should and never early")
def bare_pit(world: World) -> None:
    bare(world.host, "pit", status(world.host)["tsc_khz"], 6)


@test("the same program finds out a PIT that is 100 ppm off its TSC")
def wrong_pit(world: World) -> None:
    output = run(world.host, "pit", status(world.host)["tsc_khz"] * 10001 // 10000, 1)
    assert "not ok its count is what the TSC says" in output


@test("Linux's rtctest meanwhile, but for what takes minutes: read, update interrupts, alarms")
def linux_rtc(world: World) -> None:
    world.rtctest.wait(120)
    output = world.rtctest.output
    passed = re.findall(r"^ok \d+ rtc\.(\w+)", output, re.M)
    note(f"rtctest: {', '.join(passed)}")
    world.guest.kill()
    assert "not ok" not in output, output
    assert {"date_read", "date_read_loop", "uie_read", "uie_select", "alarm_alm_set"} <= set(passed), output


def main() -> int:
    with Bed(hosts=1, cpus=2, memory=1536, slub_debug=True) as bed:
        load(bed[0])
        wait(bed[0])
        suite.run(world=World(bed[0]))
        bed[0].run("rmmod dvmm_time")
        bed.failed = suite.failed > 0
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
