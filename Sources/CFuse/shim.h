#pragma once
#define FUSE_USE_VERSION FUSE_MAKE_VERSION(3, 12)
#include <fuse_lowlevel.h>
#include <stdlib.h>

// Of libfuse the low-level half is used: reading requests, taking them apart, and putting answers together. Mounting
// and INIT are not its business here; see fuse_seam.h of CShims.

typedef ssize_t (*cfuse_read)(int device, void *buffer, size_t room, void *user);
typedef ssize_t (*cfuse_writev)(int device, struct iovec *parts, int count, void *user);

// A session on a device that is mounted already, with functions of ours in the place of read(2) and writev(2).
static inline struct fuse_session *cfuse_session(
    const struct fuse_lowlevel_ops *operations, int device, cfuse_read read, cfuse_writev writev, void *user) {
    char name[] = "provision";
    char *words[] = {name, NULL};
    struct fuse_args arguments = FUSE_ARGS_INIT(1, words);
    struct fuse_session *session = fuse_session_new(&arguments, operations, sizeof *operations, user);
    fuse_opt_free_args(&arguments);
    if (!session) return NULL;
    struct fuse_custom_io io = {.read = read, .writev = writev};
    return fuse_session_custom_io(session, &io, device) == 0 ? session : NULL;
}

// Takes one request and has it answered, on this thread.
static inline int cfuse_serve_one(struct fuse_session *session) {
    struct fuse_buf buffer = {0};
    int count = fuse_session_receive_buf(session, &buffer);
    if (count > 0) fuse_session_process_buf(session, &buffer);
    free(buffer.mem);
    return count;
}

// Serves until the file system is unmounted, which is 0. No thread has a descriptor of its own: the requests of a
// cloned one would die with this process.
static inline int cfuse_serve(struct fuse_session *session, unsigned threads) {
    struct fuse_loop_config *configuration = fuse_loop_cfg_create();
    if (!configuration) return -1;
    fuse_loop_cfg_set_clone_fd(configuration, 0);
    fuse_loop_cfg_set_max_threads(configuration, threads);
    fuse_loop_cfg_set_idle_threads(configuration, threads);
    int result = fuse_session_loop_mt(session, configuration);
    fuse_loop_cfg_destroy(configuration);
    return result;
}
