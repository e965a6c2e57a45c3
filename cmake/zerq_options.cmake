# SPDX-License-Identifier: Apache-2.0
# Compiler and linker settings of every target; the presets choose among these options.
option(ZERQ_STATIC "Link the gateway as a static-pie" ON)
option(ZERQ_LTO "ThinLTO" OFF)
option(ZERQ_FUZZ "Build the libFuzzer targets" OFF)
option(ZERQ_TESTS "Build the unit tests" ON)
option(ZERQ_BENCH "Build the benchmark programs" OFF)
option(ZERQ_COVERAGE "Instrument for source coverage" OFF)
option(ZERQ_LINT "Compile every header alone (target `headers`)" OFF)
# Kill points and the like never reach a binary that is shipped.
string(COMPARE EQUAL "${CMAKE_BUILD_TYPE}" "Dev" is_dev_build)
option(ZERQ_TEST_HOOKS "Count the steps of the journal, so that tests can kill between them" ${is_dev_build})
set(ZERQ_SANITIZE "" CACHE STRING "Value for -fsanitize=")

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_FLAGS_DEV "-O1 -gline-tables-only -fno-omit-frame-pointer")
set(CMAKE_CXX_FLAGS_DEV "-O1 -gline-tables-only -fno-omit-frame-pointer")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
set(CMAKE_C_FLAGS_RELEASE "-O2 -DNDEBUG")

find_program(ZERQ_CCACHE ccache)
if(ZERQ_CCACHE)
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${ZERQ_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

add_compile_options(-fstack-protector-strong -ffunction-sections -fdata-sections)
# A path of the build machine in a binary would make builds differ from machine to machine.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
add_link_options(-fuse-ld=lld -Wl,--gc-sections)

if(ZERQ_LTO)
  add_compile_options(-flto=thin)
  add_link_options(-flto=thin -Wl,--thinlto-cache-dir=${CMAKE_BINARY_DIR}/lto-cache)
endif()
if(ZERQ_SANITIZE)
  add_compile_options(-fsanitize=${ZERQ_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ZERQ_SANITIZE})
endif()
if(ZERQ_TEST_HOOKS)
  add_compile_definitions(ZERQ_TEST_HOOKS)
endif()
if(ZERQ_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_compile_definitions(ZERQ_FUZZ)
endif()
if(ZERQ_COVERAGE)
  add_compile_options(-fprofile-instr-generate -fcoverage-mapping)
  add_link_options(-fprofile-instr-generate)
endif()

add_library(zerq_warnings INTERFACE)
target_compile_options(zerq_warnings INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wimplicit-fallthrough -Wunused -Wthread-safety
  -Woverloaded-virtual -Wnull-dereference -Werror
  # A designated initializer states what differs from the defaults; the rest is meant to be absent.
  -Wno-missing-designated-field-initializers)
