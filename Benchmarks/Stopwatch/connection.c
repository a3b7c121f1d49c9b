#define _GNU_SOURCE
#include "connection.h"
#include "objects.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

double connection_rate;

// MARK: Requests

static ssize_t receive(struct connection *c, char *room, size_t size)
{
    return c->tls ? SSL_read(c->tls, room, (int)size) : recv(c->socket, room, size, 0);
}

bool read_request(struct connection *c)
{
    char *end;
    while (!(end = memmem(c->input, c->held, "\r\n\r\n", 4))) {
        if (c->held == sizeof c->input) return false;
        ssize_t count = receive(c, c->input + c->held, sizeof c->input - c->held);
        if (count <= 0) return false;
        c->held += count;
    }
    size_t size = end + 4 - c->input;
    memcpy(c->head, c->input, size - 2);
    c->head[size - 2] = 0;
    memmove(c->input, c->input + size, c->held -= size);

    c->method = c->head;
    char *space = strchr(c->method, ' ');
    if (!space) return false;
    *space = 0;
    c->path = space + 1;
    space = strchr(c->path, ' ');
    char *line = space ? strstr(space + 1, "\r\n") : NULL;
    if (!line) return false;
    *space = 0;
    c->headers = line + 2;
    c->query = strchr(c->path, '?');
    if (c->query) *c->query++ = 0;
    percent_decode(c->path);
    return true;
}

char *header(const struct connection *c, const char *name, char *value, size_t room)
{
    size_t name_size = strlen(name);
    for (char *line = c->headers, *end; (end = strstr(line, "\r\n")); line = end + 2) {
        if (strncasecmp(line, name, name_size) || line[name_size] != ':') continue;
        char *start = line + name_size + 1;
        while (*start == ' ') start++;
        size_t count = end - start;
        if (count >= room) count = room - 1;
        memcpy(value, start, count);
        value[count] = 0;
        return value;
    }
    return NULL;
}

char *query_item(const struct connection *c, const char *name, char *value, size_t room)
{
    size_t name_size = strlen(name);
    for (char *item = c->query; item && *item;) {
        size_t size = strcspn(item, "&");
        if (size > name_size && !strncmp(item, name, name_size) && item[name_size] == '=') {
            size_t count = size - name_size - 1;
            if (count >= room) count = room - 1;
            memcpy(value, item + name_size + 1, count);
            value[count] = 0;
            percent_decode(value);
            return value;
        }
        item += size + (item[size] == '&');
    }
    return NULL;
}

void percent_decode(char *text)
{
    char *out = text;
    for (; *text; text++) {
        if (*text == '%' && isxdigit((unsigned char)text[1]) && isxdigit((unsigned char)text[2])) {
            char digits[3] = {text[1], text[2], 0};
            *out++ = (char)strtol(digits, NULL, 16);
            text += 2;
        } else {
            *out++ = *text;
        }
    }
    *out = 0;
}

// MARK: Answers

bool send_bytes(struct connection *c, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t sent =
            c->tls ? SSL_write(c->tls, bytes, (int)count) : send(c->socket, bytes, count, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes += sent;
        count -= sent;
    }
    return true;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

// Waits until so many bytes may have been sent since a moment.
static void keep_to_rate(double since, off_t sent)
{
    if (connection_rate <= 0) return;
    double wait = since + sent / connection_rate - seconds();
    if (wait <= 0) return;
    struct timespec time = {.tv_sec = (time_t)wait, .tv_nsec = (long)((wait - (time_t)wait) * 1e9)};
    nanosleep(&time, NULL);
}

// What fits into the end of the pool goes along with the head, in one piece.
enum { small = 64 << 10 };

static bool send_small(struct connection *c, const char *head, size_t head_size, off_t start, off_t count)
{
    if (c->tls) {
        char both[small + 4096];
        memcpy(both, head, head_size);
        memcpy(both + head_size, pool + start, count);
        return send_bytes(c, both, head_size + count);
    }
    struct iovec pieces[2] = {{(char *)head, head_size}, {(char *)pool + start, count}};
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
    ssize_t sent = sendmsg(c->socket, &message, MSG_NOSIGNAL);
    if (sent < (ssize_t)head_size) return false;
    sent -= head_size;
    return send_bytes(c, pool + start + sent, count - sent);
}

off_t send_window(struct connection *c, const char *head, size_t head_size, off_t start, off_t count)
{
    double begin = seconds();
    start %= pool_size;
    if (count <= small && start + count <= pool_size) {
        if (!send_small(c, head, head_size, start, count)) return -1;
        keep_to_rate(begin, count);
        return count;
    }
    if (c->tls ? !send_bytes(c, head, head_size)
               : send(c->socket, head, head_size, MSG_NOSIGNAL | MSG_MORE) != (ssize_t)head_size)
        return -1;
    // Small steps are what makes a rate smooth.
    const off_t step = c->tls || connection_rate > 0 ? 256 << 10 : 8 << 20;
    for (off_t sent = 0; sent < count;) {
        off_t place = (start + sent) % pool_size, piece = count - sent;
        if (piece > step) piece = step;
        if (piece > pool_size - place) piece = pool_size - place;
        if (c->tls) {
            if (!send_bytes(c, pool + place, piece)) return -1;
        } else {
            piece = sendfile(c->socket, pool_file, &place, piece);
            if (piece <= 0) return -1;
        }
        sent += piece;
        keep_to_rate(begin, sent);
    }
    return count;
}
