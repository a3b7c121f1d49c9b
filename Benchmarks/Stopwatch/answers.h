// What is answered to a request.
#pragma once
#include "connection.h"
#include <stdatomic.h>

struct counters {
    atomic_long requests, gets, heads, lists, failures, bytes, connections, open, most_open;
};

extern struct counters counters;
// Before each answer.
extern long delay_milliseconds;
// Each answer is the last of its connection.
extern bool closes_connections;

// False when the connection is at its end.
bool answer(struct connection *c);
