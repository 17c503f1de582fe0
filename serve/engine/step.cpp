// A decoder's whole forward pass in one call: a step of decoding runs at the speed of reading the weights.
//
// Called layer by layer and operation by operation, a small model waits for Python and for torch's dispatch longer than
// for memory. Here the threads go through all layers together and meet nine times in each. Results are rounded where
// the single operations round theirs. See step.py, which has the same structures.

#include <omp.h>
#include <sched.h>

#include <atomic>
#include <vector>

#include "matmul.h"
#include "spans.h"

namespace {

constexpr long CHUNK = 256;    // tokens that stay in a core's cache while panels go by
constexpr long QUERIES = 128;  // tokens that one thread lays out keys and values for

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

// Tokens in a row: of the batch from `first` to `last`, of their row from `start` on, whose blocks are in `table`.
struct Span {
    long first, last, start;
    const int32_t* table;
    long reading;  // whether they are a prompt's, whose results must not depend on how it was cut
};

struct Batch {
    long count, spans, adapters, rank, outputs;
    const int64_t *tokens, *positions, *slots, *wanted;
    const Span* span;
    const Adapter* adapter;
    float* logits;  // in bfloat16 two tokens of nearly the same probability would be one
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

// A key head of some tokens of a span.
struct Task {
    const Span* span;
    long head, first, last;
};

// What the threads of one step share.
struct Shared {
    Barrier barrier;
    std::vector<Task> tasks;
    std::vector<std::atomic<size_t>> begun;  // tasks, in each layer
    Bf16 *residual, *normed, *qkv, *mixed, *hidden, *low;

    Shared(const Model& m, const Batch& b) : begun(m.count) {
        for (const Span* span = b.span; span < b.span + b.spans; span++)
            for (long first = span->first; first < span->last; first += QUERIES)
                for (long head = 0; head < m.kv_heads; head++)
                    tasks.push_back({span, head, first, std::min(first + QUERIES, span->last)});
        thread_local Buffer<Bf16> memory;
        long wide[] = {m.hidden, m.hidden, m.layers->linears[QKV].out, m.heads * m.size, m.inner, b.rank};
        Bf16** parts[] = {&residual, &normed, &qkv, &mixed, &hidden, &low};
        long total = 0;
        for (long& width : wide) total += width = (width + PANEL - 1) / PANEL * PANEL * b.count;
        Bf16* next = memory.of(total);
        for (int i = 0; i < 6; i++) *parts[i] = next, next += wide[i];
    }
};

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
            for (long t = at; t < at + rows; t += TOGETHER) {
                long some = std::min(TOGETHER, at + rows - t);
                multiply(s.normed + t * m.hidden, m.hidden, some, m.head, p, sums);
                for (long r = 0; r < some; r++)
                    memcpy(b.logits + (t + r) * m.head.out + p * PANEL, sums + r * PANEL,
                           m.head.width(p) * sizeof(float));
            }
        });
    }

  private:
    const Model& m;
    const Batch& b;
    Shared& s;
    Multiplier multiply;
    int mine, all;
    alignas(64) float sums[TOGETHER * PANEL];
    alignas(64) Bf16 first[CHUNK * PANEL], second[CHUNK * PANEL];
    SpanAttention span_attention{multiply};
    Buffer<float> memory;

    void compute(long layer) {
        const Layer& l = m.layers[layer];
        long width = l.linears[QKV].out;
        each(b.count, [&](long t) { norm(t, l.input_norm, t); });
        lower(layer, QKV, s.normed);
        each_panel(l.linears[QKV].panels(), b.count, [&](long at, long rows, long p) {
            panel(layer, QKV, s.normed, at, rows, p, s.qkv + at * width + p * PANEL, width);
        });
        each(b.count, [&](long t) {
            long turn = b.positions[t] * (m.size / 2);
            place(s.qkv + t * width, l.q_norm, l.k_norm, m.cosine + turn, m.sine + turn, b.slots[t], l.keys, l.values,
                  m.heads, m.kv_heads, m.size, m.eps);
        });
        for (size_t i; (i = s.begun[layer].fetch_add(1)) < s.tasks.size();) mix(l, s.tasks[i]);
        s.barrier.wait(all);
        added(layer, OUT, s.mixed);
        each(b.count, [&](long t) { norm(t, l.post_norm, t); });
        gated(layer);
        added(layer, DOWN, s.hidden);
    }

    void mix(const Layer& l, const Task& task) {
        const Span& span = *task.span;
        long width = l.linears[QKV].out, to = m.heads * m.size;
        Heads heads{m.heads, m.kv_heads, m.size, m.scale};
        if (span.last - span.first == 1 && !span.reading)
            attend(s.qkv + span.first * width, s.mixed + span.first * to, l.keys, l.values, span.table, span.start + 1,
                   m.heads, m.kv_heads, task.head, m.size, m.scale, memory);
        else
            span_attention(heads, task.head, s.qkv + task.first * width, width, s.mixed + task.first * to, l.keys,
                           l.values, span.table, span.start + task.first - span.first, task.last - task.first);
    }

    // A thread's share of `count` things; then all meet.
    template <typename Work>
    void each(long count, Work work) {
        for (long i = count * mine / all; i < count * (mine + 1) / all; i++) work(i);
        s.barrier.wait(all);
    }

    // A thread's share of panels, each for up to CHUNK tokens at once; then all meet.
    template <typename Work>
    void each_panel(long panels, long count, Work work) {
        for (long at = 0; at < count; at += CHUNK)
            for (long p = panels * mine / all; p < panels * (mine + 1) / all; p++)
                work(at, std::min(CHUNK, count - at), p);
        s.barrier.wait(all);
    }

    void norm(long token, const Bf16* weight, long to) {
        add_norm<Bf16>(s.residual + token * m.hidden, nullptr, weight, s.normed + to * m.hidden, m.hidden, m.eps);
    }

    // The residual plus a linear of x.
    void added(long layer, Name name, const Bf16* x) {
        lower(layer, name, x);
        each_panel(m.hidden / PANEL, b.count, [&](long at, long rows, long p) {
            panel(layer, name, x, at, rows, p, first, PANEL);
            for (long r = 0; r < rows; r++)
                add_panel(first + r * PANEL, s.residual + (at + r) * m.hidden + p * PANEL);
        });
    }

    // The gated product of both halves of a linear: silu(a) · b.
    void gated(long layer) {
        long half = m.inner / PANEL;
        lower(layer, GATE_UP, s.normed);
        each_panel(half, b.count, [&](long at, long rows, long p) {
            panel(layer, GATE_UP, s.normed, at, rows, p, first, PANEL);
            panel(layer, GATE_UP, s.normed, at, rows, p + half, second, PANEL);
            for (long r = 0; r < rows; r++)
                gate_panels(first + r * PANEL, second + r * PANEL, s.hidden + (at + r) * m.inner + p * PANEL);
        });
    }

    // What adapters make of x on the way down, for all panels of what follows.
    void lower(long layer, Name name, const Bf16* x) {
        if (!b.adapters) return;
        for (long i = 0; i < b.adapters; i++) {
            const Adapter& a = b.adapter[i];
            const Packed& w = a.layers[layer][name].down;
            for (long p = w.panels() * mine / all; p < w.panels() * (mine + 1) / all; p++)
                linear(w, x, a.start, a.end - a.start, p, s.low + a.start * b.rank + p * PANEL, b.rank);
        }
        s.barrier.wait(all);
    }

    // One panel of x Wᵀ + b for the tokens from `at` on: at y, a token every `stride` values.
    void linear(const Packed& w, const Bf16* x, long at, long rows, long p, Bf16* y, long stride) {
        for (long t = 0; t < rows; t += TOGETHER) {
            long some = std::min(TOGETHER, rows - t);
            multiply(x + (at + t) * w.in, w.in, some, w, p, sums);
            for (long r = 0; r < some; r++)
                store(y + (t + r) * stride, sums + r * PANEL, w.bias ? w.bias + p * PANEL : nullptr, w.width(p));
        }
    }

    // The same for a linear of a layer, with what adapters add.
    void panel(long layer, Name name, const Bf16* x, long at, long rows, long p, Bf16* y, long stride) {
        const Packed& w = m.layers[layer].linears[name];
        linear(w, x, at, rows, p, y, stride);
        for (long i = 0; i < b.adapters; i++) {
            const Adapter& a = b.adapter[i];
            const Packed& up = a.layers[layer][name].up;
            long end = up.weight ? std::min(at + rows, a.end) : 0;
            for (long t = std::max(at, a.start); t < end; t += TOGETHER) {
                long some = std::min(TOGETHER, end - t);
                multiply(s.low + t * b.rank, b.rank, some, up, p, sums);
                for (long r = 0; r < some; r++) {
                    Bf16* to = y + (t - at + r) * stride;
                    store(to, sums + r * PANEL, to, w.width(p));
                }
            }
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
    const Packed& w = *weight;
    #pragma omp parallel num_threads(threads)
    {
        Multiplier multiply{Unit(unit)};
        alignas(64) float sums[TOGETHER * PANEL];
        #pragma omp for collapse(2) schedule(static)
        for (long chunk = 0; chunk < rows; chunk += CHUNK)
            for (long p = 0; p < w.panels(); p++)
                for (long at = chunk; at < std::min(rows, chunk + CHUNK); at += TOGETHER) {
                    long count = std::min(TOGETHER, rows - at);
                    multiply(x + at * w.in, w.in, count, w, p, sums);
                    for (long r = 0; r < count; r++) {
                        Bf16* to = y + (at + r) * w.out + p * PANEL;
                        const Bf16* more = add ? to : w.bias ? w.bias + p * PANEL : nullptr;
                        store(to, sums + r * PANEL, more, w.width(p));
                    }
                }
    }
}

}  // extern "C"
