#ifndef CSHIMS_LOCAL_SOCKET_H
#define CSHIMS_LOCAL_SOCKET_H

#include <stdint.h>

// Sockets of this machine (AF_UNIX), closed on exec. Each returns a descriptor, or -1 with errno.

// Listens at a path that is not taken, for the caller's user alone. ENAMETOOLONG where the path does not fit.
int shim_local_listen(const char *path);

int shim_local_connect(const char *path);

int shim_local_accept(int listener);

// Who is at the other end: 0, or -1 with errno.
int shim_local_peer(int socket, uint32_t *user, int32_t *process);

#endif
