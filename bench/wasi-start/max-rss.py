"""Runs a command with a file as its stdin, and prints the most memory that it had, in KiB."""
import os
import subprocess
import sys

with open(sys.argv[1], "rb") as stdin:
    child = subprocess.Popen(sys.argv[2:], stdin=stdin, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
assert status == 0, status
print(usage.ru_maxrss)
