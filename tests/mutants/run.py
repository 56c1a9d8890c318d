#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Breaks the library on purpose, one line at a time, and shows that a test notices.

    python3 tests/mutants/run.py             all mutants of mutants.py
    python3 tests/mutants/run.py 'ctc|huber' those whose name matches
    python3 tests/mutants/run.py --list      names, files and tests; nothing is run
    python3 tests/mutants/run.py --texts     whether each text is found exactly once; nothing is run

A mutant is a copy of include/ with one piece of text replaced. The test programs named for it are compiled against
the copy, one after the other, and run: the mutant is killed by the first that does not compile or fails. One that
survives is a missing test. Each test must pass on the library as it is. The exit code is 1 where a mutant survives or
its text is not found exactly once, or where a test fails without one.

Compiling is what takes the time. So where a text is an expression or a statement, many mutants go into one copy, each
behind a switch: `(eigenloss_mutant == 7 ? replacement : text)`; the program is compiled once, must pass with none of
them, and is run with each. Where that does not compile, the mutants are tried in smaller groups, and at last alone.

CXX (clang++ where it is installed, which compiles these twice as fast, else g++), CXXFLAGS and EIGEN (include folder)
are read from the environment.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import mutants  # noqa: E402

TESTS = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = TESTS.parent / "include"
TIMEOUT = 300  # seconds, of a compilation and of a test: a mutant may loop forever
NO_COMPILATION = "does not compile: "
PRELUDE = """#include <cstdlib>
#include "support/catch.hpp"
#include <unsupported/Eigen/CXX11/Tensor>
inline const int eigenloss_mutant = std::atoi(std::getenv("EIGENLOSS_MUTANT") ? std::getenv("EIGENLOSS_MUTANT") : "0");
"""
# Tests that take too long without optimisation.
OPTIMISED = {"engine/packet_math", "engine/ctc_sequence", "engine/sums", "engine/accuracy", "engine/elements",
             "losses/multi_label_margin"}


def pattern_of(text):
    """The text, with any white space for white space: it may be laid out anew."""
    return re.compile(r"\s+".join(re.escape(word) for word in text.split()))


class Builder:
    """Compiles test programs against a copy of the headers. Eigen's and Catch2's headers are compiled once."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        compiler = os.environ.get("CXX", "clang++" if shutil.which("clang++") else "g++")
        self.command = compiler.split() + [
            "-std=c++17", "-w", "-pthread", "-UNDEBUG", "-DEIGEN_USE_THREADS=", "-DEIGENLOSS_FULL_LAWS=0",
            f'-DEIGENLOSS_TEST_DATA_DIR="{TESTS}/data"', f"-I{TESTS}",
            "-isystem", os.environ.get("EIGEN", "/usr/include/eigen3")
        ] + os.environ.get("CXXFLAGS", "").split()
        for level in ("-O0", "-O1"):
            prelude = self.folder / level / "prelude.hpp"
            prelude.parent.mkdir()
            prelude.write_text(PRELUDE)
            self.must(self.command + [level, "-x", "c++-header", str(prelude), "-o", f"{prelude}.gch"])
        self.main = self.folder / "main.o"
        self.must(self.command + ["-O0", "-c", str(TESTS / "catch2_main.cpp"), "-o", str(self.main)])
        self.copy = self.folder / "include"
        self.program = self.folder / "test"

    def must(self, command):
        result = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
        if result.returncode != 0:
            sys.exit(f"{' '.join(command)}\n{result.stdout}{result.stderr}")

    def compile(self, test, edits):
        """Compiles the test with these edits: {file: [(begin, end, text)]}. What went wrong, or None."""
        shutil.rmtree(self.copy, ignore_errors=True)
        shutil.copytree(INCLUDE, self.copy)
        for name, places in edits.items():
            file = self.copy / "eigenloss" / name
            text = file.read_text()
            for begin, end, new in sorted(places, reverse=True):
                text = text[:begin] + new + text[end:]
            file.write_text(text)
        level = "-O1" if test in OPTIMISED else "-O0"
        command = self.command + [
            level, "-include", str(self.folder / level / "prelude.hpp"), f"-I{self.copy}",
            str(TESTS / f"{test}.cpp"), str(self.main), "-o", str(self.program)]
        try:
            result = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            return NO_COMPILATION + "takes forever"
        if result.returncode == 0:
            return None
        errors = [line for line in result.stderr.splitlines() if "error" in line]
        return NO_COMPILATION + (errors[0].split("error: ")[-1] if errors else result.stderr[-200:])

    def run(self, number=0):
        """Runs the test with the mutant of that number switched on. How it failed, or None."""
        try:
            result = subprocess.run([str(self.program)], capture_output=True, text=True, errors="replace",
                                    timeout=TIMEOUT, env={**os.environ, "EIGENLOSS_MUTANT": str(number)})
        except subprocess.TimeoutExpired:
            return "runs forever"
        if result.returncode == 0:
            return None
        summary = [line for line in result.stdout.splitlines() if line.startswith(("test cases:", "assertions:"))]
        return summary[-1] if summary else f"exit code {result.returncode}"


def place_of(mutant):
    """Where the text of a mutant stands: (begin, end), or None where that is not one place."""
    file = INCLUDE / "eigenloss" / mutant.file
    places = list(pattern_of(mutant.text).finditer(file.read_text())) if file.exists() else []
    return places[0].span() if len(places) == 1 else None


def switch_of(mutant, number):
    """The text and its replacement behind a switch; None where the text is no expression and no statement."""
    def whole(code):
        depth = 0
        for letter in code:
            depth += letter in "([{"
            depth -= letter in ")]}"
            if depth < 0 or depth == 0 and letter == ",":
                return False
        return depth == 0

    text, new = mutant.text.strip(), mutant.replacement.strip()
    # A variable or a member with its initial value: both texts begin alike.
    declared = re.match(r"((?:const )?[\w:]+ \w+ = )(.*);$", text, re.DOTALL)
    if declared and new.startswith(declared[1]) and new.endswith(";"):
        was, now = declared[2], new[len(declared[1]):-1]
        if whole(was) and whole(now) and ";" not in was + now and not was.startswith("{"):
            return f"{declared[1]}(eigenloss_mutant == {number} ? ({now}) : ({was}));"
    if not whole(text) or not whole(new) or re.match(r"(const|static|struct|using|template|typename|case)\b", text):
        return None
    if text.endswith(";"):
        return f"if (eigenloss_mutant == {number}) {{ {new} }} else {{ {text} }}"
    if not new or text.startswith(("return", "if ", "for ")) or ";" in text + new or text.endswith(("{", "}", "+")):
        return None
    return f"(eigenloss_mutant == {number} ? ({new}) : ({text}))"


class Check:
    """Tries mutants on tests and keeps count."""

    def __init__(self, builder, total):
        self.builder, self.total, self.done = builder, total, 0
        self.sound, self.broken, self.by_compiler = set(), set(), 0

    def is_sound(self, test):
        """Whether the test passes without a mutant; otherwise it proves nothing."""
        if test not in self.sound | self.broken:
            failure = self.builder.compile(test, {}) or self.builder.run()
            (self.broken if failure else self.sound).add(test)
            print(f"{'BROKEN  ' if failure else 'passes  '} {test} without a mutant{': ' + failure if failure else ''}",
                  flush=True)
        return test in self.sound

    def killed(self, mutant, test, reason):
        self.done += 1
        self.by_compiler += reason.startswith(NO_COMPILATION)
        print(f"killed   {self.done:3}/{self.total} {mutant.name}: {test} {reason}", flush=True)

    def survivors(self, test, all_mutants):
        """Those that the test does not notice."""
        if not self.is_sound(test):
            return all_mutants
        alone = [m for m in all_mutants if not switch_of(m, 1)]
        groups = []  # of mutants whose texts do not touch
        for m in all_mutants:
            if m in alone:
                continue
            begin, end = place_of(m)
            for group in groups:
                if all(o.file != m.file or place_of(o)[1] < begin or end < place_of(o)[0] for o in group):
                    group.append(m)
                    break
            else:
                groups.append([m])
        left = []
        for group in groups + [[m] for m in alone]:
            left += self.try_group(test, group)
        return left

    def try_group(self, test, group):
        if len(group) == 1:
            [m] = group
            reason = (self.builder.compile(test, {m.file: [(*place_of(m), m.replacement)]}) or self.builder.run())
            if not reason:
                return group
            self.killed(m, test, reason)
            return []
        edits = {}
        for number, m in enumerate(group, 1):
            edits.setdefault(m.file, []).append((*place_of(m), switch_of(m, number)))
        if self.builder.compile(test, edits) or self.builder.run():
            middle = len(group) // 2
            return self.try_group(test, group[:middle]) + self.try_group(test, group[middle:])
        left = []
        for number, m in enumerate(group, 1):
            reason = self.builder.run(number)
            if reason:
                self.killed(m, test, reason)
            else:
                left.append(m)
        return left


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("regex", nargs="?", default="", help="which mutants, by their names")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--texts", action="store_true")
    arguments = parser.parse_args()

    chosen = [m for m in mutants.ALL if re.search(arguments.regex, m.name)]
    duplicates = {m.name for m in mutants.ALL if sum(o.name == m.name for o in mutants.ALL) > 1}
    if duplicates:
        sys.exit(f"two mutants of one name: {', '.join(sorted(duplicates))}")
    missing = {test for m in mutants.ALL for test in m.tests if not (TESTS / f"{test}.cpp").exists()}
    if missing:
        sys.exit(f"no such test: {', '.join(sorted(missing))}")
    if arguments.list:
        for m in chosen:
            print(f"{m.name:44} {m.file:36} {' '.join(m.tests)}")
        return 0

    found = [m for m in chosen if place_of(m)]
    stale = [m for m in chosen if not place_of(m)]
    for m in stale:
        print(f"STALE    {m.name}: not found exactly once in {m.file}: {m.text}", flush=True)
    if arguments.texts:
        print(f"{len(found)} texts found, {len(stale)} stale")
        return 1 if stale else 0

    start, survived = time.monotonic(), []
    with tempfile.TemporaryDirectory() as folder:
        check = Check(Builder(folder), len(found))
        waiting = [(m, 0) for m in found]  # with the number of tests that noticed nothing
        while waiting:
            test = waiting[0][0].tests[waiting[0][1]]
            here = [(m, k) for m, k in waiting if m.tests[k] == test]
            waiting = [entry for entry in waiting if entry not in here]
            left = check.survivors(test, [m for m, _ in here])
            for m, k in here:
                if m in left and k + 1 < len(m.tests):
                    waiting.append((m, k + 1))
                elif m in left:
                    survived.append(m)
                    check.done += 1
                    print(f"SURVIVED {check.done:3}/{check.total} {m.name}: {' '.join(m.tests)} notice nothing", flush=True)

    print(f"mutants: {len(found) - len(survived)} killed, {check.by_compiler} of them by the compiler, {len(survived)} "
          f"survived, {len(stale)} stale; tests that fail without a mutant: {len(check.broken)}; "
          f"{time.monotonic() - start:.0f} s")
    for m in survived:
        print(f"  survived: {m.name} ({m.file}): {m.text} -> {m.replacement}")
    return 1 if survived or stale or check.broken or not found else 0


if __name__ == "__main__":
    sys.exit(main())
