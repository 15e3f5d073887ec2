#define _GNU_SOURCE
#include "penstock_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

int penstock_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno; }

static int set_actions(posix_spawn_file_actions_t *actions, const char *folder, const char *input, int output,
                       int errors) {
    int status = posix_spawn_file_actions_addopen(actions, 0, input, O_RDONLY, 0);
    if (status == 0) status = posix_spawn_file_actions_adddup2(actions, output, 1);
    if (status == 0) status = posix_spawn_file_actions_adddup2(actions, errors, 2);
#ifdef __GLIBC__
    // Whatever others of this process have open without a mark.
    if (status == 0) status = posix_spawn_file_actions_addclosefrom_np(actions, 3);
#endif
    if (status == 0) status = posix_spawn_file_actions_addchdir_np(actions, folder);
    return status;
}

static int set_attributes(posix_spawnattr_t *attributes) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int status = posix_spawnattr_setsigmask(attributes, &none);
    if (status == 0) status = posix_spawnattr_setsigdefault(attributes, &all);
    if (status == 0) status = posix_spawnattr_setpgroup(attributes, 0);
    short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (status == 0) status = posix_spawnattr_setflags(attributes, flags);
    return status;
}

int penstock_spawn(const char *path, char *const arguments[], char *const environment[], const char *folder,
                   const char *input, int output, int errors, pid_t *process) {
    posix_spawn_file_actions_t actions;
    int status = posix_spawn_file_actions_init(&actions);
    if (status != 0) return status;
    posix_spawnattr_t attributes;
    status = posix_spawnattr_init(&attributes);
    if (status == 0) {
        status = set_actions(&actions, folder, input, output, errors);
        if (status == 0) status = set_attributes(&attributes);
        if (status == 0) status = posix_spawn(process, path, &actions, &attributes, arguments, environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return status;
}
