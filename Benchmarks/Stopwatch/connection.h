// A client's connection, plain or TLS: heads of requests in, bytes in and out at a limited rate.
#pragma once
#include "content.h"
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
// Whether there is one, with a value or without.
bool has_query_item(const struct connection *c, const char *name);
// In place.
void percent_decode(char *text);

bool send_bytes(struct connection *c, const char *bytes, size_t count);
// A head and the content that follows it; how many bytes of the content went out, negative after a failure.
off_t send_content(struct connection *c, const char *head, size_t head_size, const struct content *content);

// Whether bytes that are received stay in memory even if they are many.
extern bool keeps_bodies;
// The request's body of so many bytes, behind what the content has; false at the end of the connection.
bool receive_content(struct connection *c, off_t size, struct content *content);
// A body that is text, with a zero behind; NULL at the end of the connection, or when it is too long.
char *receive_text(struct connection *c, off_t size);
