#define _GNU_SOURCE
#include "local_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
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
