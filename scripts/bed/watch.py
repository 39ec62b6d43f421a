# SPDX-License-Identifier: GPL-2.0
"""Reads a host's console for signs of ill health."""

import re
from pathlib import Path

TROUBLE = re.compile(
    r"Oops|WARNING:|BUG:|BUG |soft lockup|hard LOCKUP|\bhung\b|blocked for more than|Call Trace|"
    r"Kernel panic|general protection fault|detected stalls|UBSAN|KASAN|INFO: task|"
    r"possible recursive locking|circular locking|bed: ")
BEFORE, AFTER = 3, 60


class Console:
    """A console log that grows; each line is judged once, and trouble is remembered."""

    def __init__(self, path: Path):
        self.path = path
        self._seen = 0
        self._first: int | None = None

    def _lines(self) -> list[str]:
        text = self.path.read_text(errors="replace") if self.path.exists() else ""
        return text.replace("\r", "").split("\n")

    def trouble(self) -> str | None:
        """The lines around the first sign of trouble, if there is one."""
        lines = self._lines()
        if self._first is None:
            fresh = range(self._seen, len(lines))
            self._first = next((n for n in fresh if TROUBLE.search(lines[n])), None)
            self._seen = max(0, len(lines) - 1)  # the last line may be half a line
        if self._first is None:
            return None
        return "\n".join(lines[max(0, self._first - BEFORE): self._first + AFTER])

    def tail(self, count: int = 20) -> str:
        return "\n".join(self._lines()[-count:])
