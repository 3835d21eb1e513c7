# The bundle has all that its programs need but glibc, and runs where it is put.
. "$CLI/install.bash"
needs ldd readelf
unset LD_LIBRARY_PATH
"$source/cmake/bundle.sh" --build "$build" --out made >made.out 2>made.err
[ $? -ne 77 ] || skip "$(cat made.err)"
[ -x "$(tail -n 1 made.out)/bin/locl" ] || fail "$(cat made.out made.err)"
mv "$(tail -n 1 made.out)" elsewhere
bundle=$PWD/elsewhere
# Every library, but glibc's, is in the bundle; those of C++ are the machine's where it has them.
for file in elsewhere/bin/* elsewhere/lib/*.so* elsewhere/lib/fallback/*.so*; do
    ldd "$file" | awk '$2 == "=>" { print $1, $3, $4 }' | while read -r name path rest; do
        case $name in
        libc.so.* | libm.so.* | libmvec.so.* | libdl.so.* | libpthread.so.* | librt.so.* | libstdc++.so.* | libgcc_s.so.*) ;;
        *) [[ $path == "$bundle/"* ]] || fail "$file takes $name from $path $rest" ;;
        esac
    done || exit
done
ls elsewhere/lib/fallback/libstdc++.so.* >/dev/null || fail "a machine without a C++ library would not do"
# It does what the build does.
[ "$(elsewhere/bin/locl --version)" = "$("$LOCL" --version)" ] || fail "$(elsewhere/bin/locl --version)"
elsewhere/bin/locl devices --json >here.json && "$LOCL" devices --json >there.json || fail "devices"
same here.json there.json
cd elsewhere || exit
for case in probe/backward.yaml probe/forward-odd.yaml probe/forward.yaml; do
    in=${case%.yaml}
    bin/locl probe "$case" --in "$in.in.safetensors" --out out.safetensors || fail "$case"
    bin/same_tensors "$in.expected.safetensors" out.safetensors >told || fail "$case: $(cat told)"
done
if bin/same_tensors probe/forward-exact.expected.safetensors out.safetensors >told; then fail "other tensors: $(cat told)"; fi
[ -d data ] || exit 0
bin/locl train configs/fashion-mnist.yaml --quiet --set train.steps=2 || fail "training on its own data"
