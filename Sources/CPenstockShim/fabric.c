#define _GNU_SOURCE
#include "penstock_fabric.h"
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST_EVENTS 64

void *penstock_symbol(void *library, const char *name, const char *version) {
    return version ? dlvsym(library, name, version) : dlsym(library, name);
}

int penstock_event_open(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

void penstock_event_signal(int event) {
    uint64_t one = 1;
    // It fails only where the counter is full, and then the descriptor is readable.
    ssize_t written = write(event, &one, sizeof one);
    (void)written;
}

void penstock_event_clear(int event) {
    uint64_t count;
    ssize_t got = read(event, &count, sizeof count);
    (void)got;
}

void penstock_event_close(int event) {
    if (event >= 0) close(event);
}

int penstock_poller_open(void) { return epoll_create1(EPOLL_CLOEXEC); }

int penstock_poller_add(int poller, int descriptor, uint64_t number) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = number};
    return epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event) == 0 ? 0 : errno;
}

void penstock_poller_remove(int poller, int descriptor) { epoll_ctl(poller, EPOLL_CTL_DEL, descriptor, NULL); }

void penstock_poller_close(int poller) {
    if (poller >= 0) close(poller);
}

int penstock_poller_wait(int poller, uint64_t *numbers, int capacity, int64_t nanoseconds) {
    int milliseconds = nanoseconds == 0 ? 0 : -1;
    if (nanoseconds > 0 && nanoseconds < 5000000) {
        // epoll counts milliseconds, and epoll_pwait2 is younger than what sites run.
        struct pollfd descriptor = {poller, POLLIN, 0};
        struct timespec time = {0, (long)nanoseconds};
        ppoll(&descriptor, 1, &time, NULL);
        milliseconds = 0;
    } else if (nanoseconds > 0) {
        int64_t rounded = nanoseconds / 1000000 + 1;
        milliseconds = rounded > 3600000 ? 3600000 : (int)rounded;
    }
    struct epoll_event events[MOST_EVENTS];
    // Interrupted by a signal or not: the caller looks at everything again.
    int count = epoll_wait(poller, events, capacity < MOST_EVENTS ? capacity : MOST_EVENTS, milliseconds);
    for (int i = 0; i < count; i++) numbers[i] = events[i].data.u64;
    return count > 0 ? count : 0;
}

static int is_same(const struct sockaddr_in *a, const void *bytes) {
    const struct sockaddr_in *b = bytes;
    return a->sin_family == AF_INET && a->sin_port == b->sin_port && a->sin_addr.s_addr == b->sin_addr.s_addr;
}

void penstock_shut_down(const void *local, const void *remote) {
    DIR *folder = opendir("/proc/self/fd");
    if (!folder) return;
    for (struct dirent *entry; (entry = readdir(folder));) {
        char *end;
        long descriptor = strtol(entry->d_name, &end, 10);
        if (end == entry->d_name) continue;
        struct sockaddr_in ours = {0}, theirs = {0};
        socklen_t oursBytes = sizeof ours, theirsBytes = sizeof theirs;
        // Listening sockets have no peer, and stay.
        if (getpeername((int)descriptor, (struct sockaddr *)&theirs, &theirsBytes) != 0) continue;
        if (getsockname((int)descriptor, (struct sockaddr *)&ours, &oursBytes) != 0) continue;
        if (is_same(&ours, local) || is_same(&theirs, remote)) shutdown((int)descriptor, SHUT_RDWR);
    }
    closedir(folder);
}

void penstock_populate(void *address, uint64_t byteCount) {
#ifdef MADV_POPULATE_WRITE
    madvise(address, byteCount, MADV_POPULATE_WRITE);
#else
    (void)address;
    (void)byteCount;
#endif
}
