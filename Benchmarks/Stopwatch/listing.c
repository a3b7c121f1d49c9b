#define _GNU_SOURCE
#include "answers.h"
#include "objects.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool ends_in(const char *text, char end)
{
    return *text && text[strlen(text) - 1] == end;
}

// The object at this place if its key begins so.
static const struct object *below(const char *prefix, size_t place)
{
    const struct object *object = object_at(place);
    return object && !strncmp(object->key, prefix, strlen(prefix)) ? object : NULL;
}

// Keys hold nothing that XML or URL encoding would change.
bool send_list(struct connection *c)
{
    char prefix[512] = "", delimiter[8] = "", after[1024] = "", word[32];
    query_item(c, "prefix", prefix, sizeof prefix);
    query_item(c, "delimiter", delimiter, sizeof delimiter);
    query_item(c, "start-after", after, sizeof after);
    // The last that was told, which may be a group; what comes behind a group is not in it.
    if (query_item(c, "continuation-token", after, sizeof after) && *delimiter && ends_in(after, *delimiter))
        after[strlen(after) - 1]++;
    long most = query_item(c, "max-keys", word, sizeof word) ? atol(word) : 1000;
    if (most > 1000) most = 1000;

    char *text = NULL, last[1024] = "", date[40] = "";
    time_t date_of = 0;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult><Name>bench</Name>");
    fprintf(out, "<Prefix>%s</Prefix><MaxKeys>%ld</MaxKeys>", prefix, most);
    lock_objects();
    size_t place = first_not_less(prefix);
    if (strcmp(after, prefix) >= 0 && *after) {
        place = first_not_less(after);
        if (object_at(place) && !strcmp(object_at(place)->key, after)) place++;
    }
    const struct object *object;
    long count = 0;
    for (; (object = below(prefix, place)) && count < most; count++) {
        const char *slash = *delimiter ? strchr(object->key + strlen(prefix), *delimiter) : NULL;
        if (slash) {
            snprintf(last, sizeof last, "%.*s", (int)(slash + 1 - object->key), object->key);
            fprintf(out, "<CommonPrefixes><Prefix>%s</Prefix></CommonPrefixes>", last);
            char next[1024];
            strcpy(next, last);
            next[strlen(next) - 1]++;
            place = first_not_less(next);
        } else {
            if (object->modified != date_of) {
                struct tm parts;
                date_of = object->modified;
                strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S.000Z", gmtime_r(&date_of, &parts));
            }
            fprintf(
                out,
                "<Contents><Key>%s</Key><LastModified>%s</LastModified><ETag>&quot;%.34s&quot;</ETag><Size>%ld</Size>"
                "<StorageClass>STANDARD</StorageClass></Contents>",
                object->key, date, object->etag + 1, (long)object->content.size);
            snprintf(last, sizeof last, "%s", object->key);
            place++;
        }
    }
    bool is_cut = object != NULL;
    unlock_objects();
    fprintf(out, "<KeyCount>%ld</KeyCount><IsTruncated>%s</IsTruncated>", count, is_cut ? "true" : "false");
    if (is_cut) fprintf(out, "<NextContinuationToken>%s</NextContinuationToken>", last);
    fprintf(out, "</ListBucketResult>");
    fclose(out);
    bool is_sent = send_document(c, 200, "application/xml", text, size);
    free(text);
    return is_sent;
}
