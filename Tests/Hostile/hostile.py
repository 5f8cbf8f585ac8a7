#!/usr/bin/env python3
"""Tries what the world, and those who do not mean well, may do to the built command.

A number of times, or for a time, it runs the command on damaged tokens, corpora, lists and options, on plugins that do evil,
under signals, limits, full disks and damaged caches, drawn from a seed. Whatever it is: the exit status is a
promised one, a refusal has two lines at most, no process is left behind, nothing found is lost, and a verdict is
the one of an undisturbed run. It prints how many of each it tried, and ends with 1 where anything was wrong.
"""
import argparse
import collections
import glob
import itertools
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

# The folder is one of sources.
sys.dont_write_bytecode = True

import plugins
import trial
import words
import world

KINDS = {
    "tokens": (words.token, 6), "JSON": (words.json_report, 3), "corpora": (words.corpus, 4),
    "accept files": (words.accept, 3), "options": (words.usage, 4), "plugins": (plugins.plugin, 8),
    "signals": (world.signals, 5), "interrupted proofs": (world.prove, 1), "explorations": (world.explore, 3),
    "limits": (world.limits, 5), "disks": (world.disk, 4), "caches": (world.cache, 2), "trees": (world.tree, 2),
}
# Whose tokens are damaged besides.
THREADED = [("pfn-cache", "extra-ref-on-same-pfn"), ("arm64-stage2-threads", "break-unchecked"),
            ("shared-buffer", "cached-sgt-double-map")]
# Of more problems than that the rest are likely the same.
PROBLEM_LIMIT = 20


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--walkproof", default=".build/release/walkproof", help="the built command")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--trials", type=int, help="how often to try")
    length.add_argument("--seconds", type=float, default=150, help="how long to try (150)")
    length.add_argument("--trial", type=int, help="only the trial with this number, as a problem names it")
    parser.add_argument("--seed", type=int, default=None, help="what is tried; drawn and printed by default")
    parser.add_argument("--only", choices=sorted(KINDS), action="append", help="only this kind; of several, one of them")
    parser.add_argument("--tree", help="the top folder of a Linux tree")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else int(time.time())
    print(f"hostile: seed {seed}", flush=True)
    trial.adopt_orphans()
    base = tempfile.mkdtemp(prefix="walkproof-hostile-")
    folder = os.path.join(base, "here")
    os.mkdir(folder)
    # Some are run as nobody.
    os.chmod(base, 0o755)
    os.chmod(folder, 0o777)
    has_disk = mount(os.path.join(folder, "small"))
    try:
        problems = attack(trial.Command(options.walkproof, folder), options, seed, has_disk)
    finally:
        if has_disk:
            subprocess.run(["umount", os.path.join(folder, "small")], check=False)
        shutil.rmtree(base, ignore_errors=True)
    sys.exit(1 if problems else 0)


def mount(place):
    """A disk with next to no room; false where none can be had."""
    os.mkdir(place)
    line = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", place]
    try:
        return subprocess.run(line, stderr=subprocess.DEVNULL, check=False).returncode == 0
    except OSError:
        return False


def trials(options):
    """The numbers of what is tried."""
    if options.trial is not None:
        return [options.trial]
    if options.trials is not None:
        return range(options.trials)
    end = time.monotonic() + options.seconds
    return itertools.takewhile(lambda _: time.monotonic() < end, itertools.count())


def attack(command, options, seed, has_disk):
    """Tries; how many problems there were."""
    known = baseline(command, options)
    known["small disk"] = has_disk
    kinds = [kind for kind in KINDS if not options.only or kind in options.only]
    if not known["plugin"] and "plugins" in kinds:
        kinds.remove("plugins")
    if not known["tree"] and "caches" in kinds:
        kinds.remove("caches")
    if not shutil.which("cc") and "trees" in kinds:
        kinds.remove("trees")
    tried, problems = collections.Counter(), 0
    details = collections.defaultdict(collections.Counter)
    for number in trials(options):
        if problems >= PROBLEM_LIMIT:
            break
        # Of its own, so that what is tried does not depend on how fast the others were.
        drawn = random.Random(f"{seed}/{number}")
        # Each once before any twice.
        kind = kinds[number] if number < len(kinds) else drawn.choices(kinds, [KINDS[kind][1] for kind in kinds])[0]
        tried[kind] += 1
        try:
            details[kind][KINDS[kind][0](drawn, command, known)] += 1
        except trial.Problem as problem:
            problems += 1
            print(f"PROBLEM with {kind}, --seed {seed} --trial {number}: {problem}\n  {command.last.encode(errors='replace')!r}", flush=True)
    for kind in KINDS:
        of = ", ".join(f"{name} {count}" for name, count in sorted(details[kind].items(), key=str))
        print(f"  {tried[kind]:6}  {kind}: {of or 'none'}")
    print(f"hostile: {sum(tried.values())} tried, {problems} problems")
    return problems


def baseline(command, options):
    """What undisturbed runs give: tokens, entries of a corpus, fingerprints; and what there is to be attacked."""
    corpus = words.fresh(command, "corpus")
    arguments = ["check", *world.STAGE2, "--cases", "150", "--corpus", corpus, "--format", "json"]
    outcome = command.run(arguments, allowed={1})
    violations = json.loads(outcome.output)["results"][0]["violations"]
    tokens = [("arm64-stage2", violation["token"]) for violation in violations]
    for system, subject in THREADED:
        line = ["check", "--system", system, "--subject", subject, "--cases", "60000", "--stop-at-first", "--no-corpus"]
        tokens += tokens_of(command, line, system)
    tokens += tokens_of(command, [*world.EXPLORED, "--calls", "activate | invalidate"], "explored")
    plugin, environment = plugins.build(command.folder), {"HOSTILE_DEED": "return", "HOSTILE_NUMBER": "9"}
    if plugin:
        line = ["check", "--plugin", plugin, "--cases", "8", "--failures", "3", "--no-corpus"]
        tokens += tokens_of(command, line, "plugin", environment)
        # One of a case that is run more often than once.
        system, token = tokens[-1]
        body = token.replace("case-", "unsteady-", 1).rsplit(":", 1)[0]
        tokens.append((system, f"{body}:{words.checksum(body)}"))
    entries = []
    for path in glob.glob(os.path.join(corpus, "*.json")):
        with open(path) as file:
            entries.append(file.read())
    return {
        "tokens": tokens,
        "tokens'": environment,
        "fingerprints": [violation["fingerprint"] for violation in violations],
        "entries": sorted(entries),
        "plugin": plugin,
        "deeds": plugins.deeds(),
        "tree": options.tree,
    }


def tokens_of(command, line, name, environment=None):
    """The tokens in the report of a run that finds something."""
    outcome = command.run(line, environment=environment, allowed={1})
    found = re.findall(rb"walkproof replay (\S+)", outcome.output)
    return [(name, token.decode()) for token in found]


if __name__ == "__main__":
    main()
