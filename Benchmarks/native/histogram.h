/* Durations in nanoseconds, counted in buckets whose width is at most 1/64 of what they hold. */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

enum { PARTS = 64, PART_BITS = 6, BUCKETS = (64 - PART_BITS + 1) * PARTS };

struct histogram {
  uint64_t counts[BUCKETS];
  uint64_t total, longest;
};

/* Values below PARTS have a bucket each; above, a power of two has PARTS buckets. */
static inline unsigned bucket_of(uint64_t value) {
  if (value < PARTS) return (unsigned)value;
  unsigned shift = 63u - (unsigned)__builtin_clzll(value) - PART_BITS;
  return (shift + 1) * PARTS + (unsigned)(value >> shift) - PARTS;
}

/* The largest value that falls into a bucket. */
static inline uint64_t bucket_end(unsigned bucket) {
  if (bucket < PARTS) return bucket;
  unsigned shift = bucket / PARTS - 1;
  return (((uint64_t)(bucket % PARTS + PARTS) + 1) << shift) - 1;
}

static inline void record(struct histogram *h, uint64_t value) {
  h->counts[bucket_of(value)]++;
  h->total++;
  if (value > h->longest) h->longest = value;
}

/* The value that `share` of all, from 0 to 1, do not exceed. */
static inline uint64_t percentile(const struct histogram *h, double share) {
  uint64_t wanted = (uint64_t)(share * (double)h->total + 0.5), seen = 0;
  for (unsigned i = 0; i < BUCKETS; i++) {
    seen += h->counts[i];
    if (seen >= wanted && seen > 0) return bucket_end(i) < h->longest ? bucket_end(i) : h->longest;
  }
  return h->longest;
}

#endif
