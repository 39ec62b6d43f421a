# SPDX-License-Identifier: GPL-2.0
"""Which kernel a host boots: its image, and where its modules are."""

import os
import re
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .errors import BedError


def image_version(image: Path) -> str:
    """The version that a bzImage carries in its header (Documentation/arch/x86/boot.rst)."""
    with image.open("rb") as file:
        head = file.read(0x10000)
    if head[0x202:0x206] != b"HdrS":
        raise BedError(f"{image} is not a bzImage")
    (offset,) = struct.unpack_from("<H", head, 0x20E)
    text = head[offset + 0x200 :].split(b"\0")[0]
    return text.split()[0].decode()


@dataclass(frozen=True)
class Kernel:
    image: Path
    version: str
    root: Path
    """The directory that holds lib/modules/VERSION."""

    @property
    def modules(self) -> Path:
        return self.root / "lib/modules" / self.version

    def files(self, module: str) -> list[Path]:
        """A module and what it depends on, in loading order; nothing if it is built in."""
        if not self.modules.is_dir():
            return []
        command = ["modprobe", "-d", str(self.root), "-S", self.version, "--show-depends", module]
        env = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
        if done.returncode:
            raise BedError(f"kernel {self.version} has no module {module}: {done.stderr.strip()}")
        lines = (line.split() for line in done.stdout.splitlines())
        return [Path(words[1]) for words in lines if words[0] == "insmod"]


def _age(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", path.name)]


def installed() -> Kernel:
    """The running kernel if modules can be built for it, else the newest installed one."""
    running = Path("/boot/vmlinuz-" + os.uname().release)
    if running.exists() and Path(f"/lib/modules/{os.uname().release}/build").exists():
        return from_image(running)
    images = [path for path in Path("/boot").glob("vmlinuz-*") if _modules_of(path).is_dir()]
    if not images:
        raise BedError("no kernel is installed in /boot: run scripts/setup")
    return from_image(max(images, key=_age))


def _modules_of(image: Path) -> Path:
    return Path("/lib/modules") / image.name.removeprefix("vmlinuz-")


def from_image(image: Path) -> Kernel:
    """A kernel image whose modules lie beside it, as in an unpacked package, or in /lib/modules."""
    image = image.resolve()
    version = image_version(image)
    beside = image.parent.parent
    return Kernel(image, version, beside if (beside / "lib/modules" / version).is_dir() else Path("/"))


def find(name: str | None) -> Kernel:
    """A kernel by version, by its image, or by the directory of an unpacked package."""
    if not name:
        return installed()
    path = Path(name)
    candidates = [path] if path.is_file() else list(path.glob("boot/vmlinuz-*"))
    candidates += [Path(f"/boot/vmlinuz-{name}")]
    for image in candidates:
        if image.is_file():
            return from_image(image)
    raise BedError(f"no kernel {name}: give a version in /boot, an image, or an unpacked package")
