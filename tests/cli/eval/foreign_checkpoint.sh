. "$CLI/support.bash"
echo "this is no safetensors file" >foreign
"$LOCL" eval foreign small.yaml
