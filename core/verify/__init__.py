"""What trainers promise, proven by what they did: `sftctl verify` and the matrix of `sftctl doctor --matrix`.

A trainer is judged by the weights that it leaves behind, and by nothing that it says of itself. AdamW's first step
with `learning_rate` 1 and `adam_epsilon` 1 moves a weight by g / (|g| + 1), so its gradient g can be read off from
what was saved (`readback`), and a gradient shows which tokens were learned from which contexts. So no trainer needs
a hook for it, and one in another process or virtual environment is judged as any other.
"""
