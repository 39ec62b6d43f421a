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
from bed.cluster import DEVICE, HostOracle, Oracle, Watch, bound_at, guests, status, wait  # noqa: E402
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


def bar(host: Host) -> tuple[int, int]:
    """Where the host has the window, physically, and how long it is."""
    start, end, _ = host.run(f"sed -n 3p {DEVICES}/{ADDRESS}/resource").split()
    return int(start, 16), int(end, 16) - int(start, 16) + 1


def ram(host: Host) -> str:
    """Where it has memory of its own."""
    return re.search(r"^([0-9a-f]{7,})-[0-9a-f]+ : System RAM", host.run("cat /proc/iomem"), re.MULTILINE)[1]


@test("no such device, one too small or in use, and memory with something else in it are refused in one line")
def wrong(bed: Bed, **_: Any) -> None:
    host = bed[0]
    address = host.run(f"echo {ADDRESS}").strip()
    refused(host, "transport=shm shm=there", "must be auto, a PCI address.*, or a physical one")
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


@test("a range that is this host's own memory, nobody's, too small or no range is refused in one line")
def wrong_range(bed: Bed, **_: Any) -> None:
    host = bed[0]
    start, _ = bar(host)
    refused(host, f"transport=shm shm=0x{ram(host)}+1M", "this kernel's own memory.*System RAM")
    refused(host, "transport=shm shm=0x7e00000000+2M", "there is no memory.*/proc/iomem")
    refused(host, "transport=shm shm=0x7ffffffffff000+2M", "there is no memory")
    refused(host, f"transport=shm shm={start:#x}+64K", "is of 65536 bytes")
    refused(host, f"transport=shm shm={start:#x}+2M shm_offset={2 << 20}", "is of 2097152 bytes")
    for text in f"{start:#x}+", f"{start + 8:#x}+2M", f"{start:#x}+2MB", f"{start:#x}+0", "0xfffffffffffff000+0x2000":
        refused(host, f"transport=shm shm={text}", "must be auto, a PCI address.*, or a physical one")


def roles(hosts: list[Host]) -> tuple[Host, Host]:
    """The grandmaster and its slave, once they are that."""
    for _ in range(50):
        found = [status(host)["role"] for host in hosts]
        if sorted(found) == ["grandmaster", "slave"]:
            return hosts[found.index("grandmaster")], hosts[found.index("slave")]
        time.sleep(0.1)
    raise AssertionError(f"no grandmaster and its slave: {found}")


def pair(bed: Bed, *parameters: str) -> tuple[Host, Host]:
    """Both hosts, by the same parameters or each by its own, once they had a moment to settle."""
    for host, own in zip(bed, parameters * 2):
        insmod(host, own)
        wait(host)
    time.sleep(5)
    return roles(list(bed))


def observe(leader: Host, slave: Host, seconds: float) -> dict[str, float]:
    """Medians of what the slave says, and of what the oracle says of both hosts' clocks, which is never more than the
    bounds and what the emulated TSCs moved against each other by themselves."""
    told = HostOracle(leader, slave, seconds).wait(3 * seconds + 30)
    held = [one for one in told if one.bound_ns is not None]
    for one in held:
        assert abs(one.point.error_ns) - one.point.resolution_ns <= one.bound_ns + one.moved_ns, one
    assert len(held) * 4 >= len(told) * 3, "a host that gives no bound promises nothing"
    now = status(slave)
    assert now["role"] == "slave" and now["state"] == "synchronised", now
    apart = sorted(abs(one.point.error_ns) for one in told)
    found = {"delay": now["path_delay_ns"], "bound": median(one.bound_ns for one in held),
             "least bound": min(one.bound_ns for one in held), "apart": median(apart),
             "apart at most": apart[-1], "resolution": median(one.point.resolution_ns for one in told),
             "TSCs moved": max(one.moved_ns for one in told)}
    note(", ".join(f"{name} {ns:.0f} ns" for name, ns in found.items()) + f" ({len(told)} statuses)")
    return found


def near(memory: dict[str, float]) -> bool:
    """Exchanges take hardly longer than the oracle's, and the clocks agree to what it can tell."""
    return memory["delay"] < 4 * memory["resolution"] and memory["apart"] < 3 * memory["resolution"]


def cpu_s(host: Host, thread: str) -> float:
    ticks = host.run(f"awk '{{print $14 + $15}}' /proc/$(pgrep -x {thread})/stat")
    return float(ticks) / 100


@test("over memory exchanges take at most four times the oracle's, a 200th of UDP's, and the bound at its best is a tenth")
def better(bed: Bed, found: dict[str, Any]) -> None:
    udp = found["udp"] = observe(*pair(bed, "iface=eth0"), 6)
    unload(*bed)
    leader, slave = pair(bed, f"{SHM} iface=eth0")
    before, start = cpu_s(slave, "dvmm_shm"), time.monotonic()
    memory = observe(leader, slave, 8)
    used = (cpu_s(slave, "dvmm_shm") - before) / (time.monotonic() - start)
    note(f"the thread that looks: {used:.1%} of an emulated CPU")
    note(slave.run("tools/dvmmctl status"))
    assert status(slave)["grandmaster"] == status(leader)["identity"]
    assert status(slave)["rx_dropped"] == 0
    assert memory["delay"] * 200 < udp["delay"], (memory, udp)
    assert near(memory), memory
    assert memory["least bound"] * 10 < udp["least bound"], (memory, udp)


@test("two guests agree to a hundredth of what UDP takes one way, and within the bounds")
def agree(bed: Bed, found: dict[str, Any]) -> None:
    two = guests(bed, DEVICE, cpus=1)
    watches = [Watch(host) for host in bed]
    oracle = Oracle(*two, "--samples 40 --interval 150 --spin 3")
    oracle.wait(100)
    series = [watch.stop() for watch in watches]
    info = status(bed[0])
    samples = oracle.samples(info["tsc_khz"], info["epoch_ns"])
    apart = sorted(abs(sample.difference_ns) for sample in samples)
    note(f"{len(samples)} samples: median {median(apart):.0f} ns, 90 % {apart[len(apart) * 9 // 10]:.0f} ns, maximum {apart[-1]:.0f} ns, "
         f"resolution {median(sample.resolution_ns for sample in samples):.0f} ns")
    for guest in two:
        guest.kill()
    held = [(sample, [bound_at(one, sample.time_ns) for one in series]) for sample in samples]
    held = [(sample, sum(bounds)) for sample, bounds in held if None not in bounds]
    note(f"both hosts gave a bound for {len(held)} of them")
    for sample, bound in held:
        assert abs(sample.difference_ns) - sample.resolution_ns <= bound, (sample, bound)
    assert len(held) * 4 >= len(samples) * 3, "a host that gives no bound promises nothing"
    assert median(apart) * 100 < found["udp"]["delay"], (median(apart), found)


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


@test("one host is told the device, the other where its memory is: they are one cluster, as near as ever")
def bare_range(bed: Bed, found: dict[str, Any]) -> None:
    start, length = bar(bed[1])
    address = bed[0].run(f"echo {ADDRESS}").strip()
    leader, slave = pair(bed, f"{SHM} shm={address}", f"{SHM} shm={start:#x}+{length:#x}")
    memory = observe(leader, slave, 4)
    assert near(memory), memory
    unload(*bed)


def main() -> int:
    # one CPU each: two that read an emulated TSC at the same time drive it ahead (testbed.rst)
    with Bed(hosts=2, cpus=1, memory=1024) as bed:
        suite.run(bed=bed, found={})
        bed.failed = suite.failed > 0
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
