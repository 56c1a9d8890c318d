# Builds main.cpp as a user of one WAY in would, in the folder WORK, and runs it.
cmake_minimum_required(VERSION 3.18)

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "failed (${result}): ${command}")
  endif()
endfunction()

function(build_and_run folder program)
  run("${CMAKE_COMMAND}" -G "${GENERATOR}" -S "${folder}" -B "${WORK}/build"
      "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DEigen3_DIR=${EIGEN_CMAKE}"
      "-DCMAKE_RUNTIME_OUTPUT_DIRECTORY=${WORK}/build/$<1:>" ${ARGN})  # of several configurations, too
  run("${CMAKE_COMMAND}" --build "${WORK}/build")
  run("${WORK}/build/${program}")
endfunction()

function(compile_and_run)
  run("${COMPILER}" -std=c++17 ${ARGN} "${CMAKE_CURRENT_LIST_DIR}/main.cpp" -o "${WORK}/consumer")
  run("${WORK}/consumer")
endfunction()

file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
list(TRANSFORM EIGEN_INCLUDE REPLACE "(.+)" "-I\\1")

if(WAY STREQUAL "find_package")
  build_and_run("${CMAKE_CURRENT_LIST_DIR}/${WAY}" consumer "-DCMAKE_PREFIX_PATH=${PREFIX}")

elseif(WAY STREQUAL "examples")
  build_and_run("${SOURCE}/examples" train_digits "-DCMAKE_PREFIX_PATH=${PREFIX}"
                -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O1)
  run("${CMAKE_CTEST_COMMAND}" --test-dir "${WORK}/build" --output-on-failure)

elseif(WAY STREQUAL "add_subdirectory" OR WAY STREQUAL "fetch_content")
  build_and_run("${CMAKE_CURRENT_LIST_DIR}/${WAY}" consumer "-DEIGENLOSS_SOURCE=${SOURCE}")

elseif(WAY STREQUAL "plain_include")
  file(COPY "${SOURCE}/include" DESTINATION "${WORK}")
  compile_and_run("-I${WORK}/include" ${EIGEN_INCLUDE})

elseif(WAY STREQUAL "pkg_config")
  find_program(PKG_CONFIG pkg-config)
  if(NOT PKG_CONFIG)
    message(STATUS "pkg-config is not installed")
    return()
  endif()
  # eigen3.pc lies beside the folder of Eigen's CMake files: <share>/eigen3/cmake and <share>/pkgconfig.
  set(ENV{PKG_CONFIG_PATH} "${PREFIX}/share/pkgconfig:${EIGEN_CMAKE}/../../pkgconfig")
  execute_process(COMMAND "${PKG_CONFIG}" --cflags "eigenloss >= 0.1"
                  OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "pkg-config does not find eigenloss in ${PREFIX}")
  endif()
  separate_arguments(flags UNIX_COMMAND "${flags}")
  compile_and_run(${flags})

else()
  message(FATAL_ERROR "no such way: ${WAY}")
endif()
