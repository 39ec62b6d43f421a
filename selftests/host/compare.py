#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""usage: compare.py /dev/ptpN SECONDS

Prints, ten times a second, the host's CLOCK_MONOTONIC_RAW, how far the PHC is from it, and what the reading leaves open:
three numbers of ns a line. Nothing while the PHC does not vouch for its time."""

import os
import sys
import time

TRIES = 5


def read(phc: int) -> tuple[int, int, int]:
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)
    there = time.clock_gettime_ns(phc)
    after = time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)
    return after - before, before, there - before - (after - before) // 2


def main() -> None:
    phc = ~os.open(sys.argv[1], os.O_RDONLY) << 3 | 3
    end = time.monotonic() + float(sys.argv[2])
    while time.monotonic() < end:
        try:
            width, raw, apart = min(read(phc) for _ in range(TRIES))
            print(raw, apart, width // 2 + 1, flush=True)
        except OSError:
            pass
        time.sleep(0.1)


main()
