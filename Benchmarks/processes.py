"""What processes have taken so far, as Linux tells it."""

import os
import resource

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def own_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _status(path):
    with open(path, encoding="utf-8") as file:
        lines = (line.split() for line in file)
        return {words[0][:-1]: int(words[1]) for words in lines if len(words) > 1 and words[1].isdecimal()}


def private_mib(pid):
    """What only this process has in memory now, and the most that it had: neither its program's file nor shared memory."""
    status = _status(f"/proc/{pid}/status")
    shared = status["RssFile"] + status["RssShmem"]
    return (status["VmRSS"] - shared) / 1024, (status["VmHWM"] - shared) / 1024


def waits(pid):
    """How often each of its threads has gone to sleep by itself, and so how often it was woken up."""
    threads = os.listdir(f"/proc/{pid}/task")
    return {
        thread: _status(f"/proc/{pid}/task/{thread}/status")["voluntary_ctxt_switches"] for thread in threads}


def waits_between(before, after):
    """A thread that has ended meanwhile was woken up for that."""
    ended = len(before.keys() - after.keys())
    return ended + sum(count - before.get(thread, 0) for thread, count in after.items())


def with_argument(words):
    """Processes that were started with all of these words."""
    found = []
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                arguments = file.read().decode(errors="replace").split("\0")
        except OSError:
            continue  # It has ended meanwhile.
        if all(word in arguments for word in words):
            found.append(int(pid))
    return found
