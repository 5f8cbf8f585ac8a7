import Subprocess

/// The switch that the copy's walkers ask which mutant they are.
enum Switch {
  /// The number of the mutant that is on.
  static let variable: Environment.Key = "WALKPROOF_MUTANT"
  /// The file that the numbers of the mutants are written to whose code was run.
  static let sitesVariable: Environment.Key = "WALKPROOF_MUTANT_SITES"

  /// Its files.
  static let files = [
    "Sources/CMutation/include/mutation.h": header, "Sources/CMutation/mutation.c": body,
  ]

  private static let header = """
    #pragma once
    /* Which mutant is on; -1 while sites are recorded, 0 for none. */
    extern int walkproof_mutant_number;
    void walkproof_mutant_reached(int first, int last);

    /* The mutant that is on, asked at a place that has those from `first` to `last`. */
    static inline int walkproof_mutant(int first, int last) {
      if (__builtin_expect(walkproof_mutant_number < 0, 0)) walkproof_mutant_reached(first, last);
      return walkproof_mutant_number;
    }

    """

  private static let body = """
    #include "mutation.h"
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <unistd.h>

    int walkproof_mutant_number;
    static char *sites;
    static pid_t owner;
    enum { LIMIT = 1 << 20 };
    static unsigned char reached[LIMIT];

    void walkproof_mutant_reached(int first, int last) {
      for (int number = first; number <= last && number < LIMIT; number++) reached[number] = 1;
    }

    static void tell(void) {
      if (getpid() != owner) return;
      FILE *file = fopen(sites, "w");
      if (!file) return;
      for (int number = 1; number < LIMIT; number++)
        if (reached[number]) fprintf(file, "%d\\n", number);
      fclose(file);
    }

    __attribute__((constructor)) static void begin(void) {
      const char *number = getenv("WALKPROOF_MUTANT");
      const char *path = getenv("WALKPROOF_MUTANT_SITES");
      walkproof_mutant_number = number ? atoi(number) : 0;
      if (!path) return;
      walkproof_mutant_number = -1;
      sites = strdup(path);
      owner = getpid();
      atexit(tell);
    }

    """
}
