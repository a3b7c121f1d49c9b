#ifndef CSHIMS_OWN_NAMESPACES_H
#define CSHIMS_OWN_NAMESPACES_H

// A user namespace and a mount namespace of a process' own. Who may not mount may do so in there, and with the last
// process in there its mounts are gone. Only a process without threads can enter.

// Makes them and enters. User and group are the same in there as outside; everybody else is nobody. What is mounted
// outside is seen in there, and not the other way. The rights to mount go when a program takes the process' place.
// 0, or -1 with errno; `step` is what was refused, such as "unshare".
int shim_enter_own_namespaces(const char **step);

// A mount namespace alone, by those who may mount as they are.
int shim_enter_own_mount_namespace(const char **step);

// Enters those of another process, which are open as these descriptors. 0, or -1 with errno.
int shim_join_namespaces(int users, int mounts);

#endif
