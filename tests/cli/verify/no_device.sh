mkdir empty
OCL_ICD_VENDORS=$PWD/empty "$LOCL" verify
