#define _GNU_SOURCE
#include "listing.h"
#include "answers.h"
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

static size_t beginning(struct page *page)
{
    // What comes behind a group is not in it.
    if (*page->delimiter && ends_in(page->after, *page->delimiter)) page->after[strlen(page->after) - 1]++;
    if (!*page->after || strcmp(page->after, page->prefix) < 0) return first_not_less(page->prefix);
    size_t place = first_not_less(page->after);
    return place + (object_at(place) && !strcmp(object_at(place)->key, page->after));
}

void fill_page(struct page *page)
{
    lock_objects();
    size_t place = beginning(page);
    long objects = 0, groups = 0;
    const struct object *object;
    for (; (object = below(page->prefix, place)) && objects + groups < page->most;) {
        const char *slash = *page->delimiter ? strchr(object->key + strlen(page->prefix), *page->delimiter) : NULL;
        if (slash) {
            snprintf(page->last, sizeof page->last, "%.*s", (int)(slash + 1 - object->key), object->key);
            page->write_group(page->groups, page->last, groups++);
            char next[1024];
            strcpy(next, page->last);
            next[strlen(next) - 1]++;
            place = first_not_less(next);
        } else {
            page->write_object(page->objects, object, objects++);
            snprintf(page->last, sizeof page->last, "%s", object->key);
            place++;
        }
    }
    page->is_cut = object != NULL;
    page->count = objects + groups;
    unlock_objects();
}

// MARK: As S3 has it. Keys hold nothing that XML or URL encoding would change.

static void write_object(FILE *out, const struct object *object, long number)
{
    (void)number;
    fprintf(
        out,
        "<Contents><Key>%s</Key><LastModified>%s</LastModified><ETag>&quot;%.34s&quot;</ETag><Size>%ld</Size>"
        "<StorageClass>STANDARD</StorageClass></Contents>",
        object->key, iso_time(object->modified), object->etag + 1, (long)object->content.size);
}

static void write_group(FILE *out, const char *prefix, long number)
{
    (void)number;
    fprintf(out, "<CommonPrefixes><Prefix>%s</Prefix></CommonPrefixes>", prefix);
}

bool send_list(struct connection *c)
{
    struct page page = {.write_object = write_object, .write_group = write_group};
    char word[32];
    query_item(c, "prefix", page.prefix, sizeof page.prefix);
    query_item(c, "delimiter", page.delimiter, sizeof page.delimiter);
    query_item(c, "start-after", page.after, sizeof page.after);
    query_item(c, "continuation-token", page.after, sizeof page.after);
    page.most = query_item(c, "max-keys", word, sizeof word) ? atol(word) : 1000;
    if (page.most > 1000) page.most = 1000;

    char *text = NULL;
    size_t size = 0;
    FILE *out = page.objects = page.groups = open_memstream(&text, &size);
    fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult><Name>bench</Name>");
    fprintf(out, "<Prefix>%s</Prefix><MaxKeys>%ld</MaxKeys>", page.prefix, page.most);
    fill_page(&page);
    fprintf(
        out, "<KeyCount>%ld</KeyCount><IsTruncated>%s</IsTruncated>", page.count, page.is_cut ? "true" : "false");
    if (page.is_cut) fprintf(out, "<NextContinuationToken>%s</NextContinuationToken>", page.last);
    fprintf(out, "</ListBucketResult>");
    fclose(out);
    bool is_sent = send_document(c, 200, "application/xml", text, size);
    free(text);
    return is_sent;
}
