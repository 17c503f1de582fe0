// A whole decoder for a few tokens, in one call: what a step of decoding computes, at the speed of reading the weights.
//
// Called layer by layer and operation by operation, a step of a small model waits for Python and for torch's dispatch
// longer than for memory. Here the threads go through all layers together and meet nine times in each. Every token has
// keys and values of its own row in the cache, whichever row that is. Results are rounded where the single operations
// round theirs. See step.py, which has the same structures.

#include <omp.h>
#include <sched.h>

#include <atomic>

#include "layer.h"
#include "matmul.h"

namespace {

enum Name { QKV, OUT, GATE_UP, DOWN };

struct Layer {
    const Bf16 *input_norm, *q_norm, *k_norm, *post_norm;
    Packed linears[4];
    Bf16 *keys, *values;
};

struct Model {
    long heads, kv_heads, size, hidden, inner, count;
    float eps, scale;
    const float *cosine, *sine;
    const Bf16 *embedding, *norm;
    const Layer* layers;
    Packed head;
};

// What an adapter adds to a linear: x · down · up; nothing where there is no weight.
struct Pair {
    Packed down, up;
};

// The tokens from `start` to `end` are computed with this adapter.
struct Adapter {
    long start, end;
    const Pair (*layers)[4];
};

struct Batch {
    long count, table_size, adapters, rank, outputs;
    const int64_t *tokens, *positions, *slots, *lengths, *wanted;
    const int32_t* tables;
    const Adapter* adapter;
    Bf16* logits;
};

// Threads wait for one another. OpenMP's own barrier sleeps or spins as an environment variable says; this one spins
// for as long as a layer may take, then lets others run.
class Barrier {
  public:
    void wait(int threads) {
        int round = round_.load(std::memory_order_acquire);
        if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads) {
            arrived_.store(0, std::memory_order_relaxed);
            round_.store(round + 1, std::memory_order_release);
            return;
        }
        for (int spins = 0; round_.load(std::memory_order_acquire) == round; spins++)
            spins < 2000 ? _mm_pause() : void(sched_yield());
    }

  private:
    std::atomic<int> arrived_{0}, round_{0};
};

// What the threads of one step share.
struct Shared {
    Barrier barrier;
    std::vector<std::atomic<long>> attended;  // in each layer
    Bf16 *residual, *normed, *qkv, *mixed, *hidden, *low;

    Shared(const Model& m, const Batch& b) : attended(m.count) {
        thread_local std::vector<Bf16> memory;
        long wide[] = {m.hidden, m.hidden, m.layers->linears[QKV].out, m.heads * m.size, m.inner, b.rank};
        Bf16** parts[] = {&residual, &normed, &qkv, &mixed, &hidden, &low};
        long total = 0;
        for (long width : wide) total += width;
        memory.resize(total * b.count);
        Bf16* next = memory.data();
        for (int i = 0; i < 6; i++) *parts[i] = next, next += wide[i] * b.count;
    }
};

inline void round_all(float* values, const float* more, const Bf16* bias, long width) {
    for (long i = 0; i < width; i++) {
        Bf16 rounded;
        put(&rounded, values[i] + (more ? more[i] : bias ? get(bias[i]) : 0.f));
        values[i] = get(rounded);
    }
}

// One thread's part of a step.
class Worker {
  public:
    Worker(const Model& model, const Batch& batch, Shared& shared, Unit unit)
        : m(model), b(batch), s(shared), multiply(unit), mine(omp_get_thread_num()), all(omp_get_num_threads()) {}

    void run() {
        each(b.count, [&](long t) {
            memcpy(s.residual + t * m.hidden, m.embedding + b.tokens[t] * m.hidden, m.hidden * sizeof(Bf16));
        });
        for (long layer = 0; layer < m.count; layer++) compute(layer);
        each(b.outputs, [&](long i) { norm(b.wanted[i], m.norm, i); });
        each_panel(m.head.panels(), b.outputs, [&](long at, long rows, long p) {
            multiply(s.normed + at * m.hidden, m.hidden, rows, m.head, p, sums);
            store(b.logits, m.head, at, rows, p);
        });
    }

  private:
    const Model& m;
    const Batch& b;
    Shared& s;
    Multiplier multiply;
    int mine, all;
    float sums[TOGETHER * PANEL], more[TOGETHER * PANEL], gates[TOGETHER * PANEL];
    std::vector<float> memory;

    void compute(long layer) {
        const Layer& l = m.layers[layer];
        long heads = m.heads * m.size, width = l.linears[QKV].out;
        each(b.count, [&](long t) { norm(t, l.input_norm, t); });
        linear(layer, QKV, s.normed, [&](long at, long rows, long p) {
            store(s.qkv, l.linears[QKV], at, rows, p);
        });
        each(b.count, [&](long t) {
            long turn = b.positions[t] * (m.size / 2);
            place(s.qkv + t * width, l.q_norm, l.k_norm, m.cosine + turn, m.sine + turn, b.slots[t], l.keys, l.values,
                  m.heads, m.kv_heads, m.size, m.eps);
        });
        for (long i; (i = s.attended[layer].fetch_add(1)) < b.count * m.kv_heads;) {
            long t = i / m.kv_heads, head = i % m.kv_heads;
            attend(s.qkv + t * width, s.mixed + t * heads, l.keys, l.values, b.tables + t * b.table_size, b.lengths[t],
                   m.heads, m.kv_heads, head, m.size, m.scale, memory);
        }
        s.barrier.wait(all);
        auto add = [&](long at, long rows, long p) { add_to_residual(at, rows, p); };
        linear(layer, OUT, s.mixed, add);
        each(b.count, [&](long t) { norm(t, l.post_norm, t); });
        gated(layer);
        linear(layer, DOWN, s.hidden, add);
    }

    // A thread's share of `count` things; then all meet.
    template <typename Work>
    void each(long count, Work work) {
        for (long i = count * mine / all; i < count * (mine + 1) / all; i++) work(i);
        s.barrier.wait(all);
    }

    // A thread's share of panels, each for all tokens: their weights are read once.
    template <typename Work>
    void each_panel(long panels, long count, Work work) {
        each(panels, [&](long p) {
            for (long at = 0; at < count; at += TOGETHER) work(at, std::min(TOGETHER, count - at), p);
        });
    }

    void norm(long token, const Bf16* weight, long to) {
        add_norm<Bf16>(s.residual + token * m.hidden, nullptr, weight, s.normed + to * m.hidden, m.hidden, m.eps);
    }

    template <typename Finish>
    void linear(long layer, Name name, const Bf16* x, Finish finish) {
        const Packed& w = m.layers[layer].linears[name];
        lower(layer, name, x);
        each_panel(w.panels(), b.count, [&](long at, long rows, long p) {
            panel(layer, name, x, at, rows, p, sums);
            finish(at, rows, p);
        });
    }

    // The gated product of both halves of a linear: silu(a) · b.
    void gated(long layer) {
        const Packed& w = m.layers[layer].linears[GATE_UP];
        lower(layer, GATE_UP, s.normed);
        each_panel(w.panels() / 2, b.count, [&](long at, long rows, long p) {
            panel(layer, GATE_UP, s.normed, at, rows, p, gates);
            panel(layer, GATE_UP, s.normed, at, rows, p + w.panels() / 2, sums);
            gate(gates, sums, sums, rows * PANEL);
            for (long r = 0; r < rows; r++)
                for (long i = 0; i < PANEL; i++)
                    put(s.hidden + (at + r) * m.inner + p * PANEL + i, sums[r * PANEL + i]);
        });
    }

    // What adapters make of x on the way down, for all panels of what follows.
    void lower(long layer, Name name, const Bf16* x) {
        if (!b.adapters) return;
        for (long i = 0; i < b.adapters; i++) {
            const Adapter& a = b.adapter[i];
            const Packed& w = a.layers[layer][name].down;
            for (long p = w.panels() * mine / all; p < w.panels() * (mine + 1) / all; p++)
                for (long at = a.start; at < a.end; at += TOGETHER) {
                    long rows = std::min(TOGETHER, a.end - at);
                    multiply(x + at * w.in, w.in, rows, w, p, sums);
                    for (long r = 0; r < rows; r++)
                        for (long c = 0; c < w.width(p); c++)
                            put(s.low + (at + r) * b.rank + p * PANEL + c, sums[r * PANEL + c]);
                }
        }
        s.barrier.wait(all);
    }

    // One panel of a linear, with what adapters add, rounded: y [rows, PANEL] for the tokens from `at` on.
    void panel(long layer, Name name, const Bf16* x, long at, long rows, long p, float* y) {
        const Packed& w = m.layers[layer].linears[name];
        multiply(x + at * w.in, w.in, rows, w, p, y);
        for (long r = 0; r < rows; r++)
            round_all(y + r * PANEL, nullptr, w.bias ? w.bias + p * PANEL : nullptr, w.width(p));
        for (long i = 0; i < b.adapters; i++) {
            const Adapter& a = b.adapter[i];
            const Packed& up = a.layers[layer][name].up;
            long begin = std::max(at, a.start), end = std::min(at + rows, a.end);
            if (!up.weight || begin >= end) continue;
            multiply(s.low + begin * b.rank, b.rank, end - begin, up, p, more);
            for (long r = 0; r < end - begin; r++)
                round_all(y + (begin - at + r) * PANEL, more + r * PANEL, nullptr, PANEL);
        }
    }

    void store(Bf16* to, const Packed& w, long at, long rows, long p) {
        for (long r = 0; r < rows; r++)
            for (long i = 0; i < w.width(p); i++) put(to + (at + r) * w.out + p * PANEL + i, sums[r * PANEL + i]);
    }

    void add_to_residual(long at, long rows, long p) {
        for (long r = 0; r < rows; r++) {
            Bf16* x = s.residual + (at + r) * m.hidden + p * PANEL;
            for (long i = 0; i < PANEL; i++) put(x + i, get(x[i]) + sums[r * PANEL + i]);
        }
    }
};

}  // namespace

extern "C" {

int unit() { return best_unit(); }

// Logits [outputs, vocabulary] of the wanted tokens; keys and values of all go to the cache.
void step(const Model* model, const Batch* batch, int unit, int threads) {
    Shared shared(*model, *batch);
    #pragma omp parallel num_threads(threads)
    Worker(*model, *batch, shared, Unit(unit)).run();
}

// y [rows, out] = x [rows, in] Wᵀ + b, or that much more, rounded.
void multiply(const Bf16* x, Bf16* y, long rows, const Packed* weight, int add, int unit, int threads) {
    constexpr long CHUNK = 256;  // tokens that stay in a core's cache while panels go by
    const Packed& w = *weight;
    #pragma omp parallel num_threads(threads)
    {
        Multiplier multiply{Unit(unit)};
        float sums[TOGETHER * PANEL];
        #pragma omp for collapse(2) schedule(static)
        for (long chunk = 0; chunk < rows; chunk += CHUNK)
            for (long p = 0; p < w.panels(); p++)
                for (long at = chunk; at < std::min(rows, chunk + CHUNK); at += TOGETHER) {
                    long count = std::min(TOGETHER, rows - at);
                    multiply(x + at * w.in, w.in, count, w, p, sums);
                    for (long r = 0; r < count; r++) {
                        Bf16* to = y + (at + r) * w.out + p * PANEL;
                        for (long i = 0; i < w.width(p); i++)
                            put(to + i, sums[r * PANEL + i] + (add ? get(to[i]) : w.bias ? get(w.bias[p * PANEL + i]) : 0.f));
                    }
                }
    }
}

}  // extern "C"
