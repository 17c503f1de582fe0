"""The core: hooks, types, configuration, run store, command line. It imports no plugin.

Begin with `run`, which reads as the line that it is. What is where:

    the line            run, and arms for several; rehearsal, data, rendering, checkpoint, card, average, evaluation,
                        export, forms, proof, report
    scores              stats, forgetting, picture
    settings            config, teacher
    plugins             hookspecs, manager, types, lint
    models              models; behind a URL: endpoint, asking, retries
    tools               tools
    data sets           datasets, sieve
    what is in examples census, contents, lengths, overlap, data_page
    examples as tokens  promises, labels, inspection
    before a run        costs, verify
    what runs made      store, session
    the user            cli, display, errors
    the machine         device, native, compiled, environment, processes, doctor
    text in pieces, and
    numbers of things   text
"""

from sftctl.core.hookspecs import hookimpl

__all__ = ["hookimpl"]
