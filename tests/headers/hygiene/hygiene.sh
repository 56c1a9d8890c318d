#!/usr/bin/env bash
# The headers leave nothing behind but namespace eigenloss and EIGENLOSS_VERSION_*.
# Usage: hygiene.sh <include folder> <compiler> <its flags>
set -uo pipefail
include=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What others declare and define: the headers that ours include.
grep -rhoE '^#include <[^>]+>' "$include" | grep -v '<eigenloss/' | sort -u >"$work/theirs.cpp"
cp "$work/theirs.cpp" "$work/ours.cpp"
echo '#include <eigenloss/eigenloss.hpp>' >>"$work/ours.cpp"
for whose in theirs ours; do
  "$@" -dM -E "$work/$whose.cpp" | sort >"$work/$whose.macros" || exit 1
done
[ -s "$work/theirs.macros" ] || { echo "FAILED no macros at all: the compiler said nothing"; exit 1; }
leaked=$(comm -13 "$work/theirs.macros" "$work/ours.macros")
expected=$(grep -hE '^#define EIGENLOSS_VERSION_(MAJOR|MINOR|PATCH) ' "$include/eigenloss/version.hpp" | sort)
if [ "$leaked" != "$expected" ]; then
  printf 'FAILED macros that are left, and those that may be:\n%s\n---\n%s\n' "$leaked" "$expected"
  exit 1
fi

# Outside every brace of our headers stands nothing but the namespace. Strings and characters are taken out first.
"$@" -E "$work/ours.cpp" >"$work/ours.i" || exit 1
awk -v folder="$include/eigenloss/" '
  /^# [0-9]+ "/ { split($0, part, "\""); ours = index(part[2], folder) == 1; files[part[2]] = ours; next }
  /^#/ { next }
  ours {
    lines++
    gsub(/"([^"\\]|\\.)*"/, "\"\""); gsub(/\047([^\047\\]|\\.)\047/, "0")
    for (i = 1; i <= length($0); i++) {
      c = substr($0, i, 1)
      if (c == "{") { if (depth++ == 0) { check(outside); outside = "" } }
      else if (c == "}") { depth-- }
      else if (depth == 0) outside = outside c
    }
    if (depth == 0) outside = outside " "
  }
  function check(words) {
    gsub(/[ \t;]+/, " ", words); gsub(/^ | $/, "", words)
    if (words !~ /^namespace eigenloss(::[a-z]+)*$/) { printf "FAILED in the global namespace: %s\n", words; failures++ }
  }
  END {
    gsub(/[ \t;]+/, "", outside)
    if (outside != "") { printf "FAILED in the global namespace: %s\n", outside; failures++ }
    if (depth != 0 || lines < 1000) { printf "FAILED depth %d, %d lines of ours\n", depth, lines; failures++ }
    printf "hygiene: %d lines of ours, nothing outside namespace eigenloss: %s\n", lines, failures ? "no" : "yes"
    exit failures > 0
  }' "$work/ours.i"
