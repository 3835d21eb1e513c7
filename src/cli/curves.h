/* What `locl plot RUN...` draws: curves of loss and error, of training and test, of the classifier and each block, of
 * one run or several. plot_curves.c draws them as a picture, text_curves.c in a terminal. */
#ifndef LOCL_CLI_CURVES_H
#define LOCL_CLI_CURVES_H

#include <locl/locl.h>

#include <stdbool.h>

/* Runs at most: as many as there are letters that mark them. */
enum { LOCL_CURVES_RUNS = 26, LOCL_CURVES_NAME = 128 };

/* What runs from left to right. */
typedef enum locl_curves_by { LOCL_BY_EPOCH, LOCL_BY_STEP, LOCL_BY_SECOND } locl_curves_by;

typedef struct locl_curves {
    locl_history *run[LOCL_CURVES_RUNS];
    char name[LOCL_CURVES_RUNS][LOCL_CURVES_NAME]; /* of the runs: folders, with what tells them apart */
    size_t runs;
    locl_curves_by by;
    size_t heads; /* of the deepest run. Head 0 is the classifier, head k + 1 block k's */
    double right; /* the largest x; above 0 */
} locl_curves;

/* A curve of a run, of loss and error. */
typedef struct locl_curve {
    size_t run, head;
    bool test; /* false: of training */
} locl_curve;

typedef struct locl_curve_point {
    double x, loss, error; /* error is a fraction; both may be NaN */
} locl_curve_point;

/* Reads the histories of runs. `by` is "epoch", "step" or "second"; NULL: epochs, or steps where a run's first epoch is
 * not over. Warns on standard error of what makes curves hard to compare. `curves` is to be closed, on error too.
 * LOCL_E_USAGE, LOCL_E_DATA. */
locl_status locl_curves_open(locl_curves *curves, const char *const *folder, size_t folders, const char *by,
                             locl_error *err);
void locl_curves_close(locl_curves *curves); /* zeroed is fine */

/* Returns whether a run has such a head, and it is trained. */
bool locl_curves_has(const locl_curves *curves, size_t run, size_t head);
/* Reads a line of a run's history as a point of a curve; false: it is none of the curve's. */
bool locl_curves_point(const locl_curves *curves, const locl_curve *curve, size_t line,
                       locl_curve_point *out);
/* Finds the largest finite loss and error of all curves. 0 where there is none. */
void locl_curves_tops(const locl_curves *curves, double *loss, double *error);
/* Writes "classifier" or "block 2". */
void locl_curves_head(size_t head, char *out, size_t size);
/* Returns "epoch", "step" or "seconds of training". */
const char *locl_curves_axis(const locl_curves *curves);

#endif
