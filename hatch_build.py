"""What the wheel takes along from beside the package: the corpus and the web page."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WheelHook(BuildHookInterface):  # type: ignore[type-arg]
    """Put the corpus and the page into the package."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add them to a wheel, but not to an editable one: there they would hide the checkout's package."""
        if version == "standard":
            build_data["force_include"] |= {"corpus": "assistant/data/corpus", "ui.py": "assistant/ui.py"}
