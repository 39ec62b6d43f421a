#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""PTP through memory that the hosts share: what is refused, and how well two hosts agree, beside UDP in the same run."""

import re
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from harness import Suite, note  # noqa: E402

from bed import Bed  # noqa: E402
from bed.cluster import DEVICE, Oracle, Watch, bound_at, guests, status, wait  # noqa: E402
from bed.host import Host  # noqa: E402
from bed.machine import GUEST_WINDOW, WINDOW  # noqa: E402

suite = Suite()
test = suite.test

SHM = f"transport=shm shm_offset={GUEST_WINDOW}"
DEVICES = "/sys/bus/pci/devices"
ADDRESS = "$(basename $(dirname $(readlink -f $DVMM_SHM)))"


def insmod(host: Host, parameters: str) -> None:
    host.run(f"insmod dvmm_time.ko {parameters}")


def unload(*hosts: Host) -> None:
    for host in hosts:
        host.run("! grep -q ^dvmm_time /proc/modules || rmmod dvmm_time")


def refused(host: Host, parameters: str, reason: str) -> None:
    host.run("dmesg --clear")
    assert host.status(f"insmod dvmm_time.ko {parameters}") != 0, f"{parameters} was not refused"
    lines = [line for line in re.findall(r"dvmm_time: (.*)", host.run("dmesg"))
             if "verification failed" not in line and "taints" not in line]
    assert len(lines) == 1 and re.search(reason, lines[0]), f"{parameters}: one line about '{reason}': {lines}"


@test("no such device, one too small or in use, and memory with something else in it are refused in one line")
def wrong(bed: Bed, **_: Any) -> None:
    host = bed[0]
    address = host.run(f"echo {ADDRESS}").strip()
    refused(host, "transport=shm shm=there", "must be auto, or a PCI address")
    refused(host, "transport=shm shm=0000:00:00.0", "no ivshmem device")
    refused(host, f"transport=shm shm={address} shm_offset={WINDOW - 4096}", f"{address}: is of {WINDOW} bytes")
    refused(host, "transport=shm shm_offset=100", "multiple of 4096")
    bed.memory[GUEST_WINDOW:GUEST_WINDOW + 4] = b"else"
    refused(host, SHM, "something else is in there")
    bed.memory[GUEST_WINDOW:WINDOW] = bytes(WINDOW - GUEST_WINDOW)
    host.run(f"modprobe pci-stub && echo 1af4 1110 > /sys/bus/pci/drivers/pci-stub/new_id && "
             f"readlink {DEVICES}/{address}/driver")
    refused(host, SHM, "in use by the driver pci-stub")
    host.run(f"echo {address} > /sys/bus/pci/drivers/pci-stub/unbind; rmmod pci-stub; "
             f"echo 1 > {DEVICES}/{address}/remove")
    refused(host, SHM, "no ivshmem device.*lspci")
    host.run("echo 1 > /sys/bus/pci/rescan")
    host.run(f"echo 1 > {DEVICES}/{address}/enable")


def roles(hosts: list[Host]) -> tuple[Host, Host]:
    """The grandmaster and its slave, once they are that."""
    for _ in range(50):
        found = [status(host)["role"] for host in hosts]
        if sorted(found) == ["grandmaster", "slave"]:
            return hosts[found.index("grandmaster")], hosts[found.index("slave")]
        time.sleep(0.1)
    raise AssertionError(f"no grandmaster and its slave: {found}")


def pair(bed: Bed, parameters: str) -> None:
    for host in bed:
        insmod(host, parameters)
        wait(host)


def observe(slave: Host, seconds: float) -> dict[str, Any]:
    """Medians of what the slave says."""
    watch = Watch(slave, 0.5)  # asked more often, an emulated host has no time to look out
    time.sleep(seconds)
    series = watch.stop()
    assert all(one["role"] == "slave" and one["state"] == "synchronised" for one in series), series[-1]
    found = {"delay": median(one["path_delay_ns"] for one in series),
             "bound": median(one["bound_ns"] for one in series),
             "least bound": min(one["bound_ns"] for one in series)}
    note(", ".join(f"{name} {ns:.0f} ns" for name, ns in found.items()) + f" ({len(series)} statuses)")
    return found


def cpu_s(host: Host, thread: str) -> float:
    ticks = host.run(f"awk '{{print $14 + $15}}' /proc/$(pgrep -x {thread})/stat")
    return float(ticks) / 100


@test("over memory the path is 20 times shorter than over UDP, and the bound at its best 5 times narrower")
def better(bed: Bed, found: dict[str, Any]) -> None:
    pair(bed, "iface=eth0")
    time.sleep(5)
    udp = found["udp"] = observe(roles(list(bed))[1], 8)
    unload(*bed)
    pair(bed, f"{SHM} iface=eth0")
    time.sleep(5)
    leader, slave = roles(list(bed))
    before = cpu_s(slave, "dvmm_shm")
    memory = observe(slave, 8)
    note(f"the thread that looks: {(cpu_s(slave, 'dvmm_shm') - before) / 8:.1%} of an emulated CPU")
    note(slave.run("tools/dvmmctl status"))
    assert status(slave)["grandmaster"] == status(leader)["identity"]
    assert status(slave)["rx_dropped"] == 0
    assert memory["delay"] * 20 < udp["delay"], (memory, udp)
    assert memory["least bound"] * 5 < udp["least bound"], (memory, udp)


@test("two guests agree to a twentieth of what UDP takes one way, and within the bounds")
def agree(bed: Bed, found: dict[str, Any]) -> None:
    two = guests(bed, DEVICE, cpus=1)
    watches = [Watch(host) for host in bed]
    oracle = Oracle(*two, "--samples 40 --interval 150")
    oracle.wait(100)
    series = [watch.stop() for watch in watches]
    info = status(bed[0])
    samples = oracle.samples(info["tsc_khz"], info["epoch_ns"])
    apart = sorted(abs(sample.difference_ns) for sample in samples)
    note(f"{len(samples)} samples: median {median(apart):.0f} ns, maximum {apart[-1]:.0f} ns, "
         f"resolution {median(sample.resolution_ns for sample in samples):.0f} ns")
    for guest in two:
        guest.kill()
    for sample in samples:
        bound = sum(bound_at(one, sample.time_ns) for one in series)
        assert abs(sample.difference_ns) - sample.resolution_ns <= bound, (sample, bound)
    assert median(apart) * 20 < found["udp"]["delay"], (median(apart), found)


@test("a leader that leaves is replaced, one without an interface joins, and one that was stopped comes back")
def come_and_go(bed: Bed, **_: Any) -> None:
    leader, slave = roles(list(bed))
    unload(leader)
    wait(slave)
    insmod(leader, SHM)
    wait(leader)
    assert roles(list(bed)) == (slave, leader)
    leader.stop()
    time.sleep(4)
    leader.cont()
    wait(leader)
    assert roles(list(bed)) == (slave, leader)
    unload(*bed)


def main() -> int:
    with Bed(hosts=2, cpus=2, memory=1024) as bed:
        suite.run(bed=bed, found={})
        bed.failed = suite.failed > 0
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
