"""Plugins by a table of evil deeds."""
import os
import re
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.join(HERE, "evil.c")
HEADERS = os.path.join(HERE, "../../Sources/CWalkerPlugin/include")
# Deeds that are done elsewhere than in a call.
ELSEWHERE = ["in_init", "no_table", "init_result", "in_destroy", "layout_in_destroy",
             "forge_in_destroy", "root", "root_level", "root_bits", "root_bytes",
             "root_result", "name", "abi", "size", "page_shift", "caps", "levels", "at_load", "no_plugin",
             "nothing_but_init"]


def deeds():
    """The names in the table of the source."""
    with open(SOURCE) as file:
        return re.findall(r"DEED\((\w+)\)(?!\s*\{)", file.read().split("deeds[] = {")[1]) + ELSEWHERE


def build(folder):
    """The plugin; none where there is no compiler."""
    if not shutil.which("cc"):
        return None
    path = os.path.join(folder, "evil.so")
    subprocess.run(["cc", "-shared", "-fPIC", "-g", "-O1", "-w", f"-I{HEADERS}", SOURCE, "-o", path], check=True)
    return path


def plugin(random, command, known):
    """One deed; what comes of it is a finding or a refusal, and it does not outlive the check."""
    deed = random.choice(known["deeds"])
    number = random.choice([random.randrange(400), random.getrandbits(32)])
    arguments = ["check", "--plugin", known["plugin"], "--no-corpus", "--cases", random.choice([1, 20]),
                 "--time", "3", "--jobs", random.choice([1, 2])]
    environment = {"HOSTILE_DEED": deed, "HOSTILE_NUMBER": str(number)}
    outcome = command.run(arguments, environment=environment, allowed={0, 1, 2, 125})
    if outcome and outcome.status == 1 and random.random() < 0.2:
        again = re.search(rb"  replay     walkproof replay (\S+)", outcome.output)
        if again:
            words = ["replay", again.group(1).decode(), "--plugin", known["plugin"]]
            command.run(words, environment=environment, allowed={0, 1, 2, 125})
    return deed
