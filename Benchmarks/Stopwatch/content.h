// Bytes of objects and parts, which are shared and never change: windows of the pool, and what was received.
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

// The pool as a file and as memory: random bytes, which are followed round and round.
extern int pool_file;
extern const char *pool;
extern const off_t pool_size;

void make_pool(void);

struct kept {
    atomic_long users;
    char bytes[];
};

struct stretch {
    // NULL for a window of the pool, which also stands for what was received and thrown away.
    struct kept *kept;
    off_t start, size;
    bool is_received;
};

struct content {
    struct stretch *stretches;
    size_t count;
    off_t size;
};

// What is added is used by the content from then on.
void content_add(struct content *content, struct stretch stretch);
// So many bytes from a place on, as another content.
struct content content_slice(const struct content *content, off_t start, off_t size);
// All of the second behind the first.
void content_append(struct content *content, const struct content *other);
bool content_is_received(const struct content *content);
void content_release(struct content *content);
