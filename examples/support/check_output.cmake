# cmake -DPROGRAM=p "-DARGUMENTS=a;b" -DEXIT_CODE=0 -DOUTPUT=regex -P check_output.cmake
cmake_minimum_required(VERSION 3.18)

execute_process(COMMAND "${PROGRAM}" ${ARGUMENTS} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
message(STATUS "${output}")
if(NOT result STREQUAL EXIT_CODE)
  message(FATAL_ERROR "exit code ${result}, expected ${EXIT_CODE}")
elseif(NOT output MATCHES "${OUTPUT}")
  message(FATAL_ERROR "the output does not match ${OUTPUT}")
endif()
