// sockets PORT DESTINATION CONNECTIONS [direct] < SIZE KEY…: how fast this machine copies from the stopwatch when
// nothing but the necessary is done: a blocking thread for each connection, bytes from the socket into the file.
// `direct` writes past the page cache, a part at a time.
#define _GNU_SOURCE
#include "work.h"
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int port;
static bool is_direct;
static atomic_long next_part;

static int dial(void)
{
    int s = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (connect(s, (struct sockaddr *)&address, sizeof address)) err(1, "connect");
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return s;
}

static size_t receive(int s, char *room, size_t size)
{
    ssize_t count = recv(s, room, size, 0);
    if (count <= 0) errx(1, "the connection ended");
    return count;
}

static void write_all(int file, const char *bytes, size_t count, off_t offset)
{
    if (pwrite(file, bytes, count, offset) != (ssize_t)count) err(1, "write");
}

// Asks for a part; what came of its body with the head is moved to the beginning of the buffer.
static size_t ask(int s, const struct part *part, char *buffer, size_t room)
{
    char request[1024];
    int size = snprintf(
        request, sizeof request, "GET /bench/%s HTTP/1.1\r\nHost: bench\r\nRange: bytes=%ld-%ld\r\n\r\n",
        part->file->key, (long)part->offset, (long)(part->offset + part->size - 1));
    if (send(s, request, size, 0) != size) err(1, "send");
    size_t count = 0;
    char *end = NULL;
    while (!end) {
        count += receive(s, buffer + count, room - count);
        end = memmem(buffer, count, "\r\n\r\n", 4);
    }
    if (strncmp(buffer, "HTTP/1.1 206", 12)) errx(1, "%.40s", buffer);
    count -= end + 4 - buffer;
    memmove(buffer, end + 4, count);
    return count;
}

static void *work(void *unused)
{
    (void)unused;
    int s = dial();
    size_t room = is_direct ? part_size + 4096 : 256 << 10;
    char *buffer = aligned_alloc(4096, room);
    for (long i; (i = atomic_fetch_add(&next_part, 1)) < part_count;) {
        const struct part *part = &parts[i];
        int file = open_part(part);
        size_t held = ask(s, part, buffer, room), left = part->size - held;
        off_t offset = part->offset;
        while (left > 0) {
            if (!is_direct || held == part_size) {
                write_all(file, buffer, held, offset);
                offset += held;
                held = 0;
            }
            size_t count = receive(s, buffer + held, left < room - held ? left : room - held);
            held += count;
            left -= count;
        }
        write_all(file, buffer, is_direct ? (held + 4095) & ~4095ul : held, offset);
        close_part(part);
    }
    return NULL;
}

int main(int count, char **words)
{
    if (count < 4) errx(64, "PORT DESTINATION CONNECTIONS [direct]");
    port = atoi(words[1]);
    is_direct = count > 4;
    read_work(words[2], is_direct ? O_DIRECT : 0);
    int threads = atoi(words[3]);
    pthread_t *all = calloc(threads, sizeof *all);
    for (int i = 0; i < threads; i++)
        if (pthread_create(&all[i], NULL, work, NULL)) errx(1, "no thread");
    for (int i = 0; i < threads; i++) pthread_join(all[i], NULL);
}
