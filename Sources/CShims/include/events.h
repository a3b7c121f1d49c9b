#ifndef CSHIMS_EVENTS_H
#define CSHIMS_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// epoll(7) and eventfd(2), whose structures Swift cannot import because they are packed.

struct shim_event {
    int descriptor;
    bool readable, writable, failed;
};

// A new epoll instance, closed on exec; -1 when there is none to be had.
int shim_epoll_new(void);

// Watches a descriptor for these events from now on, new or not; neither means no longer. A descriptor that was closed
// behind our back is no longer watched either.
int shim_epoll_watch(int epoll, int descriptor, bool for_reading, bool for_writing);

// Waits for events, -1 milliseconds meaning for ever; returns how many came.
int shim_epoll_wait(int epoll, struct shim_event *events, int room, int milliseconds);

// A descriptor that becomes readable when it is told to, until it is read.
int shim_eventfd_new(void);
void shim_eventfd_signal(int descriptor);
void shim_eventfd_clear(int descriptor);

struct sockaddr;

// Whether an address belongs to this machine's own network, where metadata services are (169.254.0.0/16, fe80::/10,
// fd00:ec2::/32, fd20:ce::254 and the first of these written as IPv6).
bool shim_is_link_local(const struct sockaddr *address);

// Names the calling thread, for ps and debuggers; up to 15 bytes.
void shim_name_thread(const char *name);

#endif
