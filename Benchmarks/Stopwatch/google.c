// Reading in the words of Google Cloud Storage: /storage/v1/b/BUCKET/o[/KEY].
#define _GNU_SOURCE
#include "answers.h"
#include "listing.h"
#include <stdlib.h>
#include <string.h>

static long generation(const struct object *object)
{
    return strtol(object->etag + 1, NULL, 16);
}

static void write_object(FILE *out, const struct object *object, long number)
{
    fprintf(
        out,
        "%s{\"name\": \"%s\", \"size\": \"%ld\", \"generation\": \"%ld\", \"metageneration\": \"1\", "
        "\"updated\": \"%s\", \"timeCreated\": \"%s\", \"storageClass\": \"STANDARD\"}",
        number ? ", " : "", object->key, (long)object->content.size, generation(object), iso_time(object->modified),
        iso_time(object->modified));
}

static void write_group(FILE *out, const char *prefix, long number)
{
    fprintf(out, "%s\"%s\"", number ? ", " : "", prefix);
}

static bool send_page(struct connection *c)
{
    struct page page = {.write_object = write_object, .write_group = write_group};
    char word[32], *objects = NULL, *groups = NULL, *text = NULL;
    size_t objects_size = 0, groups_size = 0;
    query_item(c, "prefix", page.prefix, sizeof page.prefix);
    query_item(c, "delimiter", page.delimiter, sizeof page.delimiter);
    query_item(c, "pageToken", page.after, sizeof page.after);
    page.most = query_item(c, "maxResults", word, sizeof word) ? atol(word) : 1000;
    if (page.most > 1000) page.most = 1000;
    page.objects = open_memstream(&objects, &objects_size);
    page.groups = open_memstream(&groups, &groups_size);
    fill_page(&page);
    fclose(page.objects);
    fclose(page.groups);
    int size = asprintf(
        &text, "{\"kind\": \"storage#objects\", \"items\": [%s], \"prefixes\": [%s]%s%s%s}", objects, groups,
        page.is_cut ? ", \"nextPageToken\": \"" : "", page.is_cut ? page.last : "", page.is_cut ? "\"" : "");
    bool is_sent = send_document(c, 200, "application/json", text, size);
    free(objects);
    free(groups);
    free(text);
    return is_sent;
}

static bool send_about(struct connection *c, const struct object *object)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    write_object(out, object, 0);
    fclose(out);
    bool is_sent = send_document(c, 200, "application/json", text, size);
    free(text);
    return is_sent;
}

bool answer_google(struct connection *c, const char *key)
{
    if (strcmp(c->method, "GET")) {
        refuse(c, 501, "NotImplemented");
        return false;
    }
    if (!*key) {
        counters.lists++;
        return send_page(c);
    }
    struct object *object = find_object(key);
    if (!object) return refuse(c, 404, "notFound");
    char word[32], line[64];
    snprintf(line, sizeof line, "x-goog-generation: %ld\r\n", generation(object));
    bool is_read = query_item(c, "alt", word, sizeof word) && !strcmp(word, "media");
    (*(is_read ? &counters.gets : &counters.heads))++;
    bool is_sent = is_read ? send_found(c, object, line) : send_about(c, object);
    release_object(object);
    return is_sent;
}
