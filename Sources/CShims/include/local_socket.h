#ifndef CSHIMS_LOCAL_SOCKET_H
#define CSHIMS_LOCAL_SOCKET_H

#include <stddef.h>
#include <stdint.h>

// Sockets of this machine (AF_UNIX), closed on exec. Each returns a descriptor, or -1 with errno.

// Listens at a path that is not taken, for the caller's user alone. ENAMETOOLONG where the path does not fit.
int shim_local_listen(const char *path);

int shim_local_connect(const char *path);

int shim_local_accept(int listener);

// Who is at the other end: 0, or -1 with errno.
int shim_local_peer(int socket, uint32_t *user, int32_t *process);

// Both ends of a connection, closed on exec. 0, or -1 with errno.
int shim_local_pair(int ends[2]);

// As send(2), with descriptors that the other side gets copies of.
ptrdiff_t shim_local_send(int socket, const void *bytes, size_t count, const int *descriptors, int descriptor_count);

// As recv(2). `descriptors` gets those that came with the bytes, at most `shim_local_most_descriptors`, closed on exec;
// `descriptor_count` how many they are.
ptrdiff_t shim_local_receive(int socket, void *buffer, size_t room, int *descriptors, int *descriptor_count);
#define shim_local_most_descriptors 4

// Sends one datagram to whoever has bound the address: a path, or a name that begins with @, which is in no folder. Waits 5 s
// at most for one who does not read. 0, or -1 with errno.
int shim_local_tell(const char *address, const void *bytes, size_t count);

#endif
