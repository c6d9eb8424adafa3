# Gives the target crowd_confluence::crowd_confluence.
include(CMakeFindDependencyMacro)
find_dependency(Boost 1.75)
include(${CMAKE_CURRENT_LIST_DIR}/crowd_confluence-targets.cmake)
