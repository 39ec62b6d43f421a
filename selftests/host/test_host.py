#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The module on one host: loading and refusing, the device, VMs, and what must stay untouched.
All with slub_debug=FZPU panic_on_warn=1: memory misuse or a warning ends the host and fails the test."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from harness import Suite, note  # noqa: E402

from bed import Bed  # noqa: E402
from bed.host import Host  # noqa: E402

suite = Suite()
test = suite.test

INSMOD = "insmod dvmm_time.ko"
LOADED = "grep -q ^dvmm_time /proc/modules"
WAIT = "tools/dvmmctl wait --timeout 20"


def module_lines(host: Host) -> list[str]:
    """What the module has logged since the log was last cleared."""
    return re.findall(r"dvmm_time: (.*)", host.run("dmesg --read-clear"))


def refused(host: Host, insmod: str, reason: str) -> None:
    module_lines(host)
    assert host.status(insmod) != 0, f"{insmod} was not refused"
    lines = [line for line in module_lines(host) if "verification failed" not in line and "taints" not in line]
    assert len(lines) == 1 and re.search(reason, lines[0]), f"{insmod}: one line about '{reason}' expected: {lines}"
    host.run("! ls /dev/dvmm /dev/ptp0 2>/dev/null; ! " + LOADED)


@test("insmod without an interface, or with a wrong one, is refused in one line that says what to do")
def bad_interface(host: Host) -> None:
    refused(host, INSMOD, "iface=")
    refused(host, f"{INSMOD} iface=", "iface=")
    refused(host, f"{INSMOD} iface=nosuch0", "nosuch0.*ip link")
    host.run("ip link add bare0 type dummy && ip link set bare0 up")
    refused(host, f"{INSMOD} iface=bare0", "IPv4 address")
    host.run("sysctl -q net.ipv6.conf.bare0.disable_ipv6=1")
    refused(host, f"{INSMOD} iface=bare0 transport=udp6", "IPv6 address")
    host.run("ip link del bare0")
    refused(host, f"{INSMOD} iface=lo transport=l2", "Ethernet")
    refused(host, f"{INSMOD} iface=eth0 transport=udp", "transport=udp: must be")


@test("roles and references that cannot be, or not together, are refused in one line")
def bad_roles(host: Host) -> None:
    refused(host, f"{INSMOD} iface=eth0 role=boss", "role=boss.*slave-only")
    refused(host, f"{INSMOD} iface=eth0 role=master-only", "priority1 below 128")
    refused(host, f"{INSMOD} iface=eth0 role=slave-only reference=any", "only role=auto")
    refused(host, f"{INSMOD} iface=eth0 role=master-only priority1=1 reference=any", "only role=auto")
    for wrong in "some", "001122.fffe.3344", "001122.fffe.33445566", "":
        refused(host, f"{INSMOD} iface=eth0 reference={wrong}", f"reference={wrong}: .*clockIdentity")
    for right in "role=slave-only", "role=master-only priority1=127", "reference=001122.FFFE.334455":
        host.run(f"{INSMOD} iface=eth0 {right} && rmmod dvmm_time")


@test("a second insmod is refused, and the first is not disturbed")
def twice(host: Host) -> None:
    host.run(f"{INSMOD} iface=eth0")
    assert host.status(f"{INSMOD} iface=eth0") != 0
    host.run(WAIT, timeout=40)
    host.run("rmmod dvmm_time")


@test("loaded and unloaded 30 times")
def many_loads(host: Host) -> None:
    host.run(f"for i in $(seq 30); do {INSMOD} iface=eth0 && rmmod dvmm_time || exit 1; done", timeout=300)
    host.run("! ls /dev/dvmm /dev/ptp0 2>/dev/null; ! " + LOADED)


@test("the device has the mode and the group of /dev/kvm")
def device_mode(host: Host) -> None:
    host.run("chgrp kvm /dev/kvm 2>/dev/null || chgrp 12 /dev/kvm; chmod 660 /dev/kvm")
    host.run(f"{INSMOD} iface=eth0")
    assert host.run("stat -c %a:%g /dev/kvm") == host.run("stat -c %a:%g /dev/dvmm/kvm")


@test("KVM_CREATE_VM waits for synchronisation, and a signal ends the wait")
def create_waits(host: Host) -> None:
    host.run(f"rmmod dvmm_time; {INSMOD} iface=eth0 lock_timeout=30")
    # Just loaded, the host listens for others for a second and more: no VM yet, and SIGINT gets through. A VM that
    # was created or refused at once would end the program by itself, with another status.
    assert host.status("timeout --preserve-status -s INT 0.6 selftests/host/build/tsc --read /dev/dvmm/kvm") == 130
    host.run("selftests/host/build/tsc --read /dev/dvmm/kvm", timeout=60)


@test("rmmod is refused while a VM lives, and works after")
def busy(host: Host) -> None:
    host.run(WAIT, timeout=40)
    vm = host.start("exec selftests/host/build/tsc --hold /dev/dvmm/kvm")
    vm.wait_for("holding", timeout=30)
    assert host.status("rmmod dvmm_time") != 0
    assert '"vms":1' in host.run("tools/dvmmctl status --json").replace(" ", "")
    vm.kill()
    vm.wait(20)
    host.run("for i in $(seq 50); do rmmod dvmm_time 2>/dev/null && exit 0; sleep 0.1; done; exit 1")
    host.run(f"{INSMOD} iface=eth0 && {WAIT}", timeout=40)


@test("a 32-bit program can use the device, and is offered an invariant TSC")
def compat(host: Host) -> None:
    assert "invariant_tsc=1" in host.run("selftests/host/build/compat /dev/dvmm/kvm")
    note("/dev/kvm: " + host.run("selftests/host/build/compat /dev/kvm"))


def clock_setting(host: Host) -> str:
    """How the kernel steers its own clocks: frequency, tick, status, TAI offset."""
    return host.run("""/usr/bin/python3 -c '
import ctypes
libc = ctypes.CDLL(None)
timex = (ctypes.c_long * 64)()
libc.adjtimex(timex)
print(timex[2], timex[5], timex[11])'""")


@test("the host's own clocks are not steered while cluster time is")
def host_clocks(host: Host) -> None:
    before = clock_setting(host)
    ptp = host.run("ls /dev/ptp*").strip()
    host.run(f"phc_ctl {ptp} -- freq 50000; sleep 1; phc_ctl {ptp} -- freq 0")
    assert clock_setting(host) == before


@test("a guest's TSC, its writes to it, and VMs of the ordinary /dev/kvm")
def tsc(host: Host) -> None:
    output = host.run("selftests/host/build/tsc /dev/dvmm/kvm /dev/kvm", timeout=400, check=False)
    suite.count("\n".join(line for line in output.splitlines() if not line.endswith("skipped")))
    assert re.search(r"^[1-9]\d* passed, 0 failed, 0 skipped$", output, re.M), "see above"


@test("the module ends without a trace")
def unload(host: Host) -> None:
    host.run("rmmod dvmm_time; ! ls /dev/dvmm /dev/ptp0 2>/dev/null")
    note(host.run("grep -E '^(Slab|VmallocUsed)' /proc/meminfo"))


def main() -> int:
    with Bed(hosts=1, cpus=2, memory=2048, slub_debug=True) as bed:
        suite.run(host=bed[0])
        bed.failed = suite.failed > 0

    @test("insmod without KVM is refused in one line")
    def no_kvm(host: Host) -> None:
        refused(host, f"{INSMOD} iface=eth0", "/dev/kvm.*kvm-amd")

    with Bed(hosts=1, cpus=1, kvm=False, slub_debug=True) as bed:
        suite.run(host=bed[0])
        bed.failed = suite.failed > 0
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
