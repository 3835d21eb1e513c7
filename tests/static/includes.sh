#!/bin/bash
# Who includes whom, and in which order:
#   - no folder of src includes a higher one; from low to high they stand in docs/architecture.md's table
#   - a source includes its own header, where there is one, before anything else, so that each header is known to
#     stand alone; instead it may be one of the same folder that includes it (gemm/engine.h for gemm/gemm.h)
#   - project headers ("folder/name.h", never "name.h") come before system headers (<name.h>); what is included
#     for what was defined before it may come anywhere
. "$(dirname "$0")/common.bash"

# "folder place" lines, from the table.
order=$(sed -n 's,^| .src/\([a-z]*\). .*,\1,p' docs/architecture.md | nl -w 1 -s ' ' | awk '{ print $2, $1 }')
[ -n "$order" ] || { echo "docs/architecture.md: no table of folders" && finish 1; }

look_at() { # <sources> ...
    awk -v order="$order" '
        function say(text) { printf "%s:%d: %s\n", FILENAME, FNR, text; found = 1 }
        function folder_of(path) { return path ~ /^src\// ? substr(path, 5, index(substr(path, 5), "/") - 1) : "" }
        function includes(path, name,    line, found_it) {
            while ((getline line < path) > 0) found_it = found_it || index(line, "#include \"" name "\"") == 1
            close(path)
            return found_it
        }
        function exists(path,    line, is) { is = (getline line < path) >= 0; close(path); return is }
        BEGIN {
            count = split(order, word, /[ \n]/)
            for (i = 1; i < count; i += 2) place[word[i]] = word[i + 1]
        }
        FNR == 1 {
            folder = folder_of(FILENAME)
            if (folder != "" && !(folder in place)) say("src/" folder " is not in the table of docs/architecture.md")
            system_seen = 0; project_seen = 0; defined = 0; own = ""
            if (FILENAME ~ /^src\/.*\.c$/) {
                own = substr(FILENAME, 5, length(FILENAME) - 6) ".h"
                if (!exists("src/" own)) own = ""
            }
        }
        /^#define/ { defined = 1 }
        match($0, /^ *# *include *[<"][^>"]*/) {
            name = substr($0, RSTART, RLENGTH); sub(/^ *# *include */, "", name)
            is_project = name ~ /^"/ || name ~ /^<locl\//
            name = substr(name, 2)
            if (own != "" && !project_seen && !system_seen && name != own &&
                !(folder_of("src/" name) == folder && includes("src/" name, own))) say("its own header, " own ", should be included first")
            if (is_project) {
                if (system_seen && !defined) say(name " should be included before <system> headers")
                if (name !~ /\//) say(name " should be included as \"folder/name.h\"")
                to = substr(name, 1, index(name, "/") - 1)
                if (folder != "" && to in place && place[to] > place[folder])
                    say(folder " is lower than " to ", whose " name " it includes")
                project_seen = 1
            } else {
                system_seen = 1
            }
        }
        END { exit found }' "$@"
}

mapfile -t sources < <(files '*.c' '*.h')
need_files "${sources[@]}"
look_at "${sources[@]}"
finish $?
