// One TCP connection over loopback, two threads of one process: what the system's sockets can do.
// usage: loopback_stream BYTES ROUND_TRIPS; prints "bytes-per-second CPU-ns-per-byte round-trip-p50-ns round-trip-p99-ns".
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 256 << 10, MESSAGE = 64 };

static int listener;
static size_t total;
static long trips;

static double seconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int read_all(int socket, char *bytes, size_t count) {
    while (count > 0) {
        ssize_t got = read(socket, bytes, count);
        if (got <= 0) return -1;
        bytes += got;
        count -= (size_t)got;
    }
    return 0;
}

static int write_all(int socket, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t put = write(socket, bytes, count);
        if (put <= 0) return -1;
        bytes += put;
        count -= (size_t)put;
    }
    return 0;
}

static void without_delay(int socket) {
    int one = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static void *receive(void *unused) {
    int socket = accept(listener, NULL, NULL);
    char *bytes = malloc(PIECE);
    without_delay(socket);
    for (size_t left = total; left > 0;) {
        ssize_t got = read(socket, bytes, left < PIECE ? left : PIECE);
        if (got <= 0) exit(1);
        left -= (size_t)got;
    }
    if (write_all(socket, bytes, 1)) exit(1);
    for (long n = 0; n < trips; n++)
        if (read_all(socket, bytes, MESSAGE) || write_all(socket, bytes, MESSAGE)) exit(1);
    free(bytes);
    close(socket);
    return unused;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    if (argc != 3) return 64;
    total = strtoull(argv[1], NULL, 10);
    trips = strtol(argv[2], NULL, 10);
    if (trips < 1) return 64;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1)) return 1;
    getsockname(listener, (struct sockaddr *)&address, &length);
    pthread_t thread;
    pthread_create(&thread, NULL, receive, NULL);
    int peer = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(peer, (struct sockaddr *)&address, sizeof address)) return 1;
    without_delay(peer);
    char *bytes = malloc(PIECE);
    memset(bytes, 7, PIECE);
    double from = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (size_t left = total; left > 0;) {
        size_t piece = left < PIECE ? left : PIECE;
        if (write_all(peer, bytes, piece)) return 1;
        left -= piece;
    }
    if (read_all(peer, bytes, 1)) return 1;
    double wall = seconds(CLOCK_MONOTONIC) - from;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    double *times = malloc((size_t)trips * sizeof *times);
    for (long n = 0; n < trips; n++) {
        double begin = seconds(CLOCK_MONOTONIC);
        if (write_all(peer, bytes, MESSAGE) || read_all(peer, bytes, MESSAGE)) return 1;
        times[n] = seconds(CLOCK_MONOTONIC) - begin;
    }
    pthread_join(thread, NULL);
    qsort(times, (size_t)trips, sizeof *times, ascending);
    printf("%.0f %.5f %.0f %.0f\n", (double)total / wall, cpu * 1e9 / (double)total, times[trips / 2] * 1e9,
           times[trips * 99 / 100] * 1e9);
}
