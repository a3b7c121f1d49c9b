#define _GNU_SOURCE
#include "objects.h"
#include <err.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

long per_folder = 1000;

static struct object **objects;
static size_t object_count, object_room;
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;

// MARK: What is there from the beginning

static void make_room(size_t count)
{
    if (object_count + count <= object_room) return;
    object_room = (object_count + count) * 3 / 2;
    objects = realloc(objects, object_room * sizeof *objects);
    if (!objects) err(1, "objects");
}

static const time_t beginning = 1767323045;

void add_objects(const char *prefix, long count, off_t size)
{
    make_room(count);
    for (long i = 0; i < count; i++) {
        char key[1024];
        snprintf(key, sizeof key, "%s%02ld/%07ld.bin", prefix, i / per_folder, i);
        struct content content = {0};
        content_add(&content, (struct stretch){.start = i * 4096 * 7919 % pool_size, .size = size});
        struct object *object = make_object(key, content, NULL);
        object->modified = beginning;
        object->is_received = false;
        objects[object_count++] = object;
    }
}

static int compare(const void *a, const void *b)
{
    return strcmp((*(struct object *const *)a)->key, (*(struct object *const *)b)->key);
}

void sort_objects(void)
{
    qsort(objects, object_count, sizeof *objects, compare);
}

bool has_objects(void)
{
    return object_count > 0;
}

// MARK: One object

void make_etag(char etag[40])
{
    static atomic_long last = 0x5eed0000;
    snprintf(etag, 40, "\"%032lx-1\"", (long)++last);
}

struct object *make_object(const char *key, struct content content, char *attributes)
{
    struct object *object = calloc(1, sizeof *object);
    if (!object || !(object->key = strdup(key))) err(1, "an object");
    object->content = content;
    object->attributes = attributes;
    object->is_received = content_is_received(&content);
    object->modified = time(NULL);
    object->users = 1;
    make_etag(object->etag);
    return object;
}

struct object *find_object(const char *key)
{
    pthread_rwlock_rdlock(&lock);
    size_t place = first_not_less(key);
    struct object *object = place < object_count && !strcmp(objects[place]->key, key) ? objects[place] : NULL;
    if (object) object->users++;
    pthread_rwlock_unlock(&lock);
    return object;
}

void release_object(struct object *object)
{
    if (!object || --object->users) return;
    content_release(&object->content);
    free(object->attributes);
    free(object->key);
    free(object);
}

// MARK: All

void lock_objects(void)
{
    pthread_rwlock_rdlock(&lock);
}

void unlock_objects(void)
{
    pthread_rwlock_unlock(&lock);
}

size_t first_not_less(const char *key)
{
    size_t low = 0, high = object_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(objects[middle]->key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct object *object_at(size_t place)
{
    return place < object_count ? objects[place] : NULL;
}

// MARK: What was received

static pthread_mutex_t received_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t received_changed = PTHREAD_COND_INITIALIZER;
static struct received received;

static void count_received(const struct object *object, int sign)
{
    if (!object->is_received || object->key[strlen(object->key) - 1] == '/') return;
    pthread_mutex_lock(&received_lock);
    received.count += sign;
    received.bytes += sign * object->content.size;
    pthread_cond_broadcast(&received_changed);
    pthread_mutex_unlock(&received_lock);
}

struct received wait_for_received(struct received wanted, long seconds)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += seconds;
    pthread_mutex_lock(&received_lock);
    while (received.count != wanted.count || received.bytes != wanted.bytes)
        if (pthread_cond_timedwait(&received_changed, &received_lock, &end)) break;
    struct received found = received;
    pthread_mutex_unlock(&received_lock);
    return found;
}

// MARK: Writes

static int check(const struct object *found, const struct condition *condition)
{
    if (condition->is_absent && found) return 412;
    if (!*condition->etag) return 200;
    if (!found) return 404;
    // With and without its quotes.
    size_t size = strlen(found->etag);
    bool is_same = !strcmp(condition->etag, found->etag) ||
                   (strlen(condition->etag) == size - 2 && !strncmp(condition->etag, found->etag + 1, size - 2));
    return is_same ? 200 : 412;
}

int publish_object(struct object *object, const struct condition *condition)
{
    pthread_rwlock_wrlock(&lock);
    size_t place = first_not_less(object->key);
    bool is_there = place < object_count && !strcmp(objects[place]->key, object->key);
    struct object *old = is_there ? objects[place] : NULL;
    int status = check(old, condition);
    if (status == 200) {
        if (!is_there) {
            make_room(1);
            memmove(objects + place + 1, objects + place, (object_count - place) * sizeof *objects);
            object_count++;
        }
        objects[place] = object;
        if (old) count_received(old, -1);
        count_received(object, 1);
    }
    pthread_rwlock_unlock(&lock);
    release_object(status == 200 ? old : object);
    return status;
}

int delete_object(const char *key, const struct condition *condition)
{
    pthread_rwlock_wrlock(&lock);
    size_t place = first_not_less(key);
    bool is_there = place < object_count && !strcmp(objects[place]->key, key);
    struct object *old = is_there ? objects[place] : NULL;
    int status = check(old, condition);
    if (status == 200 && old) {
        object_count--;
        memmove(objects + place, objects + place + 1, (object_count - place) * sizeof *objects);
        count_received(old, -1);
    }
    pthread_rwlock_unlock(&lock);
    if (status == 200) release_object(old);
    return status;
}
