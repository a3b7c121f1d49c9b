#define _GNU_SOURCE
#include "CShims.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

const uint64_t shim_resolve_beneath = RESOLVE_BENEATH;
const uint64_t shim_resolve_no_symlinks = RESOLVE_NO_SYMLINKS;
const uint64_t shim_resolve_no_magiclinks = RESOLVE_NO_MAGICLINKS;

const long shim_utime_omit = UTIME_OMIT;

const int shim_o_path = O_PATH;
const int shim_o_nofollow = O_NOFOLLOW;
const int shim_o_directory = O_DIRECTORY;
const int shim_o_cloexec = O_CLOEXEC;
const int shim_o_tmpfile = O_TMPFILE;
const int shim_at_empty_path = AT_EMPTY_PATH;
const int shim_o_direct = O_DIRECT;

int shim_openat2(int folder, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
    return (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
}

ptrdiff_t shim_pread_at_hand(int file, void *buffer, size_t count, int64_t offset) {
    struct iovec piece = {buffer, count};
    return preadv2(file, &piece, 1, offset, RWF_NOWAIT);
}

ptrdiff_t shim_copy_file_range(int from, int64_t *from_offset, int to, int64_t *to_offset, size_t count) {
    return copy_file_range(from, from_offset, to, to_offset, count, 0);
}

int shim_sem_wait_until(void *semaphore, int64_t seconds, int64_t nanoseconds)
{
    struct timespec time = {.tv_sec = seconds, .tv_nsec = nanoseconds};
    return sem_clockwait(semaphore, CLOCK_MONOTONIC, &time);
}

int shim_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int shim_spawn_closes_from(void *actions, int from) {
    return posix_spawn_file_actions_addclosefrom_np(actions, from);
}

const int32_t shim_spawn_session = POSIX_SPAWN_SETSID;

int shim_clone(int to, int from) { return ioctl(to, FICLONE, from); }

int shim_renameat2_noreplace(int from_folder, const char *from, int to_folder, const char *to) {
    return renameat2(from_folder, from, to_folder, to, RENAME_NOREPLACE);
}

int shim_renameat2_exchange(int folder, const char *name, int other_folder, const char *other_name) {
    return renameat2(folder, name, other_folder, other_name, RENAME_EXCHANGE);
}

int shim_keep_descriptors(int one, int other) {
    unsigned lower = one < other ? one : other, upper = one < other ? other : one;
    // Not unshare(2), which containers are often refused.
    if (close_range(upper + 1, ~0u, CLOSE_RANGE_UNSHARE) != 0) return -1;
    if (lower > 0) close_range(0, lower - 1, 0);
    if (upper > lower + 1) close_range(lower + 1, upper - 1, 0);
    return 0;
}

int shim_keep_private(void) { return prctl(PR_SET_DUMPABLE, 0); }

int shim_adopt_orphans(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1); }

int shim_end_with_parent(int32_t signal) { return prctl(PR_SET_PDEATHSIG, signal); }

void shim_reset_signals(void) {
    // The kernel's own structure, of which nothing is set: the C library's call does not touch all of them.
    const uint64_t by_default[4] = {0};
    for (int signal = 1; signal <= 64; signal++) syscall(SYS_rt_sigaction, signal, by_default, NULL, (size_t)8);
}

int shim_close_from_on_exec(int from) { return close_range(from, ~0u, CLOSE_RANGE_CLOEXEC); }

int shim_fallocate(int file, int64_t size) { return fallocate(file, 0, 0, size); }

int shim_punch(int file, int64_t offset, int64_t count) {
    return fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, count);
}

int shim_find_thread(int32_t process, int32_t thread) { return tgkill(process, thread, 0); }

int shim_is_in_memory(int file) {
    struct statfs status;
    if (fstatfs(file, &status) != 0) return -1;
    return status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC;
}

int shim_is_in_overlay(int file) {
    struct statfs status;
    if (fstatfs(file, &status) != 0) return -1;
    return status.f_type == OVERLAYFS_SUPER_MAGIC;
}

ptrdiff_t shim_getrandom(void *buffer, size_t count) { return getrandom(buffer, count, 0); }

int shim_terminal_columns(int file) {
    struct winsize size;
    return ioctl(file, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

int64_t shim_next_data(int file, int64_t offset) {
    return lseek(file, offset, SEEK_DATA);
}

int64_t shim_next_hole(int file, int64_t offset) {
    return lseek(file, offset, SEEK_HOLE);
}

int shim_has_unwritten(int file, int64_t size) {
    enum { at_once = 64 };
    union {
        struct fiemap map;
        char room[sizeof(struct fiemap) + at_once * sizeof(struct fiemap_extent)];
    } buffer;
    uint64_t end = size, known = 0;
    while (known < end) {
        memset(&buffer, 0, sizeof buffer);
        buffer.map.fm_start = known;
        buffer.map.fm_length = end - known;
        buffer.map.fm_extent_count = at_once;
        if (ioctl(file, FS_IOC_FIEMAP, &buffer.map) != 0) return -1;
        if (buffer.map.fm_mapped_extents == 0) return 1;
        for (uint32_t index = 0; index < buffer.map.fm_mapped_extents; index++) {
            struct fiemap_extent *extent = &buffer.map.fm_extents[index];
            if (extent->fe_logical > known || extent->fe_flags & FIEMAP_EXTENT_UNWRITTEN) return 1;
            known = extent->fe_logical + extent->fe_length;
        }
    }
    return 0;
}
