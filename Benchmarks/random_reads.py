"""random_reads.py PATH SIZE BLOCK SECONDS: reads blocks of a file in no order, none twice; prints how many it came to."""

import mmap
import os
import sys
import time


def disordered(count):
    """All numbers below, as they are wanted: a congruential generator whose period is a power of two takes each once."""
    mask = (1 << max(2, (count - 1).bit_length())) - 1
    number = 7
    for _ in range(mask + 1):
        number = number * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407 & mask
        if number < count:
            yield number


def random_reads(path, size, block, is_over):
    """Until the function, which gets the number so far, says so, or every block was read."""
    buffer = mmap.mmap(-1, block)
    file = os.open(path, os.O_RDONLY)
    count = 0
    for place in disordered(size // block):
        if is_over(count):
            break
        os.preadv(file, [buffer], place * block)
        count += 1
    os.close(file)
    return count


if __name__ == "__main__":
    end = time.monotonic() + float(sys.argv[4])
    print(random_reads(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), lambda _: time.monotonic() > end))
