import Subprocess

/// The switch that the copy's walkers ask which mutant they are.
enum Switch {
  /// The number of the mutant that is on.
  static let variable: Environment.Key = "WALKPROOF_MUTANT"
  /// The file that the numbers of the mutants are written to whose code was run.
  static let sitesVariable: Environment.Key = "WALKPROOF_MUTANT_SITES"

  /// Its files, and what mutants call that walkers do not.
  static let files = [
    "Sources/CMutation/include/mutation.h": header, "Sources/CMutation/mutation.c": body,
    "Sources/Walkers/WithoutLock.swift": withoutLock,
  ]

  private static let withoutLock = """
    public import Machines

    extension RecordMachine {
      /// Does `body` as if the lock were taken.
      @inlinable
      public mutating func withoutLock<Result>(
        _ lock: Field,
        of record: Record,
        _ mode: LockMode,
        _ body: (inout Self) -> Result
      ) -> Result { body(&self) }
    }

    """

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
    #include <fcntl.h>
    #include <stdlib.h>
    #include <sys/mman.h>
    #include <unistd.h>

    int walkproof_mutant_number;
    enum { LIMIT = 1 << 20 };
    /* The file of places, a byte for each mutant: it is there however the process ends. */
    static unsigned char *reached;

    void walkproof_mutant_reached(int first, int last) {
      for (int number = first; number <= last && number < LIMIT; number++) reached[number] = 1;
    }

    __attribute__((constructor)) static void begin(void) {
      const char *number = getenv("WALKPROOF_MUTANT");
      const char *path = getenv("WALKPROOF_MUTANT_SITES");
      walkproof_mutant_number = number ? atoi(number) : 0;
      if (!path) return;
      int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
      if (file < 0 || ftruncate(file, LIMIT)) return;
      reached = mmap(0, LIMIT, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
      close(file);
      if (reached != MAP_FAILED) walkproof_mutant_number = -1;
    }

    """
}
