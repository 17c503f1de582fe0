"""What is in examples: how many of which kind, how long, what is learned of them, what they share with others."""
