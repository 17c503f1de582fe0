// The tasks of attention over packed documents: who sees what, and which blocks each thread computes.

#pragma once

#include <omp.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace {

constexpr int64_t TILE = 64;  // queries in a block and keys in a tile, as in native_attention.py
constexpr float NOTHING = -1e30f;  // a score that is not seen

// What both passes are given: tensors [heads, tokens, size], of which a token's values lie side by side.
struct Layout {
    int64_t heads, kv_heads, tokens, size;
    int64_t group() const { return heads / kv_heads; }
    int64_t columns() const { return group() * TILE; }
    int64_t blocks() const { return tokens / TILE; }
};

template <typename T>
struct Strided {
    const T* at;
    int64_t head, token;
    const T* row(int64_t h, int64_t t) const { return at + h * head + t * token; }
};

// One block of queries of one key head, and the tiles of keys that it looks at.
struct Task {
    int64_t kv, block;
    const std::vector<int64_t>* tiles;
};

// ---------------------------------------------------------------- who sees what

// Token t sees the keys from shared_begin[t] to shared_end[t], and from own_begin[t] to itself.
struct Bounds {
    const int32_t *shared_begin, *shared_end, *own_begin;

    // The tiles that any query of a block looks at, in order.
    std::vector<int64_t> tiles(int64_t block) const {
        int64_t begin = INT32_MAX, end = 0, own = INT32_MAX;
        for (int64_t t = block * TILE; t < (block + 1) * TILE; t++) {
            own = std::min<int64_t>(own, own_begin[t]);
            if (shared_begin[t] < shared_end[t]) {
                begin = std::min<int64_t>(begin, shared_begin[t]);
                end = std::max<int64_t>(end, shared_end[t]);
            }
        }
        std::vector<int64_t> found;
        for (int64_t tile = 0; tile <= block; tile++) {
            bool in_shared = begin < (tile + 1) * TILE && tile * TILE < end;
            if (in_shared || own < (tile + 1) * TILE) found.push_back(tile);
        }
        return found;
    }

    // Whether every query of a block sees every key of a tile.
    bool whole(int64_t block, int64_t tile) const {
        int64_t first = tile * TILE, last = first + TILE - 1;
        for (int64_t t = block * TILE; t < (block + 1) * TILE; t++)
            if (!(shared_begin[t] <= first && last < shared_end[t]) && !(own_begin[t] <= first && last <= t))
                return false;
        return true;
    }
};

// The tasks, and where each thread's begin: as equal in cost as a cut into runs can be.
struct Plan {
    std::vector<std::vector<int64_t>> tiles;
    std::vector<Task> tasks;
    std::vector<size_t> begins;

    Plan(const Layout& is, const Bounds& bounds, int threads) {
        for (int64_t block = 0; block < is.blocks(); block++) tiles.push_back(bounds.tiles(block));
        int64_t total = 0, done = 0;
        for (int64_t kv = 0; kv < is.kv_heads; kv++)
            for (int64_t block = 0; block < is.blocks(); block++) {
                tasks.push_back({kv, block, &tiles[block]});
                total += int64_t(tiles[block].size());
            }
        for (size_t i = 0; i < tasks.size(); i++) {
            while (int(begins.size()) < threads && int64_t(begins.size()) * total <= done * threads)
                begins.push_back(i);
            done += int64_t(tasks[i].tiles->size());
        }
        while (int(begins.size()) <= threads) begins.push_back(tasks.size());
    }
};

template <typename Work>
void deal(const Plan& plan, int threads, Work work) {
    #pragma omp parallel num_threads(threads)
    {
        int mine = omp_get_thread_num();
        if (omp_get_num_threads() == threads)
            work(mine, plan.begins[mine], plan.begins[mine + 1]);
        else if (mine == 0)  // fewer threads than asked for: one of them plays all parts
            for (int part = 0; part < threads; part++) work(part, plan.begins[part], plan.begins[part + 1]);
    }
}

}  // namespace
