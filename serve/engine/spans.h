// Attention of several tokens of one row: keys and values are packed like weights, and multiplied with like them.

#pragma once

#include "layer.h"
#include "matmul.h"

namespace {

struct Heads {
    long heads, kv_heads, size;
    float scale;
};

class SpanAttention {
  public:
    explicit SpanAttention(Multiplier& multiply) : multiply_(multiply) {}

    // The query heads of key head `head`, for `count` tokens from position `start` of their row on; `q` are the
    // queries of the first, and a token's lie every `width` values. Results go to `out`, [count, heads, size].
    void operator()(const Heads& is, long head, const Bf16* q, long width, Bf16* out, const Bf16* keys,
                    const Bf16* values, const int32_t* table, long start, long count) {
        long blocks = (start + count + BLOCK - 1) / BLOCK, all = blocks * BLOCK, group = is.heads / is.kv_heads;
        keys_ = key_memory_.of(all * is.size), values_ = value_memory_.of(all * is.size);
        scores_ = score_memory_.of(TOGETHER * all), shares_ = share_memory_.of(TOGETHER * all);
        for (long b = 0; b < blocks; b++) {
            long at = (table[b] * is.kv_heads + head) * BLOCK * is.size;
            pack_keys(keys + at, is.size, keys_ + b * BLOCK * is.size);
            pack_values(values + at, is.size, std::min<long>(BLOCK, start + count - b * BLOCK), b, all);
        }
        for (long h = head * group; h < (head + 1) * group; h++)
            for (long t = 0; t < count; t += TOGETHER) {
                long rows = std::min(TOGETHER, count - t);
                attend(is, q + t * width + h * is.size, width, out + (t * is.heads + h) * is.size, start + t, rows, all);
            }
    }

  private:
    Multiplier& multiply_;
    Buffer<Bf16> key_memory_, value_memory_, share_memory_;
    Buffer<float> score_memory_;
    Bf16 *keys_, *values_, *shares_;
    float* scores_;

    // One query head of up to TOGETHER tokens; keys and values are packed.
    void attend(const Heads& is, const Bf16* q, long width, Bf16* out, long start, long rows, long all) {
        long panels = (start + rows + PANEL - 1) / PANEL;
        Packed keys{keys_, nullptr, is.size, all};
        for (long p = 0; p < panels; p++) multiply_(q, width, rows, keys, p, &scores_[p * TOGETHER * PANEL]);
        alignas(64) float parts[TOGETHER], sums[TOGETHER * PANEL];
        for (long r = 0; r < rows; r++) parts[r] = 1.f / share(r, start + r + 1, panels, is.scale);
        for (long c = 0; c < is.size; c += PANEL) {
            Packed values{values_ + c * all, nullptr, panels * PANEL, PANEL};
            multiply_(shares_, panels * PANEL, rows, values, 0, sums);
            for (long r = 0; r < rows; r++)
                for (long i = 0; i < PANEL; i += 16)
                    store16(out + r * is.heads * is.size + c + i,
                            _mm512_mul_ps(_mm512_loadu_ps(sums + r * PANEL + i), _mm512_set1_ps(parts[r])));
        }
    }

    // e^(score - highest) of the keys that a token sees, rounded, 0 for the others; and their sum.
    float share(long row, long seen, long panels, float scale) {
        auto scores = [&](long at) { return _mm512_loadu_ps(&scores_[(at / PANEL * TOGETHER + row) * PANEL + at % PANEL]); };
        __m512 top = _mm512_set1_ps(-INFINITY), total = _mm512_setzero_ps(), factor = _mm512_set1_ps(scale * LOG2E);
        for (long at = 0; at < seen; at += 16) top = _mm512_mask_max_ps(top, lanes(seen - at), top, scores(at));
        top = _mm512_set1_ps(_mm512_reduce_max_ps(top));
        for (long at = 0; at < panels * PANEL; at += 16) {
            __m512 below = _mm512_mul_ps(_mm512_sub_ps(scores(at), top), factor);
            __m512 x = _mm512_maskz_mov_ps(lanes(seen - at), power_of_two(below));
            store16(&shares_[row * panels * PANEL + at], x);
            total = _mm512_add_ps(total, x);
        }
        return _mm512_reduce_add_ps(total);
    }

    // A block of keys, [size, BLOCK], as a panel of as many outputs.
    static void pack_keys(const Bf16* from, long size, Bf16* to) {
        for (long i = 0; i < size; i += 2, from += 2 * BLOCK)
            for (long half = 0; half < 2; half++)
                interleave(from + half * 16, from + BLOCK + half * 16, to + ((i / 32) * 2 + half) * TILE + i % 32 * 16);
    }

    // A block of values, [BLOCK, size], as inputs of `size` outputs; those from `count` on were never written.
    void pack_values(const Bf16* from, long size, long count, long block, long all) {
        static const Bf16 nothing[16] = {};
        for (long t = 0; t < BLOCK; t += 2)
            for (long c = 0; c < size; c += 16)
                interleave(t < count ? from + t * size + c : nothing, t + 1 < count ? from + (t + 1) * size + c : nothing,
                           values_ + c / 32 * 32 * all + (block * 2 + c / 16 % 2) * TILE + t * 16);
    }

    // Sixteen values each as pairs.
    static void interleave(const Bf16* first, const Bf16* second, Bf16* to) {
        __m512i low = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i*)first));
        __m512i high = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i*)second));
        _mm512_storeu_si512(to, _mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
    }
};

}  // namespace
