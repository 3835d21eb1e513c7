. "$CLI/install.bash"
needs pkg-config
# The command again, of its own sources and what is installed: it has no way into the library but the public one.
mkdir only && cp -r "$source/src/cli" only/cli
read -ra library <<<"$(pkg-config --cflags --libs locl)"
"$cc" -std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -Ionly only/cli/*.c -o own "${library[@]}" -pthread -lm ||
    fail "src/cli needs more than the public interface"
for command in "$prefix/bin/locl" ./own; do
    "$command" train small.yaml --quiet --set train.epochs=1 --set run.dir="run.$(basename "$command")" || fail "$command"
done
same_runs run.locl run.own
