#define _GNU_SOURCE
#include "events.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
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

bool shim_is_link_local(const struct sockaddr *address) {
    static const unsigned char mapped[12] = {[10] = 0xff, 0xff};
    if (address->sa_family == AF_INET) {
        const unsigned char *bytes = (const unsigned char *)&((const struct sockaddr_in *)address)->sin_addr;
        return bytes[0] == 169 && bytes[1] == 254;
    }
    if (address->sa_family != AF_INET6) return false;
    const unsigned char *bytes = ((const struct sockaddr_in6 *)address)->sin6_addr.s6_addr;
    if (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) return true;
    if (bytes[0] == 0xfd && bytes[1] == 0x00 && bytes[2] == 0x0e && bytes[3] == 0xc2) return true;
    if (bytes[0] == 0xfd && bytes[1] == 0x20 && bytes[2] == 0x00 && bytes[3] == 0xce) return true;
    return memcmp(bytes, mapped, sizeof mapped) == 0 && bytes[12] == 169 && bytes[13] == 254;
}

void shim_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }
