"""local.py PROGRAM SCRATCH SMALL_FILES LARGE_MIB: COPY of local sources against cp, pair by pair."""

import os
import shutil
import statistics
import subprocess
import sys
import time

program, scratch, small, large = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
rounds = 3


def timed(command):
    before = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command} ended with {process.returncode}")
    return time.monotonic() - before, usage.ru_utime + usage.ru_stime


def compare(title, source, cp, aim):
    ours, theirs = [], []
    task = os.path.join(scratch, "task.yaml")
    with open(task, "w", encoding="utf-8") as file:
        file.write(f"file_mounts: {{{scratch}/ours: {source}}}\n")
    for _ in range(rounds):
        for name in ("ours", "theirs", "state"):
            path = os.path.join(scratch, name)
            shutil.rmtree(path, ignore_errors=True)
            if os.path.isfile(path):
                os.remove(path)
        os.sync()
        ours.append(timed([program, task, "--state-dir", os.path.join(scratch, "state"), "-q"]))
        os.sync()
        theirs.append(timed(cp + [source, os.path.join(scratch, "theirs")]))
    ratio = statistics.median(a[0] / b[0] for a, b in zip(ours, theirs))
    wall = [statistics.median(run[0] for run in runs) for runs in (ours, theirs)]
    cpu = [statistics.median(run[1] for run in runs) for runs in (ours, theirs)]
    print(
        f"{title}: wall {wall[0]:.2f} s against {wall[1]:.2f} s of {' '.join(cp)}, ratio {ratio:.2f} (aim {aim});"
        f" CPU {cpu[0]:.2f} s against {cpu[1]:.2f} s"
    )


tree = os.path.join(scratch, "small")
for number in range(small):
    folder = os.path.join(tree, f"d{number // 100}")
    if number % 100 == 0:
        os.makedirs(folder)
    with open(os.path.join(folder, f"{number}.bin"), "wb") as file:
        file.write(b"x" * (200 + number * 37 % 4000))
compare(f"{small} small files", tree, ["cp", "-r"], 1.3)
shutil.rmtree(tree)

blob = os.path.join(scratch, "large.bin")
with open(blob, "wb") as file:
    chunk = os.urandom(1 << 20)
    for _ in range(large):
        file.write(chunk)
compare(f"one file of {large} MiB", blob, ["cp", "--reflink=auto"], 1.0)
