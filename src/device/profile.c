#include "device/command_parts.h"

#include <stdlib.h>
#include <string.h>

void locl_command_buffer_profile_start(locl_command_buffer *cmd)
{
    cmd->profiling = true;
}

static locl_profile_row *profile_row(locl_command_buffer *cmd, const locl_launch_record *launch)
{
    for (size_t i = 0; i < cmd->rows; i++) {
        if (!strcmp(cmd->row[i].section, launch->section) && !strcmp(cmd->row[i].kernel, launch->name)) {
            return &cmd->row[i];
        }
    }
    locl_profile_row *grown = realloc(cmd->row, (cmd->rows + 1) * sizeof *grown);
    if (!grown) {
        return NULL;
    }
    cmd->row = grown;
    cmd->row[cmd->rows] = (locl_profile_row){.section = launch->section, .kernel = launch->name};
    return &cmd->row[cmd->rows++];
}

locl_status locl_command_buffer_profile_collect(locl_command_buffer *cmd, locl_error *err)
{
    for (size_t i = 0; i < cmd->launches; i++) {
        locl_launch_record *launch = &cmd->launch[i];
        cl_ulong start = 0, end = 0;
        if (!launch->event) {
            continue;
        }
        LOCL_TRY(locl_event_wait(cmd->device, launch->event, err));
        LOCL_TRY(locl_event_times(cmd->device, launch->event, &start, &end, err));
        locl_event_release(&launch->event);
        locl_profile_row *row = profile_row(cmd, launch);
        if (!row) {
            return locl_fail_memory(err, sizeof *row);
        }
        row->seconds += (double)(end - start) * 1e-9;
        row->flops += launch->flops;
        row->bytes += launch->bytes;
        row->launches++;
    }
    return LOCL_OK;
}

size_t locl_command_buffer_profile_rows(const locl_command_buffer *cmd, const locl_profile_row **rows)
{
    *rows = cmd->row;
    return cmd->rows;
}
