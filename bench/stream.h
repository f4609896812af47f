#pragma once
#include <cstddef>

namespace crossent::bench {

// What memory itself takes: the floor every kernel is measured against. Each call goes through
// `bytes` (a multiple of 64) once, `threads` equal parts, prefetching 2 KB ahead, with the widest
// vectors of the CPU.

/// Reads; returns a value that depends on every byte.
unsigned stream_read(const unsigned char* data, std::size_t bytes, int threads);

/// Reads and writes in place: every byte is xored with `key` (not 0, so that the write is real).
void stream_update(unsigned char* data, std::size_t bytes, unsigned key, int threads);

/// Reads one buffer and writes another.
void stream_copy(const unsigned char* from, unsigned char* to, std::size_t bytes, unsigned key,
                 int threads);

}  // namespace crossent::bench
