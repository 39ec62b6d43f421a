#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The virtual devices of a guest: they tell its TSC's time while the cluster's rate is steered, and count their ticks.
One host; slub_debug=FZPU panic_on_warn=1, so memory misuse or a warning ends it."""

import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from harness import Suite, note  # noqa: E402

from bed import Bed  # noqa: E402
from bed.cluster import DEVICE, guest, load, phc, status, wait  # noqa: E402
from bed.host import Host  # noqa: E402
from bed.shell import Shell  # noqa: E402

suite = Suite()
test = suite.test

NOT_OURS = "pmbase=0x9000"
"""Where no firmware puts the power management block, so that QEMU's own serves: how it was before."""


def start(host: Host, parameters: str = "") -> Shell:
    load(host, parameters)
    wait(host)
    return guest(host, DEVICE, cpus=1)()


def stop(host: Host, shell: Shell) -> None:
    shell.kill()
    host.run("rmmod dvmm_time")


class Steering:
    """The cluster's rate goes by +100 ppm, then by -100, while the block runs."""

    def __init__(self, host: Host, seconds: float):
        self._host, self._pause, self._clock = host, seconds / 2, phc(host)
        self._thread = threading.Thread(target=self._steer)

    def _steer(self) -> None:
        for ppb in 100000, -100000:
            self._host.run(f"phc_ctl {self._clock} -- freq {ppb}")
            time.sleep(self._pause)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *unused) -> None:
        self._thread.join()
        self._host.run(f"phc_ctl {self._clock} -- freq 0")


def agreement(host: Host, shell: Shell, clocksource: str, tick_ns: int, seconds: int) -> dict[str, int]:
    """By how many ns the clocksource and the TSC contradict each other, at worst, while the rate is steered; and what
    the quickest reading took."""
    khz = status(host)["tsc_khz"]
    with Steering(host, seconds):
        call = shell.start(f"agree {clocksource} {tick_ns} {khz} {seconds}")
        assert call.wait(seconds + 60) == 0, call.output
    found = call.pairs("agree")[0]
    note(f"{clocksource} beside the TSC, {seconds} s, +/-100 ppm: {found}")
    assert found["samples"] > 100 * seconds / 2, found
    return found


PM_TICK_NS = 280


@test("QEMU's own PM timer does not tell the time of a steered TSC: what ours is for")
def stock_pm_timer(host: Host, costs: dict[str, int]) -> None:
    shell = start(host, NOT_OURS)
    found = agreement(host, shell, "acpi_pm", PM_TICK_NS, 8)
    stop(host, shell)
    costs["pm"] = found["read_ticks"]
    assert found["apart_ns"] > 10 * PM_TICK_NS, found


@test("our PM timer, as Linux's clocksource, and the TSC agree to the tick for 20 s; it takes less time to read")
def pm_timer(host: Host, costs: dict[str, int]) -> None:
    shell = start(host)
    found = agreement(host, shell, "acpi_pm", PM_TICK_NS, 20)
    shell.kill()
    note(f"a reading takes {found['read_ticks']} ticks of the TSC, {costs['pm']} with QEMU's")
    assert found["apart_ns"] <= PM_TICK_NS and found["read_ticks"] < costs["pm"], found


@test("in a VM without any monitor's devices, the PM timer is where PMBASE says, and every sample is what the TSC says")
def pm_timer_bare(host: Host, costs: dict[str, int]) -> None:
    khz = status(host)["tsc_khz"]
    with Steering(host, 8):
        output = host.run(f"selftests/host/build/pmtimer {DEVICE} {khz} 8", timeout=60, check=False)
    note(output)
    assert output.count("\nok ") + output.startswith("ok ") == 9 and "not ok" not in output


def main() -> int:
    with Bed(hosts=1, cpus=2, memory=1536, slub_debug=True) as bed:
        suite.run(host=bed[0], costs={})
        bed.failed = suite.failed > 0
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
