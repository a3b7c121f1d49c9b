"""measure.py RUNS AIM_MS COMMAND…: median CPU and peak memory of a command that is run RUNS times."""

import os
import statistics
import subprocess
import sys

runs, aim, command = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
cpu, memory = [], []
for _ in range(runs + 1):
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command} ended with {process.returncode}")
    cpu.append(1000 * (usage.ru_utime + usage.ru_stime))
    memory.append(usage.ru_maxrss / 1024)
cpu, memory = cpu[1:], memory[1:]  # the first run warms the page cache
print(
    f"{statistics.median(cpu):6.1f} ms CPU (from {min(cpu):.1f} to {max(cpu):.1f}, aim {aim:.0f})"
    f"  {max(memory):5.1f} MiB  {' '.join(os.path.basename(word) for word in command)}"
)
