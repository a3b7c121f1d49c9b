"""writing.py PROGRAM SCRATCH PEERS [--rounds N] [--alone] [ROW…]: writes to mounts of the stopwatch, program after program in
every round, each time with a server and a mount of its own. A row's time ends when the server has all that was written. The
first round is not counted: in it the server keeps what comes, which is compared with what was written."""

import contextlib
import hashlib
import os
import random
import shutil
import subprocess
from dataclasses import dataclass

import turns
from mounting import GIVE_UP, MIB, Peer, Provision, Upload
from stopwatch import PREFIX, SHAPED, Stopwatch
from turns import GIB, KIB, Row, Run, Wrong, output, seconds

OLD = f"{PREFIX}00/0000000.bin"


@dataclass
class Writing(Row):
    mode: str = "MOUNT"
    # Of the object that is there before, and where in it the bytes go; without it they are new files.
    old: int = 16 * KIB
    place: int | None = None
    writers: int = 1
    # By default rclone's close would not wait for the bucket, and its upload not begin for 5 s.
    rclone: tuple = ("--vfs-write-back", "0s")

    @property
    def source(self):
        """Where each writer has what it writes, in memory."""
        return [os.path.join(self.scratch, f"source{writer}") for writer in range(self.writers)]


# What is done with a mount, while the clock runs. The names of what is written have the order of their bytes in the source.


def side_by_side(commands):
    writers = [subprocess.Popen(command, stderr=subprocess.PIPE) for command in commands]
    for writer in writers:
        report = writer.communicate(timeout=GIVE_UP)[1]
        if writer.returncode:
            raise Wrong(report.decode())


def large_file(mount, row):
    output("dd", f"if={row.source[0]}", f"of={mount.folder}/large.bin", "bs=1M")


def small_files(mount, row):
    side_by_side(
        ["split", "-b", str(row.size), "-d", "-a", "4", source, f"{mount.folder}/{writer}-"]
        for writer, source in enumerate(row.source))


def change(mount, row):
    path = os.path.join(mount.path, OLD)
    output("dd", f"if={row.source[0]}", f"of={path}", "bs=1M", "conv=notrunc", "oflag=seek_bytes", f"seek={row.place}")


def unpack(mount, row):
    output("tar", "-x", "-C", mount.folder, "-f", os.path.join(row.scratch, "archive.tar"))


def until_received(write, save=lambda _: None):
    """How long it took until the bytes were in the bucket, and until the program that wrote them had ended."""
    def work(mount, row, server):
        closed, _ = seconds(lambda: write(mount, row))
        saved, _ = seconds(lambda: save(mount))
        amount = row.count * row.size
        whole = amount if row.place is None else max(row.old, row.place + amount)
        waited, is_there = seconds(lambda: server.wait(row.count, whole, GIVE_UP))
        if not is_there:
            raise Wrong("not all that was written came into the bucket")
        return {"s": closed + saved + waited, "closed s": closed}, amount
    return work


def writing(title, write, count, size, **more):
    return Writing(title, until_received(write), count, size, **more)


CACHED = {"mode": "MOUNT_CACHED", "rclone": ()}
ROWS = {
    "large": writing("1 GiB to a new file", large_file, 1, GIB),
    "large-shaped": writing("1 GiB to a new file, shaped", large_file, 1, GIB, options=SHAPED),
    "small": writing("1,000 new files of 16 KiB", small_files, 1000, 16 * KIB),
    "small-cached": writing("1,000 new files of 16 KiB, MOUNT_CACHED", small_files, 1000, 16 * KIB, **CACHED),
    "small-cached-shaped": writing(
        "1,000 new files of 16 KiB, MOUNT_CACHED, shaped", small_files, 1000, 16 * KIB, options=SHAPED, others=["rclone"],
        **CACHED),
    "writers": writing("8 writers, 125 new files of 16 KiB each", small_files, 1000, 16 * KIB, writers=8),
    "writers-shaped": writing(
        "8 writers, 125 new files of 16 KiB each, shaped", small_files, 1000, 16 * KIB, writers=8, options=SHAPED),
    "append": writing("1 MiB behind an object of 1 GiB", change, 1, MIB, old=GIB, place=GIB),
    "change": writing("4 KiB in the middle of an object of 1 GiB", change, 1, 4 * KIB, old=GIB, place=GIB // 2),
    "append-shaped": writing(
        "1 MiB behind an object of 1 GiB, shaped", change, 1, MIB, old=GIB, place=GIB, options=SHAPED),
    "drain": Writing(
        "1,000 new files of 1 MiB and a drain, or a copy of them with s5cmd",
        until_received(small_files, lambda mount: mount.save()), 1000, MIB, mode="MOUNT, commit: background",
        others=["s3fs", "s5cmd"]),
    "tar": writing("tar -x of 1,000 files of 16 KiB", unpack, 1000, 16 * KIB),
}


def prepare(row, scratch):
    """What will be written: random bytes, the same for all, and as an archive of files of one size."""
    row.scratch = scratch
    amount = row.count * row.size // row.writers
    # No multiple of a part's size, so that a part in the wrong place has the wrong content.
    piece = random.Random(amount).randbytes(min(amount, 37 * MIB + 4099))
    for source in row.source:
        with open(source, "wb") as file:
            for place in range(0, amount, len(piece)):
                file.write(piece[:amount - place])
    folder = os.path.join(scratch, "files")
    os.mkdir(folder)
    if row.count > 1:
        output("split", "-b", str(row.size), "-d", "-a", "4", row.source[0], f"{folder}/")
    output("tar", "-c", "-C", folder, "-f", os.path.join(scratch, "archive.tar"), ".")
    shutil.rmtree(folder)


def digest(pieces):
    whole = hashlib.sha256()
    for piece in pieces:
        whole.update(piece)
    return whole.hexdigest()


def expected(row, server):
    """Digest of what the bucket should have, read before it is changed."""
    written = b"".join(open(source, "rb").read() for source in row.source)
    if row.place is None:
        return digest([written])
    old = bytearray(b"".join(server.pieces(OLD)))
    old[row.place:row.place + len(written)] = written
    return digest([old])


def stored(row, server):
    keys = [OLD] if row.place is not None else [key for key in server.listing() if key != OLD and not key.endswith("/")]
    return digest(piece for key in sorted(keys) for piece in server.pieces(key))


def mounted(program, row, server, args, folder):
    if program == "provision":
        return Provision(server, folder, args.program, row.mode)
    if program == "s5cmd":
        return Upload(server, folder, args.peers)
    return Peer(program, server, folder, args.peers, row.rclone if program == "rclone" else ())


def measure(name, args, folder):
    row = ROWS[name]
    prepare(row, folder)

    def turn(program, is_first):
        is_compared = is_first and not row.options
        options = [*row.options, *(["--keep"] if is_compared else [])]
        with contextlib.closing(Stopwatch(args.scratch, 1, row.old, options)) as server:
            wanted = expected(row, server) if is_compared else None
            with contextlib.closing(mounted(program, row, server, args, folder)) as mount:
                run = Run(row, mount, server)
                mount.finish()
            run.stats = server.stats()
            if is_compared and stored(row, server) != wanted:
                raise Wrong(f"what {program} has brought into the bucket differs from what was written")
        return run

    def mebibytes(counter):
        return lambda run: run.stats[counter] / MIB

    turns.report(name, row, turns.take(row, args, turn), [
        ("MiB sent", ".1f", mebibytes("received")), ("MiB read", ".1f", mebibytes("bytes")),
        ("PUT", ".0f", lambda run: run.stats["puts"]), ("copies", ".0f", lambda run: run.stats["copies"]),
        ("server CPU s", ".2f", lambda run: run.stats["cpu"]),
    ])


turns.main("write", ROWS, measure)
