"""Programs of users' that write to a folder, as they would to a disk.

    writers.py VERB FOLDER      see the verbs at the end
"""

import json
import mmap
import os
import shutil
import signal
import struct
import sys
import zipfile


def arrays():
    import numpy

    numbers = numpy.random.default_rng(7)
    return {f"layer{n}": numbers.standard_normal((64, 100 + n), dtype=numpy.float32) for n in range(6)}


def savez(folder):
    import numpy

    numpy.savez(f"{folder}/plain.npz", **arrays())
    numpy.savez_compressed(f"{folder}/packed.npz", **arrays())
    numpy.save(f"{folder}/array.npy", arrays()["layer3"])


def check_savez(folder):
    import numpy

    for name in ["plain.npz", "packed.npz"]:
        with numpy.load(f"{folder}/{name}") as found:
            print(name, all((found[key] == value).all() for key, value in arrays().items()), sorted(found))
    print((numpy.load(f"{folder}/array.npy", mmap_mode="r") == arrays()["layer3"]).all())


def safetensors(folder):
    """As newer versions save: a temporary file beside it, the mode, the name."""
    from safetensors.numpy import save, save_file

    save_file(arrays(), f"{folder}/direct.safetensors")
    for _ in range(2):
        with open(f"{folder}/.model.tmp", "wb") as file:
            file.write(save(arrays()))
            file.flush()
            os.fsync(file.fileno())
        os.chmod(f"{folder}/.model.tmp", 0o644)
        os.replace(f"{folder}/.model.tmp", f"{folder}/model.safetensors")


def torch_zip(folder):
    """As torch.save writes: members whose sizes are filled in afterwards, at their places before."""
    with zipfile.ZipFile(f"{folder}/checkpoint.pt", "w", zipfile.ZIP_STORED) as archive:
        for name, value in arrays().items():
            information = zipfile.ZipInfo(f"archive/data/{name}", (1980, 1, 1, 0, 0, 0))
            with archive.open(information, "w") as member:
                for start in range(0, value.nbytes, 4000):
                    member.write(value.tobytes()[start:start + 4000])


def seek_back(folder):
    """A head that is written last."""
    with open(f"{folder}/table", "wb") as file:
        file.write(bytes(16))
        for number in range(200_000):
            file.write(struct.pack("<Q", number * number))
        file.seek(0)
        file.write(b"TABLE\0\0\0" + struct.pack("<Q", 200_000))


def append_events(folder):
    """As TensorBoard's writer: appends, flushes, and others read what is there."""
    path = f"{folder}/events.out"
    with open(path, "ab") as file:
        for step in range(50):
            file.write(json.dumps({"step": step, "loss": 1 / (step + 1)}).encode() + b"\n")
            if step % 10 == 9:
                file.flush()
                with os.popen(f"tail -n 1 '{path}'") as reader:
                    assert json.loads(reader.read())["step"] == step, step
    with open(path, "ab") as file:
        file.write(b"end\n")


def tensorboard(folder):
    """TensorBoard's writer itself; another process reads what was flushed."""
    from tensorboardX.event_file_writer import EventsWriter
    from tensorboardX.proto.event_pb2 import Event

    writer = EventsWriter(f"{folder}/events")
    for step in range(40):
        event = Event(wall_time=1_700_000_000 + step, step=step)
        event.summary.value.add(tag="loss", simple_value=1 / (step + 1))
        writer.write_event(event)
        if step % 10 == 9:
            writer.flush()
            reader = os.fork()
            if reader == 0:
                os._exit(0 if read_events(folder) == list(range(step + 1)) else 1)
            assert os.waitpid(reader, 0)[1] == 0, step
    writer.close()


def read_events(folder):
    """As TensorBoard reads: each record has its length and two checksums. Returns the steps."""
    from tensorboardX.crc32c import crc32c
    from tensorboardX.proto.event_pb2 import Event

    def masked(data):
        return (((crc32c(data) >> 15) | (crc32c(data) << 17)) + 0xA282EAD8) & 0xFFFFFFFF

    names = [name for name in os.listdir(folder) if name.startswith("events")]
    assert len(names) == 1, names
    events = []
    with open(f"{folder}/{names[0]}", "rb") as file:
        while head := file.read(12):
            length, sum_of_length = struct.unpack("<QI", head)
            data, (sum_of_data,) = file.read(length), struct.unpack("<I", file.read(4))
            assert (masked(head[:8]), masked(data)) == (sum_of_length, sum_of_data)
            events.append(Event.FromString(data))
    return [event.step for event in events if event.HasField("summary")]


def check_tensorboard(folder):
    print(read_events(folder))


def wheel(folder):
    """A package as people install them, with a program and a module in a folder."""
    information = "widget-1.2.dist-info"
    members = {
        "widget/__init__.py": "from widget.inner import value\n\ndef main():\n    print(value)\n",
        "widget/inner.py": "value = 42\n",
        "widget/table.bin": "table" * 20_000,
        f"{information}/METADATA": "Metadata-Version: 2.1\nName: widget\nVersion: 1.2\n",
        f"{information}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{information}/entry_points.txt": "[console_scripts]\nwidget = widget:main\n",
    }
    members[f"{information}/RECORD"] = "".join(f"{name},,\n" for name in [*members, f"{information}/RECORD"])
    with zipfile.ZipFile(f"{folder}/widget-1.2-py3-none-any.whl", "w") as archive:
        for name, text in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), text)


def exchange(folder):
    """Names that change places, as `mv --exchange` does; one of the files is open."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)

    def change_places(one, two):
        names = [os.fsencode(f"{folder}/{name}") for name in (one, two)]
        if libc.renameat2(-100, names[0], -100, names[1], 2) != 0:
            raise OSError(ctypes.get_errno(), "renameat2")

    os.mkdir(f"{folder}/d")
    for name, size in [("small", 10), ("large", 3_000_000), ("d/deep", 500), ("open", 100)]:
        with open(f"{folder}/{name}", "wb") as file:
            file.write(name.encode() * size)
    os.chmod(f"{folder}/small", 0o755)
    change_places("small", "large")
    assert os.stat(f"{folder}/large").st_mode & 0o777 == 0o755
    os.symlink("small", f"{folder}/link")
    change_places("link", "d/deep")
    assert os.readlink(f"{folder}/d/deep") == "small"
    os.unlink(f"{folder}/d/deep")
    with open(f"{folder}/open", "r+b") as file, open(f"{folder}/new", "wb") as new:
        file.write(b"before")
        file.flush()
        new.write(b"new")
        change_places("open", "large")
        change_places("new", "link")
        file.write(b"behind")
        new.write(b" and more")
    try:
        change_places("small", "nowhere")
    except FileNotFoundError:
        pass
    else:
        raise AssertionError("there is nothing to change places with")


def hdf5(folder):
    import h5py

    with h5py.File(f"{folder}/data.h5", "w") as file:
        for name, value in arrays().items():
            file.create_dataset(name, data=value, compression="gzip")
        file.attrs["epoch"] = 1
    with h5py.File(f"{folder}/data.h5", "r+") as file:
        file.attrs["epoch"] = 2
        file["layer0"][3, 4] = 42
        del file["layer5"]


def check_hdf5(folder):
    import h5py

    with h5py.File(f"{folder}/data.h5", "r") as file:
        right = arrays()
        right["layer0"][3, 4] = 42
        print(file.attrs["epoch"], all((file[f"layer{n}"][()] == right[f"layer{n}"]).all() for n in range(5)), len(file))


def fork_and_close(folder):
    """Children close what they have inherited, in the middle of their parent's writing; one of them is killed."""
    file = os.open(f"{folder}/parent", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    for part in range(6):
        os.write(file, bytes([65 + part]) * 30_000)
        child = os.fork()
        if child == 0:
            if part % 2:
                os.kill(os.getpid(), signal.SIGKILL)
            os._exit(0)
        os.waitpid(child, 0)
    os.write(file, b"end")
    os.close(file)


def shared_map(folder):
    with open(f"{folder}/mapped", "wb+") as file:
        file.truncate(300_000)
        with mmap.mmap(file.fileno(), 300_000) as memory:
            for place in range(0, 300_000, 1000):
                memory[place:place + 4] = struct.pack("<I", place)
            memory.flush()
            memory[-3:] = b"end"


def watched(folder):
    """Who has a file open, or mapped, sees at once what another program writes over it that does nothing but write."""
    name = f"{folder}/watched"
    with open(name, "wb") as file:
        file.write(b"old" * 10_000)
    reader = os.open(name, os.O_RDONLY)
    with mmap.mmap(reader, 30_000, prot=mmap.PROT_READ) as memory:
        assert memory[:] == b"old" * 10_000
        writer = os.open(name, os.O_WRONLY | os.O_TRUNC)
        content = bytearray()
        for part in range(30):
            content += bytes([65 + part]) * 1000
            os.write(writer, content[-1000:])
            assert os.pread(reader, 1 << 20, 0) == content, part
            assert memory[:len(content)] == content, part
        content[1500:1504] = b"over"
        os.pwrite(writer, b"over", 1500)
        assert os.pread(reader, 1 << 20, 0) == content
        assert memory[:] == content
        os.close(writer)
    os.close(reader)


def locks(folder):
    """Two programs see each other's locks, of either kind."""
    import fcntl

    name = f"{folder}/locked"

    def is_free(take):
        child = os.fork()
        if child == 0:
            file = os.open(name, os.O_RDWR)
            try:
                take(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os._exit(1)
            os._exit(0)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    file = os.open(name, os.O_RDWR | os.O_CREAT, 0o644)
    os.write(file, b"locked" * 100)
    for take in [fcntl.flock, fcntl.lockf]:
        assert is_free(take)
        take(file, fcntl.LOCK_EX)
        assert not is_free(take)
        take(file, fcntl.LOCK_UN)
        assert is_free(take)
    fcntl.lockf(file, fcntl.LOCK_EX, 10, 100)
    assert is_free(lambda other, how: fcntl.lockf(other, how, 10, 200))
    assert not is_free(lambda other, how: fcntl.lockf(other, how, 10, 105))
    os.close(file)


def append_together(folder):
    """Two programs that append to one file, each piece at what is its end then."""
    children = []
    for child in range(2):
        children.append(os.fork())
        if children[-1] == 0:
            file = os.open(f"{folder}/log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            for number in range(300):
                os.write(file, f"{child} {number}\n".encode() * (1 + number % 7))
            os.close(file)
            os._exit(0)
    assert all(os.waitpid(child, 0)[1] == 0 for child in children)


def attributes(folder):
    """Extended attributes, as far as there is room and words for them; of folders, too."""
    import errno

    def refused(code, call, *arguments):
        try:
            call(*arguments)
        except OSError as error:
            assert error.errno == code, (error, call, arguments)
        else:
            raise AssertionError((code, call, arguments))

    name = f"{folder}/old"
    os.setxattr(name, "user.colour", b"red", os.XATTR_CREATE)
    refused(errno.EEXIST, os.setxattr, name, "user.colour", b"blue", os.XATTR_CREATE)
    refused(errno.ENODATA, os.setxattr, name, "user.other", b"x", os.XATTR_REPLACE)
    os.setxattr(name, "user.a.b-c.1", b"two words")
    os.setxattr(name, "user.gone", b"x" * 1000)
    refused(errno.ENOSPC, os.setxattr, name, "user.large", b"x" * 1000)
    os.removexattr(name, "user.gone")
    refused(errno.ENODATA, os.removexattr, name, "user.gone")
    for other in ["user.Upper", "user.two words", "trusted.x"]:
        refused(errno.EOPNOTSUPP, os.setxattr, name, other, b"x")
    refused(errno.EOPNOTSUPP, os.setxattr, name, "user.x", b"\xc3\xa9")
    os.mkdir(f"{folder}/d")
    os.setxattr(f"{folder}/d", "user.of-a-folder", b"yes")
    check_attributes(folder, "old", "d")


def check_attributes(folder, *names):
    right = {"old": {"user.a.b-c.1": b"two words", "user.colour": b"red"}, "d": {"user.of-a-folder": b"yes"}}
    for name in names:
        path = f"{folder}/{name}"
        found = {attribute: os.getxattr(path, attribute) for attribute in os.listxattr(path)}
        assert found == right[name], found


def move(folder):
    with open(f"{folder}/../moved", "wb") as file:
        file.write(b"moved" * 1000)
    os.chmod(f"{folder}/../moved", 0o600)
    shutil.move(f"{folder}/../moved", f"{folder}/arrived")
    os.mkdir(f"{folder}/box")
    shutil.move(f"{folder}/arrived", f"{folder}/box/inside")
    shutil.move(f"{folder}/box", f"{folder}/crate")
    shutil.copy2(f"{folder}/crate/inside", f"{folder}/copy")
    with open(f"{folder}/plain", "wb") as file:
        file.write(b"plain")
    shutil.copymode(f"{folder}/crate/inside", f"{folder}/plain")
    os.utime(f"{folder}/plain", ns=(1_500_000_000_123_456_789, 1_500_000_000_123_456_789))


def allocate(folder):
    file = os.open(f"{folder}/reserved", os.O_RDWR | os.O_CREAT, 0o644)
    os.posix_fallocate(file, 0, 100_000)
    os.pwrite(file, b"middle", 50_000)
    os.ftruncate(file, 80_000)
    os.pwrite(file, b"far", 200_000)
    os.close(file)


def die(folder, name, how):
    """Writes half of a file and is ended by a signal."""
    with open(f"{folder}/{name}", "wb") as file:
        file.write(b"half" * 1000)
        file.flush()
        if how == "SEGV":
            import resource

            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.kill(os.getpid(), getattr(signal, "SIG" + how))
        signal.pause()


if __name__ == "__main__":
    verbs = [
        savez, check_savez, safetensors, torch_zip, seek_back, append_events, hdf5, check_hdf5, fork_and_close, shared_map,
        watched, locks, move, allocate, die, tensorboard, check_tensorboard, wheel, exchange,
        append_together, attributes, check_attributes,
    ]
    {verb.__name__: verb for verb in verbs}[sys.argv[1]](*sys.argv[2:])
