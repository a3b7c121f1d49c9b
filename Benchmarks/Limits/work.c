#define _GNU_SOURCE
#include "work.h"
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct part *parts;
long part_count;
static int folder, flags;

static void add_part(struct file *file, off_t offset, off_t size)
{
    if (!(part_count & (part_count - 1))) {
        parts = realloc(parts, (part_count ? 2 * part_count : 1) * sizeof *parts);
        if (!parts) err(1, "parts");
    }
    parts[part_count++] = (struct part){file, offset, size};
    file->missing++;
}

static void make_folders(char *key)
{
    for (char *slash = key; (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = 0;
        mkdirat(folder, key, 0755);
    }
}

void read_work(const char *destination, int open_flags)
{
    folder = open(destination, O_DIRECTORY | O_RDONLY);
    if (folder < 0) err(1, "%s", destination);
    flags = O_CREAT | O_WRONLY | O_EXCL | open_flags;
    long size;
    char *key;
    while (scanf("%ld %ms", &size, &key) == 2) {
        struct file *file = calloc(1, sizeof *file);
        file->key = key;
        file->size = size;
        make_folders(key);
        if (size <= whole_size) {
            add_part(file, 0, size);
            continue;
        }
        file->descriptor = openat(folder, key, flags, 0644);
        if (file->descriptor < 0 || ftruncate(file->descriptor, size)) err(1, "%s", key);
        for (off_t offset = 0; offset < size; offset += part_size)
            add_part(file, offset, size - offset < part_size ? size - offset : part_size);
    }
}

int open_part(const struct part *part)
{
    if (part->file->size > whole_size) return part->file->descriptor;
    int descriptor = openat(folder, part->file->key, flags, 0644);
    if (descriptor < 0) err(1, "%s", part->file->key);
    return part->file->descriptor = descriptor;
}

void close_part(const struct part *part)
{
    if (atomic_fetch_sub(&part->file->missing, 1) == 1) close(part->file->descriptor);
}
