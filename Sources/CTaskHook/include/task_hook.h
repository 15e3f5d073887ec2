// Where tasks of Swift concurrency run that have no executor of their own.
#pragma once

/// From now on, what this thread hands to the pool of Swift concurrency is given to `take` instead, as a job to be run once. With null it
/// goes to the pool again. A simulation takes everything that comes of its own work by this.
void penstock_take_tasks(void (*take)(void *context, void *job), void *context);
