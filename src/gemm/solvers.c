#include "gemm/solver.h"

#include <string.h>

const locl_gemm_solver *const locl_gemm_solvers[] = {&locl_gemm_native, &locl_gemm_clblast, NULL};

const char *locl_gemm_solver_name(const locl_gemm_solver *solver)
{
    return solver->name;
}

const locl_gemm_solver *locl_gemm_solver_named(const char *name)
{
    for (size_t i = 0; locl_gemm_solvers[i]; i++) {
        if (!strcmp(locl_gemm_solvers[i]->name, name)) {
            return locl_gemm_solvers[i];
        }
    }
    return NULL;
}

bool locl_engine_parse(const char *name, locl_engine *out)
{
    static const char *const names[] = {"auto", "native", "clblast"};
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++) {
        if (!strcmp(name, names[i])) {
            *out = (locl_engine)i;
            return true;
        }
    }
    return false;
}

/* On an H200, whose parameters CLBlast does not know, each product of M/8/16 takes CLBlast 1.4 to 20 times as long. */
locl_engine locl_engine_resolve(locl_engine engine)
{
    return engine == LOCL_ENGINE_AUTO ? LOCL_ENGINE_NATIVE : engine;
}

bool locl_gemm_same_shape(const locl_gemm_shape *x, const locl_gemm_shape *y)
{
    return x->ta == y->ta && x->tb == y->tb && x->m == y->m && x->n == y->n && x->k == y->k &&
           x->lda == y->lda && x->ldb == y->ldb && x->ldc == y->ldc && x->batch == y->batch &&
           x->stride_a == y->stride_a && x->stride_b == y->stride_b && x->stride_c == y->stride_c &&
           x->sum == y->sum && x->sum_a == y->sum_a && x->sum_b == y->sum_b;
}

/* Returns the choice of a solver for a product that nobody measured. */
static locl_gemm_choice own_choice(const locl_gemm_solver *solver, const locl_gemm_shape *shape,
                                   const locl_caps *caps)
{
    locl_gemm_choice out = {.shape = *shape, .solver = solver};
    if (solver->own_cut) {
        out.cut = solver->own_cut(shape, caps);
    }
    return out;
}

static bool applies(const locl_gemm_choice *choice, const locl_caps *caps)
{
    return choice->solver->applicable(&choice->shape, &choice->cut, caps);
}

locl_gemm_choice locl_gemm_choose(const locl_gemm_choices *choices, const locl_gemm_shape *shape,
                                  const locl_caps *caps)
{
    bool native = locl_engine_resolve(choices->engine) == LOCL_ENGINE_NATIVE;
    for (size_t i = 0; i < choices->count; i++) {
        const locl_gemm_choice *known = &choices->known[i];
        locl_gemm_choice out =
            known->cut.kernel == LOCL_GEMM_UNCUT ? own_choice(known->solver, shape, caps) : *known;
        if (locl_gemm_same_shape(&known->shape, shape) && applies(&out, caps)) {
            out.shape = *shape; /* with its alpha and beta */
            return out;
        }
    }
    locl_gemm_choice out = own_choice(native ? &locl_gemm_native : &locl_gemm_clblast, shape, caps);
    for (size_t i = 0; !applies(&out, caps); i++) {
        if (!locl_gemm_solvers[i]) {
            return (locl_gemm_choice){.shape = *shape};
        }
        out = own_choice(locl_gemm_solvers[i], shape, caps);
    }
    return out;
}
