// timed COMMAND…: runs a command and says, as the last line on standard error, what it took: seconds of wall time and
// of CPU, and its peak memory in KiB. The peak that the kernel tells of a child begins with that of who started it,
// which is why a small program does so.
#define _GNU_SOURCE
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int count, char **words)
{
    if (count < 2) errx(64, "which command?");
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    pid_t child = fork();
    if (child == 0) {
        execvp(words[1], words + 1);
        err(127, "%s", words[1]);
    }
    int status;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) != child) err(1, "%s", words[1]);
    clock_gettime(CLOCK_MONOTONIC, &after);
    fprintf(
        stderr, "\n%.4f %.4f %ld\n", after.tv_sec - before.tv_sec + (after.tv_nsec - before.tv_nsec) / 1e9,
        usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
        usage.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
