"""The world around the command: signals at any moment, limits, disks, caches."""
import glob
import json
import os
import shutil
import signal

from trial import Problem
from words import HYP, fresh, write

STAGE2 = ["--system", "arm64-stage2", "--subject", "seed"]
# Before that the program is not begun, and the loader answers.
BEGUN = 0.4


def signals(random, command, known):
    """A signal at a moment; what was found is on the disk, whole, and the next run begins there."""
    folder = fresh(command, "corpus")
    kinds = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL, signal.SIGKILL]
    number, delay = random.choice(kinds), random.uniform(BEGUN, 4)
    sent = [(number, delay)]
    if random.random() < 0.3:
        sent.append((random.choice([signal.SIGKILL, signal.SIGINT]), delay + random.uniform(0, 0.5)))
    subject = STAGE2
    if known["plugin"] and random.random() < 0.4:
        subject = ["--plugin", known["plugin"]]
    elif known["tree"] and random.random() < 0.5:
        subject = ["--linux-tree", known["tree"]]
    environment = {"HOSTILE_DEED": random.choice(["abort", "sleep", "hang", "return"]), "HOSTILE_NUMBER": "9"}
    outcome = command.run(
        ["check", *subject, "--time", "40", "--failures", "99", "--corpus", folder],
        environment=environment, signals=sent, allowed={0, 1, 2, 125}, may_be_killed=True)
    if outcome.status < 0 and not any(number == signal.SIGKILL for number, _ in sent):
        raise Problem(f"it lets signal {-outcome.status} end it")
    files = whole_files(folder)
    killed = outcome.status < 0 or len(sent) > 1
    if not killed and len(outcome.fingerprints) > len(files):
        raise Problem(f"{len(outcome.fingerprints)} findings are told of, and {len(files)} are kept")
    if files and subject == STAGE2:
        again = command.run(["check", *subject, "--cases", "0", "--corpus", folder], allowed={1})
        lost = {json.loads(text)["fingerprint"] for text in files} - again.fingerprints
        if lost:
            raise Problem(f"what was kept is not found again: {sorted(lost)[0]}")


def prove(random, command, known):
    """An interrupt of the solver, which has a mind of its own."""
    number = random.choice([signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    outcome = command.run(["prove", "--system", "arm64-stage2"], signals=[(number, random.uniform(BEGUN, 5))],
                          allowed={0, 2, 74})
    if b"undecided" in outcome.output.split(b"\n\n")[0]:
        raise Problem("an interrupted theorem is told of as undecided")


def limits(random, command, known):
    """Too little of something; a verdict is the one without the limit, or there is none."""
    which, limit = random.choice([
        ("RLIMIT_AS", random.randint(60, 3000) << 20), ("RLIMIT_DATA", random.randint(20, 2000) << 20),
        ("RLIMIT_NOFILE", random.randint(3, 30)), ("RLIMIT_FSIZE", random.choice([0, 100, 4096, 1 << 20])),
        ("RLIMIT_STACK", random.randint(128, 8192) << 10), ("RLIMIT_CPU", random.randint(1, 3)),
        ("RLIMIT_MEMLOCK", 0), ("RLIMIT_SIGPENDING", 0),
        # The superuser has as many as it wants.
        ("RLIMIT_NPROC", random.randint(1, 30)),
    ])
    limit = {which: limit}
    # A limit under which nothing at all can be done says nothing about what follows.
    if not command.run(["list", "--output", "/dev/null"], limits=limit, allowed={0, 74, -9, -24, 134, 127, 126}):
        return
    jobs = str(random.choice([1, 2, 16]))
    folder = fresh(command, "corpus")
    kind = random.choice(["ours", "ours", "seed", "plugin", "prove"])
    if kind == "plugin" and known["plugin"]:
        arguments = ["check", "--plugin", known["plugin"], "--cases", "64"]
        allowed = {1, 2, 74}
    elif kind == "seed":
        arguments = ["check", *STAGE2, "--cases", "128"]
        allowed = {1, 2, 74}
    elif kind == "prove":
        command.run(["prove", "--only", "alignment", "--jobs", jobs], limits=limit, allowed={0, 2, 74},
                    may_be_killed="RLIMIT_CPU" in limit)
        return
    else:
        arguments = ["check", *HYP, "--cases", "200"]
        allowed = {0, 2, 74}
    command.run([*arguments, "--jobs", jobs, "--corpus", folder], limits=limit, allowed=allowed,
                environment={"HOSTILE_DEED": "return", "HOSTILE_NUMBER": "9"}, may_be_killed="RLIMIT_CPU" in limit)
    whole_files(folder)


def disk(random, command, known):
    """A full disk, a reader that has gone, a place that is none; what is there stays whole."""
    folder = fresh(command, "corpus")
    report = os.path.join(command.folder, "report")
    for path in glob.glob(os.path.join(command.folder, "walkproof-report-*")):
        os.remove(path)
    write(report, "the report of before")
    arguments = ["check", *STAGE2, "--cases", "100"]
    kind = random.choice(["full", "full-file", "closed", "gone", "large", "no-place", "corpus"])
    options = dict(allowed={1, 74})
    if kind == "full":
        options["stdout"] = open("/dev/full", "wb")
    elif kind == "full-file":
        arguments += ["--output", "/dev/full"]
    elif kind == "closed":
        options["before"] = lambda: os.close(1)
        options["stdout"] = open("/dev/null", "wb")
    elif kind == "gone":
        reader, writer = os.pipe()
        os.close(reader)
        options["stdout"] = os.fdopen(writer, "wb")
    elif kind == "large":
        arguments += ["--output", report]
        options["limits"] = {"RLIMIT_FSIZE": random.choice([0, 10, 500, 5000])}
    elif kind == "no-place":
        arguments += ["--output", random.choice([command.folder, "/nowhere/report", "/proc/report", ""])]
    else:
        folder = random.choice(["/dev/null", "/proc/corpus", report])
    has_corpus = random.random() < 0.5 or kind == "corpus"
    arguments += ["--corpus", folder] if has_corpus else ["--no-corpus"]
    outcome = command.run(arguments, **options)
    if "stdout" in options:
        options["stdout"].close()
    with open(report, "rb") as file:
        text = file.read()
    if outcome.status == 74 and text != b"the report of before":
        raise Problem("the report of before is gone, and there is no other")
    if kind in ("full", "full-file", "closed", "gone"):
        kept = glob.glob(os.path.join(command.folder, "walkproof-report-*"))
        if not kept and b"known as" not in outcome.errors:
            raise Problem(f"the report is nowhere: {outcome.errors[:200]}")
    if os.path.isdir(folder):
        whole_files(folder)


def cache(random, command, known):
    """A cache of builds that was damaged, or is not the user's; the verdict is the one of before."""
    if not known["tree"]:
        return
    place = os.path.join(command.folder, "cache")
    arguments = ["check", "--linux-tree", known["tree"], "--granule", "4K", "--system", "arm64-hyp", "--cases", "40",
                 "--no-corpus"]
    environment = {"XDG_CACHE_HOME": place}
    kind = random.choice(["damage", "damage", "part", "empty", "file", "relative"])
    builds = glob.glob(os.path.join(place, "walkproof/*/*"))
    if kind == "damage" and builds:
        path = random.choice(builds)
        if os.path.isfile(path):
            with open(path, "rb") as file:
                text = bytearray(file.read())
            for _ in range(random.randint(1, 50)):
                if text:
                    text[random.randrange(len(text))] = random.randrange(256)
            write(path, bytes(text[:random.choice([0, len(text) // 2, len(text)])]))
    elif kind == "part":
        os.makedirs(os.path.join(place, "walkproof/building-999999-x"), exist_ok=True)
    elif kind == "empty":
        environment = {"XDG_CACHE_HOME": "", "HOME": random.choice(["", place, None])}
    elif kind == "file":
        shutil.rmtree(place, ignore_errors=True)
        write(place, "no folder")
    elif kind == "relative":
        environment = {"XDG_CACHE_HOME": "..", "HOME": place}
    before = set(os.listdir("/")) | set(os.listdir(os.path.dirname(command.folder)))
    outcome = command.run(arguments, environment=environment, allowed={1, 74})
    after = set(os.listdir("/")) | set(os.listdir(os.path.dirname(command.folder)))
    if after - before:
        raise Problem(f"it writes where it should not: {after - before}")
    if os.path.isfile(place):
        os.remove(place)
    if outcome.status == 1:
        expected = known.setdefault("tree's", outcome.fingerprints)
        if outcome.fingerprints != expected:
            raise Problem("the verdict is another than before")


def whole_files(folder):
    """The texts of a corpus; every one is JSON."""
    texts = []
    for path in glob.glob(os.path.join(folder, "*.json")):
        with open(path) as file:
            texts.append(file.read())
        try:
            json.loads(texts[-1])
        except ValueError:
            raise Problem(f"{os.path.basename(path)} is there, and not whole") from None
    return texts
