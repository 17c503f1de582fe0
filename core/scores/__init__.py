"""What to make of scores: intervals, tests, what was forgotten, and pictures of them."""
