"""What a service allows where nobody says otherwise."""

MAX_TOKENS = 1024
"""The longest answer where a request does not say."""
MAX_BODY = 4_000_000
"""Bytes that the body of a request may have."""
TIMEOUT = 600.0
"""Seconds that one request may take."""
GRACE = 30.0
"""Seconds that answers have to be finished in when the server is told to stop."""
