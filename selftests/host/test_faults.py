#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""A host's TSC goes wrong, as the module sees it: it is noticed and replaced, time goes on, and another host leads."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from harness import Suite, note  # noqa: E402

from bed import Bed  # noqa: E402
from bed.cluster import phc, settle, settled, status, until  # noqa: E402
from bed.host import Host  # noqa: E402

suite = Suite()
test = suite.test

FAULTY = "selftests/host/build/faulty"
PARAMETERS = "/sys/module/dvmm_time/parameters"

RATE_MAX = 300e-6
"""Cluster time slews by 100 ppm at most; two crystals are up to 200 apart."""


def sources(host: Host) -> dict[str, dict]:
    return {source["kind"]: source for source in json.loads(host.run("tools/dvmmctl sources --json"))}


def in_use(host: Host) -> str:
    return next(kind for kind, source in sources(host).items() if source["in_use"])


def noticed(host: Host, what: str) -> None:
    """As said by the log, within a second of the fault: both stand there."""
    log = host.run("dmesg | grep -E 'dvmm_time: |test: fault'")
    fault = float(re.findall(r"\[ *([\d.]+)\] test: fault", log)[-1])
    found = float(re.search(rf"\[ *([\d.]+)\] dvmm_time: this host's TSC {what}", log[log.rindex("test: fault"):])[1])
    note(f"noticed after {found - fault:.2f} s")
    assert found - fault < 1, log
    assert "time is kept by this host's HPET in place of its TSC" in log[log.rindex("test: fault"):], log


def inject(host: Host, fault: str, value: int) -> float:
    """Returns when, or a moment before, by CLOCK_MONOTONIC_RAW: the log's clock is not the same."""
    raw = host.run("python3 -c 'import time; print(time.clock_gettime(time.CLOCK_MONOTONIC_RAW))'; "
                   f"echo test: fault > /dev/kmsg; echo {value} > {PARAMETERS}/fault_{fault}")
    return float(raw)


class Compared:
    """A host's cluster time against its kernel's clock, which sees no fault."""

    def __init__(self, host: Host, seconds: int):
        self._job = host.start(f"selftests/host/compare.py {phc(host)} {seconds}")
        self._job.wait_for(r"\n", 30)

    def check(self, fault_s: float, unknown_s: float) -> None:
        """No step from one reading to the next but those while the fault was not yet known: more than any slewing."""
        assert self._job.wait(120) == 0, self._job.output
        found = [tuple(map(int, line.split())) for line in self._job.output.splitlines()]
        known = [one for one in found if not fault_s <= one[0] / 1e9 < fault_s + unknown_s]
        steps = [(after[0] / 1e9 - fault_s, abs(after[1] - before[1]) - before[2] - after[2], after[0] - before[0])
                 for before, after in zip(known, known[1:])]
        at, worst, pause = max(steps, key=lambda step: step[1] - step[2] * RATE_MAX)
        note(f"{len(known)} readings; the largest change {worst / 1e3:.0f} us in {pause / 1e9:.2f} s,"
             f" {at:.1f} s after the fault")
        assert worst <= 20_000 + pause * RATE_MAX, steps
        assert steps[0][0] < -1 and steps[-1][0] > 5, "not all the while"


@test("the two hosts are in step")
def join(bed: Bed) -> None:
    for host in bed:
        host.run(f"insmod {FAULTY}/dvmm_time.ko iface=eth0")
        settle(host)
    until(20, "rates of the counters are known", lambda: all(
        one["skew_error_ppb"] < 2000 for host in bed for one in sources(host).values()))


@test("a slave's TSC jumps by 20 ms: noticed in a second, replaced, and its time goes straight on")
def slave_jumps(bed: Bed) -> None:
    slave = bed[1]
    compared = Compared(slave, 12)
    time.sleep(3)
    fault_s = inject(slave, "jump", 20_000_000)
    took = until(3, "another counter is in use", lambda: in_use(slave) == "hpet")
    note(f"in use: {in_use(slave)} after {took:.1f} s\n{slave.run('tools/dvmmctl sources')}")
    noticed(slave, "jumped")
    note(f"in step again after {took + until(10, 'in step', lambda: settled(slave)):.1f} s")
    assert status(slave)["role"] == "slave"
    compared.check(fault_s, 1)


@test("the TSC, having agreed with the others for long enough, is in use again")
def returned(bed: Bed) -> None:
    took = until(60, "the TSC is in use again", lambda: in_use(bed[1]) == "tsc")
    note(f"after {took:.1f} s more")
    settle(bed[1])
    assert "time is kept by this host's TSC again" in bed[1].run("dmesg")


@test("the leader's TSC changes its rate by 300 ppm: the other host leads, and its time goes straight on")
def leader_strays(bed: Bed) -> None:
    leader, other = bed
    assert status(leader)["role"] == "grandmaster"
    cluster = status(leader)["cluster_id"]
    compared = Compared(other, 14)
    time.sleep(3)
    begun = float(other.run("cut -d ' ' -f 1 /proc/uptime"))  # near enough, as nothing is left out
    inject(leader, "ppb", 300_000)
    until(4, "another counter is in use", lambda: in_use(leader) == "hpet")
    noticed(leader, "changed its rate")
    until(5, "the other leads", lambda: status(other)["role"] == "grandmaster")
    until(10, "the first follows", lambda: status(leader)["role"] == "slave" and settled(leader))
    assert status(other)["cluster_id"] == cluster == status(leader)["cluster_id"]
    compared.check(begun, 0)


@test("the leader's TSC stops: the first host does not lead yet, its counters not being sound")
def stops(bed: Bed) -> None:
    first, leader = bed
    inject(leader, "ppb", -1_000_000_000)
    until(4, "another counter is in use", lambda: in_use(leader) == "hpet")
    noticed(leader, "stopped")
    before = status(leader)["time_ns"]
    time.sleep(1)
    assert status(leader)["time_ns"] - before > 1_000_000_000, "time stands"
    assert {status(host)["role"] for host in bed} == {"listening"}, [status(host) for host in bed]
    assert all("cannot lead" in status(host)["reason"] for host in bed)
    took = until(60, "the first leads, whose TSC is steady again", lambda: status(first)["role"] == "grandmaster")
    note(f"the first led {took:.1f} s later; its counter in use: {in_use(first)}")
    until(20, "the other follows by its HPET", lambda: settled(leader) and status(leader)["role"] == "slave")
    assert in_use(leader) == "hpet"


@test("the kernel finds the leader's TSC unstable: it leads on; but the module does not load again")
def marked_unstable(bed: Bed) -> None:
    leader = bed[0]
    leader.run(f"echo 1 > {PARAMETERS}/fault_unstable; sleep 2; dmesg | grep 'Marking TSC unstable'")
    leader.run("! grep tsc /sys/devices/system/clocksource/clocksource0/current_clocksource")
    time.sleep(3)
    assert status(leader)["role"] == "grandmaster" and settled(leader), status(leader)
    settle(bed[1])
    assert in_use(leader) == "tsc"


@test("the module goes")
def gone(bed: Bed) -> None:
    for host in bed:
        host.run("rmmod dvmm_time")
    assert bed[0].status(f"insmod {FAULTY}/dvmm_time.ko iface=eth0")
    assert "this host's TSC is unstable" in bed[0].run("dmesg | tail -3")


def main() -> int:
    subprocess.run(["make", "-s", "-C", Path(__file__).parent, "faulty"], check=True)
    with Bed(hosts=2, cpus=2, memory=1024, slub_debug=True) as bed:
        suite.run(bed=bed)
        bed.failed = suite.failed > 0
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
