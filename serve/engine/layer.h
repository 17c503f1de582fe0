// What lies between a decoder's matmuls, for a CPU: norms, rotary positions, attention over the blocks of the cache.
//
// Every function exists for bfloat16 and float32; sums are in float32, and each result is rounded once. What each one
// computes is said in kernels.py.

#pragma once

#include <type_traits>

#include "numbers.h"

namespace {

constexpr int BLOCK = 32;  // tokens in a block of the cache, as in blocks.py
constexpr int AHEAD = 2;   // blocks that are fetched before they are needed

template <typename T>
inline float inverse_rms(const T* x, long size, float eps) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (long i = 0; i < size; i++) sum += get(x[i]) * get(x[i]);
    return 1.f / sqrtf(sum / size + eps);
}

template <typename T>
inline void add_norm(T* x, const T* delta, const T* weight, T* y, long size, float eps) {
    if (delta) {
#pragma omp simd
        for (long i = 0; i < size; i++) put(x + i, get(x[i]) + get(delta[i]));
    }
    float scale = inverse_rms(x, size, eps);
#pragma omp simd
    for (long i = 0; i < size; i++) put(y + i, get(x[i]) * scale * get(weight[i]));
}

template <typename T>
inline void gate(const T* a, const T* b, T* y, long size) {
#pragma omp simd
    for (long i = 0; i < size; i++) {
        float x = get(a[i]);
        put(y + i, x / (1.f + exponential(-x)) * get(b[i]));
    }
}

template <typename T>
void rotate(T* head, const T* norm, const float* cosine, const float* sine, long size, float eps) {
    long half = size / 2;
    float scale = norm ? inverse_rms(head, size, eps) : 1.f;
#pragma omp simd
    for (long i = 0; i < half; i++) {
        float a = get(head[i]) * scale, b = get(head[i + half]) * scale;
        if (norm) a *= get(norm[i]), b *= get(norm[i + half]);
        put(head + i, a * cosine[i] - b * sine[i]);
        put(head + i + half, b * cosine[i] + a * sine[i]);
    }
}

// One token: `q` are its queries, keys and values side by side.
template <typename T>
void place(T* q, const T* q_norm, const T* k_norm, const float* cosine, const float* sine, long slot, T* keys,
           T* values, long heads, long kv_heads, long size, float eps) {
    for (long head = 0; head < heads + kv_heads; head++)
        rotate(q + head * size, head < heads ? q_norm : k_norm, cosine, sine, size, eps);
    long block = slot / BLOCK, at = slot % BLOCK;
    for (long head = 0; head < kv_heads; head++) {
        const T *k = q + (heads + head) * size, *v = k + kv_heads * size;
        long start = (block * kv_heads + head) * BLOCK * size;
        for (long i = 0; i < size; i++) keys[start + i * BLOCK + at] = k[i];
        memcpy(values + start + at * size, v, size * sizeof(T));
    }
}

// The scores of one key block against `GROUP` query heads; keys lie transposed, [size, BLOCK]. Blocks lie anywhere, so
// the processor does not see by itself that it will need the one at `next`.
template <int GROUP, typename T>
inline void score(const float* query, const T* keys, const T* next, float* scores, long stride, long size) {
    for (long column = 0; column < BLOCK; column += 2 * LANES) {
        Floats low[GROUP] = {}, high[GROUP] = {};
        for (long i = 0; i < size; i++) {
            __builtin_prefetch(next + i * BLOCK + column);
            Floats a = get_lanes(keys + i * BLOCK + column), b = get_lanes(keys + i * BLOCK + column + LANES);
            for (int g = 0; g < GROUP; g++) {
                float q = query[g * size + i];
                low[g] += q * a;
                high[g] += q * b;
            }
        }
        for (int g = 0; g < GROUP; g++) {
            memcpy(scores + g * stride + column, &low[g], sizeof low[g]);
            memcpy(scores + g * stride + column + LANES, &high[g], sizeof high[g]);
        }
    }
}

// Adds the values of one block, weighted, to the sums of `GROUP` query heads, two registers of columns
// at a time, or one.
template <int GROUP, int WIDE, typename T>
inline void mix(const float* shares, const T* values, const T* next, float* sums, long stride, long size, long count,
                long column) {
    Floats sum[GROUP][WIDE];
    for (int g = 0; g < GROUP; g++) memcpy(sum[g], sums + g * size + column, sizeof sum[g]);
    for (long t = 0; t < count; t++) {
        __builtin_prefetch(next + t * size + column);
        Floats value[WIDE];
        for (int w = 0; w < WIDE; w++) value[w] = get_lanes(values + t * size + column + w * LANES);
        for (int g = 0; g < GROUP; g++)
            for (int w = 0; w < WIDE; w++) sum[g][w] += shares[g * stride + t] * value[w];
    }
    for (int g = 0; g < GROUP; g++) memcpy(sums + g * size + column, sum[g], sizeof sum[g]);
}

template <int GROUP, typename T>
void attend_heads(const T* q, T* out, const T* keys, const T* values, const int32_t* table, long length,
                  long kv_heads, long head, long size, float scale, Buffer<float>& memory) {
    long blocks = (length + BLOCK - 1) / BLOCK, stride = blocks * BLOCK;
    float *query = memory.of(GROUP * (stride + 2 * size)), *sums = query + GROUP * size, *scores = sums + GROUP * size;
    memset(sums, 0, GROUP * size * sizeof(float));
    for (long i = 0; i < GROUP * size; i++) query[i] = get(q[i]) * scale;
    auto block = [&](long b) {  // of keys, then of values; after the last, the last again
        const T* part = b < blocks ? keys : values;
        long place = table[b < blocks ? b : b < 2 * blocks ? b - blocks : blocks - 1];
        return part + (place * kv_heads + head) * BLOCK * size;
    };
    for (long b = 0; b < blocks; b++)
        score<GROUP>(query, block(b), block(b + AHEAD), scores + b * BLOCK, stride, size);
    for (int g = 0; g < GROUP; g++) {
        float *row = scores + g * stride, top = row[0], total = 0;
#pragma omp simd reduction(max : top)
        for (long t = 0; t < length; t++) top = row[t] > top ? row[t] : top;
#pragma omp simd reduction(+ : total)
        for (long t = 0; t < length; t++) total += row[t] = exponential(row[t] - top);
        float part = 1.f / total;
#pragma omp simd
        for (long t = 0; t < length; t++) row[t] *= part;
    }
    for (long b = 0; b < blocks; b++) {
        const T *from = block(blocks + b), *next = block(blocks + b + AHEAD);
        long count = length - b * BLOCK < BLOCK ? length - b * BLOCK : BLOCK, column = 0;
        for (; column + 2 * LANES <= size; column += 2 * LANES)
            mix<GROUP, 2>(scores + b * BLOCK, from, next, sums, stride, size, count, column);
        if (column < size) mix<GROUP, 1>(scores + b * BLOCK, from, next, sums, stride, size, count, column);
    }
    for (long i = 0; i < GROUP * size; i++) put(out + i, sums[i]);
}

// One token and one key head: `q` are the token's queries, `out` is where all its heads go.
template <typename T>
void attend(const T* q, T* out, const T* keys, const T* values, const int32_t* table, long length, long heads,
            long kv_heads, long head, long size, float scale, Buffer<float>& memory) {
    long group = heads / kv_heads, done = 0;
    auto next = [&](auto heads_together) {  // query heads that share keys: read them once
        constexpr int G = decltype(heads_together)::value;
        for (; group - done >= G; done += G) {
            long at = (head * group + done) * size;
            attend_heads<G>(q + at, out + at, keys, values, table, length, kv_heads, head, size, scale, memory);
        }
    };
    next(std::integral_constant<int, 4>());
    next(std::integral_constant<int, 3>());
    next(std::integral_constant<int, 2>());
    next(std::integral_constant<int, 1>());
}

}  // namespace
