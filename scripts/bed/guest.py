# SPDX-License-Identifier: GPL-2.0
"""An L2 guest: an ordinary QEMU with KVM, started in a host. Its serial console is the job's output."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from . import vmlinux
from .channel import Job
from .errors import BedError
from .machine import GUEST_WINDOW, TREE

if TYPE_CHECKING:
    from .host import Host

STOCK = "/dev/kvm"
QEMU = {STOCK: "qemu-system-x86_64", "/dev/dvmm/kvm": str(TREE / "scripts/dvmm-qemu")}


def _window() -> list[str]:
    return ["-object", f"memory-backend-file,id=window,mem-path=$DVMM_SHM,size={GUEST_WINDOW},share=on",
            "-device", "ivshmem-plain,memdev=window"]


def command(kernel: Path, initrd: Path, device: str, cpus: int, memory: int, append: str,
            devices: list[str]) -> str:
    """A shell command; exec makes a signal to the job reach QEMU."""
    if device not in QEMU:
        raise BedError(f"no device {device} for a guest: choose one of {', '.join(QEMU)}")
    arguments = ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                 "-accel", "kvm", "-cpu", "host,+invtsc", "-smp", str(cpus), "-m", str(memory),
                 "-serial", "stdio", "-kernel", str(kernel), "-initrd", str(initrd),
                 "-append", f"console=ttyS0 panic=-1 {append}".rstrip(), *devices]
    return f"exec {QEMU[device]} {shlex.join(arguments)} {' '.join(_window())}"


def start(host: "Host", initrd: Path | str, device: str = STOCK, cpus: int = 2, memory: int = 256,
          append: str = "", kernel: Path | str | None = None, devices: list[str] | None = None) -> Job:
    """The guest as a job: lines, wait_for() and wait() see its console, send() types on it, kill() ends it.
    Paths are the host's, which has all of L0's but /run."""
    image = vmlinux.fastest(Path(kernel) if kernel else host.kernel.image)
    return host.start(command(image, Path(initrd), device, cpus, memory, append, devices or []))
