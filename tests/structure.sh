#!/usr/bin/env bash
# The tree is what README and style say it is. Usage: structure.sh <project folder>; prints each offender.
set -uo pipefail
shopt -s lastpipe  # the last command of a pipe counts failures in this shell
cd "$1" || exit 1
failures=0

offend() { printf 'FAILED %s\n' "$*"; failures=$((failures + 1)); }
# nothing_but <what>: every line of standard input offends.
nothing_but() { while IFS= read -r line; do offend "$1: $line"; done; }
# same <left name> <left> <right name> <right>: two lists of words, in any order, are the same.
same() {
  local only
  only=$(comm -3 <(tr ' ' '\n' <<<"$2" | sed '/^$/d' | sort) <(tr ' ' '\n' <<<"$4" | sed '/^$/d' | sort))
  [ -z "$only" ] || offend "$1 (left) and $3 (right) differ:"$'\n'"$only"
}
# code <grep pattern> <files>: matching lines of code, comments taken out.
code() {
  local pattern=$1 file
  shift
  for file in "$@"; do
    sed 's://.*$::' "$file" | grep -nE "$pattern" | sed "s|^|$file:|"
  done
  return 0
}
names() { for file in "$@"; do [ -e "$file" ] && basename "${file%.*}"; done | tr '\n' ' '; }

inc=include/eigenloss
mapfile -t headers < <(find include -name '*.hpp' | sort)
mapfile -t losses < <(find $inc/losses -name '*.hpp' | sort)

# 1. The top level (what git knows of it, where there is git: build folders may lie around).
top=$(git ls-files 2>/dev/null | cut -d/ -f1 | sort -u) || top=
[ -n "$top" ] || top=$(ls -A | grep -vE '^build|\.svg$')
grep -vxE 'include|tests|examples|CMakeLists\.txt|README\.md|LICENSE|\..*' <<<"$top" | nothing_but "top level"

# 2. A loss is a header, a test, an include in the umbrella and a row of the README's table.
in_headers=$(names "${losses[@]}")
same "$inc/losses" "$in_headers" "tests/losses" "$(names tests/losses/*.cpp)"
same "$inc/losses" "$in_headers" "tests/laws" \
  "$(names tests/laws/*.cpp | tr ' ' '\n' | grep -vxE 'own_.*|formula|cross_entropy_probabilities' | tr '\n' ' ')"
same "$inc/losses" "$in_headers" "includes of eigenloss.hpp" \
  "$(sed -nE 's|^#include .*losses/([a-z0-9_]+)\.hpp.*|\1|p' $inc/eigenloss.hpp 2>/dev/null)"
same "$inc/losses" "$in_headers" "rows of README.md" \
  "$(sed -nE 's#^\|.*\(include/eigenloss/losses/([a-z0-9_]+)\.hpp\).*#\1#p' README.md)"

for example in $(names examples/*.cpp); do
  grep -q "(examples/$example\.[ch]pp)" README.md || offend "README.md does not name the example $example"
done

# 3. Small files: a list to think about, not a failure.
for file in "${headers[@]}"; do
  lines=$(wc -l <"$file")
  case $file in
    */losses/ctc.hpp) most=250 ;;
    */losses/*) most=120 ;;
    *) most=250 ;;
  esac
  [ "$lines" -le "$most" ] || printf 'NOTE %s has %d lines, more than %d\n' "$file" "$lines" "$most"
done

# 4. to 7., 9. One place each for devices and errors; no kernel knows a reduction; no macros.
code '#[[:space:]]*define' "${headers[@]}" | grep -vE "^$inc/version.hpp:[0-9]+:#define EIGENLOSS_VERSION_(MAJOR|MINOR|PATCH) " |
  nothing_but "#define"
# Stated exception: Eigen evaluates a tensor expression on a device, here its default one.
code '(parallelFor|Device)' "${headers[@]}" | grep -vE "^$inc/(detail/blocks|engine/verbs).hpp:" |
  grep -vE "^$inc/detail/(memory|source).hpp:.*Eigen::DefaultDevice" |
  nothing_but "device code outside detail/blocks.hpp and engine/verbs.hpp"
code '\b(throw|static_assert)\b' "${headers[@]}" | grep -v "^$inc/detail/check.hpp:" |
  nothing_but "throw or static_assert outside detail/check.hpp"
code '\b(Mean|Sum|Unreduced|BatchMean|WeightedMean|RootMean)\b' "${losses[@]}" |
  grep -vE ':[[:space:]]*(template <.*= Mean.*>|using [A-Za-z0-9]+ =.*)$' | nothing_but "a reduction outside an alias"
code 'using namespace|EIGEN_USE_THREADS|#[[:space:]]*if(n?def|[[:space:]]+!?defined\().*_(H|HPP)_?$' "${headers[@]}" |
  nothing_but "not in a header"
for file in "${headers[@]}"; do
  head -1 "$file" | grep -qx '// SPDX-License-Identifier: BSL-1.0' || offend "$file: no SPDX line"
  grep -qx '#pragma once' "$file" || offend "$file: no #pragma once"
done

# 10. losses -> engine -> detail, never back, and no loss needs another.
code '#include.*(losses|eigenloss\.hpp)' "${headers[@]}" | grep -v "^$inc/eigenloss.hpp:" |
  nothing_but "includes a loss"
code '#include "[a-z0-9_]+\.hpp"' "${losses[@]}" | nothing_but "a loss includes another"
for file in $inc/detail/*.hpp; do code '#include.*engine/' "$file"; done | nothing_but "detail includes engine"

# 16. Nothing left behind.
grep -rnE '(TODO|FIXME|XXX|HACK)' include tests examples --include='*.[hc]pp' | nothing_but "left behind"

[ "$failures" -eq 0 ] && printf 'structure: %d headers, %d losses: fine\n' "${#headers[@]}" "${#losses[@]}"
exit $((failures > 0))
