// Reading in the words of Azure's blob storage: /ACCOUNT/CONTAINER[/KEY].
#define _GNU_SOURCE
#include "answers.h"
#include "listing.h"
#include <stdlib.h>
#include <string.h>

static void write_object(FILE *out, const struct object *object, long number)
{
    (void)number;
    fprintf(
        out,
        "<Blob><Name>%s</Name><Properties><Last-Modified>%s</Last-Modified><Etag>%.34s</Etag>"
        "<Content-Length>%ld</Content-Length><Content-Type>application/octet-stream</Content-Type>"
        "<BlobType>BlockBlob</BlobType></Properties></Blob>",
        object->key, http_time(object->modified), object->etag + 1, (long)object->content.size);
}

static void write_group(FILE *out, const char *prefix, long number)
{
    (void)number;
    fprintf(out, "<BlobPrefix><Name>%s</Name></BlobPrefix>", prefix);
}

static bool send_page(struct connection *c)
{
    struct page page = {.write_object = write_object, .write_group = write_group};
    char word[32], *text = NULL;
    size_t size = 0;
    query_item(c, "prefix", page.prefix, sizeof page.prefix);
    query_item(c, "delimiter", page.delimiter, sizeof page.delimiter);
    query_item(c, "marker", page.after, sizeof page.after);
    page.most = query_item(c, "maxresults", word, sizeof word) ? atol(word) : 5000;
    FILE *out = page.objects = page.groups = open_memstream(&text, &size);
    fprintf(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults><Prefix>%s</Prefix><Blobs>", page.prefix);
    fill_page(&page);
    fprintf(out, "</Blobs><NextMarker>%s</NextMarker></EnumerationResults>", page.is_cut ? page.last : "");
    fclose(out);
    bool is_sent = send_document(c, 200, "application/xml", text, size);
    free(text);
    return is_sent;
}

bool answer_azure(struct connection *c, const char *key)
{
    bool is_get = !strcmp(c->method, "GET");
    if (!is_get && strcmp(c->method, "HEAD")) {
        refuse(c, 501, "NotImplemented");
        return false;
    }
    if (!*key) {
        counters.lists++;
        return send_page(c);
    }
    (*(is_get ? &counters.gets : &counters.heads))++;
    struct object *object = find_object(key);
    if (!object) return refuse(c, 404, "BlobNotFound");
    bool is_sent = send_found(c, object, "x-ms-blob-type: BlockBlob\r\n");
    release_object(object);
    return is_sent;
}
