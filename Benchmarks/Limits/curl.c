// curl URL DESTINATION CONNECTIONS AUTHORITIES < SIZE KEY…: what libcurl costs as it comes, over TLS or plain: one
// thread, one multi handle, bytes from its callback into the file. AUTHORITIES is a file of certificates, or -.
#define _GNU_SOURCE
#include "work.h"
#include <curl/curl.h>
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct transfer {
    const struct part *part;
    int file;
    off_t offset;
};

static const char *bucket;
static long next_part;

static size_t take(char *bytes, size_t size, size_t count, void *pointer)
{
    struct transfer *transfer = pointer;
    if (pwrite(transfer->file, bytes, size * count, transfer->offset) != (ssize_t)(size * count)) err(1, "write");
    transfer->offset += size * count;
    return size * count;
}

// False when there is nothing left to begin.
static bool begin(CURLM *multi, CURL *easy, struct transfer *transfer)
{
    if (next_part == part_count) return false;
    transfer->part = &parts[next_part++];
    transfer->file = open_part(transfer->part);
    transfer->offset = transfer->part->offset;
    char url[1024], range[64];
    snprintf(url, sizeof url, "%s/%s", bucket, transfer->part->file->key);
    snprintf(
        range, sizeof range, "%ld-%ld", (long)transfer->part->offset,
        (long)(transfer->part->offset + transfer->part->size - 1));
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_RANGE, range);
    curl_multi_add_handle(multi, easy);
    return true;
}

int main(int count, char **words)
{
    if (count < 5) errx(64, "URL DESTINATION CONNECTIONS AUTHORITIES");
    bucket = words[1];
    read_work(words[2], 0);
    int connections = atoi(words[3]);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURLM *multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)connections);
    struct transfer *transfers = calloc(connections, sizeof *transfers);
    for (int i = 0; i < connections; i++) {
        CURL *easy = curl_easy_init();
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfers[i]);
        curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfers[i]);
        curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 256l << 10);
        curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1l);
        if (strcmp(words[4], "-")) curl_easy_setopt(easy, CURLOPT_CAINFO, words[4]);
        begin(multi, easy, &transfers[i]);
    }
    int running = 1;
    while (running) {
        if (curl_multi_perform(multi, &running)) errx(1, "curl");
        CURLMsg *message;
        for (int left; (message = curl_multi_info_read(multi, &left));) {
            CURL *easy = message->easy_handle;
            if (message->data.result) errx(1, "%s", curl_easy_strerror(message->data.result));
            struct transfer *transfer;
            curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
            close_part(transfer->part);
            curl_multi_remove_handle(multi, easy);
            running += begin(multi, easy, transfer);
        }
        if (running) curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
}
