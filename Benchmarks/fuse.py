"""fuse.py MEMORY-MOUNT SCRATCH: what reading through a mount costs, the median of several rounds.

CPU seconds are those of the reader and, behind the plus, of the session. Every round mounts anew, so that nothing is
read from the kernel's cache unless the row says so.
"""

import mmap
import os
import statistics
import subprocess
import sys
import time

import processes
import random_reads

mounter, scratch = sys.argv[1:3]
ROUNDS = 5
GIB = 1 << 30


class Mount:
    def __init__(self, *settings):
        self.path = os.path.join(scratch, "mount")
        os.makedirs(self.path, exist_ok=True)
        self.keeper = subprocess.Popen([mounter, self.path, *settings], stdout=subprocess.PIPE, text=True)
        ready, session = self.keeper.stdout.readline().split()
        assert ready == "ready"
        self.session = int(session)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.keeper.terminate()
        self.keeper.communicate(timeout=20)

    def seconds(self):
        return processes.cpu_seconds(self.session)

    def file(self, name):
        return os.path.join(self.path, name)


def sequential(path):
    buffer = mmap.mmap(-1, 1 << 20)
    with open(path, "rb", buffering=0) as file:
        total = 0
        while count := file.readinto(buffer):
            total += count
    return total


def at_random(path):
    return random_reads.random_reads(path, GIB, 4096, lambda count: count == 100_000)


def listing(path):
    return sum(1 for entry in os.scandir(path) if entry.stat().st_size)


def row(title, settings, work, unit, warm=False):
    walls, readers, sessions = [], [], []
    for _ in range(ROUNDS):
        with Mount(*settings) as mount:
            path = work[1](mount)
            if warm:
                work[0](path)
            session, own, wall = mount.seconds(), processes.own_seconds(), time.monotonic()
            amount = work[0](path) / unit[0]
            walls.append((time.monotonic() - wall) / amount)
            readers.append((processes.own_seconds() - own) / amount)
            sessions.append((mount.seconds() - session) / amount)
    speed = unit[1](statistics.median(walls))
    cpu = unit[2](statistics.median(readers), statistics.median(sessions))
    print(f"{title:44} {speed}   {cpu}", flush=True)


gib = (GIB, lambda wall: f"{GIB / wall / 1e9:5.2f} GB/s", lambda a, b: f"CPU s/GiB {a:.2f} + {b:.2f}")
each = (1, lambda wall: f"{1 / wall:8.0f} a second", lambda a, b: f"CPU µs each {1e6 * a:.1f} + {1e6 * b:.1f}")
big = ["big=%d" % GIB]
row("1 GiB in MiBs, 16 MiB read ahead", big, (sequential, lambda m: m.file("big")), gib)
row("the same, 1 MiB ahead", big + ["ahead=1024"], (sequential, lambda m: m.file("big")), gib)
row("the same, 128 KiB ahead (without root)", big + ["ahead=128"], (sequential, lambda m: m.file("big")), gib)
row("the same, kept in the kernel's cache", big, (sequential, lambda m: m.file("big")), gib, warm=True)
row("the same, past the kernel's cache", big, (sequential, lambda m: m.file("direct")), gib)
row("4 KiB at random, past the cache", big, (at_random, lambda m: m.file("direct")), each)
row("20,000 names with attributes", [], (listing, lambda m: m.file("many")), each)
