"""The process that reads one file, from standard input, within limits; its caller is `assistant.readers`."""

from __future__ import annotations

import sys
from contextlib import suppress

from assistant.readers import CPU_SECONDS, MAX_MEMORY_BYTES, answer_of


def _limit(seconds: int) -> None:
    """Bound what this process may use."""
    # Windows has none of these limits; its caller ends the process after a time all the same.
    with suppress(ImportError):
        import resource

        for kind, most, last in (
            (resource.RLIMIT_AS, MAX_MEMORY_BYTES, MAX_MEMORY_BYTES),
            # The first ends it with a signal that tells why.
            (resource.RLIMIT_CPU, seconds, seconds + 1),
            (resource.RLIMIT_CORE, 0, 0),
            (resource.RLIMIT_FSIZE, 0, 0),
        ):
            # A lower limit may be in force, or the system may know no such one.
            with suppress(OSError, ValueError):
                resource.setrlimit(kind, (most, last))


if __name__ == "__main__":
    _limit(CPU_SECONDS[sys.argv[1]])
    sys.stdout.buffer.write(answer_of(sys.argv[1], sys.stdin.buffer.read()))
