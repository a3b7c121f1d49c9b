// What is answered to a request.
#pragma once
#include "connection.h"
#include <stdatomic.h>
#include <time.h>

struct counters {
    atomic_long requests, gets, heads, lists, puts, copies, deletes, failures, bytes, received, connections, open,
        most_open;
};

extern struct counters counters;
// Before each answer.
extern long delay_milliseconds;
// Each answer is the last of its connection.
extern bool closes_connections;
// What it says it is: clients believe servers that they know more.
extern const char *server_name;

// False when the connection is at its end.
bool answer(struct connection *c);

// Of each kind, in files of their own. Those that answer are false when the connection is at its end.
bool send_list(struct connection *c);
bool send_object(struct connection *c, const char *key);
// The same in other clouds' words, for reading only.
bool answer_google(struct connection *c, const char *key);
bool answer_azure(struct connection *c, const char *key);
// As much of an object as the request asks for, with further lines in the head.
struct object;
bool send_found(struct connection *c, const struct object *object, const char *lines);
// Of a thread's own, until it asks again.
const char *iso_time(time_t time);
const char *http_time(time_t time);
// The first and last byte that a header asks for; all without one. False when it is beyond the end.
bool parse_range(const char *text, off_t size, off_t *first, off_t *last);
bool put(struct connection *c, const char *key);
bool post(struct connection *c, const char *key);
bool delete(struct connection *c, const char *key);

bool send_document(struct connection *c, int status, const char *type, const char *text, size_t size);
// With these lines of a header as well.
bool send_headed(struct connection *c, int status, const char *lines, const char *text, size_t size);
bool refuse(struct connection *c, int status, const char *code);
