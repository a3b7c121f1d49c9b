// The objects of the one bucket: sorted keys, and content that is a window of one pool of random bytes.
#pragma once
#include <stddef.h>
#include <sys/types.h>

struct object {
    char *key;
    off_t size;
    // Where its content begins in the pool, which is followed round and round.
    off_t start;
    char etag[40];
};

extern struct object *objects;
extern size_t object_count;

// The pool as a file and as memory.
extern int pool_file;
extern const char *pool;
extern const off_t pool_size;

void make_pool(void);
// Keys PREFIX00/0000123.bin, so many in a folder.
extern long per_folder;
void add_objects(const char *prefix, long count, off_t size);
void sort_objects(void);

// The first object whose key is not less; object_count when there is none.
size_t first_not_less(const char *key);
const struct object *find_object(const char *key);
