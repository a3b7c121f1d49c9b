"""cache.py PROVISION MEMORY-MOUNT STOPWATCH SCRATCH: reads from the cache on disk of a mount beside the FUSE limit.

In each round every kind of mount is mounted anew and read once, one after the other, so that what else the machine does
falls on all of them; the ratio to the limit is that of the same round, and then that of the best rounds, which says most
when the machine is busy. CPU seconds are those of the reader and, behind
the plus, of the session. The kernel has the cache's files in memory, as it has what was written not long ago. The first
round is not counted. What a session has read once, and so checked, the kernel reads by itself another time: that stands
beside the cache's own file.
"""

import json
import mmap
import os
import random
import statistics
import subprocess
import sys
import time

import processes

program, mounter, stopwatch, scratch = sys.argv[1:5]
ROUNDS = 9
GIB = 1 << 30
mount_point = os.path.join(scratch, "mount")
os.makedirs(mount_point)


class Limit:
    """A file in the memory of a session."""

    def __enter__(self):
        self.keeper = subprocess.Popen([mounter, mount_point, f"big={GIB}"], stdout=subprocess.PIPE, text=True)
        ready, session = self.keeper.stdout.readline().split()
        assert ready == "ready"
        self.session, self.file = int(session), os.path.join(mount_point, "big")
        return self

    def __exit__(self, *_):
        self.keeper.terminate()
        self.keeper.communicate(timeout=20)


class Bucket:
    """An object in a bucket, with a cache that may have it."""

    def __init__(self, port, cached=True):
        self.words = ["--state-dir", os.path.join(scratch, "state")]
        self.environment = dict(
            os.environ,
            AWS_ENDPOINT_URL_S3=f"http://127.0.0.1:{port}",
            AWS_ACCESS_KEY_ID="bench",
            AWS_SECRET_ACCESS_KEY="bench",
            AWS_EC2_METADATA_DISABLED="true",
        )
        entry = {"source": "s3://bench/data/", "mode": "MOUNT", "read_only": True}
        if cached:
            entry["cache"] = {"dir": os.path.join(scratch, "cache")}
        self.task = os.path.join(scratch, "cached.yaml" if cached else "uncached.yaml")
        with open(self.task, "w") as file:
            json.dump({"name": "bench", "file_mounts": {mount_point: entry}}, file)

    def run(self, *words):
        done = subprocess.run(
            [program, *words, *self.words], env=self.environment, stdout=subprocess.PIPE, check=True, text=True
        )
        return done.stdout

    def __enter__(self):
        document = json.loads(self.run(self.task, "--output", "json"))
        self.session = document["mounts"][0]["pid"]
        self.file = next(os.path.join(folder, name) for folder, _, names in os.walk(mount_point) for name in names)
        return self

    def __exit__(self, *_):
        self.run("down", "bench")


class Again(Bucket):
    """The same, read once before."""

    def __enter__(self):
        super().__enter__()
        in_order(self.file)
        # The kernel's memory of what has come through the mount shall not answer.
        file = os.open(self.file, os.O_RDONLY)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file)
        return self


class LocalFile:
    """What the cache has written."""

    session = None

    def __init__(self):
        folder = os.path.join(scratch, "cache")
        files = (os.path.join(place, name) for place, _, names in os.walk(folder) for name in names)
        self.file = max(files, key=os.path.getsize)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def session_seconds(mount):
    return processes.cpu_seconds(mount.session) if mount.session else 0


def in_order(path):
    buffer = mmap.mmap(-1, 1 << 20)
    with open(path, "rb", buffering=0) as file:
        while file.readinto(buffer):
            pass
    return GIB


def at_random(path, count=4000):
    buffer = mmap.mmap(-1, 128 << 10)
    chooser = random.Random(7)
    file = os.open(path, os.O_RDONLY)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_RANDOM)
    for place in chooser.sample(range(1, GIB // len(buffer)), count):
        os.preadv(file, [buffer], place * len(buffer))
    os.close(file)
    return count * len(buffer)


def measured(mount, work):
    with mount:
        session, own, wall = session_seconds(mount), processes.own_seconds(), time.monotonic()
        count = work(mount.file)
        wall = time.monotonic() - wall
        gibibytes = count / GIB
        return (
            count / wall / 1e9,
            (processes.own_seconds() - own) / gibibytes,
            (session_seconds(mount) - session) / gibibytes,
        )


def rows(title, work, mounts):
    figures = {name: [] for name in mounts}
    for number in range(ROUNDS + 1):
        for name, mount in mounts.items():
            figure = measured(mount, work)
            if number:
                figures[name].append(figure)
    limit = [figure[0] for figure in next(iter(figures.values()))]
    for name, all in figures.items():
        speed, own, session = (statistics.median(column) for column in zip(*all))
        ratio = statistics.median(figure[0] / most for figure, most in zip(all, limit))
        best = max(figure[0] for figure in all)
        print(
            f"{title + ', ' + name:36} {speed:5.2f} GB/s {100 * ratio:4.0f} %   best {best:5.2f} GB/s "
            f"{100 * best / max(limit):4.0f} %   CPU s/GiB {own:.2f} + {session:.2f}",
            flush=True,
        )


server = subprocess.Popen([stopwatch, "data/", "1", str(GIB)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
try:
    port = int(server.stdout.readline())
    bucket = Bucket(port)
    for _ in range(2):
        with bucket:
            in_order(bucket.file)
            # What is kept is kept some time later.
            time.sleep(1)
    mounts = {"the limit": Limit(), "from the cache": bucket, "from the bucket": Bucket(port, cached=False)}
    rows("1 GiB in MiBs", in_order, mounts)
    rows("128 KiB at random", at_random, mounts)
    again = {"the file itself": LocalFile(), "from the cache": Again(port)}
    rows("1 GiB again", in_order, again)
    rows("128 KiB at random again", at_random, again)
finally:
    server.stdin.close()
    server.wait()
