#define _GNU_SOURCE
#include "fuse_seam.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int shim_mount_facts(int folder, const char *name, struct shim_mount_facts *facts) {
    struct statx found = {0};
    int flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT;
    if (statx(folder, name, flags, STATX_TYPE | STATX_MODE | STATX_MNT_ID, &found) != 0) return -1;
    *facts = (struct shim_mount_facts){
        .mount = found.stx_mask & STATX_MNT_ID ? found.stx_mnt_id : 0,
        .major = found.stx_dev_major,
        .minor = found.stx_dev_minor,
        .mode = found.stx_mode,
        .is_root = found.stx_attributes & STATX_ATTR_MOUNT_ROOT,
    };
    return 0;
}

int shim_ask_server(int folder, const char *name) {
    struct statx found;
    int flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_STATX_FORCE_SYNC;
    return statx(folder, name, flags, STATX_BASIC_STATS, &found);
}

int shim_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int shim_pipe_without_waiting(int ends[2]) { return pipe2(ends, O_CLOEXEC | O_NONBLOCK); }

int shim_make_pipe_room(int end, int bytes) { return fcntl(end, F_SETPIPE_SZ, bytes) < 0 ? -1 : 0; }
