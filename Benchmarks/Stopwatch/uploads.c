#define _GNU_SOURCE
#include "uploads.h"
#include <err.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct part {
    long number;
    char etag[40];
    struct content content;
};

struct upload {
    struct upload *next;
    char *key, *attributes;
    char id[40];
    struct part *parts;
    size_t count;
};

static struct upload *uploads;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void begin_upload(const char *key, char *attributes, char id[40])
{
    static atomic_long last;
    struct upload *upload = calloc(1, sizeof *upload);
    if (!upload || !(upload->key = strdup(key))) err(1, "an upload");
    upload->attributes = attributes;
    snprintf(id, 40, "upload-%ld", (long)++last);
    strcpy(upload->id, id);
    put_back_upload(upload);
}

static struct upload **find(const char *id, const char *key)
{
    struct upload **place = &uploads;
    while (*place && (strcmp((*place)->id, id) || strcmp((*place)->key, key))) place = &(*place)->next;
    return place;
}

static struct part *part_of(const struct upload *upload, long number)
{
    for (size_t i = 0; i < upload->count; i++)
        if (upload->parts[i].number == number) return &upload->parts[i];
    return NULL;
}

bool add_part(const char *id, const char *key, long number, struct content content, const char *etag)
{
    struct content old = content;
    pthread_mutex_lock(&lock);
    struct upload *upload = *find(id, key);
    if (upload) {
        struct part *part = part_of(upload, number);
        if (part) {
            old = part->content;
        } else {
            upload->parts = realloc(upload->parts, (upload->count + 1) * sizeof *upload->parts);
            if (!upload->parts) err(1, "a part");
            part = &upload->parts[upload->count++];
            old = (struct content){0};
        }
        part->number = number;
        part->content = content;
        strcpy(part->etag, etag);
    }
    pthread_mutex_unlock(&lock);
    content_release(&old);
    return upload != NULL;
}

struct upload *take_upload(const char *id, const char *key)
{
    pthread_mutex_lock(&lock);
    struct upload **place = find(id, key), *upload = *place;
    if (upload) *place = upload->next;
    pthread_mutex_unlock(&lock);
    return upload;
}

void put_back_upload(struct upload *upload)
{
    pthread_mutex_lock(&lock);
    upload->next = uploads;
    uploads = upload;
    pthread_mutex_unlock(&lock);
}

bool append_part(const struct upload *upload, long number, const char *etag, struct content *content)
{
    const struct part *part = part_of(upload, number);
    // With and without its quotes.
    if (!part || !strstr(part->etag, etag)) return false;
    content_append(content, &part->content);
    return true;
}

char *take_attributes(struct upload *upload)
{
    char *attributes = upload->attributes;
    upload->attributes = NULL;
    return attributes;
}

void release_upload(struct upload *upload)
{
    for (size_t i = 0; i < upload->count; i++) content_release(&upload->parts[i].content);
    free(upload->parts);
    free(upload->attributes);
    free(upload->key);
    free(upload);
}
