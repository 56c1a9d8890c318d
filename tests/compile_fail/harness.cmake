# The words of a verdict come first in its message: CMake breaks long lines, and tests match these words.
# cmake -DCOMPILER=g++ -DSOURCE=file.cpp "-DINCLUDES=dir|dir" -DHEADERS=first.hpp -P harness.cmake
cmake_minimum_required(VERSION 3.18)

string(REPLACE "|" ";" INCLUDES "${INCLUDES}")
list(REMOVE_DUPLICATES INCLUDES)
list(TRANSFORM INCLUDES PREPEND "-isystem")

# Sets ok, output and first_error in the caller: the sentence must stand in the first error. Messages are joined into one
# line, as compilers break them differently.
function(compile)
  execute_process(COMMAND "${COMPILER}" -std=c++17 -fsyntax-only ${INCLUDES} -include "${HEADERS}" ${ARGN} "${SOURCE}"
                  RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE out)
  string(REGEX REPLACE "[ \n]+" " " flat "${out}")
  set(output "${out}" PARENT_SCOPE)
  set(flat "${flat} error: error: ")
  string(FIND "${flat}" "error: " at)
  math(EXPR at "${at} + 7")
  string(SUBSTRING "${flat}" ${at} -1 flat)
  string(FIND "${flat}" "error: " end)
  string(SUBSTRING "${flat}" 0 ${end} first_error)
  set(first_error "${first_error}" PARENT_SCOPE)
  string(REGEX MATCHALL "error: " errors "${out}")
  list(LENGTH errors errors)
  set(errors "${errors}" PARENT_SCOPE)
  if(result EQUAL 0)
    set(ok TRUE PARENT_SCOPE)
  else()
    set(ok FALSE PARENT_SCOPE)
  endif()
endfunction()

file(STRINGS "${SOURCE}" cases REGEX "^// expect: ")
if(NOT cases)
  message(FATAL_ERROR "lists no case (// expect: ...): ${SOURCE}")
endif()

compile()
if(NOT ok)
  message(FATAL_ERROR "must compile, but does not: ${SOURCE}\n${output}")
endif()

set(number 0)
foreach(case IN LISTS cases)
  math(EXPR number "${number} + 1")
  string(REGEX REPLACE "^// expect: " "" expected "${case}")
  compile(-DEXPECT_FAIL=${number})
  if(ok)
    message(FATAL_ERROR "must not compile, but does: ${SOURCE}, case ${number} (${expected})")
  elseif(NOT first_error MATCHES "${expected}")
    message(FATAL_ERROR "fails, but not with the message first: ${SOURCE}, case ${number} (${expected})\n${output}")
  elseif(errors GREATER 2)  # one of them of what the call does not return
    message(FATAL_ERROR "fails with ${errors} errors: ${SOURCE}, case ${number} (${expected})\n${output}")
  endif()
  message(STATUS "case ${number}: ${expected}")
endforeach()
