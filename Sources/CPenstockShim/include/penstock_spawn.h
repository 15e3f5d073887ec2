// Starts programs, by calls that Swift does not see.
#pragma once
#include <sys/types.h>

/// Makes a pipe of which programs that are started inherit neither end: 0, or the number of the error.
int penstock_pipe(int ends[2]);

/// Starts the program `path` in `folder`, as the leader of a new process group, with signals as a program expects them.
///
/// `arguments` and `environment` end with a null pointer. The file `input` is its standard input, the descriptors `output` and `errors` its
/// standard output and error; it inherits nothing else. Gives its number in `process`: 0, or the number of the error.
int penstock_spawn(const char *path, char *const arguments[], char *const environment[], const char *folder,
                   const char *input, int output, int errors, pid_t *process);
