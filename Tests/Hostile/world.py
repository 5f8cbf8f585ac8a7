"""The world around the command: signals at any moment, limits, disks, caches."""
import glob
import json
import os
import shutil
import signal

from trial import Problem
from words import HYP, fresh, write

STAGE2 = ["--system", "arm64-stage2", "--subject", "seed"]
THREADED = [["--system", "pfn-cache", "--subject", "seed"], ["--system", "shared-buffer", "--subject", "seed"],
            ["--system", "arm64-stage2-threads", "--subject", "break-unchecked"]]
EXPLORED = ["explore", "--system", "pfn-cache", "--subject", "invalidate-skips-placeholder"]


def signals(random, command, known):
    """A signal at a moment; what was found is on the disk, whole, and the next run begins there."""
    folder = fresh(command, "corpus")
    kinds = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL, signal.SIGKILL]
    number, delay = random.choice(kinds), random.uniform(0, 3)
    sent = [(number, delay)]
    if random.random() < 0.3:
        sent.append((random.choice([signal.SIGKILL, signal.SIGINT]), delay + random.uniform(0, 0.5)))
    subject, allowed = random.choice([STAGE2, STAGE2, *THREADED]), {0, 1, 2, 125}
    if known["plugin"] and random.random() < 0.4:
        subject = ["--plugin", known["plugin"]]
    elif known["tree"] and random.random() < 0.5:
        # In which nothing is found that is not known: whoever ends its workers is no fault of the tree.
        subject, allowed = ["--linux-tree", known["tree"], "--accept", "builtin"], {0, 2}
    deed = random.choice(["abort", "sleep", "hang", "return", random.choice(known["deeds"])])
    is_terminal = number != signal.SIGKILL and random.random() < 0.5
    outcome = command.run(
        ["check", *subject, "--time", "40", "--failures", "99", "--corpus", folder],
        environment={"HOSTILE_DEED": deed, "HOSTILE_NUMBER": "9"}, signals=sent, is_terminal=is_terminal,
        allowed=allowed, may_be_killed=True)
    if outcome.status < 0 and not any(number == signal.SIGKILL for number, _ in sent):
        raise Problem(f"it lets signal {-outcome.status} end it")
    files = whole_files(folder)
    killed = outcome.status < 0 or len(sent) > 1
    if not killed and len(outcome.fingerprints) > len(files):
        raise Problem(f"{len(outcome.fingerprints)} findings are told of, and {len(files)} are kept")
    if files and "--subject" in subject:
        again = command.run(["check", *subject, "--cases", "0", "--corpus", folder], allowed={1})
        lost = {json.loads(text)["fingerprint"] for text in files} - again.fingerprints
        if lost:
            raise Problem(f"what was kept is not found again: {sorted(lost)[0]}")
    return "+".join(signal.Signals(number).name for number, _ in sent) + (" of a terminal" if is_terminal else "")


def prove(random, command, known):
    """An interrupt of the solver, which has a mind of its own."""
    number = random.choice([signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
    outcome = command.run(["prove", "--system", "arm64-stage2"], signals=[(number, random.uniform(0, 4))],
                          allowed={0, 2, 74}, may_be_killed=number == signal.SIGKILL)
    if b"undecided" in outcome.output.split(b"\n\n")[0]:
        raise Problem("an interrupted theorem is told of as undecided")
    return signal.Signals(number).name


def explore(random, command, known):
    """An exploration that is cut: by a signal, by time, by a bound; what it says then is of all or of a part."""
    calls = ["--calls", random.choice(["activate | invalidate", "activate | invalidate | invalidate"])]
    kind = random.choice(["whole", "signal", "time", "bound", "full", "jobs"])
    options = {"allowed": {0, 1, 2}}
    if kind == "signal":
        number = random.choice([signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
        options.update(signals=[(number, random.uniform(0, 1))], may_be_killed=number == signal.SIGKILL)
        # All combinations, so that there is something to cut.
        calls = random.choice([calls, []])
    elif kind == "time":
        calls += ["--time", str(10 ** random.uniform(-9, 0))]
    elif kind == "bound":
        calls += random.choice([["--preemptions", "0"], ["--executions", str(random.randint(1, 50))]])
    elif kind == "jobs":
        calls += ["--jobs", random.choice(["1", "7", "64"])]
    elif kind == "full":
        options.update(stdout=open("/dev/full", "wb"), allowed={74})
    outcome = command.run([*EXPLORED, *calls], **options)
    if kind in ("whole", "jobs") and outcome.status != 1:
        raise Problem(f"the race is not found: {outcome.status}")
    if outcome.status == 0 and kind != "bound":
        raise Problem("what was cut is said to hold")
    if kind == "full":
        kept = glob.glob(os.path.join(command.folder, "walkproof-report-*"))
        if not kept and b"violation" not in outcome.errors:
            raise Problem(f"the report is nowhere: {outcome.errors[:200]}")
        for path in kept:
            os.remove(path)
    return kind


def limits(random, command, known):
    """Too little of something; a verdict is the one without the limit, or there is none."""
    which, limit = random.choice([
        ("RLIMIT_AS", random.randint(60, 3000) << 20), ("RLIMIT_DATA", random.randint(20, 2000) << 20),
        ("RLIMIT_NOFILE", random.randint(3, 30)), ("RLIMIT_FSIZE", random.choice([0, 100, 4096, 1 << 20])),
        ("RLIMIT_STACK", random.randint(128, 8192) << 10), ("RLIMIT_CPU", random.randint(1, 3)),
        ("RLIMIT_MEMLOCK", 0), ("RLIMIT_SIGPENDING", 0),
        ("RLIMIT_NPROC", random.randint(1, 30)),
    ])
    # Of processes the superuser has as many as it wants.
    is_nobody = which == "RLIMIT_NPROC" and os.getuid() == 0
    limit = {which: limit}
    # A limit under which nothing at all can be done says nothing about what follows.
    started = command.run(["list", "--output", "/dev/null"], limits=limit, is_nobody=is_nobody,
                          allowed={0, 74, -9, -24, 134, 127, 126})
    if not started or started.status:
        return "none begun"
    jobs = str(random.choice([1, 2, 16]))
    folder = fresh(command, "corpus")
    kind = random.choice(["ours", "ours", "seed", "plugin", "prove"])
    if kind == "plugin" and known["plugin"]:
        arguments = ["check", "--plugin", known["plugin"], "--cases", "64"]
        allowed = {1, 2, 74}
    elif kind == "seed":
        arguments = ["check", *STAGE2, "--cases", "150"]
        allowed = {1, 2, 74}
    elif kind == "prove":
        command.run(["prove", "--only", "alignment", "--jobs", jobs], limits=limit, is_nobody=is_nobody,
                    allowed={0, 2, 74}, may_be_killed="RLIMIT_CPU" in limit)
        return which
    else:
        arguments = ["check", *HYP, "--cases", "200"]
        allowed = {0, 2, 74}
    os.chmod(folder, 0o777)
    outcome = command.run(
        [*arguments, "--jobs", jobs, "--corpus", folder], limits=limit, is_nobody=is_nobody, allowed=allowed,
        environment={"HOSTILE_DEED": "return", "HOSTILE_NUMBER": "9"}, may_be_killed="RLIMIT_CPU" in limit)
    whole_files(folder)
    # A limit on its time cuts it, and a case that takes it longer counts for less.
    if kind == "seed" and outcome and outcome.status == 1 and which != "RLIMIT_CPU":
        if outcome.fingerprints != set(known["fingerprints"]):
            raise Problem("the verdict is another than without the limit")
    return which


def disk(random, command, known):
    """A full disk, a reader that has gone, a place that is none; what is there stays whole."""
    folder = fresh(command, "corpus")
    report = os.path.join(command.folder, "report")
    for path in glob.glob(os.path.join(command.folder, "walkproof-report-*")):
        os.remove(path)
    write(report, "the report of before")
    arguments = ["check", *STAGE2, "--cases", "100"]
    kind = random.choice(["full", "full-file", "closed", "gone", "large", "no-place", "corpus", "small", "small"])
    if kind == "small" and not known["small disk"]:
        kind = "large"
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
    elif kind == "small":
        folder = os.path.join(fresh(command, "small/all"), "corpus")
        # What fills the rest is somebody else's.
        write(os.path.join(command.folder, "small/all/rest"), b"x" * (random.choice([0, 2, 6, 12, 14, 15, 16]) << 12))
        report = os.path.join(command.folder, "small/all/report")
        try:
            write(report, "the report of before")
        except OSError:
            return "no room at all"
        arguments += ["--output", report]
    elif kind == "no-place":
        arguments += ["--output", random.choice([command.folder, "/nowhere/report", "/proc/report", ""])]
    else:
        folder = random.choice(["/dev/null", "/proc/corpus", report])
    has_corpus = random.random() < 0.5 or kind in ("corpus", "small")
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
    return kind


def tree(random, command, known):
    """A tree that includes what lies elsewhere; nothing is written outside of the cache."""
    top, place = fresh(command, "tree"), fresh(command, "cache-of-trees")
    name = "../" * random.randint(0, 9) + random.choice(["escaped.h", "/escaped.h", "a//escaped.h", "./escaped.h",
                                                         "tmp/../../escaped.h", "\x1b[31m.h", "x" * 300 + ".h", ""])
    for path, text in {
        "arch/arm64/kvm/hyp/pgtable.c": f"#include <asm/kvm_pgtable.h>\n#include <{name}>\n",
        "arch/arm64/include/asm/kvm_pgtable.h": "struct kvm_pgtable_mm_ops;\n",
    }.items():
        os.makedirs(os.path.dirname(os.path.join(top, path)), exist_ok=True)
        write(os.path.join(top, path), text)
    command.run(["check", "--linux-tree", top, "--granule", "4K", "--no-corpus"],
                environment={"XDG_CACHE_HOME": place}, allowed={125})
    outside = os.path.dirname(command.folder)
    found = [path for path in glob.glob(os.path.join(outside, "**/*escaped*"), recursive=True)]
    found += [path for path in ("/escaped.h", "/tmp/escaped.h") if os.path.lexists(path)]
    if found:
        raise Problem(f"it writes where it should not: {found}")
    return "include"


def cache(random, command, known):
    """A cache of builds that was damaged, or is not the user's; the verdict is the one of before."""
    if not known["tree"]:
        return
    place = os.path.join(command.folder, "cache")
    arguments = ["check", "--linux-tree", known["tree"], "--granule", "4K", "--system", "arm64-hyp", "--cases", "40",
                 "--no-corpus"]
    environment = {"XDG_CACHE_HOME": place}
    kind = random.choice(["damage", "damage", "another's", "part", "empty", "file", "relative"])
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
    elif kind == "another's":
        for path in builds:
            if path.endswith(".so") and known["plugin"]:
                shutil.copy(known["plugin"], path)
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
    return kind


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
