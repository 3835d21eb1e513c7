/* Choices as text for people. Used by src/study and src/bench. */
#ifndef LOCL_GEMM_CHOICE_TEXT_H
#define LOCL_GEMM_CHOICE_TEXT_H

#include "gemm/gemm.h"

enum { LOCL_GEMM_CHOICE_TEXT = 128 };

/* Writes the engine, the way, and the cut or CLBlast's parameters (`setting`: "" or NULL for its own), such as
 * "native panels, 8x32, k 256, 64x512". */
void locl_gemm_choice_text(const locl_gemm_choice *choice, const char *setting,
                           char out[LOCL_GEMM_CHOICE_TEXT]);

#endif
