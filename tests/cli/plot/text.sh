# Curves in letters, of files with gaps, a line that is cut, and several blocks; without gnuplot.
. "$CLI/support.bash"
line() { # <kind> <step> <loss> <error> <block 0's loss> <its error>
    printf '{"kind": "%s", "step": %s, "epoch": %s, "images": 400, "loss": %s, "error": %s, ' "$1" "$2" "$((($2 + 99) / 100))" "$3" "$4"
    printf '"blocks": [{"loss": %s, "error": %s}], "images_per_second": 100}\n' "$5" "$6"
}
mkdir -p a/run b/run
{
    for step in 50 100 150 200 250 300; do
        line train $step "$((400 - step)).5e-2" "0.$((650 - step))" "$((450 - step)).5e-2" "0.$((700 - step))"
        [ $((step % 100)) = 0 ] && line test $step "$((450 - step))e-2" "0.$((680 - step))" "$((500 - step))e-2" "0.$((750 - step))"
    done
} >a/run/metrics.jsonl
sed 's/"loss": 1[^,]*,/"loss": null,/' a/run/metrics.jsonl | sed 's/"error": 0.4/"error": 0.9/' >b/run/metrics.jsonl
printf '{"kind": "train", "st' >>b/run/metrics.jsonl
export PATH=
"$LOCL" plot --text a/run || fail one
"$LOCL" plot --text a/run b/run --by second || fail two
