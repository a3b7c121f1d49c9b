"""A program that writes files and keeps a ledger of what it was told of them, and one that compares a bucket with that.

    ledger.py write FOLDER LEDGER SEED        until LEDGER.stop is there (status 0), or the mount is not (status 3)
    ledger.py glance LEDGER FOLDER            FOLDER has what the bucket has at this moment: prints what is wrong
    ledger.py check LEDGER FOLDER REASON:NAME=FILE...
                                              the same when everything has come to an end, with what was kept; begins anew

A line is in the ledger before the call that it is about, or when that has answered. States of files are `SIZE:SHA-256`,
and `-` where there is none.

    may NAME STATE          from now on this is right as well
    is NAME STATE           the writer was told that it is so: nothing else is right
    moves OLD NEW STATE     these bytes are under one of the names at least, until something else is done there
    begins NAME             the file is being written to
    writes NAME STATE       ... and has this state if the write is done
    wrote NAME              it was done: should nobody say that the file is whole, it is to be kept
    told CALL NAME ERROR    a call failed that must not
    wrong TEXT              what else must not be
"""

import errno
import hashlib
import os
import random
import signal
import sys
import time

ABSENT = "-"
SMALL = ["a", "b", "c", "deep/e"]
MOVED = ["from/f", "from/g", "to/f", "to/g"]
LARGE = ["large", "larger"]
MIB = 1 << 20
# One request of the kernel's, wherever in memory it begins: who is killed in it has written all of it, or nothing.
PIECE = 1 << 19
# What a program is told whose mount is taken away under it.
GONE = [errno.ENOTCONN, errno.ECONNABORTED]


def state(data):
    return ABSENT if data is None else f"{len(data)}:{hashlib.sha256(data).hexdigest()[:24]}"


class Unfinished:
    """A file that is being written, or was until its writer died: what it has if nobody says that it is whole."""

    def __init__(self):
        self.done = self.next = None

    @property
    def states(self):
        return [state for state in [self.done, self.next] if state]

    def fits(self, data):
        if state(data) in self.states:
            return True
        if not data or len(self.states) < 2:
            return False
        # The kernel may hand one write over in two requests, and of what was to be appended only the first be done.
        before, after = (int(state.split(":")[0]) for state in self.states)
        return before < len(data) < after and state(data[:before]) == self.done


class Ledger:
    """What is right, as far as lines have said."""

    def __init__(self, path):
        self.right = {}
        # All that was right since it began.
        self.ever = {}
        self.moves = []
        self.unfinished = {}
        self.torn = []
        self.wrongs = []
        self.safe = 0
        if os.path.exists(path):
            for line in open(path):
                self.apply(line.split())

    def states(self, name):
        return self.right.get(name, {ABSENT})

    def apply(self, words):
        verb, name = words[:2]
        if verb == "may" and words[2] == ABSENT:
            # Nobody misses what he has removed, should he be killed before he hears that it is.
            self.unfinished.pop(name, None)
        if verb == "may":
            self.right[name] = self.states(name) | {words[2]}
            self.ever.setdefault(name, set()).add(words[2])
            # Something else is done there now.
            self.moves = [move for move in self.moves if name not in move[:2]]
        elif verb == "is":
            self.safe += 1
            self.right[name] = {words[2]}
            self.ever.setdefault(name, set()).add(words[2])
            self.moves = [move for move in self.moves if name not in move[:2]]
            self.unfinished.pop(name, None)
        elif verb == "moves":
            self.moves.append(words[1:])
            self.forget(words[2])
            # The bucket may have had an older version, and that is copied as well, and not waited for before.
            self.right[words[2]] = self.states(words[2]) | self.ever.get(name, set())
        elif verb == "begins":
            self.forget(name)
            self.unfinished[name] = Unfinished()
        elif verb == "writes":
            self.unfinished.setdefault(name, Unfinished()).next = words[2]
        elif verb == "wrote":
            self.unfinished[name].done, self.unfinished[name].next = self.unfinished[name].next, None
        else:
            self.wrongs.append(" ".join(words))

    def forget(self, name):
        """Something else is there now, or is about to be. What was, and was not whole, is to be kept."""
        last = self.unfinished.pop(name, None)
        if last and last.done and last.done not in self.states(name):
            self.torn.append((name, last))

    def lost(self):
        """All that is to be kept, unless it is in the bucket."""
        return self.torn + [(name, last) for name, last in self.unfinished.items() if last.done]


class Writer:
    def __init__(self, folder, path, seed):
        self.folder, self.chance = folder, random.Random(seed)
        self.ledger = Ledger(path)
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.version = seed
        # Of what is known for certain.
        self.content = {}

    def note(self, *words):
        os.write(self.file, (" ".join(words) + "\n").encode())
        self.ledger.apply(list(words))

    def path(self, name):
        return f"{self.folder}/{name}"

    def new(self, name, size):
        """Bytes that say what they are."""
        self.version += 1
        return (f"{name} {self.version} {size}\n".encode() + self.chance.randbytes(size))[:size]

    def known(self, name):
        """The bytes, should it be known what they are."""
        return self.content.get(name)

    def is_known(self, name):
        return name in self.content or self.ledger.states(name) == {ABSENT}

    def settle(self, name, data):
        self.note("is", name, state(data))
        self.content[name] = data

    def unsettle(self, *names):
        for name in names:
            self.content.pop(name, None)

    def call(self, what, name, body):
        """True when it was done. What it was about may be so or not if not."""
        try:
            body()
            return True
        except OSError as error:
            if error.errno in GONE:
                sys.exit(3)
            self.note("told", what, name, errno.errorcode[error.errno])
            return False

    # What shows

    def look(self):
        """What was told before must show through the mount, also to a writer after a crash."""
        for name in SMALL + MOVED + LARGE:
            states = self.ledger.states(name)
            data = self.read(name)
            # That a writer has died the mount may hear only now.
            for _ in range(400 if name in self.ledger.unfinished else 0):
                if state(data) in states:
                    break
                time.sleep(0.05)
                data = self.read(name)
            if state(data) not in states:
                self.note("wrong", f"the mount shows {name} as {describe(data)} and not {states}")
            if states == {state(data)}:
                self.content[name] = data

    def read(self, name, again=True):
        try:
            with open(self.path(name), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno in GONE:
                sys.exit(3)
            # A rename that was cut off has replaced it meanwhile; whoever opens it again has what is there now.
            if error.errno == errno.ESTALE and again:
                return self.read(name, again=False)
            self.note("told", "read", name, errno.errorcode[error.errno])
            return None

    # What it does

    def make_folder(self, name):
        if "/" in name:
            return self.call("mkdir", name, lambda: os.makedirs(os.path.dirname(self.path(name)), exist_ok=True))
        return True

    def open(self, name, flags):
        opened = []
        self.call("open", name, lambda: opened.append(os.open(self.path(name), flags | os.O_WRONLY | os.O_CREAT, 0o644)))
        return opened[0] if opened else None

    def write(self, name, size, flags=os.O_TRUNC, start=0):
        """From `start` on in pieces; now and then synchronized on the way."""
        after = bytearray(b"" if flags & os.O_TRUNC else self.known(name))
        data = self.new(name, size)
        if not self.make_folder(name):
            return
        self.unsettle(name)
        # Before: the file may be empty from then on.
        self.note("begins", name)
        file = self.open(name, flags)
        if file is None:
            return
        step = PIECE if size > MIB else max(1, size // self.chance.choice([1, 1, 3]))
        end = 0
        while end < size:
            place, end = end, min(end + step, size)
            if flags & os.O_APPEND:
                # In one page of the kernel's, which it never hands part of over: all of it is there, or nothing.
                end = min(end, (start + place) // 4096 * 4096 + 4096 - start)
            piece = data[place:end]
            after[start + place:start + place + len(piece)] = piece
            now = state(after)
            if flags & os.O_APPEND:
                # Of what is only appended everything is whole.
                self.note("may", name, now)
            self.note("writes", name, now)
            self.pwrite(file, piece, start + place, name)
            self.note("wrote", name)
            if self.chance.random() < 0.1:
                self.note("may", name, now)
                if self.call("fsync", name, lambda: os.fsync(file)):
                    self.note("is", name, now)
        self.note("may", name, state(after))
        # The close of a file to which nothing was written says nothing.
        if self.call("close", name, lambda: os.close(file)) and size > 0:
            self.settle(name, bytes(after))

    def pwrite(self, file, piece, place, name):
        """Who dies on the way has written something of it, or nothing, or all."""
        try:
            while piece:
                done = os.pwrite(file, piece, place)
                piece, place = piece[done:], place + done
        except OSError as error:
            if error.errno in GONE:
                sys.exit(3)
            # The kernel was just handing it over to a session that was killed; it asks no other then.
            if error.errno != errno.EIO:
                self.note("told", "write", name, errno.errorcode[error.errno])
            # A program that goes on as if nothing were would say that the file is whole.
            os.kill(os.getpid(), signal.SIGKILL)

    def append(self, name, size):
        data = self.known(name)
        if data is not None:
            large = size >= MIB
            self.write(name, size, 0 if large else os.O_APPEND, len(data))

    def change(self, name):
        data = self.known(name)
        if data:
            place = self.chance.randrange(len(data))
            # In one page of the kernel's: it never hands part of that over.
            self.write(name, min(4096 - place % 4096, len(data) - place), 0, place)

    def replace(self, name, size):
        """As who wants no half file to be seen."""
        temporary = name.replace("/", "-") + ".new"
        self.write(temporary, size)
        self.rename([(temporary, name)])

    def rename(self, pairs, call=None):
        data = [self.known(old) for old, _ in pairs]
        old, new = call or pairs[0]
        if not any(data) or not self.make_folder(new):
            return
        for pair, content in zip(pairs, data):
            if content is not None:
                self.note("may", pair[0], ABSENT)
                self.note("may", pair[1], state(content))
                self.note("moves", *pair, state(content))
            self.unsettle(*pair)
        if self.call("rename", old, lambda: os.rename(self.path(old), self.path(new))):
            for pair, content in zip(pairs, data):
                self.settle(pair[0], None)
                self.settle(pair[1], content)

    def rename_folder(self, old, new):
        """One whose files are all known, to where there are none."""
        pairs = [(f"{old}/{name}", f"{new}/{name}") for name in "fg"]
        if all(self.is_known(here) and self.ledger.states(there) == {ABSENT} for here, there in pairs):
            self.rename(pairs, (old, new))

    def remove(self, name):
        before = self.ledger.states(name)
        if before == {ABSENT}:
            return
        self.note("may", name, ABSENT)
        self.unsettle(name)

        def remove():
            try:
                os.unlink(self.path(name))
            except FileNotFoundError:
                if ABSENT not in before:
                    raise

        if self.call("unlink", name, remove):
            self.settle(name, None)

    def step(self):
        name, other = self.chance.sample(SMALL + MOVED, 2)
        large, larger = self.chance.sample(LARGE, 2)
        size = self.chance.choice([0, 1, 100, 5000, 70_000])
        what = self.chance.random() * 100
        if what < 30:
            self.write(name, size)
        elif what < 45:
            self.replace(name, size)
        elif what < 58:
            self.append(name, size)
        elif what < 68:
            self.change(name)
        elif what < 75:
            self.remove(name)
        elif what < 82:
            self.rename([(name, other)])
        elif what < 88:
            self.rename_folder(*self.chance.sample(["from", "to"], 2))
        elif what < 92:
            self.write(large, self.chance.choice([9, 12]) * MIB + self.chance.randrange(5000))
        elif what < 95:
            self.append(large, MIB + 1)
        elif what < 97:
            self.change(large)
        elif what < 98:
            self.rename([(large, larger)])
        else:
            self.remove(large)


def write(folder, path, seed):
    # While the mount is replaced its folder is one of the disk: nothing of this shall come there.
    try:
        os.chdir(folder)
        if not os.path.ismount("."):
            sys.exit(3)
    except OSError as error:
        if error.errno in GONE:
            sys.exit(3)
        raise
    writer = Writer(".", path, int(seed))
    writer.look()
    print("writing", flush=True)
    while not os.path.exists(path + ".stop"):
        writer.step()


def describe(data):
    head = (data or b"").split(b"\n")[0][:40]
    return f"{state(data)} {head!r}".replace(" ", "_")


def compare(ledger, folder, kept=None):
    """Prints what is wrong, a line each. Returns what was found."""
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            full = os.path.join(place, name)
            with open(full, "rb") as file:
                found[os.path.relpath(full, folder)] = file.read()
    for name in sorted(found.keys() | ledger.right.keys()):
        data = found.get(name)
        if state(data) not in ledger.states(name):
            print(f"wrong: the bucket has {name} as {describe(data)} and not {ledger.states(name)}")
    for old, new, data in ledger.moves:
        if data not in [state(found.get(old)), state(found.get(new))]:
            print(f"wrong: {data} is gone, which was to be renamed from {old} to {new}")
    for name, last in ledger.lost() if kept is not None else []:
        there = [data for other, data in kept if other == name] + [found.get(name)]
        if not any(last.fits(data) for data in there):
            print(f"wrong: {name} was torn, and is not kept as {last.states}; there are {[state(data) for data in there]}")
    for line in ledger.wrongs:
        print(f"wrong: {line}")
    return found


def glance(path, folder):
    compare(Ledger(path), folder)


def check(path, folder, *files):
    ledger = Ledger(path)
    kept = []
    for name, file in (word.split("=", 1) for word in files):
        reason, name = name.split(":", 1)
        if reason != "torn":
            ledger.wrongs.append(f"{name} is kept with the reason {reason}")
        with open(file, "rb") as content:
            kept.append((name, content.read()))
    print(f"{ledger.safe} {len(ledger.lost())}")
    found = compare(ledger, folder, kept)
    with open(path, "w") as begun:
        for name, data in found.items():
            begun.write(f"is {name} {state(data)}\n")


if __name__ == "__main__":
    {verb.__name__: verb for verb in [write, glance, check]}[sys.argv[1]](*sys.argv[2:])
