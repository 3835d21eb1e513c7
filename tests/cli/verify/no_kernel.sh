"$LOCL" verify --only 'layernorm_dual_no'
