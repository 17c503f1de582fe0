// bfloat16 and float32 in C++: one number, a register of them, and e^x.

#pragma once

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#ifdef __AVX512F__
#include <immintrin.h>
#endif

namespace {

#ifdef __AVX512F__
constexpr int LANES = 16;
#else
constexpr int LANES = 8;  // vectors wider than a register go through memory
#endif

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

inline Floats get_lanes(const float* from) {
    Floats values;
    memcpy(&values, from, sizeof values);
    return values;
}

inline Floats get_lanes(const Bf16* from) {
#ifdef __AVX512F__  // what GCC 12 makes of the lines below takes five times as many instructions
    return (Floats)_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i*)from)), 16);
#else
    Halves halves;
    memcpy(&halves, from, sizeof halves);
    return (Floats)(__builtin_convertvector(halves, Words) << 16);
#endif
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

// Memory that grows, and begins with a line of the cache: loads of 64 bytes are half as fast where they cross lines.
template <typename T>
class Buffer {
  public:
    Buffer() = default;
    Buffer(const Buffer&) = delete;
    ~Buffer() { free(at_); }

    // Room for `count` values. What was there is lost if there was less.
    T* of(long count) {
        if (count > count_) {
            free(at_);
            at_ = (T*)aligned_alloc(64, (count * sizeof(T) + 63) / 64 * 64);
            count_ = at_ ? count : 0;
            if (!at_) throw std::bad_alloc();  // as vectors do: inside a parallel region it ends the process, named
        }
        return at_;
    }

  private:
    T* at_ = nullptr;
    long count_ = 0;
};

}  // namespace
