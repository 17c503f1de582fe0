"""The environments of their own in which official code runs that needs more than the standard library."""

from sftctl.core.machine.environment import Environment

PARSERS = Environment(
    "bfcl-parsers", ("tree_sitter==0.21.3", "tree-sitter-java==0.21.0", "tree-sitter-javascript==0.21.4")
)
"""What the checker reads Java's and JavaScript's values with."""

COMMAND_LINE = Environment(
    "bfcl-command-line",
    (
        *PARSERS.requirements,
        *("filelock", "mpmath", "networkx", "numpy==1.26.4", "openai", "overrides", "pandas", "pydantic"),
        *("python-dotenv", "requests", "tabulate", "tenacity", "tqdm", "typer"),
    ),
)
"""What bfcl-eval's own command line needs: what it lists, without the vendors' clients."""
