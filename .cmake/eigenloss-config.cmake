include(CMakeFindDependencyMacro)

# Unversioned on purpose: Eigen 5's package file refuses a request for 3.4, and Eigen 3.4's a range.
if(NOT TARGET Eigen3::Eigen)
  find_package(Eigen3 CONFIG QUIET)
  if(NOT TARGET Eigen3::Eigen)
    find_dependency(Eigen3)
  endif()
endif()
if(Eigen3_VERSION AND Eigen3_VERSION VERSION_LESS 3.4)
  set(eigenloss_FOUND FALSE)
  set(eigenloss_NOT_FOUND_MESSAGE "eigenloss needs Eigen 3.4 or newer, found ${Eigen3_VERSION}")
  return()
endif()

foreach(component IN LISTS eigenloss_FIND_COMPONENTS)
  if(eigenloss_FIND_REQUIRED_${component})
    set(eigenloss_FOUND FALSE)
    set(eigenloss_NOT_FOUND_MESSAGE "eigenloss has no components, and so no ${component}")
    return()
  endif()
endforeach()

include("${CMAKE_CURRENT_LIST_DIR}/eigenloss-targets.cmake")
