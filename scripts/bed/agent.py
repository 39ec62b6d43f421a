#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Process 1 of a host: runs the commands that arrive on a virtio-serial port.

A message is a line "NUMBER VERB LENGTH" and LENGTH bytes. NUMBER names the job.
 in:  run COMMAND, tty COMMAND, input BYTES, signal NUMBER
 out: output BYTES, exit STATUS, and once "0 ready 0"
It imports next to nothing, because an import over 9p on an emulated CPU is slow.
"""

import fcntl
import os
import select
import signal
import sys


class Job:
    """One command in a session of its own; its output and its input are one pipe each, or one terminal."""

    def __init__(self, number, command, tty):
        self.number = number
        if tty:
            self.output, end = os.openpty()
            self.input, ends = os.dup(self.output), (end, end)
        else:
            self.output, out = os.pipe()
            stdin, self.input = os.pipe()
            ends = (stdin, out)
        os.set_blocking(self.output, False)
        os.set_blocking(self.input, False)
        self.pid = os.fork() or _become(command, *ends)
        for end in set(ends):
            os.close(end)

    def read(self):
        """What there is to read; None if nothing yet, b"" at the end."""
        try:
            return os.read(self.output, 65536)
        except BlockingIOError:
            return None
        except OSError:  # a terminal that was closed
            return b""

    def write(self, data):
        try:
            os.write(self.input, data)
        except OSError:  # it no longer listens
            pass

    def close(self):
        os.close(self.output)
        os.close(self.input)


def _become(command, stdin, stdout):
    """The child's part of a fork. Opening a terminal after setsid makes it the session's own."""
    os.setsid()
    if os.isatty(stdin):
        os.close(os.open(os.ttyname(stdin), os.O_RDWR))
    os.dup2(stdin, 0)
    os.dup2(stdout, 1)
    os.dup2(stdout, 2)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execv("/bin/bash", ["bash", "-c", command])


class Agent:
    def __init__(self, port):
        self.port = port
        self.received = b""
        self.jobs = {}
        self.epoll = select.epoll()
        self.handlers = {}
        self.watch(port, self.on_port)
        self.watch(_child_signals(), self.on_child)

    def watch(self, fd, handler):
        self.epoll.register(fd, select.EPOLLIN)
        self.handlers[fd] = handler

    def unwatch(self, fd):
        if self.handlers.pop(fd, None):
            self.epoll.unregister(fd)

    def send(self, number, verb, data=b""):
        message = b"%d %s %d\n" % (number, verb, len(data)) + data
        while message:
            message = message[os.write(self.port, message):]

    def serve(self):
        self.send(0, b"ready")
        while True:
            for fd, _ in self.epoll.poll():
                if fd in self.handlers:
                    self.handlers[fd](fd)

    def on_port(self, port):
        data = os.read(port, 65536)
        if not data:
            sys.exit("bed: L0 went away")
        self.received += data
        while self.take_message():
            pass

    def take_message(self):
        head, newline, rest = self.received.partition(b"\n")
        if not newline:
            return False
        number, verb, length = head.split()
        size = int(length)
        if len(rest) < size:
            return False
        self.received = rest[size:]
        self.handle(int(number), verb, rest[:size])
        return True

    def handle(self, number, verb, data):
        job = self.jobs.get(number)
        if verb in (b"run", b"tty"):
            job = self.jobs[number] = Job(number, data, verb == b"tty")
            self.watch(job.output, lambda _: self.on_output(job))
        elif job and verb == b"input":
            job.write(data)
        elif job and verb == b"signal":
            os.killpg(job.pid, int(data))

    def on_output(self, job):
        data = job.read()
        if data:
            self.send(job.number, b"output", data)
        elif data == b"":
            self.unwatch(job.output)
        return bool(data)

    def on_child(self, signals):
        """Reaps commands, and as process 1 every orphan too."""
        os.read(signals, 4096)
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            for job in [job for job in self.jobs.values() if job.pid == pid]:
                self.finish(job, os.waitstatus_to_exitcode(status))

    def finish(self, job, status):
        """Sends what was left to read; a daemon it left behind may keep the pipe open."""
        while job.output in self.handlers and self.on_output(job):
            pass
        self.unwatch(job.output)
        job.close()
        del self.jobs[job.number]
        self.send(job.number, b"exit", b"%d" % status)


def _child_signals():
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(theirs, warn_on_full_buffer=False)
    return ours


def _open_port():
    base = "/sys/class/virtio-ports"
    for port in os.listdir(base):
        with open(f"{base}/{port}/name", encoding="ascii") as name:
            if name.read().strip() == "bed.agent":
                return os.open(f"/dev/{port}", os.O_RDWR)
    sys.exit("bed: no virtio-serial port named bed.agent")


KVM_CREATE_VM = 0xAE01


def _keep_a_vm():
    """KVM patches __schedule() (preempt_notifier_key) when the first VM comes and the last one goes. QEMU before
    8.1 can miss that a CPU of a TCG machine runs what another one patches, and the host hangs in an endless
    breakpoint: seen within 200 VMs on stock KVM. So the bed keeps a VM for as long as the host lives."""
    if os.path.exists("/dev/kvm"):
        fcntl.ioctl(os.open("/dev/kvm", os.O_RDWR), KVM_CREATE_VM, 0)


def _bring_up_cpus():
    """Until now there was one, so that nobody else ran what was patched."""
    base = "/sys/devices/system/cpu"
    for name in os.listdir(base):
        if name[3:].isdigit() and os.path.exists(f"{base}/{name}/online"):
            with open(f"{base}/{name}/online", "w", encoding="ascii") as online:
                online.write("1")


if __name__ == "__main__":
    os.chdir(os.environ.pop("bed_tree"))
    _keep_a_vm()
    _bring_up_cpus()
    Agent(_open_port()).serve()
