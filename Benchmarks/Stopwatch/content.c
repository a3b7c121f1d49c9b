#define _GNU_SOURCE
#include "content.h"
#include <err.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

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

void content_add(struct content *content, struct stretch stretch)
{
    if (stretch.size == 0) {
        if (stretch.kept && --stretch.kept->users == 0) free(stretch.kept);
        return;
    }
    content->stretches = realloc(content->stretches, (content->count + 1) * sizeof stretch);
    if (!content->stretches) err(1, "content");
    content->stretches[content->count++] = stretch;
    content->size += stretch.size;
}

struct content content_slice(const struct content *content, off_t start, off_t size)
{
    struct content slice = {0};
    for (size_t i = 0; i < content->count && size > 0; i++) {
        struct stretch piece = content->stretches[i];
        if (start >= piece.size) {
            start -= piece.size;
            continue;
        }
        piece.start += start;
        piece.size -= start;
        start = 0;
        if (piece.size > size) piece.size = size;
        size -= piece.size;
        if (piece.kept) piece.kept->users++;
        content_add(&slice, piece);
    }
    return slice;
}

void content_append(struct content *content, const struct content *other)
{
    for (size_t i = 0; i < other->count; i++) {
        if (other->stretches[i].kept) other->stretches[i].kept->users++;
        content_add(content, other->stretches[i]);
    }
}

bool content_is_received(const struct content *content)
{
    for (size_t i = 0; i < content->count; i++)
        if (content->stretches[i].is_received) return true;
    return content->size == 0;
}

void content_release(struct content *content)
{
    for (size_t i = 0; i < content->count; i++) {
        struct kept *kept = content->stretches[i].kept;
        if (kept && --kept->users == 0) free(kept);
    }
    free(content->stretches);
    *content = (struct content){0};
}
