#ifndef C_LIB_FUZZER_H
#define C_LIB_FUZZER_H

#include <stddef.h>
#include <stdint.h>

/* What libFuzzer calls with each input; see Entry.swift. */
int LLVMFuzzerTestOneInput(const uint8_t *start, size_t count);

#endif
