#define _GNU_SOURCE
#include "answers.h"
#include "objects.h"
#include "uploads.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// MARK: What a request says

static off_t body_size(const struct connection *c)
{
    char word[32];
    return header(c, "Content-Length", word, sizeof word) ? atoll(word) : 0;
}

// Content type and user metadata, as lines to be sent again.
static char *attributes_of(const struct connection *c)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    for (const char *line = c->headers, *end; (end = strstr(line, "\r\n")); line = end + 2)
        if (!strncasecmp(line, "x-amz-meta-", 11) || !strncasecmp(line, "Content-Type:", 13))
            fprintf(out, "%.*s\r\n", (int)(end - line), line);
    fclose(out);
    return text;
}

static struct condition condition_of(const struct connection *c)
{
    struct condition condition = {0};
    char word[8];
    condition.is_absent = header(c, "If-None-Match", word, sizeof word) != NULL;
    header(c, "If-Match", condition.etag, sizeof condition.etag);
    return condition;
}

// MARK: What it is answered

static bool send_status(struct connection *c, int status)
{
    if (status == 404) return refuse(c, 404, "NoSuchKey");
    if (status == 412) return refuse(c, 412, "PreconditionFailed");
    return send_headed(c, status, "", "", 0);
}

static bool send_etag(struct connection *c, const char *etag)
{
    char line[64];
    snprintf(line, sizeof line, "ETag: %s\r\n", etag);
    return send_headed(c, 200, line, "", 0);
}

// As the body of an answer, in an element of this name.
static bool send_result(struct connection *c, const char *name, const char *etag)
{
    char text[256];
    int size = snprintf(
        text, sizeof text,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<%s><LastModified>2026-01-02T03:04:05.000Z</LastModified>"
        "<ETag>&quot;%.34s&quot;</ETag></%s>",
        name, etag + 1, name);
    return send_document(c, 200, "application/xml", text, size);
}

// MARK: Copies

// The object that is copied, and how much of it; NULL after a refusal was sent or has failed to be.
static struct object *find_source(struct connection *c, off_t *first, off_t *last, bool *is_open)
{
    char source[1200], word[128];
    header(c, "x-amz-copy-source", source, sizeof source);
    percent_decode(source);
    const char *slash = strchr(source + 1, '/');
    struct object *object = slash ? find_object(slash + 1) : NULL;
    if (!object) {
        *is_open = refuse(c, 404, "NoSuchKey");
        return NULL;
    }
    bool is_other = header(c, "x-amz-copy-source-if-match", word, sizeof word) && strcmp(word, object->etag);
    if (!header(c, "x-amz-copy-source-range", word, sizeof word)) *word = 0;
    if (!is_other && parse_range(word, object->content.size, first, last)) return object;
    *is_open = is_other ? refuse(c, 412, "PreconditionFailed") : refuse(c, 416, "InvalidRange");
    release_object(object);
    return NULL;
}

static bool copy_part(struct connection *c, const char *key, const char *upload, long number)
{
    counters.copies++;
    off_t first, last;
    bool is_open;
    struct object *source = find_source(c, &first, &last, &is_open);
    if (!source) return is_open;
    struct content content = content_slice(&source->content, first, last - first + 1);
    release_object(source);
    char etag[40];
    make_etag(etag);
    if (!add_part(upload, key, number, content, etag)) return refuse(c, 404, "NoSuchUpload");
    return send_result(c, "CopyPartResult", etag);
}

static bool copy_object(struct connection *c, const char *key)
{
    counters.copies++;
    off_t first, last;
    bool is_open;
    struct object *source = find_source(c, &first, &last, &is_open);
    if (!source) return is_open;
    char word[16];
    bool has_own = header(c, "x-amz-metadata-directive", word, sizeof word) && !strcasecmp(word, "REPLACE");
    char *attributes = has_own ? attributes_of(c) : source->attributes ? strdup(source->attributes) : NULL;
    struct content content = content_slice(&source->content, first, last - first + 1);
    struct object *object = make_object(key, content, attributes);
    // What was empty from the beginning was not received.
    object->is_received = source->is_received;
    release_object(source);
    char etag[40];
    strcpy(etag, object->etag);
    struct condition condition = condition_of(c);
    int status = publish_object(object, &condition);
    return status == 200 ? send_result(c, "CopyObjectResult", etag) : send_status(c, status);
}

// MARK: Bytes that come

static bool put_part(struct connection *c, const char *key, const char *upload, long number)
{
    struct content content = {0};
    if (!receive_content(c, body_size(c), &content)) return false;
    counters.puts++;
    counters.received += content.size;
    char etag[40];
    make_etag(etag);
    if (!add_part(upload, key, number, content, etag)) return refuse(c, 404, "NoSuchUpload");
    return send_etag(c, etag);
}

static bool put_object(struct connection *c, const char *key)
{
    struct content content = {0};
    if (!receive_content(c, body_size(c), &content)) return false;
    counters.puts++;
    counters.received += content.size;
    struct object *object = make_object(key, content, attributes_of(c));
    char etag[40];
    strcpy(etag, object->etag);
    struct condition condition = condition_of(c);
    int status = publish_object(object, &condition);
    return status == 200 ? send_etag(c, etag) : send_status(c, status);
}

bool put(struct connection *c, const char *key)
{
    char upload[40], number[16], source[8], encoding[32];
    // Somebody makes sure that the bucket is there.
    if (!*key) return send_status(c, 200);
    // Nobody was seen to send such bodies without TLS.
    if (header(c, "Content-Encoding", encoding, sizeof encoding) && strstr(encoding, "aws-chunked")) {
        refuse(c, 501, "NotImplemented");
        return false;
    }
    bool is_copy = header(c, "x-amz-copy-source", source, sizeof source);
    if (query_item(c, "uploadId", upload, sizeof upload) && query_item(c, "partNumber", number, sizeof number))
        return (is_copy ? copy_part : put_part)(c, key, upload, atol(number));
    return (is_copy ? copy_object : put_object)(c, key);
}

// MARK: POST

static bool begin(struct connection *c, const char *key)
{
    char id[40], text[256];
    begin_upload(key, attributes_of(c), id);
    int size = snprintf(
        text, sizeof text,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<InitiateMultipartUploadResult><Bucket>bench</Bucket>"
        "<UploadId>%s</UploadId></InitiateMultipartUploadResult>",
        id);
    return send_document(c, 200, "application/xml", text, size);
}

// The next element of this name, cut out of the text with a zero behind what is in it; the text goes on behind it. NULL when
// there is none.
static char *next_element(char **text, const char *name)
{
    char open[64], close[64];
    snprintf(open, sizeof open, "<%s>", name);
    snprintf(close, sizeof close, "</%s>", name);
    char *start = strstr(*text, open), *end = start ? strstr(start, close) : NULL;
    if (!end) return NULL;
    *end = 0;
    *text = end + strlen(close);
    return start + strlen(open);
}

// The hex digits of an ETag and what belongs to them, without quotes, which XML writes in three ways.
static char *without_quotes(char *etag)
{
    if (*etag == '&') etag += strcspn(etag, ";");
    if (*etag == '"' || *etag == ';') etag++;
    etag[strcspn(etag, "\"&")] = 0;
    return etag;
}

static bool add_parts(const struct upload *upload, char *list, struct content *content)
{
    for (char *part; (part = next_element(&list, "Part"));) {
        char *inside = part, *again = strdup(part), *second = again;
        const char *number = next_element(&inside, "PartNumber");
        char *etag = next_element(&second, "ETag");
        bool is_there = number && etag && append_part(upload, atol(number), without_quotes(etag), content);
        free(again);
        if (!is_there) return false;
    }
    return true;
}

static bool complete(struct connection *c, const char *key, const char *id, char *list)
{
    struct upload *upload = take_upload(id, key);
    if (!upload) return refuse(c, 404, "NoSuchUpload");
    struct content content = {0};
    if (!add_parts(upload, list, &content)) {
        content_release(&content);
        put_back_upload(upload);
        return refuse(c, 400, "InvalidPart");
    }
    struct object *object = make_object(key, content, take_attributes(upload));
    release_upload(upload);
    char etag[40];
    strcpy(etag, object->etag);
    struct condition condition = condition_of(c);
    int status = publish_object(object, &condition);
    return status == 200 ? send_result(c, "CompleteMultipartUploadResult", etag) : send_status(c, status);
}

static bool delete_all(struct connection *c, char *list)
{
    static const struct condition always = {0};
    for (char *key; (key = next_element(&list, "Key"));) {
        counters.deletes++;
        delete_object(key, &always);
    }
    static const char text[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DeleteResult></DeleteResult>";
    return send_document(c, 200, "application/xml", text, sizeof text - 1);
}

bool post(struct connection *c, const char *key)
{
    char *body = receive_text(c, body_size(c)), id[40];
    if (!body) return false;
    bool is_open;
    if (has_query_item(c, "delete")) {
        is_open = delete_all(c, body);
    } else if (has_query_item(c, "uploads")) {
        is_open = begin(c, key);
    } else if (query_item(c, "uploadId", id, sizeof id)) {
        is_open = complete(c, key, id, body);
    } else {
        is_open = refuse(c, 501, "NotImplemented");
    }
    free(body);
    return is_open;
}

// MARK: DELETE

bool delete(struct connection *c, const char *key)
{
    counters.deletes++;
    char id[40];
    if (query_item(c, "uploadId", id, sizeof id)) {
        struct upload *upload = take_upload(id, key);
        if (!upload) return refuse(c, 404, "NoSuchUpload");
        release_upload(upload);
        return send_status(c, 204);
    }
    struct condition condition = condition_of(c);
    int status = delete_object(key, &condition);
    return send_status(c, status == 200 ? 204 : status);
}
