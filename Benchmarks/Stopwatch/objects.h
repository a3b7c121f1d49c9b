// The objects of the one bucket by their keys, in order. Objects do not change: a write puts another one in the place.
#pragma once
#include "content.h"
#include <time.h>

struct object {
    char *key;
    struct content content;
    char etag[40];
    time_t modified;
    // Content type and what users say of it: lines of a header. NULL for none.
    char *attributes;
    // Made by a write, of bytes that came.
    bool is_received;
    atomic_long users;
};

// Keys PREFIX00/0000123.bin, so many in a folder.
extern long per_folder;
void add_objects(const char *prefix, long count, off_t size);
void sort_objects(void);
bool has_objects(void);

// As of a multipart upload, so that nobody takes it for an MD5; each is another one.
void make_etag(char etag[40]);
// Takes over content and attributes.
struct object *make_object(const char *key, struct content content, char *attributes);

// Has one more user, who releases it; NULL when there is none.
struct object *find_object(const char *key);
void release_object(struct object *object);

// What a write wants to find: nothing, whatever is there, or one version.
struct condition {
    bool is_absent;
    // Empty for any.
    char etag[128];
};
// 200, or the status that refuses it. Takes over the object.
int publish_object(struct object *object, const struct condition *condition);
int delete_object(const char *key, const struct condition *condition);

// For listings: as long as they are locked objects stay where they are.
void lock_objects(void);
void unlock_objects(void);
// The first object whose key is not less; the number of objects when there is none.
size_t first_not_less(const char *key);
const struct object *object_at(size_t place);

// Files, not folders, that consist of what was received.
struct received {
    long count;
    off_t bytes;
};
// Returns when there is so much, or after so many seconds, with what there is.
struct received wait_for_received(struct received wanted, long seconds);
