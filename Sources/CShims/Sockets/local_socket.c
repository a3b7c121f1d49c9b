#define _GNU_SOURCE
#include "local_socket.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static int address_of(const char *path, struct sockaddr_un *address) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address->sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address->sun_path, path);
    return 0;
}

static int close_failed(int descriptor) {
    int reason = errno;
    close(descriptor);
    errno = reason;
    return -1;
}

int shim_local_listen(const char *path) {
    struct sockaddr_un address;
    if (address_of(path, &address)) return -1;
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener == -1) return -1;
    // The mode of the descriptor becomes that of the name, so that nobody can connect before it is narrowed.
    if (fchmod(listener, 0600)) return close_failed(listener);
    if (bind(listener, (struct sockaddr *)&address, sizeof address)) return close_failed(listener);
    if (chmod(path, 0600) || listen(listener, 64)) return close_failed(listener);
    return listener;
}

int shim_local_connect(const char *path) {
    struct sockaddr_un address;
    if (address_of(path, &address)) return -1;
    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection == -1) return -1;
    if (connect(connection, (struct sockaddr *)&address, sizeof address)) return close_failed(connection);
    return connection;
}

int shim_local_accept(int listener) { return accept4(listener, 0, 0, SOCK_CLOEXEC); }

int shim_local_peer(int socket, uint32_t *user, int32_t *process) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size)) return -1;
    *user = peer.uid;
    *process = peer.pid;
    return 0;
}

int shim_local_pair(int ends[2]) { return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends); }

ptrdiff_t shim_local_send(int socket, const void *bytes, size_t count, const int *descriptors, int descriptor_count) {
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(shim_local_most_descriptors * sizeof(int))];
    } control = {0};
    struct iovec piece = {.iov_base = (void *)bytes, .iov_len = count};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    if (descriptor_count > 0 && descriptor_count <= shim_local_most_descriptors) {
        size_t size = descriptor_count * sizeof(int);
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(size);
        control.header = (struct cmsghdr){
            .cmsg_len = CMSG_LEN(size), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.header), descriptors, size);
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

ptrdiff_t shim_local_receive(int socket, void *buffer, size_t room, int *descriptors, int *descriptor_count) {
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(shim_local_most_descriptors * sizeof(int))];
    } control = {0};
    struct iovec piece = {.iov_base = buffer, .iov_len = room};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    *descriptor_count = 0;
    ssize_t count = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (count < 0) return count;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
        *descriptor_count = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(descriptors, CMSG_DATA(header), *descriptor_count * sizeof(int));
    }
    return count;
}

int shim_local_tell(const char *name, const void *bytes, size_t count) {
    struct sockaddr_un address;
    if (address_of(name, &address)) return -1;
    socklen_t size = sizeof address;
    if (name[0] == '@') {
        // Such a name is as long as it is said to be, and begins with NUL.
        address.sun_path[0] = 0;
        size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
    }
    int sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (sender == -1) return -1;
    struct timeval patience = {.tv_sec = 5};
    if (setsockopt(sender, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience)) return close_failed(sender);
    if (sendto(sender, bytes, count, MSG_NOSIGNAL, (struct sockaddr *)&address, size) == -1) return close_failed(sender);
    close(sender);
    return 0;
}
