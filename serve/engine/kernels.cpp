// What lies between a decoder's matmuls, one function for each step of a layer.
//
// In plain torch these are some forty small operations a layer, and they take longer than the matmuls. Here they are
// five, for every dtype and any number of tokens. Compiled on first use (see kernels.py).

#include "layer.h"

namespace {

template <typename T>
void add_norm(T* residual, const T* delta, const T* weight, T* out, long rows, long size, float eps, int threads) {
#pragma omp parallel for num_threads(threads) if (threads > 1 && rows > 16)
    for (long row = 0; row < rows; row++)
        add_norm(residual + row * size, delta ? delta + row * size : nullptr, weight, out + row * size, size, eps);
}

template <typename T>
void gate(const T* both, T* out, long rows, long size, int threads) {
#pragma omp parallel for num_threads(threads) if (threads > 1 && rows > 16)
    for (long row = 0; row < rows; row++)
        gate(both + 2 * row * size, both + (2 * row + 1) * size, out + row * size, size);
}

template <typename T>
void place(T* qkv, const T* q_norm, const T* k_norm, const float* cosine, const float* sine, const int64_t* positions,
           const int64_t* slots, T* keys, T* values, long rows, long heads, long kv_heads, long size, float eps,
           int threads) {
#pragma omp parallel for num_threads(threads) if (threads > 1 && rows > 16)
    for (long row = 0; row < rows; row++) {
        long at = positions[row] * (size / 2);
        place(qkv + row * (heads + 2 * kv_heads) * size, q_norm, k_norm, cosine + at, sine + at, slots[row], keys,
              values, heads, kv_heads, size, eps);
    }
}

template <typename T>
void attend(const T* qkv, T* out, const T* keys, const T* values, const int64_t* rows, const int32_t* tables,
            const int64_t* lengths, long count, long table_size, long heads, long kv_heads, long size, float scale,
            int threads) {
    long width = (heads + 2 * kv_heads) * size;
#pragma omp parallel num_threads(threads) if (threads > 1 && count * kv_heads > 1)
    {
        Buffer<float> memory;
#pragma omp for collapse(2) schedule(dynamic)
        for (long n = 0; n < count; n++)
            for (long head = 0; head < kv_heads; head++)
                attend(qkv + rows[n] * width, out + rows[n] * heads * size, keys, values, tables + n * table_size,
                       lengths[n], heads, kv_heads, head, size, scale, memory);
    }
}

}  // namespace

#define EXPORT(T, NAME)                                                                                               \
    extern "C" void add_norm_##NAME(T* residual, const T* delta, const T* weight, T* out, long rows, long size,       \
                                    float eps, int threads) {                                                         \
        add_norm(residual, delta, weight, out, rows, size, eps, threads);                                             \
    }                                                                                                                 \
    extern "C" void gate_##NAME(const T* both, T* out, long rows, long size, int threads) {                           \
        gate(both, out, rows, size, threads);                                                                         \
    }                                                                                                                 \
    extern "C" void place_##NAME(T* qkv, const T* q_norm, const T* k_norm, const float* cosine, const float* sine,    \
                                 const int64_t* positions, const int64_t* slots, T* keys, T* values, long rows,       \
                                 long heads, long kv_heads, long size, float eps, int threads) {                      \
        place(qkv, q_norm, k_norm, cosine, sine, positions, slots, keys, values, rows, heads, kv_heads, size, eps,    \
              threads);                                                                                               \
    }                                                                                                                 \
    extern "C" void attend_##NAME(const T* qkv, T* out, const T* keys, const T* values, const int64_t* rows,          \
                                  const int32_t* tables, const int64_t* lengths, long count, long table_size,         \
                                  long heads, long kv_heads, long size, float scale, int threads) {                   \
        attend(qkv, out, keys, values, rows, tables, lengths, count, table_size, heads, kv_heads, size, scale,        \
               threads);                                                                                              \
    }

EXPORT(Bf16, bf16)
EXPORT(float, f32)
