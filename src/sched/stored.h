/* Which of a stage's values are copied from and to the host. */
#ifndef LOCL_SCHED_STORED_H
#define LOCL_SCHED_STORED_H

typedef enum locl_stored {
    LOCL_STORED_PARAMETERS, /* trained and running ones, which evaluation needs */
    LOCL_STORED_ALL         /* these and the optimiser's state, which training needs to go on */
} locl_stored;

#endif
