/* The door to Z3: the header of Debian's libz3-dev, and whether the library can be loaded. */
#ifndef CZ3_H
#define CZ3_H
#if !__has_include(<z3.h>)
#error "z3.h is not there: apt-get install -y libz3-dev"
#endif
#include <z3.h>

/* Why the Z3 library cannot be loaded, in the loader's words; null if it can. */
const char *cz3_problem(void);
#endif
