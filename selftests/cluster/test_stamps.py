#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Stamps of the NIC's: refused where there are none, used where there are, beside software's in the same run, and left
out while somebody sets the NIC's clock. QEMU's igb has them, and needs help with what it receives
(Documentation/testbed.rst)."""

import re
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from harness import Suite, note  # noqa: E402

from bed import Bed  # noqa: E402
from bed.cluster import Watch, bound_at, phc, settle, status, wait  # noqa: E402
from bed.clocks import differences, figures, parse  # noqa: E402
from bed.host import Host  # noqa: E402

suite = Suite()
test = suite.test

SYNC, DELAY_REQ = 0, 1
TRACE_S = 6
SWITCH = "hwstamp_ctl -i eth0 -t {} -r {} > /dev/null"


def insmod(host: Host, parameters: str) -> None:
    host.run(f"dmesg --clear; insmod dvmm_time.ko iface=eth0 transport=l2 {parameters}")


def unload(*hosts: Host) -> None:
    for host in hosts:
        host.run("! grep -q ^dvmm_time /proc/modules || rmmod dvmm_time")


def said(host: Host) -> list[str]:
    return [line for line in re.findall(r"dvmm_time: (.*)", host.run("dmesg"))
            if "verification failed" not in line and "taints" not in line]


def refused(host: Host, parameters: str, reason: str) -> None:
    host.run("dmesg --clear")
    assert host.status(f"insmod dvmm_time.ko {parameters}") != 0, f"{parameters} was not refused"
    lines = said(host)
    assert len(lines) == 1 and re.search(reason, lines[0]), f"{parameters}: one line about '{reason}': {lines}"


@test("stamps=hardware is refused in one line where there are none, and so is nonsense")
def wrong(bed: Bed, **_: Any) -> None:
    host = bed[0]
    refused(host, "iface=eth0 stamps=maybe", "must be auto, software or hardware")
    host.run("ip link add name plain0 type dummy && ip link set plain0 up")
    refused(host, "iface=plain0 transport=l2 stamps=hardware", "plain0 does not stamp both ways.*ethtool -T")
    refused(host, "transport=shm shm_offset=1048576 stamps=hardware", "memory does not stamp")
    host.run("insmod dvmm_time.ko iface=plain0 transport=l2")
    assert status(host)["stamps"] == "software" and status(host)["nic_phc"] is None
    host.run("rmmod dvmm_time; ip link del plain0")


def pair(bed: Bed, parameters: str) -> None:
    """The first host leads the second."""
    unload(*reversed(list(bed)))
    for host in bed:
        insmod(host, parameters)
        wait(host)
    settle(bed[1])
    time.sleep(4)
    assert status(bed[1])["grandmaster"] == status(bed[0])["identity"]


def ruler(bed: Bed) -> tuple[int, int, int]:
    """The second host's TSC less the first's, how well that is known, and ticks per ms."""
    command = "exec selftests/guest/build/oracle {} --window $DVMM_SHM --samples 8 --interval 50"
    follower, leader = bed[1].start(command.format("follow")), bed[0].start(command.format("lead"))
    assert leader.wait(60) == 0 and follower.wait(60) in (0, 5), leader.output + follower.output
    found = [dict(pair.split("=") for pair in line.split()[1:]) for line in leader.lines]
    best = min((one for one in found if "difference" in one), key=lambda one: int(one["resolution"]))
    return (int(best["difference"]), int(best["resolution"]),
            int(next(one["ticks_per_ms"] for one in found if "ticks_per_ms" in one)))


def measure(bed: Bed) -> dict[str, float]:
    """What the slave says of itself, and how far the two clocks are apart in truth, which its bound must cover."""
    ahead, uncertainty, khz = ruler(bed)
    watch = Watch(bed[1], 0.3)
    trace = "exec selftests/host/build/clocktrace {} 50 {}"
    jobs = [host.start(trace.format(phc(host), TRACE_S * 20)) for host in bed]
    assert all(job.wait(60) == 0 for job in jobs)
    series = watch.stop()
    first, second = [parse(job.output) for job in jobs]
    points = differences(first, second, ahead, uncertainty, khz)
    for one in points:
        bound = bound_at(series, second[0].ns + int(one.at_s * 1e9))
        assert abs(one.error_ns) - one.resolution_ns <= bound, (one, bound)
    assert len(points) > TRACE_S * 10, len(points)
    found = {"delay": median(one["path_delay_ns"] for one in series),
             "bound": median(one["bound_ns"] for one in series),
             "rms": figures(points).rms_ns, "max": figures(points).max_ns,
             "stamp error": series[-1]["stamp_error_ns"]}
    note(", ".join(f"{name} {ns / 1e3:.1f} us" for name, ns in found.items()))
    return found


def turn(bed: Bed, on: bool) -> None:
    for host in bed:
        host.run(SWITCH.format(1 if on else 0, 12 if on else 0))


def taken(host: Host) -> tuple[int, int, int]:
    now = status(host)
    return now["stamps_hardware"], now["stamps_software"], now["stamps_impossible"]


@test("software's stamps, where the NIC's are not wanted, though it makes them")
def software(bed: Bed, found: dict[str, Any]) -> None:
    turn(bed, True)
    pair(bed, "stamps=software")
    found["software"] = measure(bed)
    for host in bed:
        assert status(host)["stamps"] == "software" and taken(host)[0] == 0, status(host)


@test("stamps=hardware says so while the NIC was not told to stamp, and software's are used until it is")
def off(bed: Bed, **_: Any) -> None:
    turn(bed, False)
    pair(bed, "stamps=hardware")
    assert taken(bed[1])[0] == 0 and taken(bed[1])[1] > 64, status(bed[1])
    assert any("eth0 takes none" in line and "hwstamp_ctl" in line for line in said(bed[1])), said(bed[1])


@test("the NIC's stamps, once it makes them: a shorter path, and a bound that is kept")
def hardware(bed: Bed, found: dict[str, Any]) -> None:
    turn(bed, True)
    for host, kind in zip(bed, (DELAY_REQ, SYNC)):
        found[host.name] = host.start(f"exec selftests/host/build/igbrx eth0 {kind}")
    time.sleep(6)
    before = [taken(host) for host in bed]
    nic = found["hardware"] = measure(bed)
    for host, was in zip(bed, before):
        hard, soft, impossible = (a - b for a, b in zip(taken(host), was))
        note(f"{host.name}: {hard} by the NIC, {soft} by software, {impossible} impossible")
        assert hard > soft and impossible <= 1 + hard / 20, status(host)
    note(bed[1].run("tools/dvmmctl status"))
    assert nic["delay"] < 0.8 * found["software"]["delay"], (nic, found["software"])


@test("somebody sets the NIC's clock: noticed, and over at once; and where one of four stamps is software's, "
      "the bound is kept, too")
def set_by_others(bed: Bed, found: dict[str, Any]) -> None:
    leader, slave = bed
    found[leader.name].kill()
    slave.run("dmesg --clear")
    for step in "37", "-0.01", "-1000":
        hard, _, impossible = taken(slave)
        slave.run(f"phc_ctl eth0 -- adj {step}")
        time.sleep(2)
        assert status(slave)["state"] == "synchronised", status(slave)
        now = taken(slave)
        assert now[2] - impossible in range(1, 6) and now[0] - hard > 20, (step, now, hard, impossible)
    measure(bed)
    kinds = [status(host)["stamps"] for host in bed]
    assert kinds[0] == "mixed" and kinds[1] != "software", kinds
    assert status(slave)["rx_dropped"] == 0 and said(slave) == [], (status(slave), said(slave))


@test("a NIC that is told to stop in between is no harm, and the module goes with its clock in use")
def stop(bed: Bed, **_: Any) -> None:
    turn(bed, False)
    time.sleep(5)
    for host in bed:
        assert status(host)["stamps"] == "software", status(host)
    assert status(bed[1])["state"] == "synchronised"
    unload(*bed)


def main() -> int:
    with Bed(hosts=2, cpus=2, memory=1024, nic="igb", append="iomem=relaxed") as bed:
        suite.run(bed=bed, found={})
        bed.failed = suite.failed > 0
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
