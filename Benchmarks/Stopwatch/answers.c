#define _GNU_SOURCE
#include "answers.h"
#include "objects.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

struct counters counters;
long delay_milliseconds;
bool closes_connections;
const char *server_name = "stopwatch";

// MARK: Times

// Most objects have one and the same.
struct shown_time {
    time_t time;
    char text[40];
};

static const char *show(struct shown_time *shown, time_t time, const char *form)
{
    struct tm parts;
    if (!*shown->text || shown->time != time) {
        shown->time = time;
        strftime(shown->text, sizeof shown->text, form, gmtime_r(&time, &parts));
    }
    return shown->text;
}

const char *iso_time(time_t time)
{
    static _Thread_local struct shown_time shown;
    return show(&shown, time, "%Y-%m-%dT%H:%M:%S.000Z");
}

const char *http_time(time_t time)
{
    static _Thread_local struct shown_time shown;
    return show(&shown, time, "%a, %d %b %Y %H:%M:%S GMT");
}

// MARK: Documents

bool send_headed(struct connection *c, int status, const char *lines, const char *text, size_t size)
{
    char head[1024];
    int head_size = snprintf(
        head, sizeof head, "HTTP/1.1 %d %s\r\nServer: %s\r\nx-amz-request-id: 0\r\n%s%s", status,
        status < 300 ? "OK" : "Failed", server_name, lines, c->is_closing ? "Connection: close\r\n" : "");
    // Of such an answer nobody may state a length.
    if (status != 204) head_size += snprintf(head + head_size, sizeof head - head_size, "Content-Length: %zu\r\n", size);
    head_size += snprintf(head + head_size, sizeof head - head_size, "\r\n");
    char *both = malloc(head_size + size);
    memcpy(both, head, head_size);
    memcpy(both + head_size, text, size);
    bool is_sent = send_bytes(c, both, head_size + (strcmp(c->method, "HEAD") ? size : 0));
    free(both);
    return is_sent;
}

bool send_document(struct connection *c, int status, const char *type, const char *text, size_t size)
{
    char line[128];
    snprintf(line, sizeof line, "Content-Type: %s\r\n", type);
    return send_headed(c, status, line, text, size);
}

bool refuse(struct connection *c, int status, const char *code)
{
    counters.failures++;
    char text[256];
    int size = snprintf(text, sizeof text, "<Error><Code>%s</Code><Message>%s</Message></Error>", code, code);
    return send_document(c, status, "application/xml", text, size);
}

// MARK: What clients do not ask for

static bool send_stats(struct connection *c)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    static double before;
    double cpu = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
                 (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    char text[512];
    int size = snprintf(
        text, sizeof text,
        "{\"requests\": %ld, \"gets\": %ld, \"heads\": %ld, \"lists\": %ld, \"puts\": %ld, \"copies\": %ld, "
        "\"deletes\": %ld, \"failures\": %ld, \"bytes\": %ld, \"received\": %ld, \"connections\": %ld, "
        "\"most_open\": %ld, \"cpu\": %.3f}\n",
        counters.requests, counters.gets, counters.heads, counters.lists, counters.puts, counters.copies,
        counters.deletes, counters.failures, counters.bytes, counters.received, counters.connections,
        counters.most_open, cpu - before);
    // For the next to begin with.
    counters.requests = counters.gets = counters.heads = counters.lists = 0;
    counters.puts = counters.copies = counters.deletes = 0;
    counters.failures = counters.bytes = counters.received = counters.connections = 0;
    counters.most_open = (long)counters.open;
    before = cpu;
    return send_document(c, 200, "application/json", text, size);
}

static bool send_received(struct connection *c)
{
    char count[32] = "", bytes[32] = "", seconds[32] = "";
    query_item(c, "count", count, sizeof count);
    query_item(c, "bytes", bytes, sizeof bytes);
    query_item(c, "seconds", seconds, sizeof seconds);
    struct received found =
        wait_for_received((struct received){.count = atol(count), .bytes = atoll(bytes)}, atol(seconds));
    char text[128];
    int size = snprintf(text, sizeof text, "{\"count\": %ld, \"bytes\": %ld}\n", found.count, (long)found.bytes);
    return send_document(c, 200, "application/json", text, size);
}

// MARK: Requests

static bool answer_client(struct connection *c, const char *key)
{
    if (!strcmp(c->method, "PUT")) return put(c, key);
    if (!strcmp(c->method, "POST")) return post(c, key);
    if (!strcmp(c->method, "DELETE")) return delete(c, key);
    bool isGet = !strcmp(c->method, "GET"), isHead = !strcmp(c->method, "HEAD");
    if (isGet && !*key) {
        counters.lists++;
        return send_list(c);
    }
    if (isHead && !*key) return send_document(c, 200, "application/xml", "", 0);
    if (isGet || isHead) {
        (*(isGet ? &counters.gets : &counters.heads))++;
        return send_object(c, key);
    }
    // The body of such a request is still to come, and nobody reads it.
    refuse(c, 501, "NotImplemented");
    return false;
}

// What is behind so many slashes; empty when there are fewer.
static const char *behind(const char *path, int slashes)
{
    while (slashes-- && path) path = (path = strchr(path, '/')) ? path + 1 : NULL;
    return path ? path : "";
}

// Whatever it is called, there is one bucket. The first word of the path tells the protocol.
static bool dispatch(struct connection *c)
{
    if (!strncmp(c->path, "/storage/v1/b/", 14)) return answer_google(c, behind(c->path, 6));
    if (!strncmp(c->path, "/benchaccount/", 14)) return answer_azure(c, behind(c->path, 3));
    return answer_client(c, behind(c->path, 2));
}

bool answer(struct connection *c)
{
    if (!strcmp(c->path, "/_stats")) return send_stats(c);
    if (!strcmp(c->path, "/_received")) return send_received(c);
    counters.requests++;
    char word[16];
    c->is_closing =
        closes_connections || (header(c, "Connection", word, sizeof word) && !strcasecmp(word, "close"));
    if (delay_milliseconds) {
        struct timespec time = {delay_milliseconds / 1000, delay_milliseconds % 1000 * 1000000};
        nanosleep(&time, NULL);
    }
    return dispatch(c) && !c->is_closing;
}
