// The tumbling-sum job of `penstock-bench engine` as a loop in C: what the machine can do.
// usage: tumbling_sum EVENTS KEYS; prints "CPU-ns-per-event CHECKSUM".
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct { uint64_t key; double value, weight; } event;
typedef struct { uint64_t tag; double sum; } slot;

static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static slot *slots;
static size_t capacity;
static uint64_t checksum;

static void close_window(int64_t end) {
    for (size_t i = 0; i < capacity; i++) {
        if (!slots[i].tag) continue;
        uint64_t bits;
        memcpy(&bits, &slots[i].sum, 8);
        checksum += mix(mix(mix((uint64_t)end) ^ (slots[i].tag - 1)) ^ bits);
    }
    memset(slots, 0, capacity * sizeof *slots);
}

int main(int argc, char **argv) {
    if (argc != 3) return 64;
    int64_t events = atoll(argv[1]), keys = atoll(argv[2]), second = 1000000000, end = second;
    for (capacity = 16; capacity < 2 * (size_t)keys; capacity *= 2) {}
    slots = calloc(capacity, sizeof *slots);
    struct timespec from, to;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    for (int64_t n = 0; n < events; n++) {
        uint64_t x = (uint64_t)n * 6364136223846793005u + 1442695040888963407u;
        event e = {(x >> 33) % (uint64_t)keys, (double)(x >> 40), (double)(x & 255)};
        int64_t time = n * 1000;
        e.value = e.value * 0.5 + e.weight;
        if (!(e.weight < 192)) continue;
        if (time >= end) {
            close_window(end);
            end = time - time % second + second;
        }
        uint64_t code = mix(e.key), tag = code + 1;
        size_t at = code & (capacity - 1);
        while (slots[at].tag != tag) {
            if (!slots[at].tag) { slots[at].tag = tag; break; }
            at = (at + 1) & (capacity - 1);
        }
        slots[at].sum += e.value;
    }
    close_window(end);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    double ns = (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
    printf("%.4f %016llx\n", ns / (double)events, (unsigned long long)checksum);
}
