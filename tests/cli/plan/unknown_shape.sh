# A plan reads no images: their shape has to be said.
. "$CLI/support.bash"
"$LOCL" plan small.yaml --set data.name=folder --set data.path=data
