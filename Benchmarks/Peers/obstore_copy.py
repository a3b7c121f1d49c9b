"""obstore_copy.py ENDPOINT DESTINATION PREFIX: a copy with obstore, objects and parts side by side, 32 at once."""

import asyncio
import os
import sys

import obstore
from obstore.store import S3Store

endpoint, destination, prefix = sys.argv[1:]
part = 8 << 20
store = S3Store(
    "bench",
    endpoint=endpoint,
    region="us-east-1",
    virtual_hosted_style_request=False,
    client_options={"allow_http": True, "allow_invalid_certificates": True},
)
turns = asyncio.Semaphore(32)


async def fetch(file, key, start, end):
    async with turns:
        os.pwrite(file, await obstore.get_range_async(store, key, start=start, end=end), start)


async def copy(key, size):
    path = os.path.join(destination, key)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    file = os.open(path, os.O_CREAT | os.O_WRONLY)
    await asyncio.gather(*(fetch(file, key, at, min(at + part, size)) for at in range(0, size, part)))
    os.close(file)


async def main():
    waiting = []
    for page in obstore.list(store, prefix=prefix):
        waiting += [asyncio.create_task(copy(item["path"], item["size"])) for item in page]
        if len(waiting) >= 512:
            await asyncio.gather(*waiting)
            waiting = []
    await asyncio.gather(*waiting)


asyncio.run(main())
sys.stdout.flush()
# Its runtime sometimes aborts while Python ends, when all is done.
os._exit(0)
