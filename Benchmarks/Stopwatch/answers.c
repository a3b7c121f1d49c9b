#define _GNU_SOURCE
#include "answers.h"
#include "objects.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

struct counters counters;
long delay_milliseconds;
bool closes_connections;

// MARK: Documents

static bool send_document(struct connection *c, int status, const char *type, const char *text, size_t size)
{
    char head[512];
    int head_size = snprintf(
        head, sizeof head,
        "HTTP/1.1 %d %s\r\nServer: stopwatch\r\nx-amz-request-id: 0\r\nContent-Type: %s\r\n"
        "Content-Length: %zu\r\n%s\r\n",
        status, status < 300 ? "OK" : "Failed", type, size, c->is_closing ? "Connection: close\r\n" : "");
    char *both = malloc(head_size + size);
    memcpy(both, head, head_size);
    memcpy(both + head_size, text, size);
    bool is_sent = send_bytes(c, both, head_size + (strcmp(c->method, "HEAD") ? size : 0));
    free(both);
    return is_sent;
}

static bool refuse(struct connection *c, int status, const char *code)
{
    counters.failures++;
    char text[256];
    int size = snprintf(text, sizeof text, "<Error><Code>%s</Code><Message>%s</Message></Error>", code, code);
    return send_document(c, status, "application/xml", text, size);
}

static bool send_stats(struct connection *c)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
                 (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    char text[512];
    int size = snprintf(
        text, sizeof text,
        "{\"requests\": %ld, \"gets\": %ld, \"heads\": %ld, \"lists\": %ld, \"failures\": %ld, \"bytes\": %ld, "
        "\"connections\": %ld, \"most_open\": %ld, \"cpu\": %.3f}\n",
        counters.requests, counters.gets, counters.heads, counters.lists, counters.failures, counters.bytes,
        counters.connections, counters.most_open, cpu);
    // For the next to begin with.
    counters.requests = counters.gets = counters.heads = counters.lists = 0;
    counters.failures = counters.bytes = counters.connections = 0;
    counters.most_open = (long)counters.open;
    return send_document(c, 200, "application/json", text, size);
}

// MARK: ListObjectsV2

static const char modified[] = "2026-01-02T03:04:05.000Z", modified_http[] = "Fri, 02 Jan 2026 03:04:05 GMT";

static bool ends_in(const char *text, char end)
{
    return *text && text[strlen(text) - 1] == end;
}

// Keys hold nothing that XML or URL encoding would change.
static bool send_list(struct connection *c)
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

    size_t place = first_not_less(prefix);
    if (strcmp(after, prefix) >= 0 && *after) {
        place = first_not_less(after);
        if (place < object_count && !strcmp(objects[place].key, after)) place++;
    }
    char *text = NULL, last[1024] = "";
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult><Name>bench</Name>");
    fprintf(out, "<Prefix>%s</Prefix><MaxKeys>%ld</MaxKeys>", prefix, most);
    long count = 0;
    for (; place < object_count && !strncmp(objects[place].key, prefix, strlen(prefix)) && count < most; count++) {
        const struct object *object = &objects[place];
        const char *slash = *delimiter ? strchr(object->key + strlen(prefix), *delimiter) : NULL;
        if (slash) {
            snprintf(last, sizeof last, "%.*s", (int)(slash + 1 - object->key), object->key);
            fprintf(out, "<CommonPrefixes><Prefix>%s</Prefix></CommonPrefixes>", last);
            char next[1024];
            strcpy(next, last);
            next[strlen(next) - 1]++;
            place = first_not_less(next);
        } else {
            fprintf(
                out,
                "<Contents><Key>%s</Key><LastModified>%s</LastModified><ETag>&quot;%.34s&quot;</ETag><Size>%ld</Size>"
                "<StorageClass>STANDARD</StorageClass></Contents>",
                object->key, modified, object->etag + 1, (long)object->size);
            snprintf(last, sizeof last, "%s", object->key);
            place++;
        }
    }
    bool is_cut = place < object_count && !strncmp(objects[place].key, prefix, strlen(prefix));
    fprintf(out, "<KeyCount>%ld</KeyCount><IsTruncated>%s</IsTruncated>", count, is_cut ? "true" : "false");
    if (is_cut) fprintf(out, "<NextContinuationToken>%s</NextContinuationToken>", last);
    fprintf(out, "</ListBucketResult>");
    fclose(out);
    bool is_sent = send_document(c, 200, "application/xml", text, size);
    free(text);
    return is_sent;
}

// MARK: Objects

// `bytes=FROM-TO`, `bytes=FROM-` or `bytes=-COUNT`; false when it is beyond the end.
static bool parse_range(char *text, off_t size, off_t *first, off_t *last)
{
    if (*text == '-') {
        *first = size - atoll(text + 1);
        if (*first < 0) *first = 0;
        return true;
    }
    *first = strtoll(text, &text, 10);
    if (*text == '-' && isdigit((unsigned char)text[1])) {
        *last = atoll(text + 1);
        if (*last >= size) *last = size - 1;
    }
    return *first < size;
}

static bool send_object(struct connection *c, const char *key)
{
    const struct object *object = find_object(key);
    if (!object) return refuse(c, 404, "NoSuchKey");
    char word[128], range[128] = "";
    if (header(c, "If-Match", word, sizeof word) && strcmp(word, object->etag))
        return refuse(c, 412, "PreconditionFailed");
    off_t first = 0, last = object->size - 1;
    if (header(c, "Range", word, sizeof word) && !strncmp(word, "bytes=", 6)) {
        if (!parse_range(word + 6, object->size, &first, &last)) return refuse(c, 416, "InvalidRange");
        snprintf(
            range, sizeof range, "Content-Range: bytes %ld-%ld/%ld\r\n", (long)first, (long)last,
            (long)object->size);
    }
    char head[1024];
    int head_size = snprintf(
        head, sizeof head,
        "HTTP/1.1 %s\r\nServer: stopwatch\r\nx-amz-request-id: 0\r\nAccept-Ranges: bytes\r\n"
        "Content-Type: binary/octet-stream\r\nContent-Length: %ld\r\n%sLast-Modified: %s\r\nETag: %s\r\n%s\r\n",
        *range ? "206 Partial Content" : "200 OK", (long)(last - first + 1), range, modified_http, object->etag,
        c->is_closing ? "Connection: close\r\n" : "");
    if (!strcmp(c->method, "HEAD")) return send_bytes(c, head, head_size);
    off_t sent = send_window(c, head, head_size, object->start + first, last - first + 1);
    if (sent > 0) counters.bytes += sent;
    return sent >= 0;
}

bool answer(struct connection *c)
{
    if (!strcmp(c->path, "/_stats")) return send_stats(c);
    counters.requests++;
    char word[16];
    c->is_closing =
        closes_connections || (header(c, "Connection", word, sizeof word) && !strcasecmp(word, "close"));
    if (delay_milliseconds) {
        struct timespec time = {delay_milliseconds / 1000, delay_milliseconds % 1000 * 1000000};
        nanosleep(&time, NULL);
    }
    // Whatever it is called, there is one bucket.
    const char *slash = strchr(c->path + 1, '/'), *key = slash ? slash + 1 : "";
    bool isGet = !strcmp(c->method, "GET"), isHead = !strcmp(c->method, "HEAD");
    if (isGet && !*key) {
        counters.lists++;
        return send_list(c) && !c->is_closing;
    }
    if (isHead && !*key) return send_document(c, 200, "application/xml", "", 0) && !c->is_closing;
    if (isGet || isHead) {
        (*(isGet ? &counters.gets : &counters.heads))++;
        return send_object(c, key) && !c->is_closing;
    }
    // The body of such a request is still to come, and nobody reads it.
    refuse(c, 501, "NotImplemented");
    return false;
}
