# SPDX-License-Identifier: GPL-2.0
"""What a host is made of, and the QEMU command line that makes it."""

import functools
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from . import vmlinux
from .errors import BedError
from .kernel import Kernel

TREE = Path(__file__).resolve().parents[2]
GUEST_WINDOW = 1 << 20
"""Bytes of the window that guests see, too."""
WINDOW = 2 * GUEST_WINDOW
"""Bytes of memory that all hosts of a bed share."""

TRUSTED_TSC = "tsc=reliable nokaslr mitigations=off"
UNFORGIVING = "oops=panic panic_on_warn=1 panic=-1"
CONSOLE = "console=ttyS0 loglevel=5"
"""Warnings reach the console, information does not: a serial port is slow."""


@dataclass(frozen=True)
class Machine:
    cpus: int = 2
    memory: int = 2048
    """MB, taken from L0 only as it is touched."""
    nic: str = "e1000"
    """e1000 sends inside the register write, so its transmit stamps lie closer to the wire than virtio's."""
    kvm: bool = True
    """Load the KVM module at boot."""
    append: str = ""
    """More kernel arguments."""
    slub_debug: bool = False
    devices: list[str] = field(default_factory=list)
    """More arguments of QEMU."""


@dataclass(frozen=True)
class Sockets:
    """Descriptors that QEMU inherits, so that no socket has a name to leave behind."""
    agent: int
    qmp: int
    network: int
    window: int

    def all(self) -> list[int]:
        return [self.agent, self.qmp, self.network, self.window]


def kvm_usable() -> bool:
    """Hosts need KVM themselves, so L0's must nest. Some /dev/kvm cannot: those of machines whose CPU shows no
    virtualisation, as under PVM."""
    return os.access("/dev/kvm", os.R_OK | os.W_OK) and any(_nests(vendor) for vendor in ("kvm_amd", "kvm_intel"))


def _nests(vendor: str) -> bool:
    parameter = Path(f"/sys/module/{vendor}/parameters/nested")
    return parameter.exists() and parameter.read_text().strip() in ("1", "Y")


@functools.cache
def emulator() -> str:
    """The QEMU that hosts run under. Guests run under Debian's own, whatever that is."""
    if kvm_usable():
        return "qemu-system-x86_64"
    found = subprocess.run([TREE / "scripts/fetch-qemu"], stdout=subprocess.PIPE, text=True, check=False)
    if found.returncode:
        raise BedError("there is no QEMU for hosts: see above")
    return found.stdout.strip()


def _cpu() -> list[str]:
    if kvm_usable():
        return ["-accel", "kvm", "-cpu", "host,migratable=no"]
    return ["-accel", "tcg,thread=multi", "-cpu", "EPYC,+svm,+npt"]


def kvm_modules(machine: Machine) -> list[str]:
    """For the vendor that the host will see: L0's own under KVM, AMD under TCG."""
    intel = kvm_usable() and "GenuineIntel" in Path("/proc/cpuinfo").read_text()
    return ["kvm_intel" if intel else "kvm_amd"] if machine.kvm else []


def network_modules(machine: Machine) -> list[str]:
    modules = {"e1000": "e1000", "e1000e": "e1000e", "igb": "igb", "virtio-net-pci": "virtio_net"}
    if machine.nic not in modules:
        raise BedError(f"no NIC model {machine.nic}: choose one of {', '.join(modules)}")
    return [modules[machine.nic]]


def _tsc_khz() -> str:
    """L0's frequency: the quick calibration at boot is off by 0.1 % when the cores are busy."""
    found = re.search(r"^bogomips\s*: (\d+\.\d+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return f"tsc_early_khz={round(float(found[1]) * 500)}" if found else ""


def kernel_arguments(machine: Machine, kernel: Kernel, number: int) -> str:
    ours = f"bed_host={number} bed_tree={TREE} bed_root={kernel.root}"
    slub = "slub_debug=FZPU" if machine.slub_debug else ""
    one_cpu = "maxcpus=1"  # the agent brings the others up, and says why
    return " ".join(filter(None, [CONSOLE, TRUSTED_TSC, _tsc_khz(), UNFORGIVING, one_cpu, slub, ours, machine.append]))


def _filesystems(share: Path) -> list[str]:
    options = "security_model=none,multidevs=remap"
    return ["-virtfs", f"local,path=/,mount_tag=host,readonly=on,{options}",
            "-virtfs", f"local,path={share},mount_tag=share,{options}"]


def _channels(sockets: Sockets) -> list[str]:
    return ["-chardev", f"socket,id=agent,fd={sockets.agent}",
            "-device", "virtio-serial-pci",
            "-device", "virtserialport,chardev=agent,name=bed.agent",
            "-chardev", f"socket,id=qmp,fd={sockets.qmp}", "-mon", "chardev=qmp,mode=control"]


def _network(machine: Machine, number: int, fd: int) -> list[str]:
    return ["-netdev", f"dgram,id=net,local.type=fd,local.str={fd}",
            "-device", f"{machine.nic},netdev=net,mac=52:54:00:77:00:{number:02x},romfile="]


def _window(fd: int) -> list[str]:
    return ["-object", f"memory-backend-file,id=window,mem-path=/proc/self/fd/{fd},size={WINDOW},share=on",
            "-device", "ivshmem-plain,memdev=window"]


def command(machine: Machine, kernel: Kernel, number: int, run: Path, sockets: Sockets) -> list[str]:
    return [emulator(), "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            *_cpu(), "-smp", str(machine.cpus), "-m", str(machine.memory),
            "-kernel", str(vmlinux.fastest(kernel.image)), "-initrd", str(run / "initramfs"),
            "-append", kernel_arguments(machine, kernel, number),
            "-serial", f"file:{run / f'console-{number}.log'}",
            *_filesystems(run / "share"), *_channels(sockets),
            *_network(machine, number, sockets.network), *_window(sockets.window), *machine.devices]
