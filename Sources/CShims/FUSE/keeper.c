#define _GNU_SOURCE
#include "kept.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

// The answer as kernels from 6.9 on know it; older ones take the same 64 bytes and leave the end alone.
struct init_answer {
    struct fuse_out_header header;
    uint32_t major, minor, max_readahead, flags;
    uint16_t max_background, congestion;
    uint32_t max_write, time_granularity;
    uint16_t max_pages, map_alignment;
    uint32_t flags2, max_stack_depth;
    uint16_t request_timeout, unused[11];
};
_Static_assert(sizeof(struct init_answer) == sizeof(struct fuse_out_header) + 64, "what the kernel expects");

// mount(2) has put the request there already, so this is long.
enum { init_milliseconds = 5000 };

int shim_fuse_handshake(
    int device, const struct shim_fuse_wishes *wishes, struct shim_fuse_kept *kept, uint64_t *granted) {
    struct pollfd ready = {.fd = device, .events = POLLIN};
    int found;
    do found = poll(&ready, 1, init_milliseconds);
    while (found == -1 && errno == EINTR);
    if (found <= 0) {
        if (found == 0) errno = ETIMEDOUT;
        return -1;
    }
    union {
        uint8_t bytes[8192]; // The kernel takes no smaller buffer.
        struct init_request init;
    } request = {0};
    ssize_t count = read(device, request.bytes, sizeof request.bytes);
    if (count < 0) return -1;
    if (count < (ssize_t)(sizeof(struct fuse_in_header) + 16) || count > init_room ||
        request.init.header.opcode != FUSE_INIT || request.init.major != FUSE_KERNEL_VERSION) {
        errno = EPROTO;
        return -1;
    }
    memcpy(kept->init, request.bytes, count);
    kept->init_count = count;

    *granted = init_offers(&request.init) & wishes->flags;
    struct init_answer answer = {
        .header = {.len = sizeof answer, .unique = request.init.header.unique},
        .major = FUSE_KERNEL_VERSION,
        .minor = request.init.minor,
        .max_readahead = wishes->max_readahead,
        .flags = (uint32_t)*granted,
        .max_background = wishes->max_background,
        .congestion = wishes->congestion,
        .max_write = wishes->max_write,
        .time_granularity = 1,
        .max_pages = wishes->max_write / sysconf(_SC_PAGESIZE),
        .flags2 = *granted >> 32,
        .max_stack_depth = *granted & shim_fuse_passthrough ? wishes->max_stack_depth : 0,
    };
    kept->granted = *granted;
    return write(device, &answer, sizeof answer) == sizeof answer ? 0 : -1;
}
