"""`python -m sftctl.core.cli`: the command line without the script."""

from sftctl.core.cli import main

main()
