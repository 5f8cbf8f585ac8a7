"""What is typed, pasted and read: tokens, corpora, lists of accepted findings, options."""
import json
import os
import shutil

from trial import Problem

HYP = ["--system", "arm64-hyp", "--subject", "built-in"]
SEED = ["--system", "arm64-stage2", "--subject", "seed", "--cases", "60"]
ODD = ["", "\0", "\x1b[2J", "\n", "%", "/", "..", "-", "--", "'", "\"", "\\", "é", "\u202e", "0", "-1", "1e400",
       "inf", "nan", "18446744073709551616", "x" * 5000]


def checksum(text):
    """The checksum of a token's body, so that the damage is not found at once."""
    value = 2166136261
    for byte in text.encode(errors="surrogateescape"):
        value = (value ^ byte) * 16777619 & 0xffffffff
    return f"{(value ^ value >> 16) & 0xffff:04x}"


def damaged(random, text, odd=ODD):
    """The text with one to four places of it changed."""
    for _ in range(random.randint(1, 4)):
        start = random.randint(0, len(text))
        end = min(len(text), start + random.choice([0, 1, 2, 8, 1000]))
        text = text[:start] + random.choice([*odd, text[start:end] * 2, ""]) + text[end:]
    return text


def token(random, command, known):
    """A damaged token, half of them with a checksum that fits."""
    system, text = random.choice(known["tokens"])
    if random.random() < 0.5:
        text = damaged(random, text)
    else:
        head, choices, _ = text.rsplit(":", 2)
        numbers = choices.split(".")
        for _ in range(random.randint(1, 6)):
            place = random.randrange(len(numbers))
            numbers[place:place + random.choice([0, 1, 1, 3])] = [
                f"{random.getrandbits(random.choice([1, 4, 12, 63, 64])):x}"]
        body = f"{head}:{'.'.join(numbers) or '0'}"
        text = f"{body}:{checksum(body)}"
    text = text.replace("\0", "")
    # What does not begin as a token does may be a path. Of a plugin's there may be no case in what is left.
    isToken = text.startswith(("case-", "explored-", "unsteady-"))
    allowed = {0, 1, 64, 65} if isToken else {0, 1, 64, 65, 74}
    if text.startswith("unsteady-"):
        allowed.add(2)
    options = ["--plugin", known["plugin"]] if system == "plugin" else []
    command.run(["replay", *options, "--", text[:100000]], environment=known["tokens'"], allowed=allowed)
    return system


def json_report(random, command, known):
    """A file of the corpus, damaged as JSON is."""
    folder = fresh(command, "corpus")
    entry = json.loads(random.choice(known["entries"]))
    for _ in range(random.randint(1, 3)):
        key = random.choice(sorted(entry))
        entry[key] = random.choice([None, -1, 1e308, [], {}, "", "\x1b[31m", "0.0", "zz", [[[[]]]], True,
                                    "1" * 400, *entry.values()])
    text = json.dumps(entry, ensure_ascii=random.random() < 0.5)
    write(os.path.join(folder, "case.json"), text)
    command.run(["replay", os.path.join(folder, "case.json")], allowed={0, 1, 64, 65})
    return "entries"


def corpus(random, command, known):
    """A folder of cases, some of them damaged, empty, or no files."""
    folder = fresh(command, "corpus")
    for number in range(random.randint(0, 5)):
        path = os.path.join(folder, f"case-{number}.json")
        kind = random.choice(["whole", "whole", "damaged", "cut", "empty", "folder", "link", "pipe", "noise",
                              "deep", "part"])
        text = random.choice(known["entries"])
        if kind == "whole":
            write(path, text)
        elif kind == "damaged":
            write(path, damaged(random, text))
        elif kind == "cut":
            write(path, text[:random.randrange(len(text))])
        elif kind == "empty":
            write(path, "")
        elif kind == "folder":
            os.mkdir(path)
        elif kind == "link":
            os.symlink(random.choice(["nowhere", path, "/dev/null"]), path)
        elif kind == "pipe":
            os.mkfifo(path)
        elif kind == "noise":
            write(path, random.randbytes(random.choice([1, 100, 10000])))
        elif kind == "deep":
            write(path, "[" * random.choice([600, 100000]))
        else:
            write(path + ".part-1", text[:10])
    command.run(["check", *HYP, "--cases", "30", "--corpus", folder], allowed={0, 1, 2, 65, 74})
    return "folders"


def accept(random, command, known):
    """A list of accepted findings with something wrong with it, or with nothing."""
    path = os.path.join(command.folder, "list")
    lines = [f"arm64-stage2 {fingerprint} # known" for fingerprint in known["fingerprints"]]
    kind = random.choice(["damaged", "damaged", "crlf", "mark", "noise", "zero", "folder", "pipe", "missing"])
    if os.path.lexists(path):
        os.remove(path)
    accepted = random.sample(known["fingerprints"], random.randint(0, len(lines)))
    text = "\n".join(line for line in lines if line.split(" ", 1)[1][:-8] in accepted) + "\n"
    if kind == "damaged":
        write(path, damaged(random, text))
    elif kind == "crlf":
        write(path, text.replace("\n", "\r\n"))
    elif kind == "mark":
        write(path, "\ufeff" + text)
    elif kind == "noise":
        write(path, random.randbytes(300))
    elif kind == "zero":
        path = "/dev/zero"
    elif kind == "folder":
        path = command.folder
    elif kind == "pipe":
        os.mkfifo(path)
    outcome = command.run(["check", *SEED, "--no-corpus", "--accept", path], allowed={0, 1, 2, 65, 74})
    if kind in ("crlf", "mark") and outcome.status not in (0, 1, 2):
        raise Problem(f"a list with {kind} is refused: {outcome.errors[:200]}")
    if kind in ("crlf", "mark") and outcome.fingerprints & set(accepted):
        raise Problem(f"what a list with {kind} accepts is told of")
    return kind


def usage(random, command, known):
    """A line of options with values that nobody should type."""
    name = random.choice(["check", "compare", "explore", "replay", "list", "prove", "bench", "", "worker"])
    options = ["--system", "--subject", "--seed", "--cases", "--time", "--jobs", "--shard", "--format", "--output",
               "--corpus", "--accept", "--plugin", "--linux-tree", "--granule", "--failures", "--only",
               "--differences", "--runs", "--resource-limit", "--smt2", "--also", "--no-such", "--calls", "--state",
               "--threads", "--preemptions", "--executions"]
    words = [name]
    for _ in range(random.randint(1, 3)):
        words += [random.choice(options), random.choice(ODD[:-1]).replace("\0", "")]
    # What such a line does ask for is kept short.
    words += {"check": ["--time", "0.2"], "compare": ["--time", "0.2"], "prove": ["--list"],
              "explore": ["--time", "0.2"], "bench": ["--only", "no-row"]}.get(name, [])
    command.run(words)
    return name


def write(path, text):
    with open(path, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode(errors="surrogateescape"))


def fresh(command, name):
    """An empty folder."""
    path = os.path.join(command.folder, name)
    shutil.rmtree(path, ignore_errors=True)
    os.mkdir(path)
    return path
