"""Runs the service: one process, or several that share a port and, by memory map, an index."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import threading
from functools import partial
from typing import TYPE_CHECKING, Literal, Protocol

from assistant.errors import AssistantError, ServiceError
from assistant.server.hosts import is_this_machine

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    import uvicorn
    from starlette.types import ASGIApp

    from assistant.settings import Settings

    class AppFactory(Protocol):
        """Makes an application."""

        def __call__(self, settings: Settings, *, use_keys: bool, host: str) -> ASGIApp:
            """Return the application, for the address that it listens on; without `use_keys`, no key is wanted."""


_log = logging.getLogger(__name__)
_BACKLOG = 2_048
_KEEP_ALIVE_S = 20
# Longer than the service's own grace for answers, so that each stream can end as promised; below ten seconds in all.
_STOP_S = 8
# How long a worker may be silent before it is taken for dead; on a busy machine that is some time.
_SILENT_S = 30


def serve(
    settings: Settings,
    *,
    host: str,
    port: int,
    workers: int = 1,
    use_keys: bool = True,
    any_address: bool = False,
    prepare: Callable[[], object] | None = None,
    make_app: AppFactory | None = None,
) -> None:
    """Serve until the process is told to stop.

    Args:
        settings: Options.
        host: Address to listen on.
        port: Port to listen on; 0 for any that is free.
        workers: Number of processes.
        use_keys: Whether keys are wanted once there are any.
        any_address: Whether to listen beyond this machine without keys, too.
        prepare: Called once the port is the service's, and before it answers, for which who connects meanwhile waits:
            builds the index.
        make_app: Makes the application, in each process that serves it; that of the HTTP service by default.

    Raises:
        ServiceError: If others could reach it without a key, or it cannot listen.
        SettingsError: If a setting is not written as it should be.
    """
    import uvicorn

    check_exposure(settings, host=host, use_keys=use_keys, any_address=any_address)
    metrics_dir = tempfile.TemporaryDirectory(prefix="policy-assistant-") if workers > 1 else None
    if metrics_dir:
        # Read when the library is imported: the workers count together.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = metrics_dir.name
    config = uvicorn.Config(
        partial(_app, make_app, settings, use_keys, host),
        factory=True,
        workers=workers,
        log_config=None,
        access_log=False,
        http=_protocol(),
        server_header=False,
        ws="none",
        lifespan="on",
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_STOP_S,
        timeout_worker_healthcheck=_SILENT_S,
        forwarded_allow_ips=",".join(settings.server_trusted_proxies or ("127.0.0.1", "::1")),
    )
    configure()
    bound = bound_to(host, port)
    try:
        if prepare:
            prepare()
        _log.info("listening", extra={"host": host, "port": bound.getsockname()[1], "workers": workers})
        if workers > 1:
            _supervise(config, bound, prepare)
        else:
            server = uvicorn.Server(config)
            server.run(sockets=[bound])
            if not server.started:
                raise ServiceError("the service did not start: the log says why")
    finally:
        bound.close()
        if metrics_dir:
            metrics_dir.cleanup()


def _supervise(config: uvicorn.Config, bound: socket.socket, prepare: Callable[[], object] | None) -> None:
    """Run several workers until the process is told to stop.

    Raises:
        ServiceError: If they cannot be started.
    """
    from prometheus_client.multiprocess import mark_process_dead
    from uvicorn.config import STARTUP_FAILURE
    from uvicorn.supervisors import Multiprocess

    class Workers(Multiprocess):
        def keep_subprocess_alive(self) -> None:
            before = {worker.pid for worker in self.processes}
            for worker in self.processes:
                # While its end is held here, too, one that ends while it is asked for a sign of life is waited for.
                worker.child_conn.close()
            super().keep_subprocess_alive()
            for pid in before - {worker.pid for worker in self.processes}:
                # What it was at is not under way any more.
                mark_process_dead(pid)  # type: ignore[no-untyped-call]

        def handle_hup(self) -> None:
            # Workers open the new index where they are. It is built once, here, while this goes on.
            threading.Thread(target=self.reload, daemon=True).start()

        def reload(self) -> None:
            try:
                if prepare:
                    prepare()
            except (AssistantError, OSError) as error:
                _log.error("reload failed, the former index serves on", extra={"problem": str(error)})
                return
            for pid in [worker.pid for worker in self.processes if worker.pid and worker.exitcode is None]:
                os.kill(pid, signal.SIGHUP)

    workers = Workers(config, sockets=[bound])
    workers.run()
    if any(worker.exitcode == STARTUP_FAILURE for worker in workers.processes):
        raise ServiceError("the service did not start: the log says why")


def check_exposure(settings: Settings, *, host: str, use_keys: bool, any_address: bool) -> None:
    """Refuse to let others reach a service that anybody may use.

    Raises:
        ServiceError: If that is so, and nobody said that it is meant.
    """
    from assistant.server.database import service_database
    from assistant.server.keys import KeyStore

    database = service_database(settings.server_folder())
    try:
        open_to_all = not (use_keys and KeyStore(database, settings).any)
    finally:
        database.close()
    if open_to_all and not any_address and not is_this_machine(host):
        raise ServiceError(
            f"on {host} others can reach the service, and it has no keys: make one with "
            "`policy-assistant keys create`, or say --any-address if whoever reaches it may use it"
        )


def _protocol() -> type[asyncio.Protocol] | Literal["h11"]:
    """Return what reads HTTP: httptools, or where that is not to be had, as with PyPy, the parser in Python."""
    try:
        from assistant.server.protocol import Protocol
    except ImportError:
        return "h11"
    return Protocol


def _app(make_app: AppFactory | None, settings: Settings, use_keys: bool, host: str) -> ASGIApp:
    """Return the application; in the process that serves it."""
    configure()
    if make_app is None:
        from assistant.server.app import create_app

        make_app = create_app
    try:
        return make_app(settings, use_keys=use_keys, host=host)
    except AssistantError as error:
        if multiprocessing.parent_process() is None:
            raise
        from uvicorn.config import STARTUP_FAILURE

        # It would fail the same way in every other worker.
        _log.error("not started", extra={"problem": str(error)})
        sys.exit(STARTUP_FAILURE)


def configure() -> None:
    """Have this process log, and trace, as the service does."""
    from assistant.server.observing import configure_logging, configure_tracing

    configure_logging()
    configure_tracing()
    # The time at which a series began, for each of them once more: nobody asks for it.
    os.environ.setdefault("PROMETHEUS_DISABLE_CREATED_SERIES", "true")


def bound_to(host: str, port: int) -> socket.socket:
    """Return a socket that listens at this address, at which nobody is answered yet.

    Raises:
        ServiceError: If there is none to be had.
    """
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        # Two may have an address that was left lately; only one of them may listen, and the server would not tell.
        bound.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        bound.close()
        remedy = "name others with --host and --port"
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise ServiceError(f"cannot listen on {host} port {port} ({why}): {remedy}") from None
    bound.set_inheritable(True)
    return bound
