# Processes that start with warm and with cold caches: a network of few kernels.
. "$CLI/support.bash"
"$LOCL" bench start small.yaml --rounds 1 --set 'rule={name: dfa}' --set 'model={blocks: 1, patches: 1, channels: 8, groups: 1, begin_ln: false, middle_ln: false, post_linear_ln: false, head_ln: false, classifier_ln: false}'
