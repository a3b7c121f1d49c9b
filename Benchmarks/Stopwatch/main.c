// A stopwatch that speaks S3: memory-backed, and so fast that clients are what is measured. A thread for each connection of
// 127.0.0.1; signatures and checksums are taken as they come.
//
//   stopwatch [--delay MS] [--rate MB] [--tls CERTIFICATE KEY] [--close] [--folder COUNT] [--keep] [--name SERVER]
//             PREFIX COUNT SIZE…
//
// --delay waits before each answer, --rate limits each connection to so many million bytes a second each way, --close ends
// the connection after each answer, --folder says how many objects a folder has (1000). Of bodies of more than 64 KiB only
// the size is known later, and random bytes are read in their place, unless --keep is given. --name is what the server calls
// itself (stopwatch). The port, which the kernel chooses, is printed once all is ready; the server ends with its standard
// input.
//
// GET /_stats says what was asked, and what CPU time the server took, since the last time.
// GET /_received?count=COUNT&bytes=BYTES&seconds=MOST answers when so many files of so many bytes in all have come.
#define _GNU_SOURCE
#include "answers.h"
#include "objects.h"
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static SSL_CTX *tls;

static void *serve(void *pointer)
{
    struct connection *c = pointer;
    counters.connections++;
    long open = ++counters.open, most = counters.most_open;
    while (open > most && !atomic_compare_exchange_weak(&counters.most_open, &most, open)) {}
    bool is_ready = true;
    if (tls) {
        c->tls = SSL_new(tls);
        SSL_set_fd(c->tls, c->socket);
        is_ready = SSL_accept(c->tls) == 1;
    }
    while (is_ready && read_request(c) && answer(c)) {}
    if (c->tls) {
        SSL_shutdown(c->tls);
        SSL_free(c->tls);
    }
    close(c->socket);
    free(c);
    counters.open--;
    return NULL;
}

static void prepare_tls(const char *certificate, const char *key)
{
    tls = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(tls, certificate) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1)
        errx(1, "the certificate or its key cannot be used");
}

static int listen_somewhere(void)
{
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1024) ||
        getsockname(listener, (struct sockaddr *)&address, &size))
        err(1, "listen");
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

static void accept_one(int listener, const pthread_attr_t *attributes)
{
    int socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC), on = 1;
    if (socket < 0) return;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct connection *c = calloc(1, sizeof *c);
    c->socket = socket;
    pthread_t thread;
    if (pthread_create(&thread, attributes, serve, c)) errx(1, "no thread for a connection");
}

int main(int count, char **words)
{
    int next = 1;
    for (; next < count && !strncmp(words[next], "--", 2); next++) {
        if (!strcmp(words[next], "--delay") && next + 1 < count) {
            delay_milliseconds = atol(words[++next]);
        } else if (!strcmp(words[next], "--rate") && next + 1 < count) {
            connection_rate = atof(words[++next]) * 1e6;
        } else if (!strcmp(words[next], "--tls") && next + 2 < count) {
            prepare_tls(words[next + 1], words[next + 2]);
            next += 2;
        } else if (!strcmp(words[next], "--close")) {
            closes_connections = true;
        } else if (!strcmp(words[next], "--folder") && next + 1 < count) {
            per_folder = atol(words[++next]);
        } else if (!strcmp(words[next], "--keep")) {
            keeps_bodies = true;
        } else if (!strcmp(words[next], "--name") && next + 1 < count) {
            server_name = words[++next];
        } else {
            errx(64, "what is %s?", words[next]);
        }
    }
    if (per_folder < 1) errx(64, "a folder has an object at least");
    for (; next + 2 < count; next += 3) add_objects(words[next], atol(words[next + 1]), atoll(words[next + 2]));
    if (!has_objects() || next != count) errx(64, "objects are given as PREFIX COUNT SIZE");
    sort_objects();
    make_pool();

    signal(SIGPIPE, SIG_IGN);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 512 << 10);

    struct pollfd waits[2] = {{listen_somewhere(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    while (poll(waits, 2, -1) >= 0) {
        if (waits[1].revents) return 0;
        if (waits[0].revents) accept_one(waits[0].fd, &attributes);
    }
}
