"""mount.py PROGRAM SCRATCH PEERS [--rounds N] [--alone] [ROW…]: reads from mounts of the stopwatch, program after program in every
round, each time mounted anew. The first round is not counted."""

import contextlib
import hashlib
import os
import subprocess
import sys
import time
from dataclasses import dataclass

import processes
import turns
from mounting import GIVE_UP, MIB, Limit, Mount, Peer, Provision
from stopwatch import SHAPED, Stopwatch
from turns import GIB, KIB, Row, Run, Wrong, output, seconds

RANDOM_SECONDS = 4
IDLE_SECONDS = 20

# What is done with a mount.


def in_order(mount, row, _):
    """All objects side by side, each by a reader of its own."""
    def read():
        readers = [
            subprocess.Popen(
                ["dd", f"if={path}", "of=/dev/null", "bs=1M", f"skip={start // MIB}", f"count={row.size // MIB}"],
                stderr=subprocess.PIPE)
            for path, start in mount.pieces(row.count, row.size)]
        for reader in readers:
            report = reader.communicate(timeout=GIVE_UP)[1]
            if reader.returncode or f"{row.size} bytes".encode() not in report:
                raise Wrong(report.decode())
    wall, _ = seconds(read)
    return {"GB/s": row.count * row.size / wall / 1e9}, row.count * row.size


def at_random(block):
    def work(mount, row, _):
        path, _ = mount.pieces(1, row.size)[0]
        count = int(output(
            sys.executable, "Benchmarks/random_reads.py", path, str(row.size), str(block), str(RANDOM_SECONDS)))
        return {"reads a second": count / RANDOM_SECONDS}, count * block
    return work


def small_files(mount, row, _):
    wall, count = seconds(lambda: int(output("bash", "-c", 'cat "$1"/*/* | wc -c', "cat", mount.folder)))
    if count != row.count * row.size:
        raise Wrong(f"{count} bytes instead of {row.count * row.size}")
    return {"s": wall}, count


def listing(mount, row, _):
    figures = {}
    for name in ["s", "again s"]:
        figures[name], lines = seconds(lambda: output("ls", "-lR", mount.folder).splitlines())
        count = sum(line.startswith(b"-") for line in lines)
        if count != row.count:
            raise Wrong(f"{count} files instead of {row.count}")
    return figures, 0


def names(mount, row, _):
    """How long until the first names come, and the last."""
    start = time.monotonic()
    with subprocess.Popen(["find", mount.folder, "-type", "f"], stdout=subprocess.PIPE) as find:
        find.stdout.readline()
        first = time.monotonic() - start
        count = 1 + sum(1 for _ in find.stdout)
    if count != row.count:
        raise Wrong(f"{count} files instead of {row.count}")
    return {"s": time.monotonic() - start, "first names s": first}, 0


def mounting(mount, *_):
    return {"ms": 1000 * mount.seconds}, 0


def idling(mount, row, server):
    small_files(mount, row, server)
    time.sleep(12)  # After that nothing is kept for a reader who may come back.
    before = mount.waits()
    time.sleep(IDLE_SECONDS)
    wakes = processes.waits_between(before, mount.waits())
    return {"wake-ups": wakes, "private MiB": mount.private()}, 0


@dataclass
class Reading(Row):
    per_folder: int = 1000


WITH_LIMIT = ["limit", "s3fs", "rclone"]
ROWS = {
    "mount": Reading("from nothing to a stat of a folder", mounting, 1, GIB),
    "order": Reading("1 GiB in order", in_order, 1, GIB, True, others=WITH_LIMIT),
    "order-shaped": Reading("1 GiB in order, shaped", in_order, 1, GIB, True, options=SHAPED),
    "readers": Reading("4 readers, 256 MiB each", in_order, 4, 256 * MIB, True, others=WITH_LIMIT),
    "readers-shaped": Reading("4 readers, 256 MiB each, shaped", in_order, 4, 256 * MIB, True, options=SHAPED),
    "random-128": Reading("128 KiB at random", at_random(128 * KIB), 1, 64 * GIB, True, others=WITH_LIMIT),
    "random-128-shaped": Reading("128 KiB at random, shaped", at_random(128 * KIB), 1, 64 * GIB, True, options=SHAPED),
    "random-4": Reading("4 KiB at random", at_random(4 * KIB), 1, 64 * GIB, True, others=WITH_LIMIT),
    "small": Reading("cat of 1,000 × 16 KiB", small_files, 1000, 16 * KIB),
    "small-shaped": Reading("cat of 1,000 × 16 KiB, shaped", small_files, 1000, 16 * KIB, options=SHAPED),
    "list": Reading("ls -lR of 20 × 1,000", listing, 20_000, 16 * KIB, others=WITH_LIMIT),
    "list-shaped": Reading("ls -lR of 20 × 1,000, shaped", listing, 20_000, 16 * KIB, options=SHAPED),
    "list-one": Reading("ls -lR of a folder of 20,000", listing, 20_000, 16 * KIB, per_folder=20_000, others=WITH_LIMIT),
    "list-one-shaped": Reading(
        "ls -lR of a folder of 20,000, shaped", listing, 20_000, 16 * KIB, options=SHAPED, per_folder=20_000),
    "folders": Reading("find in 200 × 100", names, 20_000, 16 * KIB, per_folder=100),
    "folders-shaped": Reading("find in 200 × 100, shaped", names, 20_000, 16 * KIB, options=SHAPED, per_folder=100),
    "million": Reading("find in a folder of 1,000,000", names, 1_000_000, 16 * KIB, per_folder=1_000_000, others=["rclone"]),
    "idle": Reading(f"doing nothing for {IDLE_SECONDS} s", idling, 1000, 16 * KIB),
}
# Whose work is reading everything that is there, and so the same bytes.
IS_COMPARED = [in_order, small_files]


def digest(mount):
    whole = hashlib.sha256()
    for folder, below, files in os.walk(mount.folder):
        below.sort()
        for name in sorted(files):
            with open(os.path.join(folder, name), "rb") as file:
                whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()


def mounted(name, row, server, args, folder) -> Mount:
    if name == "provision":
        return Provision(server, folder, args.program)
    if name == "limit":
        return Limit(folder, os.path.join(os.path.dirname(args.program), "memory-mount"), row.count * row.size)
    return Peer(name, server, folder, args.peers)


def measure(name, args, folder):
    row = ROWS[name]
    is_compared = row.work in IS_COMPARED and not row.options
    digests = {}
    with contextlib.closing(Stopwatch(args.scratch, row.count, row.size, row.options, per_folder=row.per_folder)) as server:
        def turn(program, is_first):
            with contextlib.closing(mounted(program, row, server, args, folder)) as mount:
                if is_first and is_compared and program != "limit":
                    digests[program] = digest(mount)
                    return None
                run = Run(row, mount, server)
                run.stats = server.stats()
                return run

        runs = turns.take(row, args, turn)
    if wrong := [program for program, found in digests.items() if found != digests["provision"]]:
        raise Wrong(f"what {', '.join(wrong)} read differs from what provision read")
    moved = ("bytes moved / read", ".3f", lambda run: run.stats["bytes"] / run.amount if run.amount else 0)
    turns.report(name, row, runs, [moved])


turns.main("mount", ROWS, measure)
