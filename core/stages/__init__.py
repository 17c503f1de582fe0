"""The stages of a run, in the order in which `run` goes through them."""
