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


class World:
    def __init__(self, host: Host):
        self.host = host
        self.guest: Shell | None = None

    def start(self, parameters: str = "") -> Shell:
        load(self.host, parameters)
        wait(self.host)
        self.guest = guest(self.host, DEVICE, cpus=1)()
        return self.guest

    def stop(self) -> None:
        self.guest.kill()
        self.host.run("rmmod dvmm_time")


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


def agreement(world: World, clock: str, seconds: int) -> dict[str, int]:
    khz = status(world.host)["tsc_khz"]
    with Steering(world.host, seconds):
        call = world.guest.start(f"agree {clock} {khz} {seconds}")
        assert call.wait(seconds + 60) == 0, call.output
    found = call.pairs("agree")[0]
    note(f"{clock} beside the TSC, {seconds} s, +/-100 ppm: {found}")
    assert found["samples"] > 100 * seconds / 2, found
    return found


@test("QEMU's own PM timer does not tell the time of a steered TSC: what ours would be for")
def stock_pm_timer(world: World) -> None:
    world.start(NOT_OURS)
    found = agreement(world, "pm", 8)
    world.stop()
    assert found["apart_ns"] > 10 * found["tick_ns"], found


@test("our PM timer and the TSC agree to the tick for 20 s, also on where zero is")
def pm_timer(world: World) -> None:
    world.start()
    found = agreement(world, "pm", 20)
    assert found["apart_ns"] == 0 and found["from_zero_ns"] == 0, found


def main() -> int:
    with Bed(hosts=1, cpus=2, memory=1536, slub_debug=True) as bed:
        suite.run(world=World(bed[0]))
        bed.failed = suite.failed > 0
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
