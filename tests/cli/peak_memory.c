/* peak_memory COMMAND...: runs it, and prints the most KiB that were resident (VmHWM) to standard output, which the
 * command does not get. */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct rusage usage;
    int status;
    pid_t child = argc > 1 ? fork() : -1;
    if (child == 0) {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child || !WIFEXITED(status)) {
        return 1;
    }
    printf("%ld\n", usage.ru_maxrss);
    return WEXITSTATUS(status);
}
