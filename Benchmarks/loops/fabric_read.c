// Two endpoints of libfabric, two threads of one process that sleep until their queue of completions wakes them: what a
// provider can do without anything above it.
// usage: fabric_read PROVIDER BYTES READS WINDOW ROUND_TRIPS; BYTES of each read, WINDOW of them on their way at a time; then
// messages of 64 bytes go there and back. Prints "bytes-per-second CPU-ns-per-byte round-trip-p50-ns round-trip-p99-ns
// CPU-ns-per-round-trip".
#include <poll.h>
#include <pthread.h>
#include <rdma/fabric.h>
#include <rdma/fi_cm.h>
#include <rdma/fi_domain.h>
#include <rdma/fi_endpoint.h>
#include <rdma/fi_rma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGE = 64, MOST_WINDOW = 256, BATCH = 32 };

struct side {
    struct fi_info *info;
    struct fid_fabric *fabric;
    struct fid_domain *domain;
    struct fid_ep *endpoint;
    struct fid_cq *queue;
    struct fid_av *addresses;
    struct fid_mr *region;
    int descriptor;
    fi_addr_t peer;
    char *memory;
    struct fi_context2 contexts[MOST_WINDOW], receive, send;
    char incoming[MESSAGE], outgoing[MESSAGE];
};

static struct side reader, target;
static size_t bytes;
static long reads, trips;
static int window;

static double seconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void check(long status, const char *what) {
    if (status == 0) return;
    fprintf(stderr, "fabric_read: %s: %s\n", what, fi_strerror((int)labs(status)));
    exit(1);
}

// Tries a post until the provider takes it: it does not while it connects.
#define POST(side, call)                                             \
    do {                                                             \
        long status;                                                 \
        while ((status = (call)) == -FI_EAGAIN) {                    \
            fi_cq_read((side)->queue, NULL, 0);                      \
            usleep(50);                                              \
        }                                                            \
        check(status, #call);                                        \
    } while (0)

static void open_side(struct side *side, const char *provider) {
    struct fi_info *hints = fi_allocinfo();
    hints->caps = FI_MSG | FI_RMA | FI_SEND | FI_RECV | FI_READ | FI_REMOTE_READ;
    hints->mode = FI_CONTEXT | FI_CONTEXT2;
    hints->ep_attr->type = FI_EP_RDM;
    hints->domain_attr->threading = FI_THREAD_SAFE;
    hints->domain_attr->mr_mode = FI_MR_VIRT_ADDR | FI_MR_ALLOCATED | FI_MR_PROV_KEY;
    hints->tx_attr->msg_order = hints->rx_attr->msg_order = FI_ORDER_SAS;
    hints->fabric_attr->prov_name = strdup(provider);
    check(fi_getinfo(FI_VERSION(1, 15), "127.0.0.1", NULL, FI_SOURCE, hints, &side->info), "fi_getinfo");
    fi_freeinfo(hints);
    check(fi_fabric(side->info->fabric_attr, &side->fabric, NULL), "fi_fabric");
    check(fi_domain(side->fabric, side->info, &side->domain, NULL), "fi_domain");
    struct fi_cq_attr queue = {.size = MOST_WINDOW + 8, .format = FI_CQ_FORMAT_MSG, .wait_obj = FI_WAIT_FD};
    check(fi_cq_open(side->domain, &queue, &side->queue, NULL), "fi_cq_open");
    check(fi_control(&side->queue->fid, FI_GETWAIT, &side->descriptor), "FI_GETWAIT");
    struct fi_av_attr addresses = {.type = side->info->domain_attr->av_type, .count = 4};
    check(fi_av_open(side->domain, &addresses, &side->addresses, NULL), "fi_av_open");
    check(fi_endpoint(side->domain, side->info, &side->endpoint, NULL), "fi_endpoint");
    check(fi_ep_bind(side->endpoint, &side->addresses->fid, 0), "fi_ep_bind");
    check(fi_ep_bind(side->endpoint, &side->queue->fid, FI_SEND | FI_RECV), "fi_ep_bind");
    check(fi_enable(side->endpoint), "fi_enable");
    size_t length = bytes * (size_t)window;
    side->memory = aligned_alloc(4096, (length + 4095) / 4096 * 4096);
    memset(side->memory, 7, length);
    check(fi_mr_reg(side->domain, side->memory, length, FI_READ | FI_REMOTE_READ, 0, side == &reader ? 1 : 2, 0,
                    &side->region, NULL),
          "fi_mr_reg");
}

static void know(struct side *side, struct side *other) {
    char name[256];
    size_t length = sizeof name;
    check(fi_getname(&other->endpoint->fid, name, &length), "fi_getname");
    if (fi_av_insert(side->addresses, name, 1, &side->peer, 0, NULL) != 1) exit(1);
}

// Sleeps until something has come; gives how many completions.
static int wait_some(struct side *side, struct fi_cq_msg_entry *entries) {
    for (;;) {
        ssize_t count = fi_cq_read(side->queue, entries, BATCH);
        if (count > 0) return (int)count;
        if (count != -FI_EAGAIN) check(count, "fi_cq_read");
        struct fid *queue = &side->queue->fid;
        if (fi_trywait(side->fabric, &queue, 1) == FI_SUCCESS) {
            struct pollfd descriptor = {side->descriptor, POLLIN, 0};
            poll(&descriptor, 1, -1);
        }
    }
}

// Waits for a message and lets the next one come; completions of sends are passed over.
static void wait_message(struct side *side) {
    struct fi_cq_msg_entry entries[BATCH];
    for (int have = 0; !have;) {
        int count = wait_some(side, entries);
        for (int n = 0; n < count; n++) have |= entries[n].op_context == &side->receive;
    }
}

static void let_come(struct side *side) {
    POST(side, fi_recv(side->endpoint, side->incoming, MESSAGE, NULL, FI_ADDR_UNSPEC, &side->receive));
}

static void say(struct side *side) {
    POST(side, fi_send(side->endpoint, side->outgoing, MESSAGE, NULL, side->peer, &side->send));
}

// The target's part: makes progress until a message comes, and answers each.
static void *answer(void *unused) {
    for (long n = 0; n <= trips; n++) {
        wait_message(&target);
        let_come(&target);
        say(&target);
    }
    // The last answer leaves with the progress that is made for it.
    struct fi_cq_msg_entry entries[BATCH];
    for (int n = 0; n < 100; n++) {
        fi_cq_read(target.queue, entries, BATCH);
        usleep(100);
    }
    return unused;
}

static void post_read(int slot, struct fi_context2 *context) {
    char *base = target.info->domain_attr->mr_mode & FI_MR_VIRT_ADDR ? target.memory : 0;
    size_t offset = bytes * (size_t)slot;
    POST(&reader, fi_read(reader.endpoint, reader.memory + offset, bytes, NULL, reader.peer, (uint64_t)base + offset,
                          fi_mr_key(target.region), context));
}

static void read_all(long count) {
    struct fi_cq_msg_entry entries[BATCH];
    long posted = 0, done = 0;
    while (posted < count && posted < window) {
        post_read((int)posted, &reader.contexts[posted]);
        posted++;
    }
    while (done < count) {
        int came = wait_some(&reader, entries);
        for (int n = 0; n < came; n++) {
            struct fi_context2 *context = entries[n].op_context;
            done++;
            if (posted++ < count) post_read((int)(context - reader.contexts), context);
        }
    }
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    if (argc != 6) return 64;
    bytes = strtoull(argv[2], NULL, 10);
    reads = strtol(argv[3], NULL, 10);
    window = atoi(argv[4]);
    trips = strtol(argv[5], NULL, 10);
    if (bytes < 1 || reads < 1 || window < 1 || window > MOST_WINDOW || trips < 1) return 64;
    open_side(&reader, argv[1]);
    open_side(&target, argv[1]);
    know(&reader, &target);
    know(&target, &reader);
    let_come(&target);
    let_come(&reader);
    pthread_t thread;
    pthread_create(&thread, NULL, answer, NULL);
    read_all(window); // connects, and touches the memory
    double from = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    read_all(reads);
    double wall = seconds(CLOCK_MONOTONIC) - from;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    double *times = malloc((size_t)(trips + 1) * sizeof *times);
    double tripsFrom = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (long n = 0; n <= trips; n++) {
        double begin = seconds(CLOCK_MONOTONIC);
        say(&reader);
        wait_message(&reader);
        times[n] = seconds(CLOCK_MONOTONIC) - begin;
        let_come(&reader);
    }
    double tripsCpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - tripsFrom;
    pthread_join(thread, NULL);
    double total = (double)reads * (double)bytes;
    // The first trip connects.
    qsort(times + 1, (size_t)trips, sizeof *times, ascending);
    printf("%.0f %.5f %.0f %.0f %.0f\n", total / wall, cpu * 1e9 / total, times[1 + trips / 2] * 1e9,
           times[1 + trips * 99 / 100] * 1e9, tripsCpu * 1e9 / (double)(trips + 1));
}
