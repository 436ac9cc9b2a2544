"""Evaluation: how well the assistant answers a set of questions about a policy, and what has changed since.

- `sets`: question sets in JSON Lines or CSV, checked against the policies;
- `gold`: where their quotes stand, and what holds or touches them;
- `running`: asks every question and judges the answer;
- `measures`: figures with intervals, overall, by language and by style;
- `runs`: a run as a JSON document, on which all that follows is based;
- `comparing`: two runs over the same questions;
- `report`: a run as a page, and for continuous integration.

`policy-assistant eval` is the command. Figures and reports need the extra `evals`; sets can be checked without.
"""
