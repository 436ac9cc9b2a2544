"""How long a call takes by the processor, whatever else the machine and the other tests do."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def seconds(call: Callable[[], object]) -> float:
    """Return the processor seconds of a call in this thread.

    Other threads do not count, nor does the garbage collector, which would go through all that other tests left.
    """
    gc.disable()
    started = time.thread_time()
    try:
        call()
        return time.thread_time() - started
    finally:
        gc.enable()
