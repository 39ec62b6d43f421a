# SPDX-License-Identifier: GPL-2.0
"""L0's end of the command channel: any number of jobs in one host at a time."""

import codecs
import itertools
import re
import signal
import socket
import threading
from typing import BinaryIO, Callable, NoReturn

from .errors import BedError, CommandTimeout

TextHandler = Callable[[str], None]


class Job:
    """A command running in a host. Its output is stdout and stderr together."""

    def __init__(self, channel: "Channel", number: int, command: str, on_text: TextHandler | None):
        self.command = command
        self.status: int | None = None
        self._channel = channel
        self._number = number
        self._on_text = on_text
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._searched = 0
        self.output = ""

    @property
    def lines(self) -> list[str]:
        return self.output.replace("\r", "").splitlines()

    @property
    def running(self) -> bool:
        return self.status is None and not self._channel.closed

    def send(self, line: str) -> None:
        self.send_raw(line + "\n")

    def send_raw(self, text: str) -> None:
        self._channel.send(self._number, "input", text)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Signals the whole process group."""
        if self.running:
            self._channel.send(self._number, "signal", str(int(number)))

    def wait(self, timeout: float | None = None) -> int:
        """The exit status, negative for a signal. Past the timeout the command is killed."""
        if self._channel.wait(lambda: self.status is not None, timeout):
            return self.status
        self.kill()
        self._channel.wait(lambda: self.status is not None, 10)
        raise CommandTimeout(f"{self}: not done after {timeout} s\n{self.output}".rstrip())

    def wait_for(self, pattern: str, timeout: float) -> re.Match:
        """The next match in the complete lines of the output, after what an earlier call matched."""
        regex = re.compile(pattern, re.MULTILINE)
        found: list[re.Match] = []

        def matched() -> bool:
            end = self.output.rfind("\n") + 1 if self.running else len(self.output)
            found[:] = filter(None, [regex.search(self.output, self._searched, end)])
            return bool(found) or self.status is not None

        if not self._channel.wait(matched, timeout):
            raise CommandTimeout(f"{self}: no {pattern!r} in {timeout} s\n{self.output}".rstrip())
        if not found:
            raise BedError(f"{self}: ended ({self.status}) without {pattern!r}\n{self.output}".rstrip())
        self._searched = found[0].end()
        return found[0]

    def _receive(self, verb: str, data: bytes) -> None:
        if verb == "exit":
            self.status = int(data)
            return
        text = self._decoder.decode(data)
        self.output += text
        if self._on_text:
            self._on_text(text)

    def __str__(self) -> str:
        return f"{self._channel.name}: {self.command}"


class Channel:
    def __init__(self, name: str, connection: socket.socket, gone: Callable[[], NoReturn]):
        self.name = name
        self._gone = gone
        self.ready = False
        self.closed = False
        self._connection = connection
        self._jobs: dict[int, Job] = {}
        self._numbers = itertools.count(1)
        self._changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, number: int, verb: str, text: str) -> None:
        data = text.encode()
        try:
            self._connection.sendall(b"%d %s %d\n" % (number, verb.encode(), len(data)) + data)
        except OSError:
            self._gone()

    def start(self, command: str, on_text: TextHandler | None = None, tty: bool = False) -> Job:
        number = next(self._numbers)
        job = self._jobs[number] = Job(self, number, command, on_text)
        self.send(number, "tty" if tty else "run", command)
        return job

    def wait(self, condition: Callable[[], bool], timeout: float | None) -> bool:
        """False if the timeout passed first."""
        with self._changed:
            done = self._changed.wait_for(lambda: condition() or self.closed, timeout)
            if done and not condition():
                self._gone()
            return done

    def _read(self) -> None:
        try:
            self._read_messages(self._connection.makefile("rb"))
        except OSError:
            pass
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def _read_messages(self, stream: BinaryIO) -> None:
        for head in stream:
            number, verb, length = head.split()
            self._dispatch(int(number), verb.decode(), stream.read(int(length)))

    def _dispatch(self, number: int, verb: str, data: bytes) -> None:
        with self._changed:
            if verb == "ready":
                self.ready = True
            else:
                self._jobs[number]._receive(verb, data)
            if verb == "exit":
                del self._jobs[number]
            self._changed.notify_all()

    def close(self) -> None:
        try:
            self._connection.shutdown(socket.SHUT_RDWR)
        except OSError:  # the host was first
            pass
        self._connection.close()
