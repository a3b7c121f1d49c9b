#ifndef CSHIMS_FUSE_SEAM_H
#define CSHIMS_FUSE_SEAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct iovec;

// The seam between /dev/fuse and libfuse. The keeper of a mount answers INIT itself and keeps the device; each session
// that it starts on that device, the first or the tenth, is given the same INIT request again. What a session must know
// of its dead predecessor stands in memory that the keeper owns.
//
// The functions that libfuse calls in the place of read(2) and writev(2) are C because libfuse cancels its threads
// while they wait in them, and unwinding must not go through Swift.

// What the kernel can do and may be allowed to (flags of INIT), as far as it is wanted here. Debian's headers do not
// have all of them. Never to be added: SETXATTR_EXT and SECURITY_CTX, which change requests in a way that libfuse 3.14
// does not know, and ABORT_ERROR, after which it takes an unmount for an error.
static const uint64_t shim_fuse_async_read = 1ull << 0;
static const uint64_t shim_fuse_atomic_truncate = 1ull << 3;
static const uint64_t shim_fuse_big_writes = 1ull << 5;
static const uint64_t shim_fuse_auto_invalidate = 1ull << 12;
static const uint64_t shim_fuse_readdirplus = 1ull << 13;
static const uint64_t shim_fuse_readdirplus_auto = 1ull << 14;
static const uint64_t shim_fuse_async_direct = 1ull << 15;
static const uint64_t shim_fuse_parallel_folders = 1ull << 18;
static const uint64_t shim_fuse_max_pages = 1ull << 22;
static const uint64_t shim_fuse_handle_killpriv_v2 = 1ull << 28;
static const uint64_t shim_fuse_init_ext = 1ull << 30;
static const uint64_t shim_fuse_expire_only = 1ull << 35;
static const uint64_t shim_fuse_direct_mmap = 1ull << 36;
static const uint64_t shim_fuse_passthrough = 1ull << 37;
static const uint64_t shim_fuse_resend = 1ull << 39;

// In the number of a request that comes again, since another session had read and not answered it.
static const uint64_t shim_fuse_resent = 1ull << 63;

// Flags of an answer to OPEN.
static const uint32_t shim_fuse_open_direct = 1u << 0;
static const uint32_t shim_fuse_open_keep_cache = 1u << 1;
static const uint32_t shim_fuse_open_cache_folder = 1u << 3;
static const uint32_t shim_fuse_open_no_flush = 1u << 5;
static const uint32_t shim_fuse_open_parallel_writes = 1u << 6;
static const uint32_t shim_fuse_open_passthrough = 1u << 7;

extern const int32_t shim_open_direct; // O_DIRECT of open(2), which Glibc's module does not have.

struct shim_fuse_open {
    uint64_t handle;
    uint32_t flags;
    int32_t backing;
};

// MARK: What is kept from one session to the next

// Lies at the beginning of the keeper's shared memory; what is behind `shim_fuse_kept_size` is the file system's.
struct shim_fuse_kept;
static const size_t shim_fuse_kept_size = 192 << 10;

// How the kernel has a file open, as far as that binds whoever opens it next: a file is read through another one of this
// machine (`passing`) or from the kernel's cache (`buffered`), never both at once.
struct shim_fuse_open_node {
    uint64_t node; // Nothing is 0.
    uint64_t version; // That is read.
    int32_t backing; // The number of the file that is read in its place.
    uint32_t passing, buffered; // How many have it open.
    uint32_t unused;
};

// As many files at once are known to be open.
enum { shim_fuse_open_nodes = 4096 };
struct shim_fuse_open_node *shim_fuse_open_table(struct shim_fuse_kept *kept);

// MARK: The keeper's side

struct shim_fuse_wishes {
    uint64_t flags;
    uint32_t max_readahead, max_write;
    uint16_t max_background, congestion;
    uint32_t max_stack_depth; // With `shim_fuse_passthrough`: how deep the files may lie that are read in the place of ours.
};

// Reads the INIT request, which is there as soon as mount(2) has returned, keeps it and answers it. Until then whoever
// touches the mount point waits and cannot be killed. `granted` is what the kernel offered of the wishes. 0, or -1 with
// errno.
int shim_fuse_handshake(
    int device, const struct shim_fuse_wishes *wishes, struct shim_fuse_kept *kept, uint64_t *granted);

// MARK: The session's side

struct shim_fuse_seam;

// `interrupts` is the writing end of a pipe: the number of every request that the kernel calls off is written to it, 8
// bytes each. `largest` is how many bytes a request may have. `owner` is for the callbacks.
struct shim_fuse_seam *shim_fuse_seam_new(
    struct shim_fuse_kept *kept, int interrupts, size_t largest, void *owner);
void *shim_fuse_seam_owner(const struct shim_fuse_seam *seam);

// In the place of read(2) and writev(2). The first read gives INIT again, and the answer to that goes nowhere.
ptrdiff_t shim_fuse_read(int device, void *buffer, size_t room, void *seam);
ptrdiff_t shim_fuse_writev(int device, struct iovec *parts, int count, void *seam);

// Of the request that this thread has read last.
uint64_t shim_fuse_current(void);

// Whether the kernel has this, of what the keeper wishes for.
bool shim_fuse_offers(const struct shim_fuse_kept *kept, uint64_t flag);

// Whether the keeper has wished for this and the kernel has it.
bool shim_fuse_granted(const struct shim_fuse_kept *kept, uint64_t flag);

// Has the kernel know an open file by a number, under which it can be read in the place of ours. It may be closed then. The
// numbers are the mount's, and outlive the session. -1 with errno: EPERM without the right to, ELOOP where the file lies
// too deep.
int32_t shim_fuse_open_backing(int device, int file);
int shim_fuse_close_backing(int device, int32_t backing);

// Counts the sessions that have begun on this memory; this one is included.
uint32_t shim_fuse_begin_session(struct shim_fuse_kept *kept);

// To be called by a successor, before it reads anything: has the kernel send again what the dead session had read and
// not answered. -1 with EINVAL on kernels before 6.9; then `shim_fuse_fail_unanswered` is left.
int shim_fuse_resend_unanswered(int device, struct shim_fuse_kept *kept);

// Answers all of that with an error, and returns how many they were.
int shim_fuse_fail_unanswered(int device, struct shim_fuse_kept *kept, int error);

// Has the kernel ask again for the attributes of a node before it goes by them. -1 with ENOENT if it does not know it.
int shim_fuse_forget_attributes(int device, uint64_t node);

// MARK: Mounts, without asking who serves them

struct shim_mount_facts {
    uint64_t mount; // Nothing is 0: kernels before 5.8 do not tell.
    uint32_t major, minor;
    uint32_t mode;
    bool is_root; // Of a mount.
};

// What stands under a name in a folder, or is open itself where the name is "". Nobody is asked, not even a server that
// is dead or stuck.
int shim_mount_facts(int folder, const char *name, struct shim_mount_facts *facts);

// Has the server asked, whatever the kernel remembers.
int shim_ask_server(int folder, const char *name);

// MARK: Memory and pipes

int shim_memory_file(const char *name);
int shim_pipe_without_waiting(int ends[2]); // Neither end waits.
int shim_make_pipe_room(int end, int bytes);

#endif
