#define _GNU_SOURCE
#include "objects.h"
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct object *objects;
size_t object_count;
long per_folder = 1000;
int pool_file;
const char *pool;
// No multiple of any usual part size, so that a part in the wrong place has the wrong content.
const off_t pool_size = 251L << 20;

void make_pool(void)
{
    pool_file = memfd_create("pool", MFD_CLOEXEC);
    if (pool_file < 0 || ftruncate(pool_file, pool_size)) err(1, "the pool");
    uint64_t *words = mmap(NULL, pool_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, pool_file, 0);
    if (words == MAP_FAILED) err(1, "the pool");
    // A linear congruence whose high half is kept: the same at every start, and nothing compresses it.
    uint64_t state = 20261120;
    for (off_t i = 0; i < pool_size / 8; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        words[i] = state ^ state >> 29;
    }
    pool = (const char *)words;
}

void add_objects(const char *prefix, long count, off_t size)
{
    objects = realloc(objects, (object_count + count) * sizeof *objects);
    if (!objects) err(1, "objects");
    for (long i = 0; i < count; i++) {
        struct object *object = &objects[object_count++];
        if (asprintf(&object->key, "%s%02ld/%07ld.bin", prefix, i / per_folder, i) < 0) err(1, "a key");
        object->size = size;
        object->start = i * 4096 * 7919 % pool_size;
        // As of a multipart upload, so that nobody takes it for an MD5.
        snprintf(object->etag, sizeof object->etag, "\"%032lx-1\"", 0x5eed0000 + object_count);
    }
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct object *)a)->key, ((const struct object *)b)->key);
}

void sort_objects(void)
{
    qsort(objects, object_count, sizeof *objects, compare);
}

size_t first_not_less(const char *key)
{
    size_t low = 0, high = object_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(objects[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct object *find_object(const char *key)
{
    size_t place = first_not_less(key);
    return place < object_count && !strcmp(objects[place].key, key) ? &objects[place] : NULL;
}
