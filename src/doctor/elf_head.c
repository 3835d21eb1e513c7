#include "doctor/elf_head.h"

#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a library is built for. */
typedef struct target {
    unsigned bits, machine;
} target;

/* Machines that OpenCL drivers are built for. */
static const struct {
    unsigned machine;
    const char *name;
} machines[] = {{EM_386, "x86"},     {EM_X86_64, "x86-64"}, {EM_ARM, "ARM"},    {EM_AARCH64, "AArch64"},
                {EM_PPC64, "POWER"}, {EM_RISCV, "RISC-V"},  {EM_S390, "S/390"}, {EM_MIPS, "MIPS"}};

static const char *machine_name(unsigned machine)
{
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
        if (machines[i].machine == machine) {
            return machines[i].name;
        }
    }
    return "another machine";
}

/* Reads the first bytes of a regular file. Returns how many, or -1 with errno: EISDIR where it is of another kind. */
static ssize_t read_head(const char *path, unsigned char *head, size_t size)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t got = -1;
    if (fd < 0) {
        return -1;
    }
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
        got = read(fd, head, size);
    } else {
        errno = EISDIR;
    }
    int error = errno;
    close(fd);
    errno = error;
    return got;
}

/* The machine's number stands at the same place in heads of 32 and of 64 bits. */
static target read_target(const unsigned char *head)
{
    const unsigned char *at = head + offsetof(Elf64_Ehdr, e_machine);
    bool big = head[EI_DATA] == ELFDATA2MSB;
    unsigned low = at[big ? 1 : 0], high = at[big ? 0 : 1];
    return (target){head[EI_CLASS] == ELFCLASS32 ? 32 : 64, low | high << 8};
}

static void describe_other(const unsigned char *head, size_t got, char *flaw, size_t size)
{
    char start[17];
    size_t n = 0;
    while (n < got && n + 1 < sizeof start && isprint(head[n])) {
        start[n] = (char)head[n];
        n++;
    }
    start[n] = '\0';
    if (n) {
        snprintf(flaw, size, "is no library: it begins with \"%s\"", start);
    } else {
        snprintf(flaw, size, "is no library: it %s", got ? "has other content" : "is empty");
    }
}

bool locl_elf_fits(const char *path, char *flaw, size_t size)
{
    unsigned char own[64] = {0}, head[64] = {0};
    bool known = read_head("/proc/self/exe", own, sizeof own) == (ssize_t)sizeof own;
    ssize_t got = read_head(path, head, sizeof head);
    if (got < 0) {
        snprintf(flaw, size, errno == EISDIR ? "is no regular file" : "cannot be read: %s", strerror(errno));
        return false;
    }
    if (got < (ssize_t)sizeof head || memcmp(head, ELFMAG, SELFMAG) != 0) {
        describe_other(head, (size_t)got, flaw, size);
        return false;
    }
    target mine = read_target(own), its = read_target(head);
    if (known && (mine.bits != its.bits || mine.machine != its.machine)) {
        snprintf(flaw, size, "is a library for %u-bit %s, not for %u-bit %s", its.bits,
                 machine_name(its.machine), mine.bits, machine_name(mine.machine));
        return false;
    }
    return true;
}
