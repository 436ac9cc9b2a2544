"""Training of the project's own encoder: base weights, data, training, export and figures.

Nothing here is imported by the assistant, and no data are kept here: folders with data are
named by option. `python -m training --help` lists the steps; `training/README.md` has the
log of trials.
"""
