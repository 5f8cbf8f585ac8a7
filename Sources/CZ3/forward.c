/* Every function of Z3 that the package calls, found in the library when it is first called.
 *
 * Linking with libz3 would keep the whole command from starting where it is not installed, with the
 * loader's words and status; so only what needs Z3 needs it, and says so itself. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Hidden, so that the library's own calls of its functions never come here. */
#pragma GCC visibility push(hidden)
#include "cz3.h"

static void *library;
static char problem[256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void open_library(void)
{
  library = dlopen("libz3.so.4", RTLD_NOW | RTLD_LOCAL);
  if (!library)
    library = dlopen("libz3.so", RTLD_NOW | RTLD_LOCAL);
  if (!library)
    snprintf(problem, sizeof problem, "%s", dlerror());
}

const char *cz3_problem(void)
{
  pthread_once(&once, open_library);
  return library ? 0 : problem;
}

/* Whoever calls Z3 has asked cz3_problem first; a function that is missing all the same is a library
 * of some other age. */
static void *find(const char *name)
{
  void *function = cz3_problem() ? 0 : dlsym(library, name);

  if (!function) {
    fprintf(stderr, "walkproof: the Z3 library has no %s; install libz3-dev 4.8.12 or newer\n", name);
    exit(74);
  }
  return function;
}

#define FORWARD(result, name, parameters, arguments)                     \
  result name parameters                                                 \
  {                                                                      \
    static __typeof__(&name) known;                                      \
    __typeof__(&name) function = __atomic_load_n(&known, __ATOMIC_RELAXED); \
    if (!function) {                                                     \
      function = (__typeof__(&name))find(#name);                         \
      __atomic_store_n(&known, function, __ATOMIC_RELAXED);              \
    }                                                                    \
    return function arguments;                                           \
  }

FORWARD(Z3_string, Z3_ast_to_string, (Z3_context a, Z3_ast b), (a, b))
FORWARD(void, Z3_ast_vector_dec_ref, (Z3_context a, Z3_ast_vector b), (a, b))
FORWARD(Z3_ast, Z3_ast_vector_get, (Z3_context a, Z3_ast_vector b, unsigned c), (a, b, c))
FORWARD(void, Z3_ast_vector_inc_ref, (Z3_context a, Z3_ast_vector b), (a, b))
FORWARD(unsigned, Z3_ast_vector_size, (Z3_context a, Z3_ast_vector b), (a, b))
FORWARD(void, Z3_del_config, (Z3_config a), (a))
FORWARD(void, Z3_del_context, (Z3_context a), (a))
FORWARD(void, Z3_fixedpoint_add_rule, (Z3_context a, Z3_fixedpoint b, Z3_ast c, Z3_symbol d), (a, b, c, d))
FORWARD(void, Z3_fixedpoint_dec_ref, (Z3_context a, Z3_fixedpoint b), (a, b))
FORWARD(Z3_ast, Z3_fixedpoint_get_cover_delta, (Z3_context a, Z3_fixedpoint b, int c, Z3_func_decl d), (a, b, c, d))
FORWARD(Z3_string, Z3_fixedpoint_get_reason_unknown, (Z3_context a, Z3_fixedpoint b), (a, b))
FORWARD(void, Z3_fixedpoint_inc_ref, (Z3_context a, Z3_fixedpoint b), (a, b))
FORWARD(Z3_lbool, Z3_fixedpoint_query, (Z3_context a, Z3_fixedpoint b, Z3_ast c), (a, b, c))
FORWARD(void, Z3_fixedpoint_register_relation, (Z3_context a, Z3_fixedpoint b, Z3_func_decl c), (a, b, c))
FORWARD(Z3_lbool, Z3_get_bool_value, (Z3_context a, Z3_ast b), (a, b))
FORWARD(Z3_error_code, Z3_get_error_code, (Z3_context a), (a))
FORWARD(Z3_string, Z3_get_error_msg, (Z3_context a, Z3_error_code b), (a, b))
FORWARD(Z3_string, Z3_get_full_version, (void), ())
FORWARD(bool, Z3_get_numeral_uint64, (Z3_context a, Z3_ast b, uint64_t* c), (a, b, c))
FORWARD(Z3_ast, Z3_mk_and, (Z3_context a, unsigned b, Z3_ast const c[]), (a, b, c))
FORWARD(Z3_ast, Z3_mk_app, (Z3_context a, Z3_func_decl b, unsigned c, Z3_ast const d[]), (a, b, c, d))
FORWARD(Z3_sort, Z3_mk_bool_sort, (Z3_context a), (a))
FORWARD(Z3_sort, Z3_mk_bv_sort, (Z3_context a, unsigned b), (a, b))
FORWARD(Z3_ast, Z3_mk_bvadd, (Z3_context a, Z3_ast b, Z3_ast c), (a, b, c))
FORWARD(Z3_ast, Z3_mk_bvand, (Z3_context a, Z3_ast b, Z3_ast c), (a, b, c))
FORWARD(Z3_ast, Z3_mk_bvlshr, (Z3_context a, Z3_ast b, Z3_ast c), (a, b, c))
FORWARD(Z3_ast, Z3_mk_bvnot, (Z3_context a, Z3_ast b), (a, b))
FORWARD(Z3_ast, Z3_mk_bvor, (Z3_context a, Z3_ast b, Z3_ast c), (a, b, c))
FORWARD(Z3_ast, Z3_mk_bvshl, (Z3_context a, Z3_ast b, Z3_ast c), (a, b, c))
FORWARD(Z3_ast, Z3_mk_bvsub, (Z3_context a, Z3_ast b, Z3_ast c), (a, b, c))
FORWARD(Z3_ast, Z3_mk_bvule, (Z3_context a, Z3_ast b, Z3_ast c), (a, b, c))
FORWARD(Z3_ast, Z3_mk_bvxor, (Z3_context a, Z3_ast b, Z3_ast c), (a, b, c))
FORWARD(Z3_config, Z3_mk_config, (void), ())
FORWARD(Z3_ast, Z3_mk_const, (Z3_context a, Z3_symbol b, Z3_sort c), (a, b, c))
FORWARD(Z3_context, Z3_mk_context, (Z3_config a), (a))
FORWARD(Z3_ast, Z3_mk_eq, (Z3_context a, Z3_ast b, Z3_ast c), (a, b, c))
FORWARD(Z3_ast, Z3_mk_false, (Z3_context a), (a))
FORWARD(Z3_fixedpoint, Z3_mk_fixedpoint, (Z3_context a), (a))
FORWARD(Z3_ast, Z3_mk_forall_const, (Z3_context a, unsigned b, unsigned c, Z3_app const d[], unsigned e, Z3_pattern const f[], Z3_ast g), (a, b, c, d, e, f, g))
FORWARD(Z3_func_decl, Z3_mk_func_decl, (Z3_context a, Z3_symbol b, unsigned c, Z3_sort const d[], Z3_sort e), (a, b, c, d, e))
FORWARD(Z3_ast, Z3_mk_implies, (Z3_context a, Z3_ast b, Z3_ast c), (a, b, c))
FORWARD(Z3_ast, Z3_mk_ite, (Z3_context a, Z3_ast b, Z3_ast c, Z3_ast d), (a, b, c, d))
FORWARD(Z3_ast, Z3_mk_not, (Z3_context a, Z3_ast b), (a, b))
FORWARD(Z3_params, Z3_mk_params, (Z3_context a), (a))
FORWARD(Z3_solver, Z3_mk_solver_for_logic, (Z3_context a, Z3_symbol b), (a, b))
FORWARD(Z3_symbol, Z3_mk_string_symbol, (Z3_context a, Z3_string b), (a, b))
FORWARD(Z3_ast, Z3_mk_true, (Z3_context a), (a))
FORWARD(Z3_ast, Z3_mk_unsigned_int64, (Z3_context a, uint64_t b, Z3_sort c), (a, b, c))
FORWARD(void, Z3_model_dec_ref, (Z3_context a, Z3_model b), (a, b))
FORWARD(Z3_bool_opt, Z3_model_eval, (Z3_context a, Z3_model b, Z3_ast c, bool d, Z3_ast * e), (a, b, c, d, e))
FORWARD(void, Z3_model_inc_ref, (Z3_context a, Z3_model b), (a, b))
FORWARD(void, Z3_params_dec_ref, (Z3_context a, Z3_params b), (a, b))
FORWARD(void, Z3_params_inc_ref, (Z3_context a, Z3_params b), (a, b))
FORWARD(void, Z3_params_set_bool, (Z3_context a, Z3_params b, Z3_symbol c, bool d), (a, b, c, d))
FORWARD(void, Z3_params_set_uint, (Z3_context a, Z3_params b, Z3_symbol c, unsigned d), (a, b, c, d))
FORWARD(void, Z3_set_error_handler, (Z3_context a, Z3_error_handler b), (a, b))
FORWARD(void, Z3_solver_assert, (Z3_context a, Z3_solver b, Z3_ast c), (a, b, c))
FORWARD(Z3_lbool, Z3_solver_check, (Z3_context a, Z3_solver b), (a, b))
FORWARD(Z3_lbool, Z3_solver_check_assumptions, (Z3_context a, Z3_solver b, unsigned c, Z3_ast const d[]), (a, b, c, d))
FORWARD(void, Z3_solver_dec_ref, (Z3_context a, Z3_solver b), (a, b))
FORWARD(Z3_model, Z3_solver_get_model, (Z3_context a, Z3_solver b), (a, b))
FORWARD(Z3_string, Z3_solver_get_reason_unknown, (Z3_context a, Z3_solver b), (a, b))
FORWARD(Z3_ast_vector, Z3_solver_get_unsat_core, (Z3_context a, Z3_solver b), (a, b))
FORWARD(void, Z3_solver_inc_ref, (Z3_context a, Z3_solver b), (a, b))
FORWARD(void, Z3_solver_set_params, (Z3_context a, Z3_solver b, Z3_params c), (a, b, c))
FORWARD(Z3_string, Z3_solver_to_string, (Z3_context a, Z3_solver b), (a, b))
FORWARD(Z3_ast, Z3_substitute, (Z3_context a, Z3_ast b, unsigned c, Z3_ast const d[], Z3_ast const e[]), (a, b, c, d, e))
FORWARD(Z3_ast, Z3_substitute_vars, (Z3_context a, Z3_ast b, unsigned c, Z3_ast const d[]), (a, b, c, d))
FORWARD(Z3_app, Z3_to_app, (Z3_context a, Z3_ast b), (a, b))
#pragma GCC visibility pop
