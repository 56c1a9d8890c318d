# cmake -DDOXYGEN=p -DPROJECT=folder -DOUTPUT=folder -P doxygen.cmake: no warning, and a page with a brief for each loss.
cmake_minimum_required(VERSION 3.18)

file(READ "${PROJECT}/.doxygen" settings)
file(WRITE "${OUTPUT}/doxyfile" "${settings}\nOUTPUT_DIRECTORY = \"${OUTPUT}\"\n")
execute_process(COMMAND "${DOXYGEN}" "${OUTPUT}/doxyfile" WORKING_DIRECTORY "${PROJECT}"
                RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE warnings)
if(NOT result EQUAL 0 OR NOT "${warnings}" STREQUAL "")
  message(FATAL_ERROR "doxygen says:\n${output}${warnings}")
endif()

file(GLOB headers "${PROJECT}/include/eigenloss/losses/*.hpp")
foreach(header IN LISTS headers)
  file(READ "${header}" text)
  string(REGEX MATCH "\nusing ([A-Za-z0-9]+) =" alias "${text}")
  set(loss "${CMAKE_MATCH_1}")
  file(GLOB page "${OUTPUT}/html/structeigenloss_1_1kernel_1_1${loss}.html")
  if(NOT page)
    message(SEND_ERROR "${header}: no page of kernel::${loss}")
  endif()
  if(NOT text MATCHES "\n/// [^\n]+\n(/// [^\n]+\n)*template <[^\n]+>\nusing ${loss} =")
    message(SEND_ERROR "${header}: ${loss} has no brief")
  endif()
endforeach()
