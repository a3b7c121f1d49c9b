#ifndef CSHIMS_H
#define CSHIMS_H

// No header of the system that has structures: Swift would take them for those of this module, wherever it met them
// here first.
#include <stddef.h>
#include <stdint.h>

#include "crc.h"
#include "events.h"
#include "fuse_seam.h"
#include "local_socket.h"
#include "own_namespaces.h"

// The Linux calls that Swift's Glibc module does not show, as plain functions. Each returns what the call returns and
// leaves errno alone otherwise.

// openat2(2); -1 with ENOSYS on kernels and in sandboxes that do not have it.
int shim_openat2(int folder, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
extern const uint64_t shim_resolve_beneath;
extern const uint64_t shim_resolve_no_symlinks;
extern const uint64_t shim_resolve_no_magiclinks;

extern const long shim_utime_omit;

extern const int shim_o_path;
extern const int shim_o_nofollow;
extern const int shim_o_directory;
extern const int shim_o_cloexec;
extern const int shim_o_tmpfile;
extern const int shim_at_empty_path;
extern const int shim_o_direct;

// pread(2) of what the kernel has in memory; -1 with EAGAIN when the disk would have to be asked.
ptrdiff_t shim_pread_at_hand(int file, void *buffer, size_t count, int64_t offset);

ptrdiff_t shim_copy_file_range(int from, int64_t *from_offset, int to, int64_t *to_offset, size_t count);

// sem_clockwait(3) of a sem_t, by the clock that nobody sets; seconds and nanoseconds of its time.
int shim_sem_wait_until(void *semaphore, int64_t seconds, int64_t nanoseconds);

// pipe2(2) with O_CLOEXEC.
int shim_pipe(int ends[2]);

// The new process closes this descriptor and all behind it; `actions` are a posix_spawn_file_actions_t.
int shim_spawn_closes_from(void *actions, int from);
extern const int32_t shim_spawn_session;

// ioctl(FICLONE): the whole file shares its blocks with the other one.
int shim_clone(int to, int from);

int shim_renameat2_noreplace(int from_folder, const char *from, int to_folder, const char *to);
int shim_renameat2_exchange(int folder, const char *name, int other_folder, const char *other_name);

// Leaves no core dump, and lets nobody of the same user look into the memory.
int shim_keep_private(void);

// This thread has descriptors of its own from now on: these two, and no other. Fails before Linux 5.9.
int shim_keep_descriptors(int one, int other);

// Processes that have lost their parent become children of this one, as they become those of process 1.
int shim_adopt_orphans(void);

// The calling process is sent a signal when the thread that has started it ends.
int shim_end_with_parent(int32_t signal);

// Every signal does what it does by default, also those two that the C library keeps for itself.
void shim_reset_signals(void);

// All descriptors from this one on are closed when a program takes this process' place.
int shim_close_from_on_exec(int from);

// fallocate(2) from the beginning, which also makes the file this large.
int shim_fallocate(int file, int64_t size);

// fallocate(2) of a hole; the size stays.
int shim_punch(int file, int64_t offset, int64_t count);

// tgkill(2) of no signal: 0, or -1 with ESRCH where the thread is none of the process.
int shim_find_thread(int32_t process, int32_t thread);

// Whether the file is on a file system that is in memory only: 1 or 0, or -1 with errno.
int shim_is_in_memory(int file);
int shim_is_in_overlay(int file);

// The columns of the terminal, or 0 when there is none.
int shim_terminal_columns(int file);

// Whether a file has places for which its file system has no bytes: holes, and room that was reserved and never written. What of
// it is in memory does not count. -1 with errno where the file system cannot say.
int shim_has_unwritten(int file, int64_t size);

// lseek(SEEK_DATA) and lseek(SEEK_HOLE): where the next bytes, or the next hole, begin; -1 with ENXIO behind the last.
int64_t shim_next_data(int file, int64_t offset);
int64_t shim_next_hole(int file, int64_t offset);

ptrdiff_t shim_getrandom(void *buffer, size_t count);

#endif
