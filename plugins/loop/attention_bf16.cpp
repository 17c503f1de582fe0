// Attention over packed documents (see attention.py), forward and backward, for CPUs with bfloat16 matmuls.
//
// All lies transposed: scores are [keys, queries], so that a query is a lane of a vector, its maximum and its sum are
// taken without shuffles, and probabilities leave the registers in both layouts that the next matmuls want. A task is
// one block of queries of one key head: the query heads that share it side by side, COLUMNS in all. It walks over the
// tiles of keys that any of its queries may see. Matmuls are torch's own small ones (brgemm); sums are in float32.
// Tasks are dealt to threads by what they cost, before they begin: the same numbers of threads give the same bits.

#include <immintrin.h>

#include <cmath>
#include <cstring>

#include "tasks.h"

namespace c10 {
struct BFloat16;
}  // namespace c10

namespace at::native::cpublas {  // of libtorch_cpu
void brgemm(int64_t m, int64_t n, int64_t k, int64_t lda, int64_t ldb, int64_t ldc, bool add, const c10::BFloat16* a,
            const c10::BFloat16* b, float* c, bool pairs);
void brgemm_release(bool pairs);
}  // namespace at::native::cpublas

namespace {

typedef uint16_t Bf16;
constexpr int64_t LANES = 16;

// c [m, n] (+)= a [m, k] · b [k, n]; b lies in pairs of rows, [k / 2, n, 2].
inline void multiply(int64_t m, int64_t n, int64_t k, const Bf16* a, int64_t lda, const Bf16* b, float* c, bool add) {
    at::native::cpublas::brgemm(m, n, k, lda, n, n, add, (const c10::BFloat16*)a, (const c10::BFloat16*)b, c, true);
}

// 2^x to float precision for x ≤ 0; 0 where the result would be denormal: with such numbers a CPU is far slower.
inline __m512 power_of_two(__m512 x) {
    __mmask16 normal = _mm512_cmp_ps_mask(x, _mm512_set1_ps(-126.f), _CMP_GE_OQ);
    __m512 n = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m512 r = _mm512_sub_ps(x, n);
    __m512 p = _mm512_set1_ps(1.5403530e-4f);
    for (float c : {1.3333558e-3f, 9.6181291e-3f, 5.5504109e-2f, 0.24022651f, 0.69314718f, 1.f})
        p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(c));
    return _mm512_maskz_scalef_ps(normal, p, n);
}

inline __m256i rounded(__m512 x) { return (__m256i)_mm512_cvtneps_pbh(x); }

// Two rows of values as one row of pairs.
inline void store_pairs(Bf16* to, __m256i first, __m256i second) {
    __m512i high = _mm512_slli_epi32(_mm512_cvtepu16_epi32(second), 16);
    _mm512_storeu_si512(to, _mm512_or_si512(_mm512_cvtepu16_epi32(first), high));
}

inline __m256i load(const Bf16* from) { return _mm256_loadu_si256((const __m256i*)from); }

inline __m512 widened(__m256i x) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(x), 16)); }

// 0, step, 2 · step, …
inline __m512i every(int64_t step) {
    __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return _mm512_mullo_epi32(lane, _mm512_set1_epi32(int(step)));
}

// ---------------------------------------------------------------- laying matrices out

// A block of the queries (or gradients) that share key head `kv`: column h · TILE + i is token begin + i of head h.
// `across` [size / 2, columns, 2]: transposed, for a product over `size`; `down` [columns / 2, size, 2], if wanted:
// for a product over columns.
void lay_block(const Strided<Bf16>& from, const Layout& is, int64_t kv, int64_t begin, Bf16* across, Bf16* down) {
    int64_t columns = is.columns();
    __m512i rows = every(from.token / 2);
    for (int64_t c = 0; c < columns; c += LANES) {
        const Bf16* row = from.row(kv * is.group() + c / TILE, begin + c % TILE);
        for (int64_t d = 0; d < is.size; d += 2)
            _mm512_storeu_si512(across + d * columns + 2 * c, _mm512_i32gather_epi32(rows, row + d, 4));
        for (int64_t i = 0; down && i < LANES; i += 2, row += 2 * from.token)
            for (int64_t d = 0; d < is.size; d += LANES)
                store_pairs(down + (c + i) * is.size + 2 * d, load(row + d), load(row + from.token + d));
    }
}

// The reverse for sums [size, columns]: each column times a factor, rounded, to `row(head, token)`.
template <typename Row>
void store_block(const float* sums, const Layout& is, const Task& task, const float* factors, Row row) {
    int64_t columns = is.columns();
    __m512i down = every(columns);
    for (int64_t c = 0; c < columns; c++) {
        Bf16* to = row(task.kv * is.group() + c / TILE, task.block * TILE + c % TILE);
        __m512 factor = _mm512_set1_ps(factors[c]);
        for (int64_t d = 0; d < is.size; d += LANES) {
            __m512 column = _mm512_i32gather_ps(down, sums + d * columns + c, 4);
            _mm256_storeu_si256((__m256i*)(to + d), rounded(_mm512_mul_ps(column, factor)));
        }
    }
}

// Every tile of every key head transposed: [kv_heads, tiles, size, TILE].
std::vector<Bf16> transpose_tiles(const Strided<Bf16>& from, const Layout& is, int threads) {
    std::vector<Bf16> tiles(is.kv_heads * is.tokens * is.size);
    #pragma omp parallel for collapse(2) num_threads(threads)
    for (int64_t kv = 0; kv < is.kv_heads; kv++)
        for (int64_t tile = 0; tile < is.blocks(); tile++) {
            Bf16* to = tiles.data() + (kv * is.blocks() + tile) * is.size * TILE;
            for (int64_t j = 0; j < TILE; j++) {
                const Bf16* row = from.row(kv, tile * TILE + j);
                for (int64_t d = 0; d < is.size; d++) to[d * TILE + j] = row[d];
            }
        }
    return tiles;
}

// Which of 16 queries from `t` on see a key.
inline __mmask16 who_sees(const Bounds& is, int64_t t, int64_t key) {
    __m512i k = _mm512_set1_epi32(int(key));
    __mmask16 shared = _mm512_cmple_epi32_mask(_mm512_loadu_si512(is.shared_begin + t), k) &
                       _mm512_cmplt_epi32_mask(k, _mm512_loadu_si512(is.shared_end + t));
    __mmask16 own = _mm512_cmple_epi32_mask(_mm512_loadu_si512(is.own_begin + t), k);
    int64_t later = key - t;  // queries that come before the key
    __mmask16 past = later <= 0 ? 0xffff : later >= LANES ? 0 : __mmask16(0xffff << later);
    return shared | (own & past);
}

}  // namespace

extern "C" {

// Whether torch has small bfloat16 matmuls on this processor: tried, for where it has none it throws.
int supported() {
    std::vector<Bf16> ones(TILE * TILE, 0x3f80);
    std::vector<float> sums(TILE * TILE);
    try {
        multiply(TILE, TILE, TILE, ones.data(), TILE, ones.data(), sums.data(), false);
        at::native::cpublas::brgemm_release(true);
    } catch (...) {
        return 0;
    }
    return std::count(sums.begin(), sums.end(), float(TILE)) == TILE * TILE;
}

// out [tokens, heads, size], and log_sums [heads, tokens]: log2 of each query's sum of 2^score.
void forward(const Bf16* query, int64_t q_head, int64_t q_token, const Bf16* key, int64_t k_head, int64_t k_token,
             const Bf16* value_, int64_t v_head, int64_t v_token, const int32_t* bounds_, Bf16* out, float* log_sums,
             int64_t heads, int64_t kv_heads, int64_t tokens, int64_t size, float scale, int threads) {
    Layout is{heads, kv_heads, tokens, size};
    Strided<Bf16> q{query, q_head, q_token}, k{key, k_head, k_token}, v{value_, v_head, v_token};
    Bounds bounds{bounds_, bounds_ + tokens, bounds_ + 2 * tokens};
    Plan plan(is, bounds, threads);
    auto values = transpose_tiles(v, is, threads);
    int64_t columns = is.columns();
    __m512 factor = _mm512_set1_ps(scale * 1.44269504f), nothing = _mm512_set1_ps(NOTHING);

    deal(plan, threads, [&](int, size_t first, size_t last) {
        std::vector<Bf16> queries(size * columns), weights(TILE * columns);
        std::vector<float> scores(TILE * columns), sums(size * columns);
        std::vector<float> top(columns), high(columns), shrink(columns), total(columns);
        for (size_t i = first; i < last; i++) {
            auto [kv, block, tiles] = plan.tasks[i];
            lay_block(q, is, kv, block * TILE, queries.data(), nullptr);
            std::fill(top.begin(), top.end(), NOTHING);
            std::fill(total.begin(), total.end(), 0.f);
            std::fill(sums.begin(), sums.end(), 0.f);
            for (int64_t tile : *tiles) {
                multiply(TILE, columns, size, k.row(kv, tile * TILE), k_token, queries.data(), scores.data(), false);
                bool whole = bounds.whole(block, tile);
                for (int64_t j = 0; j < TILE; j++)
                    for (int64_t c = 0; c < columns; c += LANES) {
                        float* at = &scores[j * columns + c];
                        __m512 s = _mm512_mul_ps(_mm512_loadu_ps(at), factor);
                        __mmask16 seen = whole ? 0xffff : who_sees(bounds, block * TILE + c % TILE, tile * TILE + j);
                        s = _mm512_mask_mov_ps(nothing, seen, s);
                        _mm512_storeu_ps(at, s);
                        _mm512_storeu_ps(&high[c], _mm512_max_ps(_mm512_loadu_ps(j ? &high[c] : &top[c]), s));
                    }
                bool shrinks = false;
                for (int64_t c = 0; c < columns; c += LANES) {
                    __m512 now = _mm512_loadu_ps(&high[c]);
                    __m512 factor = power_of_two(_mm512_sub_ps(_mm512_loadu_ps(&top[c]), now));
                    _mm512_storeu_ps(&top[c], now);
                    // against a top of zero, what is not seen weighs nothing even where nothing has been seen yet
                    _mm512_storeu_ps(&high[c], _mm512_maskz_mov_ps(_mm512_cmpneq_ps_mask(now, nothing), now));
                    _mm512_storeu_ps(&shrink[c], factor);
                    _mm512_storeu_ps(&total[c], _mm512_mul_ps(_mm512_loadu_ps(&total[c]), factor));
                    shrinks |= _mm512_cmpneq_ps_mask(factor, _mm512_set1_ps(1.f)) != 0;
                }
                for (int64_t j = 0; j < TILE; j += 2)
                    for (int64_t c = 0; c < columns; c += LANES) {
                        __m512 base = _mm512_loadu_ps(&high[c]);
                        __m512 a = power_of_two(_mm512_sub_ps(_mm512_loadu_ps(&scores[j * columns + c]), base));
                        __m512 b = power_of_two(_mm512_sub_ps(_mm512_loadu_ps(&scores[(j + 1) * columns + c]), base));
                        _mm512_storeu_ps(&total[c], _mm512_add_ps(_mm512_loadu_ps(&total[c]), _mm512_add_ps(a, b)));
                        store_pairs(&weights[j * columns + 2 * c], rounded(a), rounded(b));
                    }
                for (int64_t d = 0; shrinks && d < size; d++)
                    for (int64_t c = 0; c < columns; c += LANES) {
                        float* at = &sums[d * columns + c];
                        _mm512_storeu_ps(at, _mm512_mul_ps(_mm512_loadu_ps(at), _mm512_loadu_ps(&shrink[c])));
                    }
                const Bf16* tile_values = values.data() + (kv * is.blocks() + tile) * size * TILE;
                multiply(size, columns, TILE, tile_values, TILE, weights.data(), sums.data(), true);
            }
            for (int64_t c = 0; c < columns; c++) {
                int64_t head = kv * is.group() + c / TILE, token = block * TILE + c % TILE;
                log_sums[head * tokens + token] = top[c] + std::log2(total[c]);
                shrink[c] = 1 / total[c];
            }
            store_block(sums.data(), is, plan.tasks[i], shrink.data(),
                        [&](int64_t head, int64_t token) { return out + (token * heads + head) * size; });
        }
        at::native::cpublas::brgemm_release(true);
    });
}

// Gradients of query [heads, tokens, size], key and value [kv_heads, tokens, size] from that of out, all contiguous;
// out and its gradient are [tokens, heads, size].
void backward(const Bf16* grad, const Bf16* out, const float* log_sums, const Bf16* query, int64_t q_head,
              int64_t q_token, const Bf16* key, int64_t k_head, int64_t k_token, const Bf16* value_, int64_t v_head,
              int64_t v_token, const int32_t* bounds_, Bf16* grad_query, Bf16* grad_key, Bf16* grad_value,
              int64_t heads, int64_t kv_heads, int64_t tokens, int64_t size, float scale, int threads) {
    Layout is{heads, kv_heads, tokens, size};
    Strided<Bf16> q{query, q_head, q_token}, k{key, k_head, k_token}, v{value_, v_head, v_token};
    Strided<Bf16> g{grad, size, heads * size}, o{out, size, heads * size};
    Bounds bounds{bounds_, bounds_ + tokens, bounds_ + 2 * tokens};
    Plan plan(is, bounds, threads);
    auto keys = transpose_tiles(k, is, threads);
    int64_t columns = is.columns(), all = kv_heads * tokens * size;
    __m512 factor = _mm512_set1_ps(scale * 1.44269504f);
    std::vector<std::vector<float>> of_keys(threads), of_values(threads);  // each thread's sums

    deal(plan, threads, [&](int mine, size_t first, size_t last) {
        of_keys[mine].assign(all, 0.f);
        of_values[mine].assign(all, 0.f);
        std::vector<Bf16> q_across(size * columns), q_down(size * columns);
        std::vector<Bf16> g_across(size * columns), g_down(size * columns);
        std::vector<Bf16> p(TILE * columns), ds(TILE * columns), ds_pairs(TILE * columns);
        std::vector<float> scores(TILE * columns), dp(TILE * columns), dq(size * columns);
        std::vector<float> sums(columns), delta(columns), scales(columns, scale);
        for (size_t i = first; i < last; i++) {
            auto [kv, block, tiles] = plan.tasks[i];
            lay_block(q, is, kv, block * TILE, q_across.data(), q_down.data());
            lay_block(g, is, kv, block * TILE, g_across.data(), g_down.data());
            for (int64_t c = 0; c < columns; c++) {
                int64_t head = kv * is.group() + c / TILE, token = block * TILE + c % TILE;
                const Bf16 *a = g.row(head, token), *b = o.row(head, token);
                __m512 dot = _mm512_setzero_ps();
                for (int64_t d = 0; d < size; d += LANES)
                    dot = _mm512_fmadd_ps(widened(load(a + d)), widened(load(b + d)), dot);
                delta[c] = _mm512_reduce_add_ps(dot);
                sums[c] = log_sums[head * tokens + token];
            }
            std::fill(dq.begin(), dq.end(), 0.f);
            for (int64_t tile : *tiles) {
                multiply(TILE, columns, size, k.row(kv, tile * TILE), k_token, q_across.data(), scores.data(), false);
                multiply(TILE, columns, size, v.row(kv, tile * TILE), v_token, g_across.data(), dp.data(), false);
                bool whole = bounds.whole(block, tile);
                for (int64_t j = 0; j < TILE; j += 2)
                    for (int64_t c = 0; c < columns; c += LANES) {
                        __m256i two[2];
                        for (int64_t n = 0; n < 2; n++) {
                            int64_t at = (j + n) * columns + c;
                            __m512 s = _mm512_fmsub_ps(_mm512_loadu_ps(&scores[at]), factor, _mm512_loadu_ps(&sums[c]));
                            __m512 w = power_of_two(s);
                            __mmask16 seen = whole ? 0xffff : who_sees(bounds, block * TILE + c % TILE, tile * TILE + j + n);
                            w = _mm512_maskz_mov_ps(seen, w);
                            _mm256_storeu_si256((__m256i*)&p[at], rounded(w));
                            __m512 d = _mm512_sub_ps(_mm512_loadu_ps(&dp[at]), _mm512_loadu_ps(&delta[c]));
                            d = _mm512_mul_ps(w, d);
                            two[n] = rounded(d);
                            _mm256_storeu_si256((__m256i*)&ds[at], two[n]);
                        }
                        store_pairs(&ds_pairs[j * columns + 2 * c], two[0], two[1]);
                    }
                int64_t at = (kv * tokens + tile * TILE) * size;
                multiply(TILE, size, columns, p.data(), columns, g_down.data(), &of_values[mine][at], true);
                multiply(TILE, size, columns, ds.data(), columns, q_down.data(), &of_keys[mine][at], true);
                const Bf16* tile_keys = keys.data() + (kv * is.blocks() + tile) * size * TILE;
                multiply(size, columns, TILE, tile_keys, TILE, ds_pairs.data(), dq.data(), true);
            }
            store_block(dq.data(), is, plan.tasks[i], scales.data(),
                        [&](int64_t head, int64_t token) { return grad_query + (head * tokens + token) * size; });
        }
        at::native::cpublas::brgemm_release(true);
    });
    #pragma omp parallel for num_threads(threads)
    for (int64_t at = 0; at < all; at += LANES) {
        __m512 key_sum = _mm512_setzero_ps(), value_sum = key_sum;
        for (int part = 0; part < threads; part++) {
            key_sum = _mm512_add_ps(key_sum, _mm512_loadu_ps(&of_keys[part][at]));
            value_sum = _mm512_add_ps(value_sum, _mm512_loadu_ps(&of_values[part][at]));
        }
        _mm256_storeu_si256((__m256i*)(grad_key + at), rounded(_mm512_mul_ps(key_sum, _mm512_set1_ps(scale))));
        _mm256_storeu_si256((__m256i*)(grad_value + at), rounded(value_sum));
    }
}
}
