#!/bin/bash
# Tells whether locl works on a GPU, and how fast, in under eight minutes: docs/gpus.md. Needs the bundle (cmake --build build
# --target bundle), bash and the GPU's driver; nothing is installed, and no root is needed.
#
#   gpu.sh [BUNDLE] [--device SELECTOR] [--minutes N] [--only PART,...] [--out FOLDER]
#
# Without BUNDLE it is the folder of this script, or the newest in build/bundle; without a selector the first GPU, else the
# best device. OUT (here without) gets gpu-NAME.json with all that was measured, gpu-NAME.md, a page of it, and gpu-NAME/ with
# what was printed. PART, in this order: machine, doctor, probe, verify, train, bench, tune, tuned, peers, together, break,
# kernels. Each has a time limit of its own (at 8 minutes; --minutes scales them); one that fails or takes too long is a row, and
# the rest goes on. Exit code 1 where a part failed, 3 where there is no device.
set -u -o pipefail
began=$SECONDS
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bundle='' selector='' minutes=8 out=. only=''
usage() {
    echo "gpu.sh: $*; usage: gpu.sh [BUNDLE] [--device SELECTOR] [--minutes N] [--only PART,...] [--out FOLDER]" >&2
    exit 2
}
while [ $# -gt 0 ]; do
    case $1 in
    --device | --minutes | --only | --out) [ $# -gt 1 ] || usage "$1 takes a value" ;;&
    --device) selector=$2; shift ;;
    --minutes) minutes=$2; shift ;;
    --only) only=$2; shift ;;
    --out) out=$2; shift ;;
    -*) usage "there is no option $1" ;;
    *) bundle=$1 ;;
    esac
    shift
done
[[ $minutes =~ ^[0-9]+$ ]] && [ "$minutes" -gt 0 ] || usage "--minutes $minutes"
if [ -z "$bundle" ]; then
    [ -x "$here/bin/locl" ] && bundle=$here || bundle=$(find "$here/../build/bundle" -maxdepth 1 -type d -name 'locl-*' | tail -n 1)
fi
[ -x "$bundle/bin/locl" ] || usage "there is no bundle at ${bundle:-build/bundle}"
bundle=$(cd "$bundle" && pwd) locl=$bundle/bin/locl
mkdir -p "$out" && out=$(cd "$out" && pwd) || usage "--out $out"
work=$(mktemp -d "$out/gpu-unnamed.XXXXXX") || exit 1
: "${XDG_CACHE_HOME:=$work/cache}" "${PYTHON:=python3}"
export XDG_CACHE_HOME
# What somebody said of devices elsewhere does not count here.
unset LOCL_DEVICES LOCL_KERNELS
export LOCL_DEVICE_FILE=
device='' name='' type='' failed=0 number=0

# ---- rows ----

# Makes a JSON string of standard input.
quote() {
    printf '"'
    tr -cd '\11\12\40-\176' | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/\t/\\t/g' -e ':a' -e 'N' -e '$!ba' -e 's/\n/\\n/g' |
        tr -d '\n'
    printf '"'
}

milliseconds() {
    local now=${EPOCHREALTIME/[.,]/}
    echo $((now / 1000))
}

# Writes a row down: what it was, how it went, a figure in words, and the file of its JSON, if that is whole.
row() { # <part> <name> <ok|failed|timed out|left out> <milliseconds> <figure> [<file of JSON> [<file of complaints>]]
    local file result=null
    number=$((number + 1))
    file=$work/row-$(printf %03d $number).json
    [ -s "${6-}" ] && [[ $(head -c 1 "$6") == [\[\{] && $(tail -c 3 "$6") == *[\]\}]* ]] && result=$(cat "$6")
    {
        printf '{"part": "%s", "name": "%s", "status": "%s", "seconds": %d.%03d, "figure": ' "$1" "$2" "$3" $(($4 / 1000)) $(($4 % 1000))
        quote <<<"$5"
        printf ', "complaints": '
        { [ -n "${7-}" ] && tail -c 3000 "$7"; } 2>/dev/null | quote
        printf ', "result": %s}\n' "$result"
    } >"$file"
    printf '| %s | %s | %s | %d.%01d | %s |\n' "$1" "$2" "$3" $(($4 / 1000)) $(($4 % 1000 / 100)) "${5//|//}" >>"$work/rows.md"
    printf '%-9s  %-22s  %-9s  %4d.%01d s  %s\n' "$1" "$2" "$3" $(($4 / 1000)) $(($4 % 1000 / 100)) "$5"
    case $3 in
    failed | 'timed out') failed=$((failed + 1)) ;;
    esac
}

# Seconds that a part with that limit has: those of --minutes, but no more than are left of all.
seconds_for() { # <limit at 8 minutes>
    local scaled=$(($1 * minutes / 8)) left=$((minutes * 60 - 5 - SECONDS + began))
    [ $scaled -gt 0 ] || scaled=1
    echo $((scaled < left ? scaled : left))
}

# Runs a command in its time, in the folder of what is printed. Sets status, took and code; the caller tells the figure.
attempt() { # <name> <limit> <command> ...
    local name=$1 seconds begin
    seconds=$(seconds_for "$2")
    shift 2
    status='left out' took=0 code=0
    : >"$work/$name.out"
    : >"$work/$name.err"
    [ "$seconds" -gt 2 ] || { echo "no time was left" >"$work/$name.err" && return 1; }
    begin=$(milliseconds)
    timeout --kill-after=5 "$seconds" "$@" >"$work/$name.out" 2>"$work/$name.err" </dev/null
    code=$?
    took=$(($(milliseconds) - begin))
    case $code in
    0) status=ok ;;
    124 | 137) status='timed out' ;;
    *) status=failed ;;
    esac
    [ $code -eq 0 ]
}

# What a command said last, for a row that has no figure.
last_words() { # <name>
    local words
    [ "$status" != 'timed out' ] || { echo "took longer than its time" && return; }
    words=$(grep -v '^ *remedy:' "$work/$1.err" | tail -n 1 | cut -c1-160)
    echo "${words:-exit code $code}"
}

# Values of a key in JSON, in the order of the file; numbers or text.
values_of() { # <key> <file>
    grep -oE "\"$1\": *(\"[^\"]*\"|[-+0-9.eE]+|true|false|null)" "$2" 2>/dev/null | sed -E 's/^"[^"]*": *//; s/^"(.*)"$/\1/'
}

count_of() { # <key> <value> <file>
    values_of "$1" "$3" | grep -cxF -e "$2"
}

# Makes a JSON array of a file with an object a line; lines that were cut are left out.
as_array() { # <files> ...
    cat "$@" 2>/dev/null | grep -E '^\{.*\}$' | sed -e '1s/^/[/' -e '2,$s/^/,/' -e '$s/$/]/'
}

# A table of JSON objects, by some of their keys: those that have the first.
table() { # <file> <key> ...
    local file=$1
    shift
    [ -s "$file" ] || return 0
    sed -e 's/, *"/,\n"/g' -e 's/{ *"/{\n"/g' -e 's/} *,\{0,1\}/\n}/g' "$file" | awk -v keys="$*" '
        BEGIN { n = split(keys, key, " "); line = "|"; rule = "|"
            for (i = 1; i <= n; i++) { line = line " " key[i] " |"; rule = rule "---|" }
            print line; print rule }
        function flush_row() { if (key[1] in v) { line = "|"
                for (i = 1; i <= n; i++) line = line " " v[key[i]] " |"
                print line }
            split("", v) }
        /^ *[{}]/ { flush_row() }
        match($0, /^ *"[^"]*": */) { k = substr($0, RSTART, RLENGTH); gsub(/^ *"|": *$/, "", k)
            x = substr($0, RLENGTH + 1); gsub(/^"|"?,?$/, "", x); gsub(/\|/, "/", x)
            if (x ~ /^-?[0-9]+\.[0-9]+(e.*)?$/) x = sprintf("%.4g", x)
            if (!(k in v)) v[k] = x }
        END { flush_row() }'
}

# Adds a heading and what standard input has to the page, where it has something.
section() { # <title>
    local text
    text=$(cat)
    [ -z "$text" ] || printf '\n## %s\n\n%s\n' "$1" "$text" >>"$work/sections.md"
}

as_text() { # <file> [<lines>]
    [ -s "$1" ] || return 0
    printf '```\n'
    sed 's/[[:space:]]*$//' "$1" | head -n "${2-200}"
    printf '```\n'
}

# ---- what machine this is ----

tell_machine() {
    echo "system: $(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release 2>/dev/null), $(uname -srm), $(getconf GNU_LIBC_VERSION 2>/dev/null)"
    echo "processors: $(nproc) x $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
    echo "memory: $(sed -n 's/^MemTotal: *//p' /proc/meminfo), load: $(cut -d' ' -f1-3 /proc/loadavg)"
    echo "ICD files: $(cat /etc/OpenCL/vendors/*.icd 2>/dev/null | tr '\n' ' ')"
    "$locl" doctor --variables
    command -v nvidia-smi >/dev/null && timeout 20 nvidia-smi \
        --query-gpu=name,driver_version,memory.total,clocks.max.sm,clocks.max.mem,power.limit,pstate --format=csv
    return 0
}

# Tells where libraries of drivers are, when no device is found.
tell_libraries() {
    find / -xdev \( -name 'libnvidia-opencl*' -o -name 'libamdocl*' -o -name 'libigdrcl*' -o -name 'libcuda.so*' -o -name '*.icd' \) \
        -not -path '/proc/*' 2>/dev/null | head -n 40
    ls -l /dev/nvidia* /dev/kfd /dev/dri 2>/dev/null
}

# Finds the device: its selector, name and type.
choose_device() {
    local wanted
    for wanted in ${selector:-gpu:0 auto}; do
        "$locl" devices --match "$wanted" >"$work/match.out" 2>>"$work/match.err" || continue
        device=$(sed -n '2,$p' "$work/match.out" | grep -v '^-' | sort -n | head -n 1 | tr -s ' ' | cut -d' ' -f2)
        [ -n "$device" ] && break
    done
    [ -n "$device" ] || return 1
    name=$(device_fact name) type=$(device_fact type)
}

# A fact of the device in the list of all.
device_fact() { # <key>
    paste -d'\t' <(values_of selector "$work/devices.out") <(values_of "$1" "$work/devices.out" | head -n "$(values_of selector "$work/devices.out" | wc -l)") |
        sed -n "s/^$device\t//p" | head -n 1
}

part_machine() {
    attempt machine 30 bash -c tell_machine
    row machine machine "$status" "$took" "$(sed -n 's/^system: //p' "$work/machine.out")" '' "$work/machine.err"
    as_text "$work/machine.out" | section Machine
    attempt devices 60 "$locl" devices --json
    if [ "$status" = ok ] && choose_device; then
        row machine devices ok "$took" "$device: $name, $type, driver $(device_fact driver)" "$work/devices.out" "$work/devices.err"
        table "$work/devices.out" selector type name units clock_mhz memory driver stable | section Devices
        return
    fi
    row machine devices failed "$took" "$(last_words devices)" '' "$work/devices.err"
    tell_libraries >"$work/libraries.out"
    as_text "$work/libraries.out" 60 | section "Libraries of drivers and nodes of devices"
}

part_doctor() {
    attempt doctor 60 "$locl" doctor --json
    row doctor doctor "$status" "$took" \
        "$(count_of status ok "$work/doctor.out") ok, $(count_of status warning "$work/doctor.out") warnings, $(count_of status error "$work/doctor.out") errors" \
        "$work/doctor.out" "$work/doctor.err"
    table "$work/doctor.out" name status detail | grep -v '| ok |' | section "Doctor: what is not ok"
}

# ---- is it right ----

part_probe() {
    local file case good=0 all=0 begin
    begin=$(milliseconds)
    : >"$work/probe.jsonl"
    : >"$work/probe-all.err"
    for file in "$bundle"/probe/*.yaml; do
        case=$(basename "$file" .yaml) all=$((all + 1))
        attempt probe 30 "$locl" probe "$file" --in "${file%.yaml}.in.safetensors" --out "$work/$case.safetensors" --device "$device" &&
            attempt same 5 "$bundle/bin/same_tensors" "${file%.yaml}.expected.safetensors" "$work/$case.safetensors" && good=$((good + 1))
        cat "$work/probe.err" "$work/same.err" >>"$work/probe-all.err" 2>/dev/null
        [ -s "$work/same.out" ] && sed "s/^{/{\"case\": \"$case\", /" "$work/same.out" >>"$work/probe.jsonl"
        rm -f "$work/same.out" "$work/$case.safetensors"
    done
    as_array "$work/probe.jsonl" >"$work/probe.json"
    status=ok
    [ $good -eq $all ] || status=failed
    row probe probe $status $(($(milliseconds) - begin)) \
        "$good of $all steps as in double precision, worst error $(values_of error "$work/probe.json" | sort -g | tail -n 1)" \
        "$work/probe.json" "$work/probe-all.err"
    table "$work/probe.json" case passed error worst tensors flaw | section "Steps against double precision"
}

# Runs a command for each row of the table of kernels, as many at a time as there are processors, each into a file of its own,
# so that what was done in time counts. {} in it is the row's name. Sets status and took.
for_each_kernel() { # <name> <limit> <command> ...
    local name=$1 seconds begin
    seconds=$(seconds_for "$2") begin=$(milliseconds) status=ok
    shift 2
    mkdir -p "$work/$name"
    "$bundle/bin/kernel_check" --list --json 2>/dev/null | values_of op /dev/stdin | sort -u >"$work/kernel-names"
    if [ "$seconds" -le 2 ]; then
        status='left out'
    else
        # shellcheck disable=SC2016 # for the shell within
        timeout --kill-after=5 "$seconds" xargs -a "$work/kernel-names" -P "$(nproc)" -I{} bash -c \
            'to=$1/$2; shift 2; "$@" >"$to.out" 2>"$to.err" && touch "$to.done"' - "$work/$name" {} "$@" </dev/null
        case $? in
        0) ;;
        124 | 137) status='timed out' ;;
        *) status=failed ;;
        esac
    fi
    cat "$work/$name"/*.err >"$work/$name.err" 2>/dev/null
    took=$(($(milliseconds) - begin))
}

passed_of() { # <name>
    echo "$(find "$work/$1" -name '*.done' | wc -l) of $(wc -l <"$work/kernel-names") rows passed"
}

part_verify() {
    local errors
    for_each_kernel verify 100 "$locl" verify --device "$device" --only {} --json --quiet
    cat "$work"/verify/*.out >"$work/verify.text" 2>/dev/null
    # each has its own rows, and those of the device's floats again
    {
        echo '{"rows": ['
        table "$work/verify.text" name status detail ulp relative tolerated deterministic | sed 1,2d | sort -u |
            sed -E "s/\\\\\"/'/g; s/[\\\\\"]/ /g" | sed -E 's/^\| (.*) \| (.*) \| (.*) \| (.*) \| (.*) \| (.*) \| (.*) \|$/{"name": "\1", "status": "\2", "detail": "\3", "ulp": "\4", "relative": "\5", "tolerated": "\6", "deterministic": "\7"}/; 2,$s/^/,/'
        echo ']}'
    } >"$work/verify.json"
    errors=$(count_of status error "$work/verify.json")
    [ "$errors" -eq 0 ] || status=failed
    row verify verify "$status" "$took" \
        "$(count_of status ok "$work/verify.json") ok, $(count_of status warning "$work/verify.json") warnings, $errors errors; $(passed_of verify)" \
        "$work/verify.json" "$work/verify.err"
    table "$work/verify.json" name status detail | section "Kernels against their references"
}

# Each kernel spoiled on purpose.
part_break() {
    local bad good
    for_each_kernel break 70 "$bundle/bin/kernel_check" --break --op {} --device "$device" --json
    as_array "$work"/break/*.out >"$work/break.json"
    bad=$(count_of passed false "$work/break.json") good=$(count_of passed true "$work/break.json")
    [ "$bad" -eq 0 ] || status=failed
    row break break "$status" "$took" "$good spoiled kernels noticed, $bad not; $(passed_of break)" "$work/break.json" "$work/break.err"
}

# ---- does it learn ----

# What Fashion-MNIST's first 10,000 images give by configs/fashion-mnist.yaml: PoCL 0.123 to 0.130 (seeds 1 to 4), with margins.
least_error=0.112 most_error=0.144
part_train() {
    local error
    attempt train 60 "$locl" train "$bundle/configs/fashion-mnist.yaml" --device "$device" --json \
        --set data.path="$bundle/data/fashion-mnist" --set run.dir="$work/run"
    as_array "$work/train.out" >"$work/train.json"
    error=$(tail -n 1 "$work/train.out" | grep -o '"test": {.*' | values_of error /dev/stdin | head -n 1)
    if [ "$status" = ok ] && ! awk -v e="${error:-1}" -v a=$least_error -v b=$most_error 'BEGIN { exit !(e >= a && e <= b) }'; then
        status=failed
        echo "the test error should be from $least_error to $most_error" >>"$work/train.err"
    fi
    row train fashion-mnist "$status" "$took" \
        "test error ${error:-none} (CPUs: $least_error to $most_error), $(tail -n 1 "$work/train.out" | values_of images_per_second /dev/stdin | head -n 1) images/s" \
        "$work/train.json" "$work/train.err"
}

# ---- how fast is it ----

configuration() { # <preset> [<devices>]
    local model data
    case $1 in
    M/8/16) model="image: [32, 32, 3]" data="name: cifar10, batch: 128" ;;
    L/8/64) model="image: [32, 32, 3]" data="name: cifar10, batch: 32" ;;
    M/1/16) model="image: [28, 28, 1]" data="name: mnist, batch: 128" ;;
    esac
    echo "model: {preset: $1, $model, classes: 10}"
    echo "rule: {name: lg-fg-a}"
    echo "data: {$data}"
    [ -z "${2-}" ] || echo "devices: [$2]"
}

# Milliseconds of a step by what took turns: "lg-fg-a 1.2 ms, lg-bp 1.1 ms".
steps_of() { # <file>
    table "$1" label median over_floor | sed -e 1,2d -e 's/^| *//; s/ *|$//' | awk -F' *[|] *' '
        { line = line (NR > 1 ? ", " : "") $1 " " $2 " ms (" $3 " of its floor)" } END { print line }'
}

bench_step() { # <part> <preset> <limit> <options> ...
    local part=$1 preset=$2 limit=$3 file=${1}-${2//\//-} way=''
    [ "$part" = bench ] || way=$part
    shift 3
    configuration "$preset" >"$work/$file.yaml"
    attempt "$file" "$limit" "$locl" bench step "$work/$file.yaml" --device "$device" --rounds 5 --seconds 10 --quiet --out "$work/$file.json" "$@"
    row "${part/rules/bench}" "step $preset${way:+, $way}" "$status" "$took" \
        "$([ "$status" = ok ] && steps_of "$work/$file.json" || last_words "$file")" "$work/$file.json" "$work/$file.err"
    as_text "$work/$file.out" | section "Step of $preset${way:+, $way}"
}

part_bench() {
    local preset
    for preset in M/8/16 L/8/64 M/1/16; do
        bench_step bench $preset 45
    done
    for preset in M/8/16 L/8/64; do
        bench_product $preset
    done
    bench_step rules M/8/16 40 --rule lg-fg-a --rule lg-bp --rule bp
}

bench_product() { # <preset>
    local file=product-${1//\//-}
    configuration "$1" >"$work/$file.yaml"
    attempt "$file" 35 "$locl" bench product "$work/$file.yaml" --device "$device" --rounds 5 --seconds 10 --quiet --out "$work/$file.json"
    row bench "products $1" "$status" "$took" \
        "$([ "$status" = ok ] && echo "best $(values_of peak_fraction "$work/$file.json" | sort -g | tail -n 1) of the peak" || last_words "$file")" \
        "$work/$file.json" "$work/$file.err"
    as_text "$work/$file.out" | section "Products of $1"
}

part_tune() {
    local preset file
    for preset in M/8/16 L/8/64; do
        file=tune-${preset//\//-}
        configuration $preset >"$work/$file.yaml"
        attempt "$file" 50 "$locl" tune "$work/$file.yaml" --device "$device" --budget "$(($(seconds_for 50) * 2 / 5 + 1))" --json --quiet
        row tune "products $preset" "$status" "$took" \
            "$([ "$status" = ok ] && echo "$(count_of measured true "$work/$file.out") measured of $(values_of measured "$work/$file.out" | wc -l)" || last_words "$file")" \
            "$work/$file.out" "$work/$file.err"
        table "$work/$file.out" op m n k batch sum default_rate rate default winner | section "Products of $preset, tuned"
    done
}

part_tuned() {
    bench_step tuned M/8/16 25 --set tune=full
    bench_step tuned L/8/64 25 --set tune=full
}

part_kernels() {
    attempt kernels 40 "$bundle/bin/kernel_check" --time --repeat 5 --device "$device" --json
    as_array "$work/kernels.out" >"$work/kernels.json"
    [ "$status" = 'timed out' ] && [ -s "$work/kernels.json" ] && status=ok # each line is whole; those that are there count
    row kernels kernels "$status" "$took" "$(values_of median_s "$work/kernels.json" | wc -l) times" "$work/kernels.json" "$work/kernels.err"
    table "$work/kernels.json" op variant shape median_s of_floor speed_to_first | section Kernels
}

# A CPU beside the GPU; of a CPU alone its halves, to see that all works.
others() {
    if [ "$type" = cpu ]; then
        echo "\"$device/0/2\", \"$device/1/2\""
    else
        "$locl" devices --match cpu:0 2>/dev/null | sed -n '2,$p' | grep -v '^-' | head -n 1 | tr -s ' ' | cut -d' ' -f2 |
            sed -n "s|.*|\"$device\", \"&\"|p"
    fi
}

part_together() {
    local devices
    devices=$(others)
    [ -n "$devices" ] || { row together pipeline 'left out' 0 "there is no CPU device" && return; }
    configuration M/8/16 "$devices" >"$work/together.yaml"
    attempt together 60 "$locl" bench pipeline "$work/together.yaml" --rounds 3 --quiet --out "$work/together.json"
    grep -q '"identical": true' "$work/together.json" 2>/dev/null || { [ "$status" = ok ] && status=failed; }
    row together pipeline "$status" "$took" \
        "$devices: $([ -s "$work/together.json" ] && echo "identical $(values_of identical "$work/together.json")" || last_words together)" \
        "$work/together.json" "$work/together.err"
    as_text "$work/together.out" | section "CPU and GPU together"
}

# Which of PyTorch and JAX are there, and compute where: "cuda torch,jax".
find_peers() {
    local on=cuda found='' module
    [ "$type" = cpu ] && on=cpu
    for module in torch jax; do
        timeout 60 "$PYTHON" - "$module" $on >/dev/null 2>>"$work/find_peers.err" <<'END' && found+=${found:+,}$module
import importlib
import sys
import numpy
module, on = importlib.import_module(sys.argv[1]), sys.argv[2]
there = on == "cpu" or (module.cuda.is_available() if sys.argv[1] == "torch" else bool(module.devices("cuda")))
sys.exit(0 if there else 1)
END
    done
    [ -n "$found" ] && echo "$on $found"
}

part_peers() {
    local on found
    : >"$work/find_peers.err"
    read -r on found < <(find_peers)
    [ -n "${found-}" ] || { row peers peers 'left out' 0 "no PyTorch and no JAX that computes there" '' "$work/find_peers.err" && return; }
    attempt peers 160 "$PYTHON" "$bundle/peers/peers.py" --on "$on" --ahead --peers "$found" --rules lg-fg-a --only M/8/16,L/8/64,M/1/16 \
        --rounds 3 --samples 3 --seconds 0.5 --limit "$(($(seconds_for 160) * 3 / 5))" --device "$device" --locl "$locl" --json "$work/peers.json"
    [ "$status" = 'timed out' ] && [ -s "$work/peers.json" ] && echo "not all tasks were measured" >>"$work/peers.err"
    row peers "$found" "$status" "$took" "$(values_of ratio "$work/peers.json" | wc -l) rows" "$work/peers.json" "$work/peers.err"
    { as_text "$work/peers.out" && as_text "$work/peers.err" 30; } | section "Beside PyTorch and JAX (float32, no TF32)"
}

# ---- all of it ----

slug() {
    tr '[:upper:]' '[:lower:]' <<<"$1" | sed -e 's/(r)\|(tm)//g' -e 's/[^a-z0-9]\{1,\}/-/g' -e 's/^-//; s/-$//' | cut -c1-60
}

write_results() {
    local base=$1 title=${name:-no device} first=yes file
    {
        printf '{"schema": 1, "locl": "%s", "date": "%s", "minutes": %d, "seconds": %d, "device": ' \
            "$("$locl" --version | cut -d' ' -f2)" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$minutes" $((SECONDS - began))
        quote <<<"$title"
        printf ', "machine": '
        quote <"$work/machine.out"
        printf ', "failed": %d, "rows": [\n' "$failed"
        for file in "$work"/row-*.json; do
            [ $first = yes ] || printf ','
            first=no
            cat "$file"
        done
        printf ']}\n'
    } >"$base.json"
    {
        # shellcheck disable=SC2016 # quotes of markdown
        printf '# %s\n\nlocl %s, %s, `gpu.sh` in %d s: %d of %d rows failed.\n\n' "$title" "$("$locl" --version | cut -d' ' -f2)" \
            "$(date -u +%Y-%m-%d)" $((SECONDS - began)) "$failed" "$number"
        printf '| part | what | status | s | |\n|---|---|---|--:|---|\n'
        cat "$work/rows.md"
        cat "$work/sections.md" 2>/dev/null
    } >"$base.md"
}

parts=(machine doctor probe verify train bench tune tuned peers together break kernels)
for part in ${only//,/ }; do
    [[ " ${parts[*]} " == *" $part "* ]] || usage "there is no part $part"
done
export -f tell_machine
export locl
eval "$("$locl" doctor --variables)"
for part in "${parts[@]}"; do
    [ -z "$only" ] || [ "$part" = machine ] || [[ ",$only," == *",$part,"* ]] || continue
    [ -n "$device" ] || [ "$part" = machine ] || [ "$part" = doctor ] || continue
    "part_$part"
    base=$out/gpu-$(slug "${name:-none}")
    write_results "$base" # after each part: who ends this early has what was measured
done
rm -rf "$work/cache" "$work/run" "$base" "$work"/row-*.json && mv "$work" "$base"
echo "$base.json"
echo "$base.md"
[ -n "$device" ] || exit 3
[ $failed -eq 0 ]
