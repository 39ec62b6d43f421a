#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The queue of a VM's timers, by a Linux guest that has no other timer than HPET or PIT: ticks add up, the guest gets
what was delivered, policies change while it runs, and nothing is left of a guest that is killed. One host;
slub_debug=FZPU panic_on_warn=1, so memory misuse or a warning ends it."""

import contextlib
import json
import re
import sys
import time
from pathlib import Path
from typing import Iterator

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from harness import Suite, note  # noqa: E402

from bed import Bed  # noqa: E402
from bed.cluster import DEVICE, guest, load, status, wait  # noqa: E402
from bed.host import Host  # noqa: E402
from bed.shell import Shell  # noqa: E402

suite = Suite()
test = suite.test

BUSY = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done"
"""Some seconds of work, during which the guest's clock event device ticks."""


def timers(host: Host) -> list[dict]:
    return json.loads(host.run("tools/dvmmctl timers --json"))


@contextlib.contextmanager
def ticking(host: Host, append: str) -> Iterator[Shell]:
    """A guest that counts its time by IRQ 0 alone, which Linux does only if it has no local APIC's timer of any kind."""
    shell = guest(host, DEVICE, cpus=1, append=f"nolapic_timer lapic=notscdeadline {append}")()
    try:
        yield shell
    finally:
        shell.kill()


def irq0(shell: Shell) -> int:
    return int(re.search(r"^ *0: *(\d+)", shell.run("cat /proc/interrupts"), re.M)[1])


def first_timer(host: Host, device: str) -> dict:
    return next(one for one in timers(host) if one["device"] == device and one["index"] == 0)


def check_counts(host: Host) -> None:
    for one in timers(host):
        assert one["programmed"] == one["delivered"] + one["merged"] + one["discarded"] + one["pending"], one
        assert sum(one["late"]) == one["delivered"], one


def counted(host: Host, device: str, append: str) -> None:
    """During a busy time the guest sees all that is delivered between its two looks at its count, and no more than is
    delivered around them; but for one on its way at either end."""
    def delivered() -> int:
        return first_timer(host, device)["delivered"]

    with ticking(host, append) as shell:
        outer, seen, inner = delivered(), irq0(shell), delivered()
        shell.run(BUSY, timeout=100)
        inner, seen, outer = delivered() - inner, irq0(shell) - seen, delivered() - outer
        check_counts(host)
        note(f"{device}: {inner} to {outer} ticks delivered, {seen} interrupts seen; {first_timer(host, device)}")
    assert inner > 50 and inner - 1 <= seen <= outer + 1, (inner, seen, outer)


@test("a guest on the HPET gets every tick delivered to it, and all ticks add up")
def hpet(host: Host) -> None:
    counted(host, "hpet", "")


@test("a guest on the PIT gets every tick delivered to it, and all ticks add up")
def pit(host: Host) -> None:
    counted(host, "pit", "hpet=disable")


@test("policies: parameters for guests to come, dvmmctl policy for one that runs; wrong ones are refused in one line")
def policies(host: Host) -> None:
    assert host.status("echo some > /sys/module/dvmm_time/parameters/pit_policy 2>/dev/null") != 0
    host.run("echo discard > /sys/module/dvmm_time/parameters/pit_policy")
    with ticking(host, "hpet=disable") as shell:
        pit = first_timer(host, "pit")
        assert pit["policy"] == "discard" and first_timer(host, "hpet")["policy"] == "merge", timers(host)
        for policy in "delay", "merge", "catchup":
            host.run(f"tools/dvmmctl policy --pid {pit['pid']} --device pit --policy {policy}")
            assert first_timer(host, "pit")["policy"] == policy
            shell.run("true")
            check_counts(host)
        refused = host.run("tools/dvmmctl policy --pid 1 --device pit --policy merge 2>&1; echo status $?")
        assert refused.count("\n") == 2 and "no VM" in refused and "status 1" in refused, refused
    host.run("echo catchup > /sys/module/dvmm_time/parameters/pit_policy")


@test("guests killed while their timers tick: no tick comes late, nothing is left, the module goes")
def killed(host: Host) -> None:
    for append in "", "hpet=disable":
        with ticking(host, append) as shell:
            call = shell.start(BUSY)
            time.sleep(1)
            assert "EXIT" not in call.output, "the guest is not busy when it is killed"
    for _ in range(50):
        if not status(host)["vms"]:
            break
        time.sleep(0.1)
    assert not timers(host), timers(host)
    host.run("! ps -eo comm | grep dvmm-timer; rmmod dvmm_time")


def main() -> int:
    with Bed(hosts=1, cpus=2, memory=1536, slub_debug=True) as bed:
        load(bed[0])
        wait(bed[0])
        suite.run(host=bed[0])
        bed.failed = suite.failed > 0
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
