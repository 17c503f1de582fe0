// x Wᵀ for weights that never change, on CPUs with bfloat16 dot products: AMX where it is, AVX-512 otherwise.
//
// A weight [out, in] is packed into panels of 32 outputs: for each 32 inputs two tiles of 1 KB, [16 pairs of inputs, 16
// outputs, 2], as both instruction sets read them. One token reads every weight once, from memory, in the order in
// which it lies there: that is what decoding waits for. A token's sums are added up in the same order however many
// tokens there are, so that it gets the same bits alone and in a batch.

#pragma once

#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "numbers.h"

namespace {

enum Unit { NONE, AVX512, AMX };

constexpr long PANEL = 32;     // outputs side by side, and inputs in a tile
constexpr long TOGETHER = 32;  // tokens that are computed at once at most
constexpr long TILE = 512;     // values in one
constexpr float LOG2E = 1.44269504f;

struct Packed {
    const Bf16* weight;
    const Bf16* bias;  // may be null
    long in, out;      // `in` is a multiple of PANEL; the last panel is filled up with zeros
    long panels() const { return (out + PANEL - 1) / PANEL; }
    long width(long p) const { return std::min(PANEL, out - p * PANEL); }
};

// The fastest unit of this processor that the compiler knows and the system lets us use.
inline Unit best_unit() {
#ifdef __AMX_BF16__
    constexpr long REQUEST = 0x1023, TILE_DATA = 18;  // Linux: ARCH_REQ_XCOMP_PERM
    if (syscall(SYS_arch_prctl, REQUEST, TILE_DATA) == 0) return AMX;
#endif
#ifdef __AVX512BF16__
    return AVX512;
#endif
    return NONE;
}

#ifdef __AVX512BF16__

// The lanes of 16 that are among `count` values.
inline __mmask16 lanes(long count) { return count >= 16 ? 0xffff : count <= 0 ? 0 : __mmask16((1 << count) - 1); }

inline __m512 widened(__m256i x) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(x), 16)); }

inline __m512 load16(const Bf16* from) { return widened(_mm256_loadu_si256((const __m256i*)from)); }

inline void store16(Bf16* to, __m512 x) { _mm256_storeu_si256((__m256i*)to, (__m256i)_mm512_cvtneps_pbh(x)); }

// One token's sums of a panel, plus as many values at `more` if that is not null: rounded, at `to`.
inline void store(Bf16* to, const float* sums, const Bf16* more, long width) {
    for (long at = 0; at < PANEL; at += 16) {
        __m512 x = _mm512_loadu_ps(sums + at);
        if (width < PANEL) {
            __mmask16 mask = lanes(width - at);
            if (more) x = _mm512_add_ps(x, widened(_mm256_maskz_loadu_epi16(mask, more + at)));
            _mm256_mask_storeu_epi16(to + at, mask, (__m256i)_mm512_cvtneps_pbh(x));
        } else {
            store16(to + at, more ? _mm512_add_ps(x, load16(more + at)) : x);
        }
    }
}

// 2^x to float precision: it takes half as long as the e^x that compilers make vectors of.
inline __m512 power_of_two(__m512 x) {
    __m512 n = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m512 r = _mm512_sub_ps(x, n);
    __m512 p = _mm512_set1_ps(1.5403530e-4f);
    for (float c : {1.3333558e-3f, 9.6181291e-3f, 5.5504109e-2f, 0.24022651f, 0.69314718f, 1.f})
        p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(c));
    return _mm512_scalef_ps(p, n);
}

// silu(a) · b for a token's values of two panels.
inline void gate_panels(const Bf16* a, const Bf16* b, Bf16* y) {
    for (long at = 0; at < PANEL; at += 16) {
        __m512 x = load16(a + at);
        __m512 below = _mm512_add_ps(power_of_two(_mm512_mul_ps(x, _mm512_set1_ps(-LOG2E))), _mm512_set1_ps(1.f));
        store16(y + at, _mm512_mul_ps(_mm512_div_ps(x, below), load16(b + at)));
    }
}

// y += x for a token's values of a panel.
inline void add_panel(const Bf16* x, Bf16* y) {
    for (long at = 0; at < PANEL; at += 16) store16(y + at, _mm512_add_ps(load16(y + at), load16(x + at)));
}

// The sums of `ROWS` tokens for one panel; x [ROWS, in], a token every `stride` values.
template <int ROWS>
inline void dot_rows(const Bf16* x, long stride, const Bf16* weight, long in, float* sums) {
    __m512 left[ROWS], right[ROWS];
    for (int r = 0; r < ROWS; r++) left[r] = right[r] = _mm512_setzero_ps();
    for (long k = 0; k < in; k += PANEL, weight += 2 * TILE)
        for (long pair = 0; pair < 16; pair++) {
            __m512i a = _mm512_loadu_si512(weight + pair * 32), b = _mm512_loadu_si512(weight + TILE + pair * 32);
            for (int r = 0; r < ROWS; r++) {
                int32_t both;
                memcpy(&both, x + r * stride + k + 2 * pair, 4);
                __m512bh value = (__m512bh)_mm512_set1_epi32(both);
                left[r] = _mm512_dpbf16_ps(left[r], value, (__m512bh)a);
                right[r] = _mm512_dpbf16_ps(right[r], value, (__m512bh)b);
            }
        }
    for (int r = 0; r < ROWS; r++) {
        _mm512_storeu_ps(sums + r * PANEL, left[r]);
        _mm512_storeu_ps(sums + r * PANEL + 16, right[r]);
    }
}

inline void dot_avx(const Bf16* x, long stride, long rows, const Bf16* weight, long in, float* sums) {
    for (; rows >= 8; rows -= 8, x += 8 * stride, sums += 8 * PANEL) dot_rows<8>(x, stride, weight, in, sums);
    for (; rows >= 4; rows -= 4, x += 4 * stride, sums += 4 * PANEL) dot_rows<4>(x, stride, weight, in, sums);
    for (; rows > 0; rows -= 1, x += stride, sums += PANEL) dot_rows<1>(x, stride, weight, in, sums);
}

#endif

#ifdef __AMX_BF16__

// All that the program wrote is in memory now: GCC 12 does not know that tiles are loaded from there.
inline void written() { asm volatile("" ::: "memory"); }

// Tiles 0 to 3 hold sums [tokens, 16 outputs], 4 and 5 up to 16 tokens each, 6 and 7 the two tiles of a weight.
inline void shape_tiles(long rows) {
    struct alignas(64) {
        uint8_t palette = 1, start = 0, reserved[14] = {};
        uint16_t bytes[16] = {};
        uint8_t rows[16] = {};
    } config;
    long first = std::min(rows, 16L), second = std::max(rows - 16, 1L);
    const long tall[8] = {first, first, second, second, first, second, 16, 16};
    for (int tile = 0; tile < 8; tile++) config.rows[tile] = uint8_t(tall[tile]), config.bytes[tile] = 64;
    written();
    _tile_loadconfig(&config);
}

inline void dot_amx(const Bf16* x, long stride, long rows, const Bf16* weight, long in, float* sums) {
    written();
    _tile_zero(0); _tile_zero(1);
    if (rows > 16) {
        _tile_zero(2); _tile_zero(3);
        for (long k = 0; k < in; k += PANEL, weight += 2 * TILE) {
            _tile_loadd(4, x + k, stride * 2); _tile_loadd(6, weight, 64);
            _tile_dpbf16ps(0, 4, 6);
            _tile_loadd(7, weight + TILE, 64);
            _tile_dpbf16ps(1, 4, 7);
            _tile_loadd(5, x + 16 * stride + k, stride * 2);
            _tile_dpbf16ps(2, 5, 6); _tile_dpbf16ps(3, 5, 7);
        }
        _tile_stored(2, sums + 16 * PANEL, PANEL * 4); _tile_stored(3, sums + 16 * PANEL + 16, PANEL * 4);
    } else {
        for (long k = 0; k < in; k += PANEL, weight += 2 * TILE) {
            _tile_loadd(4, x + k, stride * 2); _tile_loadd(6, weight, 64); _tile_loadd(7, weight + TILE, 64);
            _tile_dpbf16ps(0, 4, 6); _tile_dpbf16ps(1, 4, 7);
        }
    }
    _tile_stored(0, sums, PANEL * 4); _tile_stored(1, sums + 16, PANEL * 4);
}

#endif

// Multiplies in one thread. Tiles are shaped anew by each, as torch's own matmuls shape them otherwise in between.
class Multiplier {
  public:
    explicit Multiplier(Unit unit) : unit_(unit) {}
    ~Multiplier() {
#ifdef __AMX_BF16__
        if (shaped_) _tile_release();
#endif
    }

    // sums [rows, PANEL] of a panel, for x [rows, in] of which a token lies every `stride` values; rows ≤ TOGETHER.
    void operator()(const Bf16* x, long stride, long rows, const Packed& w, long panel, float* sums) {
        const Bf16* weight = w.weight + panel * w.in * PANEL;
#ifdef __AMX_BF16__
        if (unit_ == AMX) {
            if (rows != shaped_) shape_tiles(shaped_ = rows);
            return dot_amx(x, stride, rows, weight, w.in, sums);
        }
#endif
#ifdef __AVX512BF16__
        dot_avx(x, stride, rows, weight, w.in, sums);
#endif
    }

  private:
    Unit unit_;
    long shaped_ = 0;
};

}  // namespace
