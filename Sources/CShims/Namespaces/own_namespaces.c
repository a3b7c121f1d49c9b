#define _GNU_SOURCE
#include "own_namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

static int write_text(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file == -1) return -1;
    ssize_t written = write(file, text, strlen(text));
    int reason = errno;
    close(file);
    errno = reason;
    return written == (ssize_t)strlen(text) ? 0 : -1;
}

static int write_map(const char *path, unsigned id) {
    char line[64];
    snprintf(line, sizeof line, "%u %u 1", id, id);
    return write_text(path, line);
}

static int map_ourselves(unsigned user, unsigned group, const char **step) {
    *step = "uid_map";
    if (write_map("/proc/self/uid_map", user)) return -1;
    *step = "setgroups";
    // Who could leave groups could read what is closed to them. Kernels before 3.19 do not have it.
    if (write_text("/proc/self/setgroups", "deny") && errno != ENOENT) return -1;
    *step = "gid_map";
    return write_map("/proc/self/gid_map", group);
}

// What is mounted outside comes in, and nothing goes out.
static int receive_mounts(const char **step) {
    *step = "propagation";
    return mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL);
}

int shim_enter_own_namespaces(const char **step) {
    unsigned user = geteuid(), group = getegid();
    *step = "unshare";
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS)) return -1;
    // The files of a process that keeps its memory private belong to root.
    int dumpable = prctl(PR_GET_DUMPABLE);
    prctl(PR_SET_DUMPABLE, 1);
    int result = map_ourselves(user, group, step);
    int reason = errno;
    prctl(PR_SET_DUMPABLE, dumpable);
    errno = reason;
    return result ? result : receive_mounts(step);
}

int shim_enter_own_mount_namespace(const char **step) {
    *step = "unshare";
    if (unshare(CLONE_NEWNS)) return -1;
    return receive_mounts(step);
}

int shim_join_namespaces(int users, int mounts) {
    if (setns(users, CLONE_NEWUSER)) return -1;
    return setns(mounts, CLONE_NEWNS);
}
