#include "CLibFuzzer.h"

/* libFuzzer's own, which its `main` calls too. */
int LLVMFuzzerRunDriver(int *count, char ***arguments, int (*test)(const uint8_t *start, size_t count));

/* What the package manager has the program begin with, where libFuzzer has a `main`. */
int parser_fuzzer_main(int count, char **arguments) {
  return LLVMFuzzerRunDriver(&count, &arguments, LLVMFuzzerTestOneInput);
}
