# SPDX-License-Identifier: GPL-2.0
"""Tests as plain functions: @test("what holds"); run(**arguments) calls them in order and counts."""

import sys
import time
import traceback
from pathlib import Path
from typing import Any, Callable

TREE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TREE / "scripts"))


class Skip(Exception):
    """Raised by a test that cannot be made here; says why."""


class Suite:
    def __init__(self) -> None:
        self._tests: list[tuple[str, Callable[..., None]]] = []
        self.passed = self.failed = self.skipped = 0

    def test(self, name: str) -> Callable:
        def add(function: Callable[..., None]) -> Callable[..., None]:
            self._tests.append((name, function))
            return function
        return add

    def run(self, **arguments: Any) -> None:
        for name, function in self._tests:
            self._one(name, function, arguments)
        self._tests = []

    def _one(self, name: str, function: Callable[..., None], arguments: dict[str, Any]) -> None:
        start = time.monotonic()
        try:
            function(**arguments)
        except Skip as why:
            self.skipped += 1
            print(f"ok # SKIP {name}: {why}", flush=True)
        except Exception:
            self.failed += 1
            print(f"not ok {name}\n{_comment(traceback.format_exc())}", flush=True)
        else:
            self.passed += 1
            print(f"ok {name} ({time.monotonic() - start:.1f} s)", flush=True)

    def count(self, output: str) -> None:
        """Takes over the results of a test program that printed "ok ..." and "not ok ..." lines."""
        for line in output.splitlines():
            print(line, flush=True)
            if line.startswith("ok # SKIP"):
                self.skipped += 1
            elif line.startswith("ok "):
                self.passed += 1
            elif line.startswith("not ok "):
                self.failed += 1

    def close(self) -> int:
        """Prints the closing line; returns the exit status."""
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped", flush=True)
        return 1 if self.failed or not self.passed else 0


def note(text: str) -> None:
    print(_comment(text), flush=True)


def _comment(text: str) -> str:
    return "\n".join(f"# {line}" for line in text.rstrip().splitlines())
