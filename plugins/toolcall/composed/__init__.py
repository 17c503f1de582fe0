"""Composed tools: entities × actions × attributes, as many as are wanted, beside those that somebody wrote.

`registry` deals them; the others are what it deals from, and how they are spelled and answer.
"""
