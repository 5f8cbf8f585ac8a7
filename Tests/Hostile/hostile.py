#!/usr/bin/env python3
"""Tries what the world, and those who do not mean well, may do to the built command.

For a bounded time it runs the command on damaged tokens, corpora, lists and options, on plugins that do evil,
under signals, limits, full disks and damaged caches, drawn from a seed. Whatever it is: the exit status is a
promised one, a refusal has two lines at most, no process is left behind, nothing found is lost, and a verdict is
the one of an undisturbed run. It prints how many of each it tried, and ends with 1 where anything was wrong.
"""
import argparse
import collections
import glob
import json
import os
import random
import shutil
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
    "signals": (world.signals, 5), "interrupted proofs": (world.prove, 1), "limits": (world.limits, 5),
    "disks": (world.disk, 4), "caches": (world.cache, 2),
}
# Of more problems than that the rest are likely the same.
PROBLEM_LIMIT = 20


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--walkproof", default=".build/release/walkproof", help="the built command")
    parser.add_argument("--seconds", type=float, default=180, help="how long to try (180)")
    parser.add_argument("--seed", type=int, default=None, help="what is tried; drawn and printed by default")
    parser.add_argument("--only", choices=sorted(KINDS), action="append", help="only this kind; of several, one of them")
    parser.add_argument("--tree", help="the top folder of a Linux tree")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else int(time.time())
    print(f"hostile: seed {seed}, {options.seconds:g} s", flush=True)
    trial.adopt_orphans()
    base = tempfile.mkdtemp(prefix="walkproof-hostile-")
    folder = os.path.join(base, "here")
    os.mkdir(folder)
    try:
        problems = attack(trial.Command(options.walkproof, folder), options, random.Random(seed))
    finally:
        shutil.rmtree(base, ignore_errors=True)
    sys.exit(1 if problems else 0)


def attack(command, options, drawn):
    """Tries until the time is over; how many problems there were."""
    known = baseline(command, options)
    kinds = [kind for kind in KINDS if not options.only or kind in options.only]
    if not known["plugin"] and "plugins" in kinds:
        kinds.remove("plugins")
    if not known["tree"] and "caches" in kinds:
        kinds.remove("caches")
    tried, problems = collections.Counter(), 0
    end = time.monotonic() + options.seconds
    while time.monotonic() < end and problems < PROBLEM_LIMIT:
        # Each once before any twice.
        new = [kind for kind in kinds if not tried[kind]]
        kind = new[0] if new else drawn.choices(kinds, [KINDS[kind][1] for kind in kinds])[0]
        tried[kind] += 1
        try:
            KINDS[kind][0](drawn, command, known)
        except trial.Problem as problem:
            problems += 1
            print(f"PROBLEM with {kind}: {problem}\n  {command.last.encode(errors='replace')!r}", flush=True)
    for kind in KINDS:
        print(f"  {tried[kind]:6}  {kind}")
    print(f"hostile: {sum(tried.values())} tried, {problems} problems")
    return problems


def baseline(command, options):
    """What undisturbed runs give: tokens, entries of a corpus, fingerprints; and what there is to be attacked."""
    corpus = words.fresh(command, "corpus")
    arguments = ["check", *world.STAGE2, "--cases", "150", "--corpus", corpus, "--format", "json"]
    outcome = command.run(arguments, allowed={1})
    violations = json.loads(outcome.output)["results"][0]["violations"]
    entries = []
    for path in glob.glob(os.path.join(corpus, "*.json")):
        with open(path) as file:
            entries.append(file.read())
    return {
        "tokens": [violation["token"] for violation in violations],
        "fingerprints": [violation["fingerprint"] for violation in violations],
        "entries": sorted(entries),
        "plugin": plugins.build(command.folder),
        "deeds": plugins.deeds(),
        "tree": options.tree,
    }


if __name__ == "__main__":
    main()
