"""Sits at a terminal: runs a program on one, types, and waits for what appears.

    terminal.py STEPS PROGRAM [ARG...]

STEPS is a list of JSON: ["type", TEXT], ["expect", PATTERN], ["size", ROWS, COLUMNS], ["end"]: waits for the end. What
appeared is printed, and how the program ended; a pattern that does not come within 20 s makes the exit status 1.
"""
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

PATIENCE = 20


class Terminal:
    def __init__(self, words):
        self.process, self.master = pty.fork()
        if self.process == 0:
            os.execvp(words[0], words)
        self.seen, self.looked_at = "", 0

    def read(self, seconds):
        if not select.select([self.master], [], [], seconds)[0]:
            return True
        try:
            chunk = os.read(self.master, 65536)
        except OSError:
            return False
        self.seen += chunk.decode(errors="replace")
        return bool(chunk)

    def expect(self, pattern):
        end = time.monotonic() + PATIENCE
        while True:
            found = re.compile(pattern).search(self.seen, self.looked_at)
            if found:
                self.looked_at = found.end()
                return
            if time.monotonic() > end or not self.read(0.1):
                raise SystemExit(f"{pattern!r} did not come: {self.seen!r}")

    def type(self, text):
        os.write(self.master, text.encode())

    def size(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def end(self):
        end = time.monotonic() + PATIENCE
        while self.read(0.1):
            if time.monotonic() > end:
                raise SystemExit(f"it does not end: {self.seen!r}")
        print(os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1]))


terminal = Terminal(sys.argv[2:])
try:
    for step, *arguments in json.loads(sys.argv[1]):
        getattr(terminal, step)(*arguments)
finally:
    print(terminal.seen)
    os.close(terminal.master)
    try:
        os.kill(terminal.process, signal.SIGHUP)
    except ProcessLookupError:
        pass
