#define _GNU_SOURCE
#include "connection.h"
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

bool has_query_item(const struct connection *c, const char *name)
{
    size_t name_size = strlen(name);
    for (const char *item = c->query; item && *item;) {
        size_t size = strcspn(item, "&"), end = strcspn(item, "=&");
        if (end == name_size && !strncmp(item, name, name_size)) return true;
        item += size + (item[size] == '&');
    }
    return false;
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

// What is not much goes along with the head, in one piece.
enum { small = 64 << 10 };

static const char *bytes_of(const struct stretch *stretch)
{
    return stretch->kept ? stretch->kept->bytes + stretch->start : pool + stretch->start % pool_size;
}

static bool is_small(const struct content *content)
{
    if (content->count != 1 || content->size > small) return false;
    const struct stretch *stretch = content->stretches;
    return stretch->kept || stretch->start % pool_size + stretch->size <= pool_size;
}

static bool send_small(struct connection *c, const char *head, size_t head_size, const char *bytes, off_t count)
{
    if (c->tls) {
        char both[small + 4096];
        memcpy(both, head, head_size);
        memcpy(both + head_size, bytes, count);
        return send_bytes(c, both, head_size + count);
    }
    struct iovec pieces[2] = {{(char *)head, head_size}, {(char *)bytes, count}};
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
    ssize_t sent = sendmsg(c->socket, &message, MSG_NOSIGNAL);
    if (sent < (ssize_t)head_size) return false;
    sent -= head_size;
    return send_bytes(c, bytes + sent, count - sent);
}

// Small steps are what makes a rate smooth.
static off_t step_of(const struct connection *c)
{
    return c->tls || connection_rate > 0 ? 256 << 10 : 8 << 20;
}

// `before` is what went out of the same content since a moment.
static bool send_stretch(struct connection *c, const struct stretch *stretch, double begin, off_t before)
{
    for (off_t sent = 0; sent < stretch->size;) {
        struct stretch rest = *stretch;
        rest.start += sent;
        off_t piece = stretch->size - sent, place = rest.start % pool_size;
        if (piece > step_of(c)) piece = step_of(c);
        if (!rest.kept && piece > pool_size - place) piece = pool_size - place;
        if (c->tls || rest.kept) {
            if (!send_bytes(c, bytes_of(&rest), piece)) return false;
        } else {
            piece = sendfile(c->socket, pool_file, &place, piece);
            if (piece <= 0) return false;
        }
        sent += piece;
        keep_to_rate(begin, before + sent);
    }
    return true;
}

off_t send_content(struct connection *c, const char *head, size_t head_size, const struct content *content)
{
    double begin = seconds();
    if (is_small(content)) {
        if (!send_small(c, head, head_size, bytes_of(content->stretches), content->size)) return -1;
        keep_to_rate(begin, content->size);
        return content->size;
    }
    bool is_more = content->size > 0;
    if (c->tls ? !send_bytes(c, head, head_size)
               : send(c->socket, head, head_size, MSG_NOSIGNAL | (is_more ? MSG_MORE : 0)) != (ssize_t)head_size)
        return -1;
    off_t sent = 0;
    for (size_t i = 0; i < content->count; i++) {
        if (!send_stretch(c, &content->stretches[i], begin, sent)) return -1;
        sent += content->stretches[i].size;
    }
    return sent;
}

// MARK: Bodies

bool keeps_bodies;

// Some of the body, of which a part may have come along with the head; NULL for nowhere.
static ssize_t receive_some(struct connection *c, char *room, size_t size)
{
    if (c->held) {
        size_t count = c->held < size ? c->held : size;
        if (room) memcpy(room, c->input, count);
        memmove(c->input, c->input + count, c->held -= count);
        return count;
    }
    if (room) return receive(c, room, size);
    if (!c->tls) return recv(c->socket, NULL, size, MSG_TRUNC);
    static _Thread_local char nowhere[64 << 10];
    return SSL_read(c->tls, nowhere, size < sizeof nowhere ? (int)size : (int)sizeof nowhere);
}

static bool receive_all(struct connection *c, char *room, off_t size)
{
    char word[32];
    if (!c->held && header(c, "Expect", word, sizeof word) && !strcasecmp(word, "100-continue") &&
        !send_bytes(c, "HTTP/1.1 100 Continue\r\n\r\n", 25))
        return false;
    double begin = seconds();
    for (off_t came = 0; came < size;) {
        off_t piece = size - came;
        if (piece > step_of(c)) piece = step_of(c);
        ssize_t count = receive_some(c, room ? room + came : NULL, piece);
        if (count <= 0) return false;
        came += count;
        keep_to_rate(begin, came);
    }
    return true;
}

bool receive_content(struct connection *c, off_t size, struct content *content)
{
    struct kept *kept = NULL;
    if (size > 0 && (keeps_bodies || size <= small)) {
        kept = malloc(sizeof *kept + size);
        if (!kept) return false;
        kept->users = 1;
    }
    if (!receive_all(c, kept ? kept->bytes : NULL, size)) {
        free(kept);
        return false;
    }
    content_add(content, (struct stretch){.kept = kept, .size = size, .is_received = true});
    return true;
}

char *receive_text(struct connection *c, off_t size)
{
    if (size > 8 << 20) return NULL;
    char *text = malloc(size + 1);
    if (!text) return NULL;
    if (!receive_all(c, text, size)) {
        free(text);
        return NULL;
    }
    text[size] = 0;
    return text;
}
