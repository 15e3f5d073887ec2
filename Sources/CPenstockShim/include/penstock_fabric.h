// What the progress thread of a fabric needs of the system: versioned symbols, an event descriptor, waiting for microseconds.
#pragma once
#include <stdint.h>

/// The function of that name and version (dlvsym(3)), the default version where it is null; null where there is none.
void *penstock_symbol(void *library, const char *name, const char *version);

/// A descriptor that is readable after `penstock_event_signal` until `penstock_event_clear`; -1 and errno where there is none.
int penstock_event_open(void);
void penstock_event_signal(int event);
void penstock_event_clear(int event);
void penstock_event_close(int event);

/// A set of descriptors, each with a number, that can be waited for; -1 and errno where there is none.
int penstock_poller_open(void);
/// 0, or an errno.
int penstock_poller_add(int poller, int descriptor, uint64_t number);
void penstock_poller_remove(int poller, int descriptor);
void penstock_poller_close(int poller);

/// Waits until some of the descriptors are readable or the time is over; for ever where it is negative. Stores the numbers of at most
/// `capacity` (up to 64) of them and gives how many.
int penstock_poller_wait(int poller, uint64_t *numbers, int capacity, int64_t nanoseconds);

/// Shuts down the IPv4 connections of this process that were accepted at `local` or made to `remote`, both 16 bytes of a sockaddr_in.
void penstock_shut_down(const void *local, const void *remote);

/// Faults pages in before they are registered; does nothing where the kernel cannot (Linux 5.14).
void penstock_populate(void *address, uint64_t byteCount);
