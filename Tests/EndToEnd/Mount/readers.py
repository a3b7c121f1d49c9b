"""Programs of users' that read files of a mount, each compared with the same file elsewhere.

    readers.py make FOLDER              an array, a table without a head, a model
    readers.py map MOUNT LOCAL          maps them
    readers.py random MOUNT LOCAL N     N processes read at random, as the workers of a training do
    readers.py look MOUNT FILE          what calls say that are about no content
    readers.py write MOUNT FILE         calls that would change something
    readers.py obey FILE ORDERS         what lines that are appended to ORDERS say
"""

import ctypes
import errno
import hashlib
import mmap
import multiprocessing
import os
import random
import stat
import sys
import time


def make(folder):
    import numpy
    from safetensors.numpy import save_file

    numbers = numpy.random.default_rng(7)
    numpy.save(f"{folder}/array.npy", numbers.standard_normal((700, 1000)))
    numbers.integers(0, 1 << 32, 500_000, dtype=numpy.uint32).tofile(f"{folder}/table.raw")
    layers = {f"layer{n}.weight": numbers.standard_normal((256, 512 + n), dtype=numpy.float32) for n in range(8)}
    save_file(layers | {"bias": numpy.arange(3)}, f"{folder}/model.safetensors")


def map_files(mount, local):
    import numpy
    from safetensors import safe_open
    from safetensors.numpy import load_file

    right, mapped = numpy.load(f"{local}/array.npy"), numpy.load(f"{mount}/array.npy", mmap_mode="r")
    for row in random.Random(1).sample(range(right.shape[0]), 100):
        assert (mapped[row] == right[row]).all(), row
    assert (mapped == right).all()
    right = numpy.fromfile(f"{local}/table.raw", numpy.uint32)
    mapped = numpy.memmap(f"{mount}/table.raw", numpy.uint32, "r")
    places = numpy.random.default_rng(3).integers(0, right.size, 1000)
    assert (mapped[places] == right[places]).all() and mapped.sum() == right.sum()
    right = load_file(f"{local}/model.safetensors")
    with safe_open(f"{mount}/model.safetensors", "numpy") as model:
        assert sorted(model.keys()) == sorted(right)
        for name in reversed(sorted(right)):
            assert (model.get_tensor(name) == right[name]).all(), name
        assert (model.get_slice("layer3.weight")[7:9, 100:] == right["layer3.weight"][7:9, 100:]).all()


def files(folder):
    return sorted(os.path.join(at, name) for at, _, names in os.walk(folder) for name in names)


def work(arguments):
    mount, local, paths, number = arguments
    chance = random.Random(number)
    read = 0
    for _ in range(150):
        path = chance.choice(paths)
        with open(local + path, "rb") as right, open(mount + path, "rb") as mounted:
            size = os.fstat(mounted.fileno()).st_size
            assert size == os.fstat(right.fileno()).st_size, path
            for _ in range(chance.randrange(1, 5)):
                start, count = chance.randrange(size + 1), chance.choice([1, 100, 4096, 128 << 10, 1 << 20])
                bytes = os.pread(mounted.fileno(), count, start)
                assert bytes == os.pread(right.fileno(), count, start), (path, start, count)
                read += len(bytes)
    return read


def read_at_random(mount, local, count):
    paths = [path[len(local):] for path in files(local)]
    with multiprocessing.get_context("fork").Pool(int(count)) as pool:
        read = pool.map(work, [(mount, local, paths, number) for number in range(int(count))])
    assert min(read) > 0


def look(mount, file):
    path = f"{mount}/{file}"
    descriptor = os.open(path, os.O_RDONLY)
    size = os.fstat(descriptor).st_size
    print("data", os.lseek(descriptor, 0, os.SEEK_DATA), os.lseek(descriptor, 10, os.SEEK_DATA))
    print("hole", os.lseek(descriptor, 0, os.SEEK_HOLE) == size)
    print("behind", code(lambda: os.lseek(descriptor, size, os.SEEK_DATA)))
    room = os.statvfs(mount)
    print("room", room.f_bavail * room.f_frsize >> 40, room.f_namemax, bool(room.f_flag & os.ST_RDONLY))
    print("nosuid", bool(room.f_flag & os.ST_NOSUID), "nodev", bool(room.f_flag & os.ST_NODEV))
    print("access", os.access(path, os.R_OK), os.access(path, os.W_OK), os.access(path, os.X_OK), os.access(mount, os.X_OK))
    print("read behind the end", os.pread(descriptor, 10, size), os.pread(descriptor, 10, size - 1) != b"")
    print("synchronize", code(lambda: os.fsync(descriptor)))
    print("no such attribute", code(lambda: os.getxattr(path, "user.none")))
    print("of others", code(lambda: os.getxattr(path, "security.selinux")), code(lambda: os.getxattr(path, "trusted.x")))
    print("folder as file", code(lambda: os.read(os.open(mount, os.O_RDONLY), 1)))
    print("file as folder", code(lambda: os.listdir(path)), code(lambda: os.stat(path + "/x")))
    print("long name", code(lambda: os.stat(f"{mount}/{'n' * 256}")), code(lambda: os.stat(f"{mount}/{'n' * 255}")))
    print("no link", code(lambda: os.readlink(path)))
    print("links", os.stat(path).st_nlink, os.stat(mount).st_nlink)
    print("kinds", stat.S_ISREG(os.stat(path).st_mode), stat.S_ISDIR(os.stat(mount).st_mode))


def code(body):
    try:
        body()
        return "done"
    except OSError as error:
        return errno.errorcode[error.errno]


def shared_map(path):
    with open(path, "rb") as file:
        mmap.mmap(file.fileno(), 0, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)


def private_map(path):
    with open(path, "rb") as file:
        with mmap.mmap(file.fileno(), 0, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE) as memory:
            memory[0] = (memory[0] + 1) & 255


def exchange(first, second):
    """renameat2 with RENAME_EXCHANGE, which os has not."""
    if ctypes.CDLL(None, use_errno=True).renameat2(-100, first.encode(), -100, second.encode(), 2) == -1:
        raise OSError(ctypes.get_errno(), first)


def write(mount, file):
    old, new = f"{mount}/{file}", f"{mount}/new"
    reading = os.open(old, os.O_RDONLY)
    attempts = {
        "create": lambda: os.open(new, os.O_CREAT | os.O_WRONLY),
        "create to read": lambda: os.open(new, os.O_CREAT | os.O_RDONLY),
        "create what is there, exclusively": lambda: os.open(old, os.O_CREAT | os.O_EXCL | os.O_WRONLY),
        "write": lambda: os.open(old, os.O_WRONLY),
        "read and write": lambda: os.open(old, os.O_RDWR),
        "append": lambda: os.open(old, os.O_WRONLY | os.O_APPEND),
        "open and truncate": lambda: os.open(old, os.O_RDONLY | os.O_TRUNC),
        "without a name": lambda: os.open(mount, os.O_TMPFILE | os.O_RDWR),
        "truncate": lambda: os.truncate(old, 0),
        "remove": lambda: os.remove(old),
        "folder": lambda: os.mkdir(new),
        "remove a folder": lambda: os.rmdir(f"{mount}/d"),
        "rename": lambda: os.rename(old, new),
        "exchange": lambda: exchange(old, f"{mount}/d"),
        "link": lambda: os.link(old, new),
        "symbolic link": lambda: os.symlink(old, new),
        "pipe": lambda: os.mkfifo(new),
        "mode": lambda: os.chmod(old, 0o600),
        "owner": lambda: os.chown(old, 1, 1),
        "time": lambda: os.utime(old),
        "attribute": lambda: os.setxattr(old, "user.x", b"y"),
        "remove an attribute": lambda: os.removexattr(old, "user.x"),
        "shared map": lambda: shared_map(old),
        "private map": lambda: private_map(old),
        "write where reading was opened": lambda: os.write(reading, b"x"),
        "reserve": lambda: os.posix_fallocate(reading, 0, 10),
        "truncate where reading was opened": lambda: os.ftruncate(reading, 0),
    }
    for name, attempt in attempts.items():
        print(f"{name}: {code(attempt)}")


def read(file):
    digest, place = hashlib.md5(), 0
    while piece := os.pread(file, 1 << 20, place):
        digest.update(piece)
        place += len(piece)
    return digest.hexdigest()


def read_mapped(file):
    with mmap.mmap(file, 0, prot=mmap.PROT_READ) as memory:
        return hashlib.md5(memory).hexdigest()


def obey(path, orders):
    files = {}
    verbs = {
        "open": lambda number: files.update({number: os.open(path, os.O_RDONLY)}),
        "past": lambda number: files.update({number: os.open(path, os.O_RDONLY | os.O_DIRECT)}),
        "drop": lambda number: os.posix_fadvise(files[number], 0, 0, os.POSIX_FADV_DONTNEED),
        "read": lambda number: read(files[number]),
        "map": lambda number: read_mapped(files[number]),
        "size": lambda number: os.fstat(files[number]).st_size,
        "close": lambda number: os.close(files.pop(number)),
    }
    line = ""
    with open(orders) as lines:
        while True:
            line += lines.readline()
            if not line.endswith("\n"):
                time.sleep(0.005)
                continue
            verb, number = line.split()
            line = ""
            try:
                said = verbs[verb](number)
            except OSError as error:
                said = errno.errorcode[error.errno]
            print(said, flush=True)


if __name__ == "__main__":
    verbs = {"make": make, "map": map_files, "random": read_at_random, "look": look, "write": write, "obey": obey}
    verbs[sys.argv[1]](*sys.argv[2:])
