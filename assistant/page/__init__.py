"""The web page's parts, over the same assistant as every other way in; `ui.py` puts them together."""
