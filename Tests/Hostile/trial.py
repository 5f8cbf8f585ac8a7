"""Runs the command once, and judges what every run has to keep to."""
import ctypes
import os
import signal
import subprocess
import time
import uuid

# The statuses that the command promises, but for 70, which says that the command itself is wrong.
PROMISED = {0, 1, 2, 64, 65, 74, 125}
REFUSALS = {64, 65, 74, 125}
MARK = "WALKPROOF_HOSTILE_RUN"
# What a run that should end by itself gets, and what it gets once it is told to end, in seconds.
PATIENCE = 60
PATIENCE_AFTER_SIGNAL = 12
PR_SET_CHILD_SUBREAPER = 36


class Problem(Exception):
    """What was wrong with a run, in a line."""


class Outcome:
    def __init__(self, status, output, errors, seconds):
        self.status = status
        self.output = output
        self.errors = errors
        self.seconds = seconds

    @property
    def fingerprints(self):
        """The findings of a report in text."""
        lines = self.output.decode(errors="replace").split("\n")
        return {line[13:] for line in lines if line.startswith("  known as   ")}


def adopt_orphans():
    """Has whatever a run leaves behind come to this process, where it is seen."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def processes_of(mark):
    """The processes whose environment has the mark, dead ones left out."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            with open(f"/proc/{name}/environ", "rb") as file:
                if mark in file.read():
                    found.append(int(name))
        except OSError:
            continue
    return found


class Command:
    """The command, and the folder that it is run in."""

    def __init__(self, path, folder):
        self.path = os.path.abspath(path)
        self.folder = folder
        self.last = ""

    def run(self, arguments, *, environment=None, limits=None, stdout=None, before=None,
            signals=(), allowed=PROMISED, patience=PATIENCE, may_be_killed=False):
        """Runs it to its end, and judges it; `signals` are sent after so many seconds each."""
        mark = f"{MARK}={uuid.uuid4()}"
        name, value = mark.split("=")
        given = dict(os.environ, **{name: value})
        given.update(environment or {})
        # What is missing is said by a value of none.
        given = {key: text for key, text in given.items() if text is not None}
        told = " ".join(f"{key}={text}" for key, text in (environment or {}).items())
        words = " ".join(argument[:200] for argument in map(str, arguments))
        self.last = f"{told} walkproof {words} limits={limits} signals={signals}"

        def prepare():
            if before:
                before()
            for which, limit in (limits or {}).items():
                import resource
                resource.setrlimit(getattr(resource, which), (limit, limit))

        errors = open(os.path.join(self.folder, "errors"), "wb+")
        output = stdout if stdout is not None else open(os.path.join(self.folder, "output"), "wb+")
        start = time.monotonic()
        try:
            process = subprocess.Popen(
                [self.path, *map(str, arguments)], cwd=self.folder, env=given, stdin=subprocess.DEVNULL,
                stdout=output, stderr=errors, preexec_fn=prepare)
        except (OSError, subprocess.SubprocessError):
            return None  # under this limit nothing can be started at all
        status, end = None, start + patience
        for number, delay in sorted(signals, key=lambda sent: sent[1]):
            try:
                process.wait(max(0, start + delay - time.monotonic()))
                break
            except subprocess.TimeoutExpired:
                process.send_signal(number)
                end = time.monotonic() + PATIENCE_AFTER_SIGNAL
        try:
            status = process.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        seconds = time.monotonic() - start
        errors.seek(0)
        told = errors.read()
        errors.close()
        if stdout is None:
            output.seek(0)
            text = output.read()
            output.close()
        else:
            text = b""
        left = self.left_behind(mark.encode())
        if status is None:
            raise Problem("it does not end")
        outcome = Outcome(status, text, told, seconds)
        if b"error while loading shared libraries" in told or b"cannot allocate TLS" in told:
            return None  # it was not begun
        if left:
            raise Problem(f"{left} processes are left behind")
        self.judge(outcome, allowed, may_be_killed)
        return outcome

    @staticmethod
    def left_behind(mark):
        """How many processes of a run are still there a moment after it; they are ended."""
        for _ in range(200):
            try:
                while os.waitpid(-1, os.WNOHANG)[0] > 0:
                    pass
            except ChildProcessError:
                pass
            left = processes_of(mark)
            if not left:
                return 0
            time.sleep(0.01)
        for number in left:
            try:
                os.kill(number, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return len(left)

    @staticmethod
    def judge(outcome, allowed, may_be_killed):
        status, told = outcome.status, outcome.errors
        if status < 0 and may_be_killed:
            return
        words = told.decode(errors="replace").strip().replace("\n", " | ")[:300]
        if status not in allowed:
            raise Problem(f"it ends with {status}: {words}")
        lines = told.decode(errors="replace").split("\n")
        if status in REFUSALS and len([line for line in lines if line]) > 2:
            raise Problem(f"a refusal of {len(lines)} lines: {words}")
        if status in REFUSALS and not told.strip():
            raise Problem(f"it ends with {status} and says nothing")
        for text in (told, outcome.output):
            if any(byte < 0x20 and byte not in (0x0a, 0x09) for byte in text):
                raise Problem(f"a control character is printed: {words}")
