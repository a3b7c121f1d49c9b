"""Programs that take turns on mounts, and tables of what each took. Profiles say what is done with a mount."""

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from typing import Callable

from arguments import arguments
from mounting import GIVE_UP

KIB = 1 << 10
GIB = 1 << 30
# A program that took longer is not asked again; one that takes longer than GIVE_UP is not waited for.
PATIENCE = 20


class Wrong(Exception):
    """A program has answered, or stored, something else than it should."""


def output(*words):
    return subprocess.run(words, check=True, capture_output=True, timeout=GIVE_UP).stdout


def seconds(work):
    start = time.monotonic()
    result = work()
    return time.monotonic() - start, result


@dataclass
class Row:
    title: str
    # Done with the mount, the row and the server: figures with their names, of which the first decides, and how many bytes
    # were read or written.
    work: Callable
    count: int
    size: int
    is_more_better: bool = False
    # Of the stopwatch.
    options: list = field(default_factory=list)
    others: list = field(default_factory=lambda: ["s3fs", "rclone"])


class Run:
    """One program's turn. Who makes it says what the server's `stats` were, since more may be asked for afterwards."""

    def __init__(self, row, mount, server):
        server.stats()
        cpu = mount.cpu()
        self.wall, (self.figures, self.amount) = seconds(lambda: row.work(mount, row, server))
        self.cpu = mount.cpu() - cpu
        self.peak = mount.peak()
        self.load = os.getloadavg()[0]


def take(row, args, turn):
    """Runs by program. `turn` is told which program, and whether this is the first round, which is not counted; it may
    give nothing then."""
    runs = {name: [] for name in ["provision", *([] if args.alone else row.others)]}
    for round_ in range(args.rounds + 1):
        for program, all_ in list(runs.items()):
            if all_ is None or any(run.wall > PATIENCE for run in all_):
                continue
            try:
                run = turn(program, not round_)
            except subprocess.TimeoutExpired:
                if program == "provision":
                    raise
                runs[program] = None
                continue
            # What takes long needs no warming up.
            if run and (round_ or run.wall > PATIENCE):
                all_.append(run)
    return runs


def report(name, row, runs, columns):
    """`columns` are further ones: title, format, and the value of a run."""
    def median(all_, value):
        return statistics.median(map(value, all_))

    names = list(runs["provision"][0].figures)
    first = names[0]
    peers = [program for program in runs if program not in ("provision", "limit") and runs[program]]
    best = (max if row.is_more_better else min)(
        peers, key=lambda program: median(runs[program], lambda run: run.figures[first]), default="provision")
    load = max(run.load for run in runs["provision"])
    titles = ["against the best", "CPU s", "peak MiB", "requests", *(title for title, _, _ in columns)]
    print(f"\n{row.title} (`{name}`; load {load:.1f}; the best peer is {best})\n")
    print(f"| program | {' | '.join([*names, *titles])} |")
    print("|---|" + "---|" * (len(names) + len(titles)))
    for program, all_ in runs.items():
        if not all_:
            print(f"| {program} | more than {GIVE_UP} s |" + " |" * (len(names) + len(titles) - 1))
            continue
        figures = []
        for figure in names:
            values = [run.figures[figure] for run in all_]
            figures.append(f"{statistics.median(values):.2f} ({min(values):.2f}–{max(values):.2f})")
        ratio = statistics.median(
            run.figures[first] / other.figures[first] if other.figures[first] else float("nan")
            for run, other in zip(all_, runs[best]))
        more = [format(median(all_, value), form) for _, form, value in columns]
        print(
            f"| {program} | {' | '.join(figures)} | {ratio:.2f} | {median(all_, lambda run: run.cpu):.2f} "
            f"| {max(run.peak for run in all_):.0f} | {median(all_, lambda run: run.stats['requests']):.0f} "
            f"| {' | '.join(more)} |", flush=True)


def main(profile, rows, measure):
    """`measure` is told a row's name, the arguments and a folder in memory."""
    if os.geteuid():
        sys.exit("bench: mounting takes root")
    args = arguments(profile, rows, ("--alone", {"action": "store_true", "help": "measure no other program"}))
    args.peers = os.path.abspath(args.peers)
    # So that what is mounted and temporary goes away.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for row in args.rows or rows:
        with tempfile.TemporaryDirectory(prefix="provision-bench-", dir="/dev/shm") as folder:
            measure(row, args, folder)
