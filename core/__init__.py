"""The core: hooks, types, configuration, run store, command line. It imports no plugin.

Begin with `run`, which reads as the line that it is. What is where:

    the line            run, whose stages are in `stages`; report, of what they found; arms, for several runs
    scores              scores
    settings            config, teacher
    plugins             hookspecs, manager, types, lint
    models              models; behind a URL: remote
    tools               tools
    data sets           datasets, and what is in them: examples
    before a run        costs, verify
    what runs made      store, session
    what was answered   answers
    the user            cli, display, errors, doctor
    the machine         machine
    small words         text, quantities
"""

from sftctl.core.hookspecs import hookimpl

__all__ = ["hookimpl"]
