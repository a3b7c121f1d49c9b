#include "events.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

int shim_epoll_new(void) { return epoll_create1(EPOLL_CLOEXEC); }

int shim_epoll_watch(int epoll, int descriptor, bool for_reading, bool for_writing) {
    struct epoll_event event = {.events = (for_reading ? EPOLLIN : 0) | (for_writing ? EPOLLOUT : 0),
                                .data.fd = descriptor};
    if (!event.events) return epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event);
    // Mostly it is watched already.
    if (epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event) == 0) return 0;
    return errno == ENOENT ? epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) : -1;
}

int shim_epoll_wait(int epoll, struct shim_event *events, int room, int milliseconds) {
    struct epoll_event found[64];
    int count = epoll_wait(epoll, found, room < 64 ? room : 64, milliseconds);
    for (int i = 0; i < count; i++) {
        events[i] = (struct shim_event){
            .descriptor = found[i].data.fd,
            .readable = found[i].events & EPOLLIN,
            .writable = found[i].events & EPOLLOUT,
            .failed = found[i].events & (EPOLLERR | EPOLLHUP),
        };
    }
    return count;
}

int shim_eventfd_new(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void shim_eventfd_signal(int descriptor) {
    uint64_t one = 1;
    ssize_t written = write(descriptor, &one, sizeof one);
    (void)written; // It fails only when it is readable already.
}

void shim_eventfd_clear(int descriptor) {
    uint64_t count;
    ssize_t got = read(descriptor, &count, sizeof count);
    (void)got;
}
