# Sourced by the cases: files as `locl bench --out` writes them, with made-up samples.

# results FILE FACTOR [NAME [ID]]: rows of a device of that name; times are FACTOR times 100 us, rates 1000 over FACTOR.
results() {
    awk -v factor="$2" -v name="${3:-a device}" -v id="${4:-an id}" '
        function row(kind, what, unit, value, extra,    i, list) {
            for (i = -4; i <= 4; i++) list = list (i > -4 ? ", " : "") value * (1 + 0.001 * i)
            return sprintf("{\"device\": \"0:0\", \"kind\": \"%s\", \"name\": \"%s\", \"unit\": \"%s\", \"median\": %g, \"q1\": %g, \"q3\": %g, \"runs\": 9, \"peak_fraction\": 0.5, \"status\": \"ok\", \"samples\": [%s]%s}",
                kind, what, unit, value, 0.998 * value, 1.002 * value, list, extra)
        }
        BEGIN {
            printf "{\"bench\": \"suite\", \"schema\": 1, \"version\": \"0.1.0\", \"config\": \"default\", "
            printf "\"host\": {\"processor\": \"a processor\"}, \"fingerprint\": {\"schema\": 1, \"kernels\": \"0123\"}, "
            printf "\"devices\": [{\"device\": \"0:0\", \"id\": \"%s\", \"name\": \"%s\", \"platform\": \"p\", \"driver\": \"1\"}], \"results\": [", id, name
            print row("peak", "fma", "GFLOP/s", 1000, "") ","
            print row("peak", "copy", "GB/s", 50, "") ","
            print row("kernel", "layernorm_dual", "us", 100 * factor, ", \"flops\": 1e6, \"bytes\": 1e6, \"us\": " 100 * factor) ","
            print row("train", "M/8/16", "images/s", 1000 / factor, ", \"work\": \"w\", \"flops\": 1e10, \"bytes\": 1e8, \"us\": " 1e5 * factor ", \"images_per_second\": " 1000 / factor) ","
            print "{\"device\": \"0:0\", \"kind\": \"train\", \"name\": \"L/8/64\", \"unit\": \"\", \"median\": null, \"q1\": null, \"q3\": null, \"runs\": 0, \"peak_fraction\": 0, \"status\": \"skipped\", \"reason\": \"too slow\"}]}"
        }' >"$1"
}
