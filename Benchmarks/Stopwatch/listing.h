// Pages of what there is, in the order of keys: the same for the protocols, which differ in how they write it.
#pragma once
#include "objects.h"
#include <stdio.h>

struct page {
    // What is asked for. `after` is the last key or group that was told before.
    char prefix[512], delimiter[8], after[1024];
    long most;
    // How it is written, entry by entry.
    void (*write_object)(FILE *out, const struct object *object, long number);
    void (*write_group)(FILE *out, const char *prefix, long number);
    FILE *objects, *groups;
    // What there was.
    long count;
    bool is_cut;
    char last[1024];
};

void fill_page(struct page *page);
