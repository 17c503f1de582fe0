// Attention over packed documents (see attention.py), forward and backward, in float32 on any CPU.
//
// As in attention_bf16.cpp all lies transposed: scores are [keys, queries], so that a query is a lane of a vector. A
// task is one block of queries of one key head: the query heads that share it side by side, COLUMNS in all. It walks
// over the tiles of keys that any of its queries may see, and what it computes of a tile stays in the L2 cache. Tasks
// are dealt to threads by what they cost, before they begin: the same numbers of threads give the same bits.

#include "numbers.h"
#include "tasks.h"

namespace {

// A matrix whose rows, and a row's values, lie anywhere at equal distances.
struct Matrix {
    const float* at;
    int64_t row, column;
};

// ROWS rows of c [m, n] (+)= a [m, k] · b [k, n], two registers of columns at a time; in a register all the while.
template <int ROWS>
inline void multiply_rows(int64_t n, int64_t k, Matrix a, const float* b, float* c, bool add) {
    for (int64_t column = 0; column < n; column += 2 * LANES) {
        Floats sums[ROWS][2] = {};
        for (int r = 0; add && r < ROWS; r++)
            for (int half = 0; half < 2; half++) sums[r][half] = get_lanes(c + r * n + column + half * LANES);
        for (int64_t i = 0; i < k; i++) {
            Floats low = get_lanes(b + i * n + column), high = get_lanes(b + i * n + column + LANES);
            for (int r = 0; r < ROWS; r++) {
                float x = a.at[r * a.row + i * a.column];
                sums[r][0] += x * low;
                sums[r][1] += x * high;
            }
        }
        for (int r = 0; r < ROWS; r++) memcpy(c + r * n + column, sums[r], sizeof sums[r]);
    }
}

// c [m, n] (+)= a [m, k] · b [k, n]; b and c are contiguous, n a multiple of two registers, m of 4.
inline void multiply(int64_t m, int64_t n, int64_t k, Matrix a, const float* b, float* c, bool add) {
    int64_t row = 0;
    auto from = [&](int64_t r) { return Matrix{a.at + r * a.row, a.row, a.column}; };
    for (; row + 6 <= m; row += 6) multiply_rows<6>(n, k, from(row), b, c + row * n, add);
    for (; row + 4 <= m; row += 4) multiply_rows<4>(n, k, from(row), b, c + row * n, add);
    for (; row + 2 <= m; row += 2) multiply_rows<2>(n, k, from(row), b, c + row * n, add);
}

// A block of the queries (or gradients) that share key head `kv`, times a factor: column h · TILE + i is token
// begin + i of head h. `across` [size, columns] for a product over `size`; `down` [columns, size], if wanted, for one
// over columns.
void lay_block(const Strided<float>& from, const Layout& is, int64_t kv, int64_t begin, float factor, float* across,
               float* down) {
    int64_t columns = is.columns();
    for (int64_t c = 0; c < columns; c++) {
        const float* row = from.row(kv * is.group() + c / TILE, begin + c % TILE);
        for (int64_t d = 0; d < is.size; d++) across[d * columns + c] = factor * row[d];
        for (int64_t d = 0; down && d < is.size; d++) down[c * is.size + d] = factor * row[d];
    }
}

// The reverse for sums [size, columns]: each column times its factor to `row(head, token)`.
template <typename Row>
void store_block(const float* sums, const Layout& is, const Task& task, const float* factors, Row row) {
    int64_t columns = is.columns();
    for (int64_t c = 0; c < columns; c++) {
        float* to = row(task.kv * is.group() + c / TILE, task.block * TILE + c % TILE);
        for (int64_t d = 0; d < is.size; d++) to[d] = factors[c] * sums[d * columns + c];
    }
}

// Scores [keys, columns] of a tile, with NOTHING where a query does not see a key.
void hide(const Bounds& bounds, const Layout& is, int64_t block, int64_t tile, float* scores) {
    const int32_t *begin = bounds.shared_begin + block * TILE, *end = bounds.shared_end + block * TILE;
    const int32_t* own = bounds.own_begin + block * TILE;
    for (int64_t j = 0; j < TILE; j++) {
        int32_t key = int32_t(tile * TILE + j), first = key - int32_t(block * TILE);
        for (int64_t head = 0; head < is.group(); head++) {
            float* row = scores + j * is.columns() + head * TILE;
#pragma omp simd
            for (int32_t i = 0; i < int32_t(TILE); i++) {
                bool seen = ((begin[i] <= key) & (key < end[i])) | ((own[i] <= key) & (first <= i));
                row[i] = seen ? row[i] : NOTHING;
            }
        }
    }
}

}  // namespace

extern "C" {

int supported() { return 1; }

// out [tokens, heads, size], and log_sums [heads, tokens]: the logarithm of each query's sum of e^score.
void forward(const float* query, int64_t q_head, int64_t q_token, const float* key, int64_t k_head, int64_t k_token,
             const float* value, int64_t v_head, int64_t v_token, const int32_t* bounds_, float* out, float* log_sums,
             int64_t heads, int64_t kv_heads, int64_t tokens, int64_t size, float scale, int threads) {
    Layout is{heads, kv_heads, tokens, size};
    Strided<float> q{query, q_head, q_token}, k{key, k_head, k_token}, v{value, v_head, v_token};
    Bounds bounds{bounds_, bounds_ + tokens, bounds_ + 2 * tokens};
    Plan plan(is, bounds, threads);
    int64_t columns = is.columns();

    deal(plan, threads, [&](int, size_t first, size_t last) {
        Buffer<float> memory;
        float *queries = memory.of((2 * size + TILE + 4) * columns), *sums = queries + size * columns;
        float *scores = sums + size * columns, *top = scores + TILE * columns, *high = top + columns;
        float *shrink = high + columns, *total = shrink + columns;
        for (size_t i = first; i < last; i++) {
            auto [kv, block, tiles] = plan.tasks[i];
            lay_block(q, is, kv, block * TILE, scale, queries, nullptr);
            std::fill(top, top + columns, NOTHING);
            std::fill(total, total + columns, 0.f);
            std::fill(sums, sums + size * columns, 0.f);
            for (int64_t tile : *tiles) {
                multiply(TILE, columns, size, {k.row(kv, tile * TILE), k_token, 1}, queries, scores, false);
                if (!bounds.whole(block, tile)) hide(bounds, is, block, tile, scores);
                std::copy(top, top + columns, high);
                for (int64_t j = 0; j < TILE; j++)
                    for (int64_t c = 0; c < columns; c++) high[c] = std::max(high[c], scores[j * columns + c]);
#pragma omp simd
                for (int64_t c = 0; c < columns; c++) {
                    shrink[c] = exponential(top[c] - high[c]);
                    total[c] *= shrink[c];
                    top[c] = high[c];
                    // against a top of zero, what is not seen weighs nothing even where nothing has been seen yet
                    high[c] = high[c] == NOTHING ? 0.f : high[c];
                }
                for (int64_t j = 0; j < TILE; j++)
#pragma omp simd
                    for (int64_t c = 0; c < columns; c++)
                        total[c] += scores[j * columns + c] = exponential(scores[j * columns + c] - high[c]);
                for (int64_t d = 0; d < size; d++)
                    for (int64_t c = 0; c < columns; c++) sums[d * columns + c] *= shrink[c];
                multiply(size, columns, TILE, {v.row(kv, tile * TILE), 1, v_token}, scores, sums, true);
            }
            for (int64_t c = 0; c < columns; c++) {
                int64_t head = kv * is.group() + c / TILE, token = block * TILE + c % TILE;
                log_sums[head * tokens + token] = top[c] + std::log(total[c]);
                shrink[c] = 1 / total[c];
            }
            store_block(sums, is, plan.tasks[i], shrink,
                        [&](int64_t head, int64_t token) { return out + (token * heads + head) * size; });
        }
    });
}

// Gradients of query [heads, tokens, size], key and value [kv_heads, tokens, size] from that of out, all contiguous;
// out and its gradient are [tokens, heads, size].
void backward(const float* grad, const float* out, const float* log_sums, const float* query, int64_t q_head,
              int64_t q_token, const float* key, int64_t k_head, int64_t k_token, const float* value, int64_t v_head,
              int64_t v_token, const int32_t* bounds_, float* grad_query, float* grad_key, float* grad_value,
              int64_t heads, int64_t kv_heads, int64_t tokens, int64_t size, float scale, int threads) {
    Layout is{heads, kv_heads, tokens, size};
    Strided<float> q{query, q_head, q_token}, k{key, k_head, k_token}, v{value, v_head, v_token};
    Strided<float> g{grad, size, heads * size}, o{out, size, heads * size};
    Bounds bounds{bounds_, bounds_ + tokens, bounds_ + 2 * tokens};
    Plan plan(is, bounds, threads);
    int64_t columns = is.columns(), all = kv_heads * tokens * size;
    std::vector<std::vector<float>> of_keys(threads), of_values(threads);  // each thread's sums

    deal(plan, threads, [&](int mine, size_t first, size_t last) {
        of_keys[mine].assign(all, 0.f);
        of_values[mine].assign(all, 0.f);
        Buffer<float> memory;
        float* at = memory.of((5 * size + 2 * TILE + 3) * columns);
        auto next = [&](int64_t rows) { return (at += rows * columns) - rows * columns; };
        float *q_across = next(size), *q_down = next(size), *g_across = next(size), *g_down = next(size);
        float *dq = next(size), *p = next(TILE), *ds = next(TILE), *sums = next(1), *delta = next(1);
        float* scales = next(1);
        std::fill(scales, scales + columns, scale);
        for (size_t i = first; i < last; i++) {
            auto [kv, block, tiles] = plan.tasks[i];
            lay_block(q, is, kv, block * TILE, scale, q_across, q_down);
            lay_block(g, is, kv, block * TILE, 1.f, g_across, g_down);
            for (int64_t c = 0; c < columns; c++) {
                int64_t head = kv * is.group() + c / TILE, token = block * TILE + c % TILE;
                const float *a = g.row(head, token), *b = o.row(head, token);
                float dot = 0;
#pragma omp simd reduction(+ : dot)
                for (int64_t d = 0; d < size; d++) dot += a[d] * b[d];
                delta[c] = dot;
                sums[c] = log_sums[head * tokens + token];
            }
            std::fill(dq, dq + size * columns, 0.f);
            for (int64_t tile : *tiles) {
                const float *keys = k.row(kv, tile * TILE), *values = v.row(kv, tile * TILE);
                multiply(TILE, columns, size, {keys, k_token, 1}, q_across, p, false);
                multiply(TILE, columns, size, {values, v_token, 1}, g_across, ds, false);
                if (!bounds.whole(block, tile)) hide(bounds, is, block, tile, p);
                for (int64_t j = 0; j < TILE; j++)
#pragma omp simd
                    for (int64_t c = 0; c < columns; c++) {
                        float x = p[j * columns + c], w = x == NOTHING ? 0.f : exponential(x - sums[c]);
                        p[j * columns + c] = w;
                        ds[j * columns + c] = w * (ds[j * columns + c] - delta[c]);
                    }
                int64_t to = (kv * tokens + tile * TILE) * size;
                multiply(TILE, size, columns, {p, columns, 1}, g_down, &of_values[mine][to], true);
                multiply(TILE, size, columns, {ds, columns, 1}, q_down, &of_keys[mine][to], true);
                multiply(size, columns, TILE, {keys, 1, k_token}, ds, dq, true);
            }
            store_block(dq, is, plan.tasks[i], scales,
                        [&](int64_t head, int64_t token) { return grad_query + (head * tokens + token) * size; });
        }
    });
#pragma omp parallel for num_threads(threads)
    for (int64_t at = 0; at < all; at++) {
        grad_key[at] = grad_value[at] = 0;
        for (int part = 0; part < threads; part++) {
            grad_key[at] += of_keys[part][at];
            grad_value[at] += of_values[part][at];
        }
    }
}
}
