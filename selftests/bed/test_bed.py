#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The testbed's own test: commands, guests, failures that must be seen, nothing left behind."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TREE / "scripts"))
from bed import Bed, BedError, CommandFailed, CommandTimeout, HostFailed  # noqa: E402
from bed.cpio import archive  # noqa: E402
from bed.network import Network  # noqa: E402

GUEST_INIT = b"""#!/bin/sh
/bin/busybox --install -s /bin
mkdir /proc /sys
mount -t proc proc /proc
mount -t sysfs sysfs /sys
stty -echo
echo GUEST UP $(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)
while read -r line; do eval "$line"; done
"""


def guest_image(directory: Path) -> None:
    files = {"bin/busybox": Path("/bin/busybox").read_bytes(), "init": GUEST_INIT}
    (directory / "guest.img").write_bytes(archive(files, {"bin/sh": "busybox"}))


def leftovers(directory: str) -> list[str]:
    """Files and processes of the beds that had this directory as their TMPDIR."""
    found = os.listdir(directory)
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"TMPDIR={directory}".encode() in path.read_bytes():
                found.append(f"process {path.parent.name}")
        except OSError:  # it ended meanwhile
            pass
    return found


class TwoHosts(unittest.TestCase):
    """One bed for all of them; its name is the order of the file, the killing comes last."""

    @classmethod
    def setUpClass(cls) -> None:
        began = time.monotonic()
        cls.bed = cls.enterClassContext(Bed(hosts=2))
        print(f"# 2 hosts up after {time.monotonic() - began:.1f} s", flush=True)

    def test_1_commands_run_on_their_host(self) -> None:
        for number, host in enumerate(self.bed, 1):
            self.assertEqual(host.run("echo token-$DVMM_HOST-$(hostname)"), f"token-{number}-host{number}\n")
        self.assertEqual(self.bed[0].run("pwd; echo $DVMM_TREE"), f"{TREE}\n{TREE}\n")

    def test_1_status_is_exact(self) -> None:
        with self.assertRaises(CommandFailed) as caught:
            self.bed[0].run("echo said; exit 7")
        self.assertEqual((caught.exception.status, caught.exception.output), (7, "said\n"))
        self.assertEqual(self.bed[0].start("kill -TERM $$").wait(10), -signal.SIGTERM)

    def test_1_timeout_kills_the_command(self) -> None:
        with self.assertRaises(CommandTimeout) as caught:
            self.bed[1].run("echo begun; sleep 1234", timeout=1)
        self.assertIn("begun", str(caught.exception))
        running = "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"
        self.assertEqual(self.bed[1].run(f"{running} | grep -c 'sleep [1]234' || true"), "0\n")

    def test_1_many_commands_at_once(self) -> None:
        jobs = [self.bed[0].start(f"read word; echo {number} $word") for number in range(16)]
        for job in jobs:
            job.send("heard")
        for number, job in enumerate(jobs):
            self.assertEqual((job.wait(30), job.output), (0, f"{number} heard\n"))

    def test_1_output_is_whole(self) -> None:
        self.assertEqual(self.bed[0].run("seq 200000"), "".join(f"{n}\n" for n in range(1, 200001)))

    def test_2_network(self) -> None:
        output = self.bed[1].run("busybox ping -c 10 -i 0.2 10.77.0.1 | tail -1")
        print(f"# {output.strip()}", flush=True)
        self.assertIn("round-trip", output)

    def test_2_window_is_shared(self) -> None:
        poke = "import mmap, os; m = mmap.mmap(os.open(os.environ['DVMM_SHM'], os.O_RDWR), 1 << 20); "
        self.bed[0].run(f"python3 -c \"{poke} m[100:105] = b'hello'\"")
        self.assertEqual(self.bed[1].run(f'python3 -c "{poke} print(m[100:105])"'), "b'hello'\n")
        self.assertEqual(self.bed.memory[100:105], b"hello")

    def test_2_files_are_shared(self) -> None:
        self.bed[0].run("echo from host1 >$DVMM_SHARE/note")
        self.assertEqual((self.bed.share / "note").read_text(), "from host1\n")
        self.assertEqual(self.bed[1].run("cat $DVMM_SHARE/note"), "from host1\n")

    def test_2_tree_is_not_written(self) -> None:
        self.bed[0].run("echo x >bed-was-here")
        self.assertFalse((TREE / "bed-was-here").exists())

    def test_3_stopped_machine_has_no_time(self) -> None:
        uptime = lambda: float(self.bed[0].run("cat /proc/uptime").split()[0])  # noqa: E731
        before, began = uptime(), time.monotonic()
        self.bed[0].stop()
        time.sleep(3)
        self.bed[0].cont()
        self.assertLess(uptime() - before, time.monotonic() - began - 2.5)

    def test_4_guest(self) -> None:
        guest_image(self.bed.share)
        guest = self.bed[0].guest("/run/dvmm-share/guest.img", append="quiet")
        clocksource = guest.wait_for(r"^GUEST UP (\S+)", 120)[1]
        self.assertIn(clocksource, ("kvm-clock", "tsc", "tsc-early"))
        guest.send("echo answer $((6 * 7))")
        guest.wait_for("^answer 42", 30)
        guest.kill()
        self.assertEqual(guest.wait(10), -signal.SIGKILL)

    def test_4_launcher_names_what_is_missing(self) -> None:
        with self.assertRaises(CommandFailed) as caught:
            self.bed[0].run("scripts/dvmm-qemu -version")
        self.assertRegex(caught.exception.output, r"^dvmm-qemu: there is no /dev/dvmm/kvm.*insmod dvmm_time.ko")

    def test_4_launcher_swaps_the_device(self) -> None:
        """A null device stands in for the module's: in the launcher, and only there, /dev/kvm is it."""
        self.bed[0].run("mkdir -p /dev/dvmm && mknod /dev/dvmm/kvm c 1 3")
        see = "DVMM_QEMU=/tmp/see scripts/dvmm-qemu -m 64; stat -c %t:%T /dev/kvm"
        output = self.bed[0].run("printf '#!/bin/sh\\necho $*; stat -c %%t:%%T /dev/kvm\\n' >/tmp/see; "
                                 f"chmod +x /tmp/see; {see}; rm -r /dev/dvmm")
        self.assertEqual(output, "-accel kvm -m 64\n1:3\na:e8\n")

    def test_5_power_cut_is_no_failure(self) -> None:
        self.bed[1].kill()
        self.assertEqual(self.bed[0].run("echo alive"), "alive\n")
        self.bed.check()


class Failures(unittest.TestCase):
    def remove_logs(self, error: BaseException) -> str:
        """The one directory that the message names; all that may be left."""
        name = error.__notes__[0].removeprefix("logs: ")
        logs = sorted(path.name for path in Path(name).iterdir())
        subprocess.run(["rm", "-r", name], check=True)
        return " ".join(logs)

    def test_panic_is_reported_with_its_trace(self) -> None:
        with self.assertRaises(HostFailed) as caught:
            with Bed(hosts=1, kvm=False) as bed:
                self.assertEqual(bed[0].run("test -e /dev/kvm || echo none"), "none\n")
                bed[0].run("echo c >/proc/sysrq-trigger", timeout=30)
        self.assertRegex(str(caught.exception), r"(?s)host1.*sysrq triggered crash.*Call Trace")
        self.assertEqual(self.remove_logs(caught.exception), "console-1.log qemu-1.log")

    def test_panic_under_a_job_is_reported_with_its_trace(self) -> None:
        testbed = subprocess.run([TREE / "scripts/testbed", "run", "--on", "1", "--", "echo c >/proc/sysrq-trigger"],
                                 capture_output=True, text=True, check=False)
        self.assertEqual(testbed.returncode, 1)
        self.assertRegex(testbed.stderr, r"(?s)host1 went away.*sysrq triggered crash.*Call Trace.*logs: /tmp")
        subprocess.run(["rm", "-r", testbed.stderr.split("logs: ")[1].strip()], check=True)

    def test_warning_on_the_console_fails_the_run(self) -> None:
        with self.assertRaises(HostFailed) as caught:
            with Bed(hosts=1) as bed:
                bed[0].start("echo '<4>WARNING: made up' >/dev/kmsg").wait(10)
        self.assertIn("WARNING: made up", str(caught.exception))
        self.remove_logs(caught.exception)

    def end_by(self, number: signal.Signals) -> None:
        """A bed of three is told to end while a command runs."""
        with tempfile.TemporaryDirectory() as directory:
            # a shell that runs us in the background has SIGINT ignored
            heeding = ["env", "--default-signal=INT"]
            command = [*heeding, TREE / "scripts/testbed", "run", "--hosts", "3", "--cpus", "1", "--", "echo up; sleep 600"]
            environment = {**os.environ, "TMPDIR": directory}
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as testbed:
                self.assertIn("| up", testbed.stdout.readline())
                self.assertEqual(len(leftovers(directory)), 1 + 1 + 1 + 3)  # directory, testbed, hub, hosts
                testbed.send_signal(number)
                self.assertEqual(testbed.wait(30), 128 + number)
            self.assertEqual(leftovers(directory), [])

    def test_sigterm_leaves_nothing(self) -> None:
        self.end_by(signal.SIGTERM)

    def test_interrupt_leaves_nothing(self) -> None:
        self.end_by(signal.SIGINT)

    def test_bad_choices_are_named(self) -> None:
        for choice in ({"hosts": 5}, {"kernel": "no-such"}, {"nic": "ne2k_pci"}):
            with self.subTest(choice), self.assertRaises(BedError), Bed(**choice):
                pass


class Delays(unittest.TestCase):
    """A wire with delays, without hosts at its ends."""

    def setUp(self) -> None:
        self.network = Network(2, delays=True)
        self.addCleanup(self.network.close)
        for end in self.network.ends:
            end.settimeout(30)

    def travel(self, start: int, there: tuple[float, float], back: tuple[float, float]) -> float:
        """Seconds that a frame takes from that end to the other."""
        self.network.delay(there, back)
        time.sleep(0.2)
        began = time.monotonic()
        self.network.ends[start].send(b"frame")
        self.assertEqual(self.network.ends[1 - start].recv(100), b"frame")
        return time.monotonic() - began

    def test_each_way_has_its_own_delay(self) -> None:
        for start in 0, 1:
            delayed = self.travel(start, *[(400000, 0) if way == start else (0, 0) for way in (0, 1)])
            other = self.travel(start, *[(0, 0) if way == start else (400000, 0) for way in (0, 1)])
            self.assertGreaterEqual(delayed, 0.4)
            self.assertLess(other, delayed)

    def test_jitter_holds_frames_back_and_keeps_their_order(self) -> None:
        self.network.delay((0, 20000), (0, 0))
        time.sleep(0.2)
        began = time.monotonic()
        for number in range(20):
            self.network.ends[0].send(b"%d" % number)
        self.assertEqual([int(self.network.ends[1].recv(100)) for _ in range(20)], list(range(20)))
        self.assertGreater(time.monotonic() - began, 0.02)

    def test_three_hosts_have_no_such_wire(self) -> None:
        with self.assertRaises(BedError):
            Bed(hosts=3, delays=True)


class Tally(unittest.TextTestResult):
    def passed(self) -> int:
        return self.testsRun - self.failed() - len(self.skipped)

    def failed(self) -> int:
        return len(self.failures) + len(self.errors) + len(self.unexpectedSuccesses)


def main() -> int:
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=Tally).run(suite)
    print(f"{result.passed()} passed, {result.failed()} failed, {len(result.skipped)} skipped")
    return 0 if result.passed() and not result.failed() else 1


if __name__ == "__main__":
    sys.exit(main())
