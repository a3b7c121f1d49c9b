"""copying.py PROGRAM SCRATCH PEERS [--rounds N] [--disk FOLDER] [ROW…]: copies from the stopwatch, program after program in
every round. The first round is not counted: in it the content that each has written is compared."""

import contextlib
import hashlib
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from arguments import arguments
from stopwatch import PREFIX, SHAPED, Stopwatch

MIB = 1 << 20

# Name: title, objects, bytes of each, options of the stopwatch, whether by TLS, and who is compared, some with so many
# connections. `sockets`, `direct` and `curl` are limits.
ROWS = {
    "large": ("1 × 1 GiB", 1, 1024 * MIB, [], False, ["sockets:16", "rclone", "obstore", "s5cmd", "awscrt"]),
    "disk": ("2 GiB to disk, synced", 1, 2048 * MIB, [], False, ["sockets:16", "direct:16", "rclone", "s5cmd"]),
    "medium": ("250 × 4 MiB", 250, 4 * MIB, [], False, ["sockets:16", "s5cmd:32", "obstore", "rclone", "awscrt"]),
    "small": ("5,000 × 16 KiB", 5000, 16 << 10, [], False, ["sockets:16", "curl:32", "obstore", "s5cmd:32", "rclone"]),
    "many": ("20,000 × 16 KiB", 20000, 16 << 10, [], False, ["sockets:16", "obstore", "s5cmd:32"]),
    "large-shaped": ("1 GiB shaped", 1, 1024 * MIB, SHAPED, False, ["sockets:16", "rclone", "obstore", "s5cmd"]),
    "medium-shaped": ("250 × 4 MiB shaped", 250, 4 * MIB, SHAPED, False, ["sockets:32", "s5cmd:32", "obstore"]),
    "small-shaped": ("5,000 × 16 KiB shaped", 5000, 16 << 10, SHAPED, False, ["sockets:256", "s5cmd:256"]),
    "large-tls": ("1 GiB, TLS", 1, 1024 * MIB, [], True, ["curl:16", "s5cmd:32", "rclone", "obstore"]),
    "medium-tls": ("250 × 4 MiB, TLS", 250, 4 * MIB, [], True, ["curl:16", "s5cmd:32", "obstore"]),
    "clouds": ("1 GiB over each cloud", 1, 1024 * MIB, [], False, ["provision:gs", "provision:azure"]),
    "clouds-small": ("5,000 × 16 KiB over each cloud", 5000, 16 << 10, [], False, ["provision:gs", "provision:azure"]),
    "handshakes": ("256 × 1 KiB, a TLS connection each", 256, 1024, ["--close"], True, ["s5cmd:32", "obstore"]),
}


def command(name, server, place, scratch, program, peers):
    """How a program is run: its words, and whether it reads the keys."""
    name, _, number = name.partition(":")
    source, endpoint, port = f"s3://bench/{PREFIX}", server.endpoint, str(server.port)
    authorities = server.authorities or "-"
    if name == "provision":
        source = f"{number or 's3'}://bench/{PREFIX}"
        task = f"{scratch}/task.yaml"
        with open(task, "w", encoding="utf-8") as file:
            trust = f", tls_verify: {server.authorities}" if server.authorities else ""
            file.write(f"file_mounts: {{{place}: {{source: {source}, mode: COPY{trust}}}}}\n")
        return [program, task, "--state-dir", f"{scratch}/state", "-q"], False
    if name == "sockets":
        return [f"{scratch}/limit-sockets", port, place, number], True
    if name == "direct":
        return [f"{scratch}/limit-sockets", port, place, number, "direct"], True
    if name == "curl":
        return [f"{scratch}/limit-curl", f"{endpoint}/bench", place, number, authorities], True
    if name == "s5cmd":
        workers = ["--numworkers", number] if number else []
        return [f"{peers}/bin/s5cmd", "--endpoint-url", endpoint, "--log", "error", *workers, "cp", "--concurrency",
                "16", f"{source}*", f"{place}/"], False
    if name == "rclone":
        return [f"{peers}/bin/rclone", "copy", f":s3:bench/{PREFIX}", place, "--s3-provider", "Other", "--s3-env-auth",
                "--s3-endpoint", endpoint, "--s3-force-path-style", "--transfers", "32", "--checkers", "32",
                "--multi-thread-streams", "16", "--multi-thread-cutoff", "64M", "--no-check-dest",
                "--s3-no-head-object", "--s3-no-check-bucket", "--config", f"{scratch}/rclone.conf",
                *(["--ca-cert", authorities] if server.authorities else [])], False
    python = f"{peers}/bin/python"
    if name == "obstore":
        return [python, "Benchmarks/Peers/obstore_copy.py", endpoint, place, PREFIX], False
    return [python, "Benchmarks/Peers/awscrt_copy.py", endpoint, place, authorities, f"{scratch}/keys"], False


def files(place):
    """Paths of all files by their names, which differ."""
    return {name: os.path.join(folder, name) for folder, _, names in os.walk(place) for name in names}


def digest(place):
    whole = hashlib.sha256()
    for name, path in sorted(files(place).items()):
        whole.update(name.encode())
        with open(path, "rb") as file:
            whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()


class Run:
    """One copy, with what it took."""

    def __init__(self, name, server, place, wanted, args):
        shutil.rmtree(place, ignore_errors=True)
        shutil.rmtree(f"{args.scratch}/state", ignore_errors=True)
        os.mkdir(place)
        os.sync()
        words, reads_keys = command(name, server, place, args.scratch, args.program, args.peers)
        server.stats()
        with open(f"{args.scratch}/keys" if reads_keys else os.devnull, "rb") as keys:
            result = subprocess.run(
                [f"{args.scratch}/timed", *words], stdin=keys, capture_output=True, text=True, check=False,
                env=server.environment(args.scratch))
        start = time.monotonic()
        subprocess.run(["sync", "-f", place], check=True)
        self.sync = time.monotonic() - start
        self.stats = server.stats()
        sizes = [os.path.getsize(path) for path in files(place).values()]
        if result.returncode or (len(sizes), sum(sizes)) != wanted:
            sys.exit(
                f"{name}: status {result.returncode}, {len(sizes)} files with {sum(sizes)} bytes instead of {wanted}\n"
                + result.stdout[-1000:] + result.stderr[-1000:])
        self.wall, self.cpu, memory = map(float, result.stderr.rsplit("\n", 2)[1].split())
        self.memory = memory / 1024


def measure(row, args, place):
    title, count, size, options, is_secure, others = ROWS[row]
    names = ["provision", *others]
    with contextlib.closing(Stopwatch(args.scratch, count, size, options, is_secure)) as server:
        with open(f"{args.scratch}/keys", "w", encoding="ascii") as file:
            file.writelines(f"{size} {key}\n" for key in server.keys)
        runs = {name: [] for name in names}
        digests = {}
        for turn in range(args.rounds + 1):
            for name in names:
                run = Run(name, server, place, (count, count * size), args)
                if turn:
                    runs[name].append(run)
                else:
                    digests[name] = digest(place)
        wrong = [name for name in names if digests[name] != digests["provision"]]
        if wrong:
            sys.exit(f"{row}: what {', '.join(wrong)} copied differs from what provision copied")
    report(row, title, runs, is_durable=row == "disk")


def report(row, title, runs, is_durable):
    def time_of(run):
        return run.wall + (run.sync if is_durable else 0)

    def median(values):
        return statistics.median(list(values))

    limits = ("sockets", "direct", "curl")
    best = min(
        (name for name in runs if name != "provision" and not name.startswith(limits)),
        key=lambda name: median(map(time_of, runs[name])))
    load = os.getloadavg()[0]
    print(f"\n{title} (`{row}`; load {load:.1f}; the best peer is {best})\n")
    print("| program | wall s | against the best | CPU s | peak MiB | sync s | server CPU s | requests | connections |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, all_ in runs.items():
        ratio = median(time_of(run) / time_of(other) for run, other in zip(all_, runs[best]))
        low, high = min(run.wall for run in all_), max(run.wall for run in all_)
        print(
            f"| {name} | {median(run.wall for run in all_):.2f} ({low:.2f}–{high:.2f}) | {ratio:.2f} "
            f"| {median(run.cpu for run in all_):.2f} | {max(run.memory for run in all_):.0f} "
            f"| {median(run.sync for run in all_):.2f} | {median(run.stats['cpu'] for run in all_):.2f} "
            f"| {median(run.stats['requests'] for run in all_):.0f} "
            f"| {median(run.stats['most_open'] for run in all_):.0f} |", flush=True)


def main():
    args = arguments("copy", ROWS, ("--disk", {"help": "copy to this folder instead of /dev/shm"}))
    args.peers = os.path.abspath(args.peers)
    # So that what is temporary goes away.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for row in args.rows or ROWS:
        parent = args.disk or ("/dev/shm" if row != "disk" else ".build")
        with tempfile.TemporaryDirectory(prefix="provision-bench-", dir=os.path.abspath(parent)) as folder:
            measure(row, args, os.path.join(folder, "copy"))


main()
