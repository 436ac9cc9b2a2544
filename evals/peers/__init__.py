"""The usual frameworks on the same questions: what they find of the gold, and how much has to be read for it.

- `measuring`: what a peer is, the policies and questions, and what a ranking of spans is worth;
- `models`: the embedding models and the words that peers are given;
- `ours`, `llama_index`, `langchain`, `haystack`: a module each, with the settings that are tried;
- `figures`: the file of figures, the choice of settings, and the tables made from it.

`python -m evals.peers` measures; `requirements.txt` has what the frameworks need.
"""
