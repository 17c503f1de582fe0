"""A model behind a URL: asking it patiently, and paying for each answer only once."""
