# SPDX-License-Identifier: GPL-2.0
"""Writes a newc cpio archive, the format of an initramfs."""

import os
import stat
from pathlib import Path


def _record(number: int, name: str, mode: int, data: bytes) -> bytes:
    path = name.encode() + b"\0"
    fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + path
    return _padded(head) + _padded(data)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)


def _parents(names: list[str]) -> list[str]:
    found = {str(parent) for name in names for parent in Path(name).parents}
    return sorted(found - {"."})


def archive(files: dict[str, bytes], links: dict[str, str] | None = None) -> bytes:
    """Files (all executable) and symbolic links by name; directories follow from the names."""
    links = links or {}
    entries = [(name, stat.S_IFDIR | 0o755, b"") for name in _parents([*files, *links])]
    entries += [(name, stat.S_IFREG | 0o755, data) for name, data in files.items()]
    entries += [(name, stat.S_IFLNK | 0o777, os.fsencode(target)) for name, target in links.items()]
    entries.append(("TRAILER!!!", 0, b""))
    return b"".join(_record(number, *entry) for number, entry in enumerate(entries, 1))
