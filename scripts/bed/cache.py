# SPDX-License-Identifier: GPL-2.0
"""The directory, outside the tree, for what is worth keeping from one run to the next."""

import os
from pathlib import Path


def directory() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    path = Path(base, "dvmm") if base else Path(f"/var/tmp/dvmm-cache-{os.getuid()}")
    path.mkdir(parents=True, exist_ok=True)
    return path
