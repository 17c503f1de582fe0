"""The stages of a run, in the order in which `run` goes through them:

    (rehearsal →) data → evaluation → rendering → checkpoint (→ average) → evaluation (→ forms, export) → proof

The last is `sftctl.core.report`. `card` writes the README.md of a model's folder, after the training and once more
with the scores.
"""
