"""job.py PROGRAM SCRATCH: what a job pays besides its own work, on a mount of the stopwatch."""

import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
import urllib.request

import processes
from mounting import GIVE_UP, MIB, Provision
from stopwatch import Stopwatch

program, scratch = sys.argv[1:3]
ROUNDS = 21
IDLE_SECONDS = 60
KILLS = 10
# Five within a minute are replaced at once, more only after a pause.
BETWEEN_KILLS = 13


def told(what, values, unit):
    print(f"{what:52} {statistics.median(values):7.1f} {unit}   worst {max(values):7.1f}", flush=True)


def milliseconds(work):
    start = time.monotonic()
    work()
    return (time.monotonic() - start) * 1000


def until_command(server):
    """From the start of the program until COMMAND runs, and what one request to the bucket takes at that time."""
    path = f"{scratch}/mount"
    task = f"{scratch}/task.yaml"
    os.makedirs(path, exist_ok=True)
    with open(task, "w", encoding="utf-8") as file:
        file.write(f"file_mounts: {{{path}: {{source: s3://bench/, mode: MOUNT, read_only: true}}}}\n")
    words = [program, task, "--state-dir", f"{scratch}/state", "--quiet", "--", "date", "+%s%N"]
    starts, requests = [], []
    for _ in range(ROUNDS):
        url = f"{server.endpoint}/bench?list-type=2&max-keys=1"
        requests.append(milliseconds(lambda: urllib.request.urlopen(url).read()))
        began = time.time()
        done = subprocess.run(words, env=server.environment(scratch), capture_output=True, check=True, timeout=GIVE_UP)
        starts.append((int(done.stdout) / 1e9 - began) * 1000)
    # The first has to load the program.
    told("from the start until COMMAND runs", starts[1:], "ms")
    told("one request to the bucket", requests[1:], "ms")


def session(mount):
    words = [mount.program, "status", "task", "--state-dir", mount.state, "--output", "json"]
    document = subprocess.run(words, check=True, capture_output=True, env=mount.server.environment(mount.scratch)).stdout
    return json.loads(document)["mounts"][0]["pid"]


def at_rest(mount):
    """After a read everything comes to rest."""
    with open(mount.pieces(1, 1)[0][0], "rb") as file:
        file.read()
    time.sleep(15)
    before = mount.waits()
    time.sleep(IDLE_SECONDS)
    wakes = processes.waits_between(before, mount.waits())
    print(f"{'at rest: private memory of supervisor and session':52} {mount.private():7.1f} MiB", flush=True)
    print(f"{'at rest: woken up in 10 s':52} {wakes * 10 / IDLE_SECONDS:7.1f} times", flush=True)


def revivals(mount):
    """The longest that a reader of 4 KiB waits, past the kernel's cache, when the session is killed under it."""
    file = os.open(mount.pieces(1, 1)[0][0], os.O_RDONLY | os.O_DIRECT)
    gaps = []
    is_over = threading.Event()

    def read():
        while not is_over.is_set():
            took = milliseconds(lambda: os.pread(file, 4096, 0))
            if took > longest[0]:
                longest[0] = took

    longest = [0]
    reader = threading.Thread(target=read)
    reader.start()
    try:
        for _ in range(KILLS):
            victim = session(mount)
            longest[0] = 0
            os.kill(victim, signal.SIGKILL)
            time.sleep(BETWEEN_KILLS)
            gaps.append(longest[0])
    finally:
        is_over.set()
        reader.join(timeout=GIVE_UP)
    told("a reader waits when its session is killed", gaps, "ms")


server = Stopwatch(scratch, 16, MIB, [])
try:
    until_command(server)
    mount = Provision(server, scratch, program)
    try:
        at_rest(mount)
        revivals(mount)
    finally:
        mount.close()
finally:
    server.close()
