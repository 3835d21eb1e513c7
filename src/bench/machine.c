#include "bench/machine.h"

#include "base/clock.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

/* ---- what it is ---- */

/* Copies what follows "<key> : " in /proc/cpuinfo. */
static void read_processor(char *out, size_t size)
{
    char line[512];
    FILE *file = fopen("/proc/cpuinfo", "re");
    snprintf(out, size, "unknown");
    while (file && fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');
        if (colon && (!strncmp(line, "model name", 10) || !strncmp(line, "Model", 5))) {
            line[strcspn(line, "\n")] = '\0';
            snprintf(out, size, "%s", colon[1] == ' ' ? colon + 2 : colon + 1);
            break;
        }
    }
    if (file) {
        fclose(file);
    }
}

void locl_machine_describe(locl_report *report)
{
    char processor[256];
    struct utsname system;
    read_processor(processor, sizeof processor);
    locl_report_group_text(report, LOCL_BENCH_HOST, "processor", processor);
    locl_report_group_number(report, LOCL_BENCH_HOST, "processors", (double)sysconf(_SC_NPROCESSORS_ONLN));
    locl_report_group_number(report, LOCL_BENCH_HOST, "memory",
                             (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE));
    if (uname(&system) == 0) {
        char text[256];
        snprintf(text, sizeof text, "%s %s %s", system.sysname, system.release, system.machine);
        locl_report_group_text(report, LOCL_BENCH_HOST, "system", text);
    }
}

/* ---- what else it does ---- */

double locl_machine_busy_ticks(const char *line)
{
    double user, nice, system, idle, wait = 0, irq = 0, soft = 0, steal = 0;
    int got = sscanf(line, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", &user, &nice, &system, &idle, &wait, &irq,
                     &soft, &steal);
    return got >= 4 ? user + nice + system + irq + soft + steal : NAN;
}

/* Reads the first line of a file of /proc into `line`, "" where there is none. */
static void read_line(const char *path, char *line, int size)
{
    FILE *file = fopen(path, "re");
    line[0] = '\0';
    if (file) {
        if (!fgets(line, size, file)) {
            line[0] = '\0';
        }
        fclose(file);
    }
}

static double seconds_of(int who)
{
    struct rusage usage;
    return getrusage(who, &usage) != 0
               ? NAN
               : (double)usage.ru_utime.tv_sec + 1e-6 * (double)usage.ru_utime.tv_usec +
                     (double)usage.ru_stime.tv_sec + 1e-6 * (double)usage.ru_stime.tv_usec;
}

locl_machine_load locl_machine_load_now(void)
{
    char line[512];
    locl_machine_load load = {.clock = locl_clock_seconds(), .average = NAN};
    read_line("/proc/stat", line, sizeof line);
    load.busy = locl_machine_busy_ticks(line) / (double)sysconf(_SC_CLK_TCK);
    load.own = seconds_of(RUSAGE_SELF) + seconds_of(RUSAGE_CHILDREN);
    read_line("/proc/loadavg", line, sizeof line);
    if (sscanf(line, "%lf", &load.average) != 1) {
        load.average = NAN;
    }
    return load;
}

double locl_machine_others(const locl_machine_load *from, const locl_machine_load *to)
{
    double others = (to->busy - from->busy - (to->own - from->own)) / (to->clock - from->clock);
    return others < 0 ? 0 : others;
}
