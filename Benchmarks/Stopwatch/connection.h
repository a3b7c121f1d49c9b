// A client's connection, plain or TLS: heads of requests in, bytes out at a limited rate.
#pragma once
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct connection {
    int socket;
    SSL *tls;
    // What was read and not used yet.
    char input[16384];
    size_t held;
    // The current request.
    char *method, *path, *query, *headers;
    char head[16384];
    bool is_closing;
};

// Bytes a second of one connection; 0 for as many as go.
extern double connection_rate;

// The next request; false at the end of the connection.
bool read_request(struct connection *c);
// The value of a header of the request, cut to fit; NULL when it is not there.
char *header(const struct connection *c, const char *name, char *value, size_t room);
// The value of a query item, decoded; NULL when it is not there.
char *query_item(const struct connection *c, const char *name, char *value, size_t room);
// In place.
void percent_decode(char *text);

bool send_bytes(struct connection *c, const char *bytes, size_t count);
// A head and the window of the pool that follows it; how many bytes of the pool went out, negative after a failure.
off_t send_window(struct connection *c, const char *head, size_t head_size, off_t start, off_t count);
