"""mount.py PROGRAM SCRATCH PEERS [--rounds N] [--alone] [ROW…]: reads from mounts of the stopwatch, program after program in every
round, each time mounted anew. The first round is not counted."""

import contextlib
import hashlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from typing import Callable

import processes
from arguments import arguments
from mounting import GIVE_UP, MIB, Limit, Mount, Peer, Provision
from stopwatch import SHAPED, Stopwatch

KIB = 1 << 10
RANDOM_SECONDS = 4
IDLE_SECONDS = 20
# A program that took longer is not asked again; one that takes longer than GIVE_UP is not waited for.
PATIENCE = 20


class Wrong(Exception):
    """A program has answered something else than is there."""


# What is done with a mount: figures with their names, of which the first decides, and how many bytes were read.


def output(*words):
    return subprocess.run(words, check=True, capture_output=True, timeout=GIVE_UP).stdout


def seconds(work):
    start = time.monotonic()
    result = work()
    return time.monotonic() - start, result


def in_order(mount, row):
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
    def work(mount, row):
        path, _ = mount.pieces(1, row.size)[0]
        count = int(output(
            sys.executable, "Benchmarks/random_reads.py", path, str(row.size), str(block), str(RANDOM_SECONDS)))
        return {"reads a second": count / RANDOM_SECONDS}, count * block
    return work


def small_files(mount, row):
    wall, count = seconds(lambda: int(output("bash", "-c", 'cat "$1"/*/* | wc -c', "cat", mount.folder)))
    if count != row.count * row.size:
        raise Wrong(f"{count} bytes instead of {row.count * row.size}")
    return {"s": wall}, count


def listing(mount, row):
    figures = {}
    for name in ["s", "again s"]:
        figures[name], lines = seconds(lambda: output("ls", "-lR", mount.folder).splitlines())
        count = sum(line.startswith(b"-") for line in lines)
        if count != row.count:
            raise Wrong(f"{count} files instead of {row.count}")
    return figures, 0


def names(mount, row):
    """How long until the first names come, and the last."""
    start = time.monotonic()
    with subprocess.Popen(["find", mount.folder, "-type", "f"], stdout=subprocess.PIPE) as find:
        find.stdout.readline()
        first = time.monotonic() - start
        count = 1 + sum(1 for _ in find.stdout)
    if count != row.count:
        raise Wrong(f"{count} files instead of {row.count}")
    return {"s": time.monotonic() - start, "first names s": first}, 0


def mounting(mount, _):
    return {"ms": 1000 * mount.seconds}, 0


def idling(mount, row):
    small_files(mount, row)
    time.sleep(12)  # After that nothing is kept for a reader who may come back.
    before = mount.waits()
    time.sleep(IDLE_SECONDS)
    wakes = processes.waits_between(before, mount.waits())
    return {"wake-ups": wakes, "private MiB": mount.private()}, 0


@dataclass
class Row:
    title: str
    work: Callable
    count: int
    size: int
    is_more_better: bool = False
    options: list = field(default_factory=list)
    per_folder: int = 1000
    others: list = field(default_factory=lambda: ["s3fs", "rclone"])


GIB = 1024 * MIB
WITH_LIMIT = ["limit", "s3fs", "rclone"]
ROWS = {
    "mount": Row("from nothing to a stat of a folder", mounting, 1, GIB),
    "order": Row("1 GiB in order", in_order, 1, GIB, True, others=WITH_LIMIT),
    "order-shaped": Row("1 GiB in order, shaped", in_order, 1, GIB, True, SHAPED),
    "readers": Row("4 readers, 256 MiB each", in_order, 4, 256 * MIB, True, others=WITH_LIMIT),
    "readers-shaped": Row("4 readers, 256 MiB each, shaped", in_order, 4, 256 * MIB, True, SHAPED),
    "random-128": Row("128 KiB at random", at_random(128 * KIB), 1, 64 * GIB, True, others=WITH_LIMIT),
    "random-128-shaped": Row("128 KiB at random, shaped", at_random(128 * KIB), 1, 64 * GIB, True, SHAPED),
    "random-4": Row("4 KiB at random", at_random(4 * KIB), 1, 64 * GIB, True, others=WITH_LIMIT),
    "small": Row("cat of 1,000 × 16 KiB", small_files, 1000, 16 * KIB),
    "small-shaped": Row("cat of 1,000 × 16 KiB, shaped", small_files, 1000, 16 * KIB, False, SHAPED),
    "list": Row("ls -lR of 20 × 1,000", listing, 20_000, 16 * KIB, others=WITH_LIMIT),
    "list-shaped": Row("ls -lR of 20 × 1,000, shaped", listing, 20_000, 16 * KIB, False, SHAPED),
    "list-one": Row("ls -lR of a folder of 20,000", listing, 20_000, 16 * KIB, per_folder=20_000, others=WITH_LIMIT),
    "list-one-shaped": Row(
        "ls -lR of a folder of 20,000, shaped", listing, 20_000, 16 * KIB, False, SHAPED, 20_000),
    "folders": Row("find in 200 × 100", names, 20_000, 16 * KIB, per_folder=100),
    "folders-shaped": Row("find in 200 × 100, shaped", names, 20_000, 16 * KIB, False, SHAPED, 100),
    "million": Row("find in a folder of 1,000,000", names, 1_000_000, 16 * KIB, per_folder=1_000_000, others=["rclone"]),
    "idle": Row(f"doing nothing for {IDLE_SECONDS} s", idling, 1000, 16 * KIB),
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


class Run:
    """One program's turn."""

    def __init__(self, row, mount, server):
        server.stats()
        cpu = mount.cpu()
        self.wall, (self.figures, self.read) = seconds(lambda: row.work(mount, row))
        self.cpu = mount.cpu() - cpu
        self.peak = mount.peak()
        self.stats = server.stats()
        self.load = os.getloadavg()[0]


def mounted(name, row, server, args, folder) -> Mount:
    if name == "provision":
        return Provision(server, folder, args.program)
    if name == "limit":
        return Limit(folder, os.path.join(os.path.dirname(args.program), "memory-mount"), row.count * row.size)
    return Peer(name, server, folder, args.peers)


def measure(name, args, folder):
    row = ROWS[name]
    with contextlib.closing(Stopwatch(args.scratch, row.count, row.size, row.options, per_folder=row.per_folder)) as server:
        runs = {name: [] for name in ["provision", *([] if args.alone else row.others)]}
        digests = {}
        for turn in range(args.rounds + 1):
            for program, all_ in list(runs.items()):
                is_known = row.work not in IS_COMPARED or row.options or program == "limit"
                if all_ is None or any(run.wall > PATIENCE for run in all_):
                    continue
                with contextlib.closing(mounted(program, row, server, args, folder)) as mount:
                    if not turn and not is_known:
                        digests[program] = digest(mount)
                        continue
                    try:
                        run = Run(row, mount, server)
                    except subprocess.TimeoutExpired:
                        if program == "provision":
                            raise
                        runs[program] = None
                        continue
                # What takes long needs no warming up.
                if turn or run.wall > PATIENCE:
                    all_.append(run)
        if wrong := [program for program, found in digests.items() if found != digests["provision"]]:
            raise Wrong(f"what {', '.join(wrong)} read differs from what provision read")
    report(name, row, runs)


def report(name, row, runs):
    def median(all_, value):
        return statistics.median(map(value, all_))

    first = next(iter(runs["provision"][0].figures))
    names_ = list(runs["provision"][0].figures)
    peers = [program for program in runs if program not in ("provision", "limit") and runs[program]]
    best = (max if row.is_more_better else min)(
        peers, key=lambda program: median(runs[program], lambda run: run.figures[first]), default="provision")
    load = max(run.load for run in runs["provision"])
    print(f"\n{row.title} (`{name}`; load {load:.1f}; the best peer is {best})\n")
    print(f"| program | {' | '.join(names_)} | against the best | CPU s | peak MiB | requests | bytes moved / read |")
    print("|---|" + "---|" * (len(names_) + 5))
    for program, all_ in runs.items():
        if not all_:
            print(f"| {program} | more than {GIVE_UP} s |" + " |" * (len(names_) + 4))
            continue
        figures = []
        for figure in names_:
            values = [run.figures[figure] for run in all_]
            figures.append(f"{statistics.median(values):.2f} ({min(values):.2f}–{max(values):.2f})")
        ratio = statistics.median(
            run.figures[first] / other.figures[first] if other.figures[first] else float("nan")
            for run, other in zip(all_, runs[best]))
        moved = median(all_, lambda run: run.stats["bytes"] / run.read) if all_[0].read else 0
        print(
            f"| {program} | {' | '.join(figures)} | {ratio:.2f} | {median(all_, lambda run: run.cpu):.2f} "
            f"| {max(run.peak for run in all_):.0f} | {median(all_, lambda run: run.stats['requests']):.0f} "
            f"| {moved:.3f} |", flush=True)


def main():
    if os.geteuid():
        sys.exit("bench: mounting takes root")
    args = arguments("mount", ROWS, ("--alone", {"action": "store_true", "help": "measure no other program"}))
    args.peers = os.path.abspath(args.peers)
    # So that what is mounted and temporary goes away.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for row in args.rows or ROWS:
        with tempfile.TemporaryDirectory(prefix="provision-bench-", dir="/dev/shm") as folder:
            measure(row, args, folder)


main()
