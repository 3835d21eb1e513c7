. "$CLI/support.bash"
"$LOCL" data small.yaml --views 3
"$LOCL" data small.yaml --batch 0
"$LOCL" data small.yaml --contact-sheet batch.jpg
"$LOCL" data
