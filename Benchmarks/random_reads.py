"""random_reads.py PATH SIZE BLOCK SECONDS: reads blocks of a file in no order, none twice; prints how many it came to."""

import mmap
import os
import random
import sys
import time


def random_reads(path, size, block, is_over):
    """Until the function, which gets the number so far, says so."""
    buffer = mmap.mmap(-1, block)
    places = random.Random(7).sample(range(size // block), min(size // block, 200_000))
    file = os.open(path, os.O_RDONLY)
    count = 0
    while not is_over(count):
        os.preadv(file, [buffer], places[count] * block)
        count += 1
    os.close(file)
    return count


if __name__ == "__main__":
    end = time.monotonic() + float(sys.argv[4])
    print(random_reads(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), lambda _: time.monotonic() > end))
