"""Programs that mount the stopwatch's bucket, each with its way to begin and to end."""

import os
import shutil
import subprocess
import time

import processes
from stopwatch import PREFIX

GIVE_UP = 120
MIB = 1 << 20


class Mount:
    """Something that is mounted as long as it is not closed. `pids` are the processes behind it."""

    def __init__(self, scratch):
        self.path = os.path.join(scratch, "mount")
        self.scratch = scratch
        self.pids = []
        os.makedirs(self.path, exist_ok=True)
        started = time.monotonic()
        try:
            self.begin()
            os.stat(self.folder)
        except BaseException:
            self.close()
            raise
        self.seconds = time.monotonic() - started

    @property
    def folder(self):
        return os.path.join(self.path, PREFIX)

    def begin(self):
        raise NotImplementedError

    def end(self):
        """Has the processes end, whatever state they are in."""
        raise NotImplementedError

    def save(self):
        """Has all that was written brought into the bucket, where that does not happen by itself."""

    def finish(self):
        """Unmounts it with all that was written in the bucket."""
        subprocess.run(["umount", self.path], check=True, timeout=GIVE_UP)

    def close(self):
        subprocess.run(["umount", "--lazy", self.path], capture_output=True, check=False)
        self.end()
        os.rmdir(self.path)

    def pieces(self, count, size):
        """So many ranges of so many MiB in files: path and begin."""
        return [(os.path.join(self.folder, "00", f"{i:07}.bin"), 0) for i in range(count)]

    # What it has taken

    def cpu(self):
        return sum(map(processes.cpu_seconds, self.pids))

    def private(self):
        return sum(processes.private_mib(pid)[0] for pid in self.pids)

    def peak(self):
        return sum(processes.private_mib(pid)[1] for pid in self.pids)

    def waits(self):
        return {thread: count for pid in self.pids for thread, count in processes.waits(pid).items()}


class Provision(Mount):
    def __init__(self, server, scratch, program, mode="MOUNT, read_only: true"):
        self.program, self.server, self.mode = program, server, mode
        self.state = f"{scratch}/state"
        super().__init__(scratch)

    def run(self, *words):
        subprocess.run(
            [self.program, *words, "--state-dir", self.state, "--quiet"], check=True, timeout=GIVE_UP,
            stdout=subprocess.DEVNULL, env=self.server.environment(self.scratch))

    def begin(self):
        task = f"{self.scratch}/task.yaml"
        with open(task, "w", encoding="utf-8") as file:
            file.write(f"file_mounts: {{{self.path}: {{source: s3://bench/, mode: {self.mode}}}}}\n")
        self.run(task)
        self.pids = processes.with_argument([self.state])

    def save(self):
        self.run("flush")

    def finish(self):
        self.run("down")

    def end(self):
        self.run("down", "--force")
        shutil.rmtree(self.state, ignore_errors=True)


class Peer(Mount):
    """A program that serves in the foreground until its mount is gone."""

    def __init__(self, name, server, scratch, peers, options=()):
        self.name, self.server, self.peers, self.options = name, server, peers, options
        # What it keeps goes with it.
        self.kept = f"{scratch}/kept"
        super().__init__(scratch)

    def words(self):
        endpoint = self.server.endpoint
        if self.name == "s3fs":
            password = f"{self.kept}/password"
            with open(password, "w", encoding="ascii") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write("bench:bench\n")
            options = f"passwd_file={password},url={endpoint},use_path_request_style,multireq_max=30,parallel_count=16"
            return ["s3fs", "bench", self.path, "-f", "-o", f"{options},tmpdir={self.kept}"]
        # Times as the listing has them, as provision shows them too.
        return [f"{self.peers}/bin/rclone", "mount", ":s3:bench", self.path, "--s3-provider", "Other", "--s3-env-auth",
                "--s3-endpoint", endpoint, "--s3-force-path-style", "--vfs-cache-mode", "full", "--cache-dir", self.kept,
                "--use-server-modtime", "--config", f"{self.kept}/rclone.conf"]

    def begin(self):
        os.makedirs(self.kept)
        self.log = open(f"{self.scratch}/{self.name}.log", "wb")
        self.process = subprocess.Popen(
            [*self.words(), *self.options], stdout=self.log, stderr=self.log, env=self.server.environment(self.kept))
        self.pids = [self.process.pid]
        deadline = time.monotonic() + GIVE_UP
        while not os.path.ismount(self.path):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} does not mount, see {self.log.name}")
            time.sleep(0.002)

    def end(self):
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.kept)


class Upload(Mount):
    """A folder in memory, which s5cmd copies into the bucket when all is written."""

    def __init__(self, server, scratch, peers):
        self.server, self.peers = server, peers
        self.seconds_used = self.most_used = 0
        super().__init__(scratch)

    def begin(self):
        os.makedirs(self.folder)

    def save(self):
        words = [f"{self.peers}/bin/s5cmd", "--endpoint-url", self.server.endpoint, "--log", "error", "cp", f"{self.folder}/",
                 f"s3://bench/{PREFIX}"]
        process = subprocess.Popen(words, env=self.server.environment(self.scratch))
        _, process.returncode, usage = os.wait4(process.pid, 0)
        if process.returncode:
            raise RuntimeError("s5cmd has failed")
        self.seconds_used += usage.ru_utime + usage.ru_stime
        self.most_used = max(self.most_used, usage.ru_maxrss / 1024)

    def finish(self):
        pass

    def end(self):
        shutil.rmtree(self.folder)

    def cpu(self):
        return self.seconds_used

    def peak(self):
        return self.most_used


class Limit(Mount):
    """A file system in memory, which does nothing: the most that a mount can do here."""

    def __init__(self, scratch, mounter, size):
        self.mounter, self.size = mounter, size
        super().__init__(scratch)

    @property
    def folder(self):
        return os.path.join(self.path, "many")

    def begin(self):
        self.process = subprocess.Popen(
            [self.mounter, self.path, "plain", f"big={self.size}"], stdout=subprocess.PIPE, text=True)
        ready, session = self.process.stdout.readline().split()
        assert ready == "ready"
        self.pids = [self.process.pid, int(session)]

    def end(self):
        self.process.terminate()
        self.process.communicate(timeout=GIVE_UP)

    def pieces(self, count, size):
        return [(os.path.join(self.path, "big"), i * size) for i in range(count)]
