#include "run/watch.h"

enum { LEAST_STEPS = 8, WINDOWS = 3 };

static const double least_seconds = 1, slower = 1.2;

bool locl_watch_step(locl_watch *w, double now)
{
    double taken = now - w->last;
    w->last = now;
    if (!w->going) {
        w->going = true;
        return false;
    }
    w->seconds += taken;
    w->steps++;
    if (w->steps < LEAST_STEPS || w->seconds < least_seconds) {
        return false;
    }
    double step = w->seconds / (double)w->steps;
    bool late = w->usual > 0 && step > slower * w->usual;
    w->slow = late ? w->slow + 1 : 0;
    w->usual = w->usual > 0 && w->usual < step ? w->usual : step;
    w->seconds = 0;
    w->steps = 0;
    return w->slow >= WINDOWS && now >= w->not_until;
}

void locl_watch_pause(locl_watch *w)
{
    w->going = false;
}

void locl_watch_reset(locl_watch *w, double usual, double not_until)
{
    *w = (locl_watch){.usual = usual, .not_until = not_until};
}
