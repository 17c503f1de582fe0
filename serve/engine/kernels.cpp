// What lies between a decoder's matmuls, for a CPU: norms, rotary positions, attention over the blocks of the cache.
//
// In plain torch these are some forty small operations a layer, and they take longer than the matmuls. Here they
// are five. Every function exists for bfloat16 and float32; sums are in float32, and each result is rounded once.
// Compiled on first use (see kernels.py); what each one computes is said there.

#include <cstdint>
#include <cstring>
#include <cmath>
#include <type_traits>
#include <vector>

namespace {

constexpr int LANES = 16;
constexpr int BLOCK = 32;  // tokens in a block of the cache, as in cache.py

typedef float Floats __attribute__((vector_size(LANES * 4)));
typedef uint32_t Words __attribute__((vector_size(LANES * 4)));
typedef uint16_t Halves __attribute__((vector_size(LANES * 2)));

struct Bf16 {
    uint16_t bits;
};

inline float get(float x) { return x; }

inline float get(Bf16 x) {
    uint32_t word = uint32_t(x.bits) << 16;
    float value;
    memcpy(&value, &word, 4);
    return value;
}

inline void put(float* to, float x) { *to = x; }

inline void put(Bf16* to, float x) {  // to the nearest, ties to even
    uint32_t word;
    memcpy(&word, &x, 4);
    to->bits = uint16_t((word + 0x7fff + ((word >> 16) & 1)) >> 16);
}

inline Floats get16(const float* from) {
    Floats values;
    memcpy(&values, from, sizeof values);
    return values;
}

inline Floats get16(const Bf16* from) {
    Halves halves;
    memcpy(&halves, from, sizeof halves);
    return (Floats)(__builtin_convertvector(halves, Words) << 16);
}

// e^x to float precision: 2^n times a polynomial, so that loops over it are vectorized.
inline float exponential(float x) {
    x = x < -87.f ? -87.f : x > 88.f ? 88.f : x;  // a NaN passes
    float n = nearbyintf(x * 1.44269504f);
    float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.f;
    uint32_t bits = uint32_t(int32_t(n) + 127) << 23;
    float power;
    memcpy(&power, &bits, 4);
    return p * power;
}

template <typename T>
inline float inverse_rms(const T* x, long size, float eps) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (long i = 0; i < size; i++) sum += get(x[i]) * get(x[i]);
    return 1.f / sqrtf(sum / size + eps);
}

template <typename T>
void add_norm(T* residual, const T* delta, const T* weight, T* out, long rows, long size, float eps, int threads) {
#pragma omp parallel for num_threads(threads) if (threads > 1 && rows > 16)
    for (long row = 0; row < rows; row++) {
        T* x = residual + row * size;
        if (delta) {
            const T* d = delta + row * size;
#pragma omp simd
            for (long i = 0; i < size; i++) put(x + i, get(x[i]) + get(d[i]));
        }
        float scale = inverse_rms(x, size, eps);
        T* y = out + row * size;
#pragma omp simd
        for (long i = 0; i < size; i++) put(y + i, get(x[i]) * scale * get(weight[i]));
    }
}

template <typename T>
void gate(const T* both, T* out, long rows, long size, int threads) {
#pragma omp parallel for num_threads(threads) if (threads > 1 && rows > 16)
    for (long row = 0; row < rows; row++) {
        const T *a = both + row * 2 * size, *b = a + size;
        T* y = out + row * size;
#pragma omp simd
        for (long i = 0; i < size; i++) {
            float x = get(a[i]);
            put(y + i, x / (1.f + exponential(-x)) * get(b[i]));
        }
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

template <typename T>
void place(T* qkv, const T* q_norm, const T* k_norm, const float* cosine, const float* sine, const int64_t* positions,
           const int64_t* slots, T* keys, T* values, long rows, long heads, long kv_heads, long size, float eps,
           int threads) {
    long width = (heads + 2 * kv_heads) * size;
#pragma omp parallel for num_threads(threads) if (threads > 1 && rows > 16)
    for (long row = 0; row < rows; row++) {
        const float *c = cosine + positions[row] * (size / 2), *s = sine + positions[row] * (size / 2);
        T* q = qkv + row * width;
        for (long head = 0; head < heads + kv_heads; head++)
            rotate(q + head * size, head < heads ? q_norm : k_norm, c, s, size, eps);
        long block = slots[row] / BLOCK, at = slots[row] % BLOCK;
        for (long head = 0; head < kv_heads; head++) {
            const T *k = q + (heads + head) * size, *v = k + kv_heads * size;
            long start = (block * kv_heads + head) * BLOCK * size;
            for (long i = 0; i < size; i++) keys[start + i * BLOCK + at] = k[i];
            memcpy(values + start + at * size, v, size * sizeof(T));
        }
    }
}

// The scores of one key block against `GROUP` query heads; keys lie transposed, [size, BLOCK].
template <int GROUP, typename T>
inline void score(const float* query, const T* keys, float* scores, long stride, long size) {
    Floats low[GROUP] = {}, high[GROUP] = {};
    for (long i = 0; i < size; i++) {
        Floats a = get16(keys + i * BLOCK), b = get16(keys + i * BLOCK + LANES);
        for (int g = 0; g < GROUP; g++) {
            float q = query[g * size + i];
            low[g] += q * a;
            high[g] += q * b;
        }
    }
    for (int g = 0; g < GROUP; g++) {
        memcpy(scores + g * stride, &low[g], sizeof low[g]);
        memcpy(scores + g * stride + LANES, &high[g], sizeof high[g]);
    }
}

// Adds the values of one block, weighted, to the sums of `GROUP` query heads, 32 or 16 columns at a time.
template <int GROUP, int WIDE, typename T>
inline void mix(const float* shares, const T* values, float* sums, long stride, long size, long count, long column) {
    Floats sum[GROUP][WIDE];
    for (int g = 0; g < GROUP; g++) memcpy(sum[g], sums + g * size + column, sizeof sum[g]);
    for (long t = 0; t < count; t++) {
        Floats value[WIDE];
        for (int w = 0; w < WIDE; w++) value[w] = get16(values + t * size + column + w * LANES);
        for (int g = 0; g < GROUP; g++)
            for (int w = 0; w < WIDE; w++) sum[g][w] += shares[g * stride + t] * value[w];
    }
    for (int g = 0; g < GROUP; g++) memcpy(sums + g * size + column, sum[g], sizeof sum[g]);
}

template <int GROUP, typename T>
void attend_heads(const T* q, T* out, const T* keys, const T* values, const int32_t* table, long length,
                  long kv_heads, long head, long size, float scale, std::vector<float>& memory) {
    long blocks = (length + BLOCK - 1) / BLOCK, stride = blocks * BLOCK;
    memory.assign(GROUP * (stride + 2 * size), 0.f);
    float *query = memory.data(), *sums = query + GROUP * size, *scores = sums + GROUP * size;
    for (long i = 0; i < GROUP * size; i++) query[i] = get(q[i]) * scale;
    for (long b = 0; b < blocks; b++)
        score<GROUP>(query, keys + (table[b] * kv_heads + head) * BLOCK * size, scores + b * BLOCK, stride, size);
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
        const T* from = values + (table[b] * kv_heads + head) * BLOCK * size;
        long count = length - b * BLOCK < BLOCK ? length - b * BLOCK : BLOCK, column = 0;
        for (; column + 2 * LANES <= size; column += 2 * LANES)
            mix<GROUP, 2>(scores + b * BLOCK, from, sums, stride, size, count, column);
        if (column < size) mix<GROUP, 1>(scores + b * BLOCK, from, sums, stride, size, count, column);
    }
    for (long i = 0; i < GROUP * size; i++) put(out + i, sums[i]);
}

template <typename T>
void attend(const T* qkv, T* out, const T* keys, const T* values, const int64_t* rows, const int32_t* tables,
            const int64_t* lengths, long count, long table_size, long heads, long kv_heads, long size, float scale,
            int threads) {
    long group = heads / kv_heads, width = (heads + 2 * kv_heads) * size;
#pragma omp parallel num_threads(threads) if (threads > 1 && count * kv_heads > 1)
    {
        std::vector<float> memory;
#pragma omp for collapse(2) schedule(dynamic)
        for (long n = 0; n < count; n++)
            for (long head = 0; head < kv_heads; head++) {
                const int32_t* table = tables + n * table_size;
                long done = 0;
                auto next = [&](auto heads_together) {  // query heads that share keys: read them once
                    constexpr int G = decltype(heads_together)::value;
                    for (; group - done >= G; done += G) {
                        long at = (head * group + done) * size;
                        attend_heads<G>(qkv + rows[n] * width + at, out + rows[n] * heads * size + at, keys, values,
                                        table, lengths[n], kv_heads, head, size, scale, memory);
                    }
                };
                next(std::integral_constant<int, 4>());
                next(std::integral_constant<int, 3>());
                next(std::integral_constant<int, 2>());
                next(std::integral_constant<int, 1>());
            }
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
