"""The supervisor's life: start the command, keep its output, end it when its time has come."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import time
from pathlib import Path
from typing import NoReturn

from .bubblewrap import run_in_bubblewrap
from .consumption import Consumption
from .cpus import Cpus
from .descendants import kill_descendants
from .descriptors import keep_open
from .direct import run_directly
from .egress import Egress
from .identity import boot_id, is_process, start_time
from .namespaces import run_in_namespaces
from .output import Output
from .records import EXIT, HANDLE, LEASE, MOUNT_POINT, OUTPUT, write_record
from .spec import RunSpec
from .status import Status
from .syscalls import PR_SET_CHILD_SUBREAPER, PR_SET_DUMPABLE, prctl

_PIPE_BYTES = 1 << 20
_LONGEST_WAIT = 0.5
_OWN_INIT = ("namespaces", "bubblewrap")


class Watch:
    """Watches over one command; the run directory is the current folder."""

    def __init__(self, spec: RunSpec, tell: int) -> None:
        """`tell` is where the starter waits for `ready` or `error ...`."""
        self._spec = spec
        self._tell = tell
        self._pid = os.getpid()
        self._began = time.monotonic()
        self._status = Status()
        self._reason = self._why = ""
        self._child = 0
        self._exited = False
        self._lease_seen = (0, self._began)
        self._egress = Egress()
        self._cpus = Cpus(spec.limits.cpus)
        self._consumption = Consumption(spec)

    def run(self) -> None:
        """Everything, up to the exit record; a failure of our own is recorded as one."""
        self._prepare()
        try:
            self._start()
            self._watch()
        except BaseException as error:  # noqa: BLE001  no trace of it would be left otherwise
            self._status.error = f"the supervisor failed: {error}"
        self._finish()

    # --- beginning -----------------------------------------------------------------------------

    def _prepare(self) -> None:
        prctl(PR_SET_CHILD_SUBREAPER, 1)
        prctl(PR_SET_DUMPABLE, 0)
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE):
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: self._stop("killed"))
        self._wake, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write)
        self._out, self._out_write = os.pipe()
        self._news, self._news_write = os.pipe()
        self._widen(self._out)
        self._output = Output(OUTPUT, self._spec.limits.output_bytes)
        Path(LEASE).touch()
        Path(MOUNT_POINT).mkdir(exist_ok=True)
        # Before the command begins, so that it can never be started twice.
        self._write_handle()

    def _write_handle(self) -> None:
        handle: dict[str, object] = {
            "supervisor": self._pid,
            "supervisor_start": start_time(self._pid),
            "boot_id": boot_id(),
            "tier": self._spec.tier,
        }
        if self._status.init:
            handle |= {"init": self._status.init, "init_start": start_time(self._status.init)}
        write_record(Path(HANDLE), handle)

    def _start(self) -> None:
        self._egress.open(self._spec, self._cpus.bind)
        self._child = os.fork()
        if not self._child:
            self._become_child()
        self._egress.started()
        os.close(self._out_write)
        os.close(self._news_write)
        null = os.open("/dev/null", os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)

    @staticmethod
    def _widen(pipe: int) -> None:
        try:
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        except OSError:
            return  # a user with many pipes gets no wide ones; slower, not wrong

    def _become_child(self) -> NoReturn:
        """In the new process: keep output and news only, and go on to the tier."""
        out, news = self._out_write, self._news_write
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        self._cpus.bind()
        os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        os.dup2(out, 1)
        os.dup2(out, 2)
        mount_point = str(Path.cwd() / MOUNT_POINT)
        # Without the lock above all: it says that the supervisor lives.
        door = self._egress.door
        keep_open(news, -1 if door is None else door.fileno())

        def report(line: str) -> None:
            os.write(news, line.encode("utf-8", "replace"))

        try:
            if self._spec.tier == "namespaces":
                run_in_namespaces(self._spec, report, self._pid, mount_point, door)
            elif self._spec.tier == "bubblewrap":
                run_in_bubblewrap(self._spec, news, self._pid, door)
            else:
                run_directly(self._spec, report, self._pid, door)
        except BaseException as error:  # noqa: BLE001  the supervisor hears of it, whatever it is
            report(f"error {error}\n")
        os._exit(126)

    # --- middle --------------------------------------------------------------------------------

    def _watch(self) -> None:
        poll = select.poll()
        child = os.pidfd_open(self._child)
        anchor = self._open_anchor()
        questions = self._egress.descriptor
        for descriptor in (self._out, self._news, child, self._wake, anchor, questions):
            if descriptor >= 0:
                poll.register(descriptor, select.POLLIN)
        while not self._exited:
            for descriptor, _ in poll.poll(self._wait_milliseconds()):
                if not self._take_in(descriptor, child, anchor):
                    poll.unregister(descriptor)
            self._check_clocks()
            self._check_consumption()
            if self._reason:
                self._kill_child()  # again: a signal may have come before there was a child

    def _open_anchor(self) -> int:
        """A descriptor that reports the launcher's end; -1 if there is none to watch."""
        if not self._spec.anchor:
            return -1
        try:
            anchor = os.pidfd_open(self._spec.anchor)
        except OSError:
            self._stop("anchor")
            return -1
        if not is_process(self._spec.anchor, self._spec.anchor_start):
            self._stop("anchor")
        return anchor

    def _take_in(self, descriptor: int, child: int, anchor: int) -> bool:
        """Take in one event; False if no more will come from there."""
        if descriptor == self._out:
            data = os.read(self._out, 1 << 18)
            self._output.store(data)
            return bool(data)
        if descriptor == self._news:
            data = os.read(self._news, 4096)
            self._hear(data)
            return bool(data)
        if descriptor == self._wake:
            os.read(self._wake, 64)
            return True
        if descriptor == self._egress.descriptor:
            self._egress.answer()
            return True
        if descriptor == anchor:
            self._stop("anchor")
        elif descriptor == child:
            self._exited = True
        return False

    def _hear(self, data: bytes) -> None:
        knew, started = self._status.init, self._status.started
        self._status.feed(data)
        if self._status.init and not knew:
            try:
                self._write_handle()
            except OSError:
                return  # it has ended already; the exit record will say how
        if self._status.started and not started:
            self._answer("ready\n")

    def _answer(self, line: str) -> None:
        """Tell the starter how it went, once; it may have gone meanwhile."""
        tell, self._tell = self._tell, -1
        if tell < 0:
            return
        try:
            os.write(tell, line.encode("utf-8", "replace"))
        except BrokenPipeError:
            return
        finally:
            os.close(tell)

    def _wait_milliseconds(self) -> float:
        left = self._began + self._spec.wall_seconds - time.monotonic()
        soon = min(_LONGEST_WAIT, left, self._consumption.wait())
        return 1000 * max(0.001, soon) if not self._reason else 100

    def _check_clocks(self) -> None:
        now = time.monotonic()
        if now - self._began > self._spec.wall_seconds:
            self._stop("timeout")
        try:
            touched = os.stat(LEASE).st_mtime_ns  # noqa: PTH116
        except OSError:
            self._stop("killed")  # the sandbox was removed under our feet
            return
        # Only that it changed counts, not its value: a clock that is set expires nothing.
        if touched != self._lease_seen[0]:
            self._lease_seen = (touched, now)
        elif now - self._lease_seen[1] > self._spec.lease_seconds:
            self._stop("lease")

    def _check_consumption(self) -> None:
        breach = None if self._reason else self._consumption.breach(self._status.init)
        if breach:
            self._why = breach.sentence
            self._stop(breach.reason)

    def _stop(self, reason: str) -> None:
        """End the command; the first reason counts."""
        self._reason = self._reason or reason
        self._kill_child()

    def _kill_child(self) -> None:
        """Its end takes the namespaces with it; what else there is goes in `_finish`."""
        if self._child and not self._exited:
            os.kill(self._child, signal.SIGKILL)

    # --- end -----------------------------------------------------------------------------------

    def _finish(self) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        self._kill_child()
        own = self._reap_child()
        kill_descendants()
        self._output.drain(self._out)
        self._status.drain(self._news)
        if self._status.wait_status is None and self._spec.tier not in _OWN_INIT:
            self._status.wait_status = own
        if Path(MOUNT_POINT).is_dir():
            Path(MOUNT_POINT).rmdir()
        record = self._exit_record()
        write_record(Path(EXIT), record)
        self._answer(f"error {record['error']}\n" if record["error"] else "ready\n")

    def _reap_child(self) -> int | None:
        return os.waitpid(self._child, 0)[1] if self._child else None

    def _exit_record(self) -> dict[str, object]:
        status, error, reason = self._status.wait_status, self._status.error, self._reason
        if not error and not reason and status is None:
            # Never to be read as success: something from outside ended the sandbox.
            error = "the sandbox ended without an exit status"
        code = None if status is None or reason or error else os.waitstatus_to_exitcode(status)
        return {
            "code": code if code is not None and code >= 0 else None,
            "signal": (-code if code < 0 else None) if code is not None else signal.SIGKILL.value,
            "reason": reason or ("error" if error else "exited"),
            "error": error or self._why,
            "truncated": self._output.truncated,
            "seconds": round(time.monotonic() - self._began, 3),
        }
