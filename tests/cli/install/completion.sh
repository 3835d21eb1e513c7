. "$CLI/install.bash"
needs script
# Keys as a person types them into a bash with the installed completion; locl writes down what it gets.
mkdir -p runs/first
touch small.safetensors
cat >rc <<EOF
. "$prefix/share/bash-completion/completions/locl"
locl() { printf '%s|' "\$@" >>"$PWD/got"; echo >>"$PWD/got"; }
PS1='> '
EOF
{
    printf 'locl tr\tsmall.y\t--res\trun\t\n'
    printf 'locl eval --spl\tte\t--dev\tacc\t\n'
    printf 'locl probe --in small.s\t--prof\t\n'
    printf 'locl devices --j\tsmall.\t\n'
    printf 'locl help au\t\nexit\n'
} | TERM=dumb script -qec "bash --noprofile --rcfile rc -i" /dev/null >typed
cat got
