// What the limit programs have to do: files, divided into parts. Keys are given, so nobody lists and nobody signs.
#pragma once
#include <stdatomic.h>
#include <stddef.h>
#include <sys/types.h>

struct file {
    char *key;
    off_t size;
    int descriptor;
    atomic_long missing;
};

struct part {
    struct file *file;
    off_t offset, size;
};

extern struct part *parts;
extern long part_count;

enum { part_size = 8 << 20, whole_size = 16 << 20 };

// Reads lines of SIZE and KEY from standard input, makes the folders, opens large files.
void read_work(const char *destination, int open_flags);
// The file of a part.
int open_part(const struct part *part);
void close_part(const struct part *part);
