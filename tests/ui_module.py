"""`ui.py`, which stands beside the package: Gradio takes some seconds to import, so once for all tests."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

_spec = importlib.util.spec_from_file_location("assistant_ui", Path(__file__).parent.parent / "ui.py")
assert _spec
assert _spec.loader
ui: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(ui)
