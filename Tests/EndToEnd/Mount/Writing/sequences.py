"""Does the same to a folder of a local disk and to one of a mount, call by call, and compares what comes of it.

    sequences.py run SEED STEPS LOCAL MOUNT files|folders   both are made; with `folders` those change places, too
    sequences.py trees LOCAL MOUNT                          compares what is there

Whatever differs is printed, with the seed and the calls before it, and the exit status is 1. Left out is what
docs/SEMANTICS.md says to be otherwise: second names (EPERM), numbers of links, permissions and times of folders, which few
servers keep, sizes and positions of folders, sizes of links, and changing places of folders in a bucket and of what is open
with a folder or with another file that is open: it may not be uploaded yet.
"""

import ctypes
import errno
import os
import random
import stat
import sys

NOREPLACE, EXCHANGE = 1, 2
# A time that was set is long ago, so that it is told from one at which something was written.
SET_TIMES = [1_000_000_000_123_456_789, 1_234_567_890_000_000_000, 1_500_000_000_999_999_999]
FLAGS = [0, os.O_TRUNC, os.O_APPEND, os.O_CREAT, os.O_CREAT | os.O_TRUNC, os.O_CREAT | os.O_EXCL, os.O_CREAT | os.O_APPEND]
libc = ctypes.CDLL(None, use_errno=True)


class Different(Exception):
    pass


class Side:
    """One of the two folders, with what is open in it."""

    def __init__(self, root):
        self.root = root
        self.open_files = {}

    def path(self, name):
        return os.path.join(self.root, name)

    def do(self, call, *arguments):
        """What a program is told."""
        try:
            return ("is", getattr(self, call)(*arguments))
        except OSError as error:
            return ("fails", errno.errorcode.get(error.errno, str(error.errno)))

    # Files that are open, by numbers that both sides give them.

    def open(self, slot, name, flags, mode):
        self.open_files[slot] = os.open(self.path(name), flags, mode)

    def duplicate(self, slot, other):
        self.open_files[other] = os.dup(self.open_files[slot])

    def close(self, slot):
        os.close(self.open_files.pop(slot))

    def write(self, slot, size, fill):
        return os.write(self.open_files[slot], bytes([fill]) * size)

    def write_at(self, slot, offset, size, fill):
        return os.pwrite(self.open_files[slot], bytes([fill]) * size, offset)

    def read(self, slot, offset, size):
        return os.pread(self.open_files[slot], size, offset)

    def read_on(self, slot, size):
        return os.read(self.open_files[slot], size)

    def seek(self, slot, offset, whence):
        return os.lseek(self.open_files[slot], offset, whence)

    def resize(self, slot, size):
        os.ftruncate(self.open_files[slot], size)

    def reserve(self, slot, offset, size):
        os.posix_fallocate(self.open_files[slot], offset, size)

    def synchronize(self, slot):
        os.fsync(self.open_files[slot])

    def look_at_open(self, slot):
        return self.shown(os.fstat(self.open_files[slot]))

    # Names.

    def truncate(self, name, size):
        os.truncate(self.path(name), size)

    def make_folder(self, name):
        os.mkdir(self.path(name))

    def remove_folder(self, name):
        os.rmdir(self.path(name))

    def remove(self, name):
        os.unlink(self.path(name))

    def link(self, target, name):
        os.symlink(target, self.path(name))

    def target(self, name):
        return os.readlink(self.path(name))

    def rename(self, name, new_name, flags):
        names = os.fsencode(self.path(name)), os.fsencode(self.path(new_name))
        if libc.renameat2(-100, names[0], -100, names[1], flags) != 0:
            raise OSError(ctypes.get_errno(), "renameat2")

    def change_mode(self, name, mode):
        if not os.path.isdir(self.path(name)):
            os.chmod(self.path(name), mode)

    def change_time(self, name, nanoseconds):
        if not os.path.isdir(self.path(name)):
            os.utime(self.path(name), ns=(nanoseconds, nanoseconds))

    def look_at(self, name):
        return self.shown(os.lstat(self.path(name)))

    def names(self, name):
        return sorted(os.listdir(self.path(name)))

    def content(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    # What is compared.

    def shown(self, found):
        if stat.S_ISDIR(found.st_mode):
            return ("folder",)
        if stat.S_ISLNK(found.st_mode):
            return ("link",)
        time_shown = found.st_mtime_ns if found.st_mtime < 1_600_000_000 else "now"
        return ("file", oct(stat.S_IMODE(found.st_mode)), found.st_size, time_shown)

    def identity(self, name):
        try:
            return os.lstat(self.path(name)).st_ino
        except OSError:
            return None

    def is_folder(self, name):
        return os.path.isdir(self.path(name)) and not os.path.islink(self.path(name))

    def tree(self):
        """Everything, by path."""
        found = {}
        for folder, folders, files in os.walk(self.root):
            for name in folders + files:
                path = os.path.relpath(os.path.join(folder, name), self.root)
                shown = self.look_at(path)
                if shown[0] == "link":
                    shown += (self.target(path),)
                elif shown[0] == "file":
                    shown += (self.content(path),)
                found[path] = shown
        return found


class Sequence:
    def __init__(self, seed, local, mount, changes_folders):
        self.random = random.Random(seed)
        self.local, self.mount = Side(local), Side(mount)
        self.changes_folders = changes_folders
        self.done = []

    def run(self, steps):
        for _ in range(steps):
            call = self.random.choices(list(CALLS), list(CALLS.values()))[0]
            arguments = getattr(self, call)()
            if arguments is not None:
                self.both(call, *arguments)
        for slot in sorted(self.local.open_files):
            self.both("close", slot)

    def both(self, call, *arguments):
        call = SAME_CALL.get(call, call)
        self.done.append((call, *arguments))
        right, found = self.local.do(call, *arguments), self.mount.do(call, *arguments)
        if right != found:
            raise Different(f"{call}{arguments}: {shortened(found)} on the mount, {shortened(right)} on the disk")

    # Arguments of calls; nothing when there is nothing to be called now.

    def name(self):
        choose = self.random.random()
        if choose < 0.02:
            return "n" * 256
        parts = [self.random.choice("abcd") for _ in range(self.random.choices([1, 2, 3], [5, 4, 1])[0])]
        return "/".join(parts)

    def slot(self):
        return self.random.choice(sorted(self.local.open_files)) if self.local.open_files else None

    def size(self):
        return self.random.choice([0, 1, 10, 4095, 4096, 5000, 70_000])

    def open(self):
        if len(self.local.open_files) >= 6:
            return None
        slot = next(number for number in range(6) if number not in self.local.open_files)
        access = self.random.choice([os.O_RDONLY, os.O_WRONLY, os.O_RDWR, os.O_RDWR])
        flags = self.random.choice(FLAGS)
        if access == os.O_RDONLY:
            flags &= ~(os.O_TRUNC | os.O_APPEND)
        return slot, self.name(), access | flags, self.random.choice([0o644, 0o600, 0o755])

    def duplicate(self):
        free = [number for number in range(6) if number not in self.local.open_files]
        return (self.slot(), free[0]) if free and self.local.open_files else None

    def with_slot(self, *others):
        slot = self.slot()
        return None if slot is None else (slot, *others)

    def close(self):
        return self.with_slot()

    def write(self):
        return self.with_slot(self.random.choice([1, 100, 5000, 70_000]), self.random.randrange(256))

    def write_at(self):
        return self.with_slot(self.size(), self.random.choice([1, 100, 5000]), self.random.randrange(256))

    def read(self):
        return self.with_slot(self.size(), self.random.choice([1, 5000, 200_000]))

    def read_on(self):
        return self.with_slot(self.random.choice([1, 5000]))

    def seek(self):
        slot = self.slot()
        if slot is None or stat.S_ISDIR(os.fstat(self.local.open_files[slot]).st_mode):
            return None
        return slot, self.size(), self.random.choice([os.SEEK_SET, os.SEEK_CUR, os.SEEK_END])

    def resize(self):
        return self.with_slot(self.size())

    def reserve(self):
        return self.with_slot(self.size(), self.random.choice([1, 5000]))

    def synchronize(self):
        return self.with_slot()

    def look_at_open(self):
        return self.with_slot()

    def truncate(self):
        return self.name(), self.size()

    def make_folder(self):
        return (self.name(),)

    def remove_folder(self):
        return (self.name(),)

    def remove(self):
        return (self.name(),)

    def link(self):
        return self.random.choice(["a", "b/c", "../a", "nowhere", "d"]), self.name()

    def target(self):
        return (self.name(),)

    def rename(self):
        return self.name(), self.name(), self.random.choice([0, 0, 0, NOREPLACE])

    def exchange(self):
        names = self.name(), self.name()
        are_folders = [self.local.is_folder(name) for name in names]
        opened = {os.fstat(file).st_ino for file in self.local.open_files.values()}
        are_open = [self.local.identity(name) in opened for name in names]
        if any(are_folders) and not self.changes_folders or all(are_open) or any(are_folders) and any(are_open):
            return None
        return *names, EXCHANGE

    def change_mode(self):
        return self.name(), self.random.choice([0o644, 0o600, 0o755, 0o400])

    def change_time(self):
        return self.name(), self.random.choice(SET_TIMES)

    def look_at(self):
        return (self.name(),)

    def names(self):
        return (self.random.choice(["", self.name()]),)

    def content(self):
        return (self.name(),)


# How often each comes.
CALLS = {
    "open": 14, "duplicate": 2, "close": 10, "write": 10, "write_at": 8, "read": 6, "read_on": 2, "seek": 3, "resize": 3,
    "reserve": 2, "synchronize": 2, "look_at_open": 3, "truncate": 3, "make_folder": 6, "remove_folder": 3, "remove": 5,
    "link": 3, "target": 2, "rename": 8, "exchange": 4, "change_mode": 4, "change_time": 4, "look_at": 6, "names": 4,
    "content": 4,
}
SAME_CALL = {"exchange": "rename"}


def shortened(value):
    text = repr(value)
    return text if len(text) < 200 else f"{text[:200]}… ({len(text)})"


def compare_trees(local, mount):
    right, found = Side(local).tree(), Side(mount).tree()
    for path in sorted(right.keys() | found.keys()):
        if right.get(path) != found.get(path):
            raise Different(
                f"{path} is {shortened(found.get(path))} on the mount, {shortened(right.get(path))} on the disk")
    return len(right)


def run(seed, steps, local, mount, exchanged):
    os.mkdir(local)
    os.mkdir(mount)
    sequence = Sequence(int(seed), local, mount, exchanged == "folders")
    try:
        sequence.run(int(steps))
        print(compare_trees(local, mount))
    except Different as different:
        for call in sequence.done:
            print(*call)
        sys.exit(f"seed {seed}, step {len(sequence.done)}: {different}")


def trees(local, mount):
    try:
        print(compare_trees(local, mount))
    except Different as different:
        sys.exit(str(different))


if __name__ == "__main__":
    os.umask(0o022)
    {verb.__name__: verb for verb in [run, trees]}[sys.argv[1]](*sys.argv[2:])
