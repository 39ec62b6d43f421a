# SPDX-License-Identifier: GPL-2.0
"""The small initramfs that mounts L0's root in a host and hands over to the agent."""

import lzma
from pathlib import Path

from .cpio import archive
from .errors import BedError
from .kernel import Kernel

INIT = Path(__file__).with_name("init")
BUSYBOX = Path("/bin/busybox")
BOOT_MODULES = ["virtio_pci", "virtio_console", "9p", "9pnet_virtio", "overlay"]


def _contents(module: Path) -> bytes:
    data = module.read_bytes()
    return lzma.decompress(data) if module.suffix == ".xz" else data


def _modules(kernel: Kernel, groups: dict[str, list[str]]) -> dict[str, bytes]:
    """modules/GROUP/NN-name.ko, numbered in loading order; each module once, in its first group."""
    paths: dict[Path, str] = {}
    for group, names in groups.items():
        for path in (path for name in names for path in kernel.files(name)):
            paths.setdefault(path, group)
    return {f"modules/{group}/{number:02}-{_name(path)}.ko": _contents(path)
            for number, (path, group) in enumerate(paths.items())}


def _name(module: Path) -> str:
    """As the kernel calls it."""
    return module.name.split(".")[0].replace("-", "_")


def build(kernel: Kernel, network: list[str], kvm: list[str]) -> bytes:
    """Takes some 100 ms, so there is no cache that could grow stale."""
    if not BUSYBOX.exists():
        raise BedError(f"{BUSYBOX} is missing: run scripts/setup")
    files = {"bin/busybox": BUSYBOX.read_bytes(), "init": INIT.read_bytes()}
    files |= _modules(kernel, {"boot": BOOT_MODULES, "network": network, "kvm": kvm})
    return archive(files, {"bin/sh": "busybox"})
