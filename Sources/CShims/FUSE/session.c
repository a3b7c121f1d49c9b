#define _GNU_SOURCE
#include "kept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

// Debian's headers have not got these.
enum { notify_invalid_inode = 2, notify_resend = 7, populate_write = 23 };

const int32_t shim_open_direct = O_DIRECT;

struct shim_fuse_seam {
    struct shim_fuse_kept *kept;
    atomic_bool replays;
    uint64_t init_unique;
    int interrupts;
    size_t largest;
    void *owner;
};

// The thread that reads a request is the one that libfuse calls us back on.
static _Thread_local uint64_t current;

uint64_t shim_fuse_current(void) { return current; }

struct shim_fuse_seam *shim_fuse_seam_new(
    struct shim_fuse_kept *kept, int interrupts, size_t largest, void *owner) {
    struct shim_fuse_seam *seam = calloc(1, sizeof *seam);
    if (!seam) return NULL;
    struct fuse_in_header header;
    memcpy(&header, kept->init, sizeof header);
    seam->kept = kept;
    seam->replays = true;
    seam->init_unique = header.unique;
    seam->interrupts = interrupts;
    seam->largest = largest;
    seam->owner = owner;
    return seam;
}

void *shim_fuse_seam_owner(const struct shim_fuse_seam *seam) { return seam->owner; }

static void note(struct shim_fuse_seam *seam, const void *buffer, size_t count) {
    struct fuse_in_header header;
    memcpy(&header, buffer, sizeof header);
    current = header.unique;
    switch (header.opcode) {
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET: return; // Nobody waits for an answer to these.
    case FUSE_INTERRUPT:
        if (count >= sizeof header + sizeof(struct fuse_interrupt_in)) {
            const void *unique = (const char *)buffer + sizeof header;
            // A pipe holds thousands, and is read at once: full it is only when nothing works any more.
            ssize_t written = write(seam->interrupts, unique, sizeof(uint64_t));
            (void)written;
        }
        return;
    default: kept_note(seam->kept, header.unique);
    }
}

// A request is lost, and the program behind it told EIO, when this process is killed while Linux copies it to memory that has
// first to be found for it: a dying process is given none. So it is there before (Linux 5.14; older ones do without).
static _Thread_local const void *ready;

static void make_ready(void *buffer, size_t room) {
    if (ready == buffer) return;
    uintptr_t page = sysconf(_SC_PAGESIZE), start = (uintptr_t)buffer & ~(page - 1);
    madvise((void *)start, (uintptr_t)buffer + room - start, populate_write);
    ready = buffer;
}

ptrdiff_t shim_fuse_read(int device, void *buffer, size_t room, void *pointer) {
    struct shim_fuse_seam *seam = pointer;
    if (atomic_load_explicit(&seam->replays, memory_order_relaxed) && atomic_exchange(&seam->replays, false)) {
        current = seam->init_unique;
        memcpy(buffer, seam->kept->init, seam->kept->init_count);
        return seam->kept->init_count;
    }
    make_ready(buffer, room < seam->largest ? room : seam->largest);
    ssize_t count = read(device, buffer, room);
    if (count >= (ssize_t)sizeof(struct fuse_in_header)) note(seam, buffer, count);
    return count;
}

ptrdiff_t shim_fuse_writev(int device, struct iovec *parts, int count, void *pointer) {
    struct shim_fuse_seam *seam = pointer;
    struct fuse_out_header header;
    memcpy(&header, parts[0].iov_base, sizeof header);
    // The kernel has had its answer from the keeper.
    if (header.unique == seam->init_unique) return header.len;
    ssize_t written = writev(device, parts, count);
    // Afterwards: what is forgotten before it is answered would be lost with this process.
    int error = errno;
    if (header.unique) kept_forget(seam->kept, header.unique);
    errno = error;
    return written;
}

bool shim_fuse_offers(const struct shim_fuse_kept *kept, uint64_t flag) {
    struct init_request request = {0};
    memcpy(&request, kept->init, kept->init_count < sizeof request ? kept->init_count : sizeof request);
    return init_offers(&request) & flag;
}

bool shim_fuse_granted(const struct shim_fuse_kept *kept, uint64_t flag) { return kept->granted & flag; }

struct shim_fuse_open_node *shim_fuse_open_table(struct shim_fuse_kept *kept) { return kept->open; }

// Nor these.
struct backing_map {
    int32_t file;
    uint32_t flags;
    uint64_t padding;
};

int32_t shim_fuse_open_backing(int device, int file) {
    struct backing_map map = {.file = file};
    return ioctl(device, _IOW(229, 1, struct backing_map), &map);
}

int shim_fuse_close_backing(int device, int32_t backing) {
    uint32_t number = backing;
    return ioctl(device, _IOW(229, 2, uint32_t), &number);
}

uint32_t shim_fuse_begin_session(struct shim_fuse_kept *kept) { return atomic_fetch_add(&kept->sessions, 1) + 1; }

int shim_fuse_resend_unanswered(int device, struct shim_fuse_kept *kept) {
    struct fuse_out_header notice = {.len = sizeof notice, .error = notify_resend};
    if (write(device, &notice, sizeof notice) != sizeof notice) return -1;
    // They come again under numbers of their own.
    for (unsigned place = 0; place < unanswered_places; place++) atomic_store(&kept->unanswered[place], 0);
    return 0;
}

int shim_fuse_fail_unanswered(int device, struct shim_fuse_kept *kept, int error) {
    int failed = 0;
    for (unsigned place = 0; place < unanswered_places; place++) {
        uint64_t unique = atomic_exchange(&kept->unanswered[place], 0);
        if (!unique) continue;
        struct fuse_out_header answer = {.len = sizeof answer, .error = -error, .unique = unique};
        // ENOENT: it was answered before its note was removed.
        if (write(device, &answer, sizeof answer) == sizeof answer) failed++;
    }
    return failed;
}

int shim_fuse_forget_attributes(int device, uint64_t node) {
    struct {
        struct fuse_out_header header;
        struct fuse_notify_inval_inode_out inode;
    } notice = {
        .header = {.len = sizeof notice, .error = notify_invalid_inode},
        // Behind no place at all: of the content nothing is forgotten.
        .inode = {.ino = node, .off = -1},
    };
    return write(device, &notice, sizeof notice) == sizeof notice ? 0 : -1;
}
