"""Runs the command once, and judges what every run has to keep to."""
import ctypes
import os
import re
import resource
import signal
import subprocess
import threading
import time
import uuid

# The statuses that the command promises, but for 70, which says that the command itself is wrong.
PROMISED = {0, 1, 2, 64, 65, 74, 125}
REFUSALS = {64, 65, 74, 125}
MARK = "WALKPROOF_HOSTILE_RUN"
# What a run that should end by itself gets, what it gets once it is told to end, and what its processes get to
# go after it, in seconds of a machine that has nothing else to do.
PATIENCE = 60
PATIENCE_AFTER_SIGNAL = 15
PATIENCE_AFTER_END = 10
PR_SET_CHILD_SUBREAPER = 36
# Who has no more of anything than others.
NOBODY = 65534


class Problem(Exception):
    """What was wrong with a run, in a line."""


class Patience:
    """Time that is used up the slower the more others want of the processors, so that no verdict is theirs."""

    def __init__(self, seconds):
        self.left = seconds

    def pause(self, seconds):
        """Waits a moment; false when there is nothing left."""
        time.sleep(seconds)
        with open("/proc/loadavg") as file:
            running = int(file.read().split()[3].split("/")[0])
        self.left -= seconds * min(1, os.cpu_count() / max(1, running))
        return self.left > 0


class Outcome:
    def __init__(self, status, output, errors):
        self.status = status
        self.output = output
        self.errors = errors

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


def answers(process):
    """Whether a process has something to do with the signals that end others."""
    try:
        with open(f"/proc/{process}/status") as file:
            masks = re.findall(r"^Sig(?:Blk|Cgt):\s*(\w+)$", file.read(), re.MULTILINE)
    except OSError:
        return True
    return any(int(mask, 16) >> (signal.SIGTERM - 1) & 1 for mask in masks)


class Command:
    """The command, and the folder that it is run in."""

    def __init__(self, path, folder):
        self.path = os.path.abspath(path)
        self.folder = folder
        self.last = ""

    def run(self, arguments, *, environment=None, limits=None, stdout=None, before=None, is_nobody=False,
            signals=(), is_terminal=False, allowed=PROMISED, may_be_killed=False):
        """Runs it to its end, and judges it; `signals` are sent after so many seconds each, of which the first are
        those from the moment on at which it answers signals: to it alone, or as a terminal does to whatever it
        has started besides."""
        mark = f"{MARK}={uuid.uuid4()}"
        name, value = mark.split("=")
        given = dict(os.environ, **{name: value})
        given.update(environment or {})
        # What is missing is said by a value of none.
        given = {key: text for key, text in given.items() if text is not None}
        told = " ".join(f"{key}={text}" for key, text in (environment or {}).items())
        words = " ".join(argument[:200] for argument in map(str, arguments))
        self.last = f"{told} walkproof {words} limits={limits} signals={signals}{' of a terminal' if is_terminal else ''}"

        def prepare():
            if before:
                before()
            for which, limit in (limits or {}).items():
                resource.setrlimit(getattr(resource, which), (limit, limit))
            if is_nobody:
                os.setresuid(NOBODY, NOBODY, NOBODY)

        # A limit on files is none on pipes, and what is told arrives whatever the limit.
        try:
            process = subprocess.Popen(
                [self.path, *map(str, arguments)], cwd=self.folder, env=given, stdin=subprocess.DEVNULL,
                stdout=stdout if stdout is not None else subprocess.PIPE, stderr=subprocess.PIPE,
                preexec_fn=prepare, process_group=0 if is_terminal else None)
        except (OSError, subprocess.SubprocessError):
            return None  # under this limit nothing can be started at all
        texts = {}
        readers = [threading.Thread(target=lambda name, file: texts.update({name: file.read()}), args=pair, daemon=True)
                   for pair in (("output", process.stdout), ("errors", process.stderr)) if pair[1]]
        for reader in readers:
            reader.start()
        status = self.follow(process, sorted(signals, key=lambda sent: sent[1]), is_terminal)
        left = self.left_behind(mark.encode())
        # Whoever holds the other ends is gone by now, or has been ended.
        for reader in readers:
            reader.join(PATIENCE)
        if status is None:
            raise Problem("it does not end")
        outcome = Outcome(status, texts.get("output", b""), texts.get("errors", b""))
        told = outcome.errors
        if b"error while loading shared libraries" in told or b"cannot allocate TLS" in told:
            return None  # it was not begun
        if left:
            raise Problem(f"{left} processes are left behind")
        self.judge(outcome, allowed, may_be_killed)
        return outcome

    @staticmethod
    def follow(process, signals, is_terminal):
        """Sends the signals, and waits for the end; its status, none where it has to be ended."""
        patience = Patience(PATIENCE)
        if signals and signals[0][0] != signal.SIGKILL:
            # Before that the program is not begun, and whoever loads it answers.
            while process.poll() is None and not answers(process.pid) and patience.pause(0.01):
                pass
        start = time.monotonic()
        for number, delay in signals:
            try:
                process.wait(max(0, start + delay - time.monotonic()))
                break
            except subprocess.TimeoutExpired:
                if is_terminal:
                    os.killpg(process.pid, number)
                else:
                    process.send_signal(number)
                patience = Patience(PATIENCE_AFTER_SIGNAL)
        # The first moments are looked at closely: most runs are over soon.
        for step in [0.005] * 100 + [0.05] * 10 ** 6:
            if process.poll() is not None:
                return process.returncode
            if not patience.pause(step):
                break
        process.kill()
        process.wait()
        return None

    @staticmethod
    def left_behind(mark):
        """How many processes of a run are still there a moment after it; they are ended."""
        patience = Patience(PATIENCE_AFTER_END)
        while True:
            try:
                while os.waitpid(-1, os.WNOHANG)[0] > 0:
                    pass
            except ChildProcessError:
                pass
            left = processes_of(mark)
            if not left:
                return 0
            if not patience.pause(0.02):
                break
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
        lines = [line for line in told.decode(errors="replace").split("\n") if line]
        # A report that nobody else takes is told with it.
        if any(re.match(r"\S+/\S+, violation \d+ of ", line) for line in lines):
            lines = [line for line in lines if line.startswith("walkproof: ")]
        if status in REFUSALS and len(lines) > 2:
            raise Problem(f"a refusal of {len(lines)} lines: {words}")
        if status in REFUSALS and not told.strip():
            raise Problem(f"it ends with {status} and says nothing")
        for text in (told, outcome.output):
            if any(byte < 0x20 and byte not in (0x0a, 0x09) for byte in text):
                raise Problem(f"a control character is printed: {words}")
