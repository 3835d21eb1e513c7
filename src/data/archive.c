#include "data/archive.h"

#include "data/foreign.h"
#include "data/junk.h"
#include "data/readers.h"
#include "data/tar_members.h"
#include "data/unpack.h"

#include "base/text.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PROGRESS = 1 << 20, TAR_RECORD = 512, MEMORY_STEP = 1 << 26 };

/* Bytes of the archive on their way to the tar reader of libarchive. */
typedef struct stream {
    locl_unpack *file;
    const char *path;
    const locl_data_options *options;
    locl_status status; /* a failure of the file, which libarchive sees as -1 */
    locl_error err;
    size_t size, told;    /* bytes of the file; offset at the last progress */
    size_t given, zeros;  /* bytes given to libarchive; zeros at their end */
    const uint8_t *block; /* the last block given; empty at the end */
    size_t block_size;
    uint8_t tail[TAR_RECORD]; /* [tail_size], the last bytes given */
    size_t tail_size;
} stream;

/* One pass over an archive. */
typedef struct pass {
    const locl_source_request *request;
    stream in;
    struct archive *tar;
    locl_source *source;
    locl_archive_links *links; /* may be NULL */
    char *const *needed;       /* [needed_count], sorted; NULL: what the filter of the request wants */
    size_t needed_count;
    size_t loaded, checked; /* bytes loaded; those at the last check of memory */
} pass;

static void count_zeros(stream *in)
{
    size_t zeros = 0;
    while (zeros < in->block_size && in->block[in->block_size - 1 - zeros] == 0) {
        zeros++;
    }
    in->zeros = zeros == in->block_size ? in->zeros + zeros : zeros;
    in->given += in->block_size;
}

/* Keeps the last bytes of a block, so that a message can show them after the block is gone. */
static void keep_tail(stream *in)
{
    if (in->block_size) {
        in->tail_size = in->block_size < TAR_RECORD ? in->block_size : TAR_RECORD;
        memcpy(in->tail, in->block + in->block_size - in->tail_size, in->tail_size);
    }
}

static void tell_progress(stream *in)
{
    size_t offset = locl_unpack_offset(in->file);
    if (in->options->progress && offset - in->told >= PROGRESS) {
        in->told = offset;
        in->options->progress(in->options->progress_user, in->path, offset, in->size);
    }
}

/* Completes the last record. Zeros behind the archive are padding, and may end within a record. */
static void complete_record(stream *in)
{
    static const uint8_t zeros[TAR_RECORD];
    size_t begun = in->given % TAR_RECORD;
    if (begun && in->zeros >= begun) {
        in->block = zeros;
        in->block_size = TAR_RECORD - begun;
    }
}

static la_ssize_t next_block(struct archive *archive, void *user, const void **block)
{
    stream *in = user;
    in->status = locl_unpack_next(in->file, &in->block, &in->block_size, &in->err);
    if (in->status != LOCL_OK) {
        archive_set_error(archive, EIO, "%s", in->err.message);
        return -1;
    }
    if (in->block_size == 0) {
        complete_record(in);
    }
    count_zeros(in);
    keep_tail(in);
    tell_progress(in);
    *block = in->block;
    return (la_ssize_t)in->block_size;
}

static locl_status fail_archive(const pass *p, const char *what, locl_error *err)
{
    const stream *in = &p->in;
    if (in->status != LOCL_OK) {
        if (err) {
            *err = in->err;
        }
        return in->status;
    }
    const char *text = archive_error_string(p->tar);
    locl_fail(err, LOCL_E_DATA, "%s %s: %s", in->path, what, text ? text : "unknown failure");
    locl_remedy(err, "data.path should lead to a folder or to a whole tar archive, compressed or not");
    return LOCL_E_DATA;
}

/* Fails because the end marker is followed, at that place of the stream, by something that is no header. */
static locl_status fail_followed(const pass *p, size_t place, locl_error *err)
{
    const stream *in = &p->in;
    const uint8_t *bytes = in->block_size ? in->block : in->tail;
    size_t size = in->block_size ? in->block_size : in->tail_size, start = in->given - size;
    char what[LOCL_FOREIGN_TEXT] = "something that is no tar archive";
    while (place >= start && place < in->given && bytes[place - start] == 0) {
        place++;
    }
    if (place >= start && place < in->given) {
        locl_foreign_describe(bytes + (place - start), in->given - place, what);
    }
    locl_fail(err, LOCL_E_DATA, "%s: the end of the archive is followed, at byte %zu of it, by %s", in->path,
              place, what);
    return locl_remedy(err, "take away what follows, or get the file again; tar archives may follow each "
                            "other, compressed alike");
}

bool locl_archive_clean(const char *raw, char *name, size_t capacity)
{
    size_t used = 0;
    while (*raw) {
        size_t length = strcspn(raw, "/");
        bool slash = raw[length] == '/';
        if (length == 2 && raw[0] == '.' && raw[1] == '.') {
            return false;
        }
        if (length && !(length == 1 && raw[0] == '.')) {
            if (used + length + 2 > capacity) {
                return false;
            }
            memcpy(name + used, raw, length);
            used += length;
            if (slash) {
                name[used++] = '/';
            }
        }
        raw += length + slash;
    }
    name[used] = '\0';
    return true;
}

/* Holds what is loaded against data.memory. What is free without one is less by that already, and slow to ask for: then
 * now and then, whether there is room for as much again as is loaded until the next time. */
static locl_status check_memory(pass *p, locl_error *err)
{
    bool given = locl_data_memory(p->in.options) > 0;
    if (!given && p->loaded - p->checked < MEMORY_STEP) {
        return LOCL_OK;
    }
    p->checked = p->loaded;
    return locl_data_check_memory(p->in.options, given ? p->loaded : MEMORY_STEP, "the files in the archive",
                                  err);
}

static locl_status load(pass *p, size_t size, locl_member *member, locl_error *err)
{
    size_t done = 0;
    member->bytes = malloc(size + 1);
    if (!member->bytes) {
        return locl_fail_memory(err, size);
    }
    while (done < size) {
        la_ssize_t got = archive_read_data(p->tar, member->bytes + done, size - done);
        if (got <= 0) {
            char what[LOCL_DATA_PATH];
            snprintf(what, sizeof what, "is damaged or truncated in %s", member->name);
            return fail_archive(p, what, err);
        }
        done += (size_t)got;
    }
    member->size = size;
    p->loaded += size;
    return check_memory(p, err);
}

static locl_member_use use_of(const pass *p, const char *name)
{
    if (p->needed) {
        bool found = bsearch(&name, p->needed, p->needed_count, sizeof *p->needed, locl_text_compare);
        return found ? LOCL_MEMBER_LOAD : LOCL_MEMBER_SKIP;
    }
    return name[0] && !locl_is_junk(name) ? p->request->filter(p->request->user, name) : LOCL_MEMBER_SKIP;
}

/* Whether the entry is only a name for what another one holds. */
static bool is_link(struct archive_entry *entry)
{
    return archive_entry_filetype(entry) == AE_IFLNK ||
           (archive_entry_hardlink(entry) && archive_entry_size(entry) == 0);
}

static locl_status take_link(pass *p, struct archive_entry *entry, const char *name, locl_member_use use,
                             locl_error *err)
{
    const char *hard = archive_entry_hardlink(entry), *soft = archive_entry_symlink(entry);
    const char *target = hard ? hard : soft ? soft : "";
    if (use == LOCL_MEMBER_SKIP && !locl_is_junk(name) &&
        p->request->judge(p->request->user, name) != LOCL_LINK_NOTHING) {
        use = LOCL_MEMBER_LIST; /* it stands for a whole part */
    }
    locl_archive_link_kind kind = hard ? LOCL_ARCHIVE_HARD : LOCL_ARCHIVE_SYMBOLIC;
    return p->links ? locl_archive_links_add(p->links, name, target, kind, use, err) : LOCL_OK;
}

/* Makes a problem of a member, which counts as found. */
static locl_status blame_file(pass *p, const char *name, const locl_error *found, locl_error *err)
{
    LOCL_TRY(locl_data_problems_take(p->request->problems, name, LOCL_E_DATA, found, err));
    return locl_source_add_bad(p->source, name, LOCL_LINK_FILE, err);
}

static locl_status take_special(pass *p, const char *name, locl_error *err)
{
    locl_error found;
    locl_fail(&found, LOCL_E_DATA, "%s: the member %s is a special file", p->in.path, name);
    locl_remedy(&found, "store ordinary files only");
    return blame_file(p, name, &found, err);
}

static locl_status take_file(pass *p, struct archive_entry *entry, const char *name, locl_member_use use,
                             locl_error *err)
{
    locl_member *member;
    la_int64_t size = archive_entry_size(entry);
    if (size < 0 || size > LOCL_ARCHIVE_LARGEST_MEMBER) {
        locl_error found;
        locl_fail(&found, LOCL_E_DATA, "%s: the member %s has %lld bytes, at most %d are allowed", p->in.path,
                  name, (long long)size, LOCL_ARCHIVE_LARGEST_MEMBER);
        return blame_file(p, name, &found, err);
    }
    bool packed = locl_unpack_is_packed(p->in.file);
    if (use == LOCL_MEMBER_LIST && !packed && archive_entry_sparse_count(entry) > 0) {
        locl_error found;
        locl_tar_fail_sparse(p->in.path, name, &found);
        return blame_file(p, name, &found, err);
    }
    LOCL_TRY(locl_source_add(p->source, name, &member, err));
    member->size = (size_t)size;
    member->offset = packed ? 0 : (uint64_t)archive_filter_bytes(p->tar, 0);
    return use == LOCL_MEMBER_LOAD ? load(p, (size_t)size, member, err) : LOCL_OK;
}

/* Adds one entry if it is wanted. */
static locl_status take_entry(pass *p, struct archive_entry *entry, locl_error *err)
{
    char name[LOCL_DATA_PATH];
    const char *raw = archive_entry_pathname(entry);
    raw = raw ? raw : archive_entry_pathname_utf8(entry);
    locl_member *member;
    bool folder = archive_entry_filetype(entry) == AE_IFDIR;
    if (!raw || !locl_archive_clean(raw, name, sizeof name - 1)) {
        locl_fail(err, LOCL_E_DATA, "%s: the member %s has a name with '..', or one that cannot be read",
                  p->in.path, raw ? raw : "?");
        return locl_remedy(err, "make the archive again, from inside of its folder");
    }
    if (folder && name[0] && name[strlen(name) - 1] != '/') {
        strcat(name, "/");
    }
    locl_member_use use = use_of(p, name);
    if (is_link(entry)) {
        return take_link(p, entry, name, use, err);
    }
    if (use == LOCL_MEMBER_SKIP) {
        return LOCL_OK;
    }
    if (folder) {
        return locl_source_add(p->source, name, &member, err);
    }
    if (archive_entry_filetype(entry) != AE_IFREG) {
        return take_special(p, name, err);
    }
    return take_file(p, entry, name, use, err);
}

static locl_status fail_header(const pass *p, int code, size_t last, locl_error *err)
{
    size_t place = (size_t)archive_filter_bytes(p->tar, 0);
    if (code == ARCHIVE_RETRY) {
        place -= TAR_RECORD; /* libarchive has passed over the bad header */
    }
    if (p->in.status == LOCL_OK && last && place >= last + TAR_RECORD) {
        return fail_followed(p, place, err);
    }
    return fail_archive(p, "is no tar archive, or a damaged one", err);
}

static locl_status take_all(pass *p, locl_error *err)
{
    struct archive_entry *entry;
    size_t last = 0; /* where the last member ends */
    for (;;) {
        int code = archive_read_next_header(p->tar, &entry);
        if (code == ARCHIVE_EOF) {
            return LOCL_OK;
        }
        if (code != ARCHIVE_OK && code != ARCHIVE_WARN) {
            return fail_header(p, code, last, err);
        }
        LOCL_TRY(take_entry(p, entry, err));
        if (archive_read_data_skip(p->tar) < ARCHIVE_WARN) {
            return fail_archive(p, "is damaged or truncated", err);
        }
        last = (size_t)archive_filter_bytes(p->tar, 0);
    }
}

/* Checks for the end marker of tar. libarchive accepts a file that ends between two members as whole. */
static locl_status check_end(const stream *in, locl_error *err)
{
    if (!locl_unpack_is_packed(in->file) && in->zeros < TAR_RECORD) {
        locl_fail(err, LOCL_E_DATA, "%s is truncated: the end marker of tar is missing", in->path);
        return locl_remedy(err, "get the file again");
    }
    return LOCL_OK;
}

static locl_status open_tar(pass *p, locl_error *err)
{
    struct archive *tar = p->tar = archive_read_new();
    if (!tar || archive_read_support_format_tar(tar) < ARCHIVE_WARN ||
        archive_read_set_format_option(tar, "tar", "read_concatenated_archives", "1") != ARCHIVE_OK) {
        return locl_fail(err, LOCL_E_MEMORY, "libarchive's reader of tar archives cannot be had");
    }
    if (archive_read_open(tar, &p->in, NULL, next_block, NULL) != ARCHIVE_OK) {
        return fail_archive(p, "is no tar archive that can be read", err);
    }
    return LOCL_OK;
}

locl_status locl_archive_pass(const locl_source_request *request, locl_archive_links *links,
                              char *const *needed, size_t needed_count, locl_source *source, locl_error *err)
{
    struct stat info;
    locl_status status;
    pass p = {.request = request,
              .in = {.path = request->path, .options = request->options},
              .source = source,
              .links = links,
              .needed = needed,
              .needed_count = needed_count};
    if (stat(request->path, &info) || info.st_size == 0) {
        return locl_fail(err, LOCL_E_DATA, "%s is empty", request->path);
    }
    p.in.size = (size_t)info.st_size;
    LOCL_TRY(locl_unpack_open(request->path, &p.in.file, err));
    LOCL_TRY_GOTO(status, open_tar(&p, err));
    LOCL_TRY_GOTO(status, take_all(&p, err));
    source->packed = locl_unpack_is_packed(p.in.file);
    status = check_end(&p.in, err);
fail:
    archive_read_free(p.tar);
    locl_unpack_close(p.in.file);
    return status;
}

locl_status locl_archive_read(const locl_source_request *request, locl_source *source, locl_error *err)
{
    locl_archive_links links = {0};
    locl_status status = locl_archive_pass(request, &links, NULL, 0, source, err);
    if (status == LOCL_OK) {
        status = locl_archive_links_follow(request, &links, source, err);
    }
    locl_archive_links_free(&links);
    return status;
}
