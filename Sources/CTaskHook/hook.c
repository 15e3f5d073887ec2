#include "task_hook.h"
#include <pthread.h>
#include <stddef.h>

#define SWIFT_CALL __attribute__((swiftcall))

typedef SWIFT_CALL void (*enqueue_function)(void *job);
typedef SWIFT_CALL void (*enqueue_hook)(void *job, enqueue_function original);

// Of the Swift runtime, for whoever replaces its pool: called in place of it where it is set.
extern enqueue_hook swift_task_enqueueGlobal_hook;

static enqueue_hook replaced;
static pthread_once_t installation = PTHREAD_ONCE_INIT;

static _Thread_local void (*taker)(void *context, void *job);
static _Thread_local void *taker_context;

static SWIFT_CALL void enqueue(void *job, enqueue_function original) {
    if (taker) {
        taker(taker_context, job);
    } else if (replaced) {
        replaced(job, original);
    } else {
        original(job);
    }
}

static void install(void) {
    replaced = swift_task_enqueueGlobal_hook;
    swift_task_enqueueGlobal_hook = enqueue;
}

void penstock_take_tasks(void (*take)(void *context, void *job), void *context) {
    pthread_once(&installation, install);
    taker = take;
    taker_context = context;
}
