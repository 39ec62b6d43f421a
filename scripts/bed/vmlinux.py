# SPDX-License-Identifier: GPL-2.0
"""Unpacks a bzImage, because QEMU can start the ELF inside it directly (PVH): an emulated CPU
needs 3 s or more to unpack it by itself."""

import gzip
import hashlib
import lzma
import os
import struct
from pathlib import Path
from typing import Callable

from .cache import directory

UNPACKERS: dict[bytes, Callable[[bytes], bytes]] = {
    b"\xfd7zXZ": lambda data: lzma.LZMADecompressor().decompress(data),
    b"\x1f\x8b": gzip.decompress,
}
PVH_NOTE = struct.pack("<I4s", 18, b"Xen\0")


def _payload(image: bytes) -> bytes:
    """Documentation/arch/x86/boot.rst: setup_sects, payload_offset, payload_length."""
    start = (image[0x1F1] + 1) * 512
    offset, length = struct.unpack_from("<II", image, 0x248)
    return image[start + offset : start + offset + length]


def _unpack(image: bytes) -> bytes | None:
    payload = _payload(image)
    for magic, unpack in UNPACKERS.items():
        if payload.startswith(magic):
            return unpack(payload)
    return None


def _store(data: bytes, path: Path) -> None:
    """Another bed may do the same at the same time."""
    partial = path.with_suffix(f".{os.getpid()}")
    partial.write_bytes(data)
    partial.replace(path)


def fastest(image: Path) -> Path:
    """The ELF of a bzImage from the cache, or the image itself where it has no ELF that QEMU can start."""
    packed = image.read_bytes()
    path = directory() / f"{image.name}-{hashlib.sha256(packed).hexdigest()[:16]}.elf"
    if not path.exists():
        data = _unpack(packed)
        if not data or PVH_NOTE not in data:
            return image
        _store(data, path)
    return path
