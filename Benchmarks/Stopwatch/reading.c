#define _GNU_SOURCE
#include "answers.h"
#include "objects.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// `bytes=FROM-TO`, `bytes=FROM-` or `bytes=-COUNT`.
bool parse_range(const char *text, off_t size, off_t *first, off_t *last)
{
    *first = 0;
    *last = size - 1;
    if (strncmp(text, "bytes=", 6)) return true;
    text += 6;
    if (*text == '-') {
        *first = size - atoll(text + 1);
        if (*first < 0) *first = 0;
        return true;
    }
    char *end;
    *first = strtoll(text, &end, 10);
    if (*end == '-' && isdigit((unsigned char)end[1])) {
        *last = atoll(end + 1);
        if (*last >= size) *last = size - 1;
    }
    return *first < size;
}

bool send_found(struct connection *c, const struct object *object, const char *lines)
{
    off_t size = object->content.size, first = 0, last = size - 1;
    char word[128], range[128] = "";
    if (header(c, "If-Match", word, sizeof word) && strcmp(word, object->etag))
        return refuse(c, 412, "PreconditionFailed");
    if ((header(c, "Range", word, sizeof word) || header(c, "x-ms-range", word, sizeof word)) &&
        !strncmp(word, "bytes=", 6)) {
        if (!parse_range(word, size, &first, &last)) return refuse(c, 416, "InvalidRange");
        snprintf(range, sizeof range, "Content-Range: bytes %ld-%ld/%ld\r\n", (long)first, (long)last, (long)size);
    }
    char head[4096];
    int head_size = snprintf(
        head, sizeof head,
        "HTTP/1.1 %s\r\nServer: %s\r\nx-amz-request-id: 0\r\nAccept-Ranges: bytes\r\n"
        "Content-Length: %ld\r\n%sLast-Modified: %s\r\nETag: %s\r\n%s%s%s\r\n",
        *range ? "206 Partial Content" : "200 OK", server_name, (long)(last - first + 1), range,
        http_time(object->modified), object->etag, lines,
        object->attributes ? object->attributes : "Content-Type: binary/octet-stream\r\n",
        c->is_closing ? "Connection: close\r\n" : "");
    if (!strcmp(c->method, "HEAD")) return send_bytes(c, head, head_size);
    struct content content = content_slice(&object->content, first, last - first + 1);
    off_t sent = send_content(c, head, head_size, &content);
    content_release(&content);
    if (sent > 0) counters.bytes += sent;
    return sent >= 0;
}

bool send_object(struct connection *c, const char *key)
{
    struct object *object = find_object(key);
    if (!object) return refuse(c, 404, "NoSuchKey");
    bool is_sent = send_found(c, object, "");
    release_object(object);
    return is_sent;
}
