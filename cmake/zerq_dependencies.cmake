# SPDX-License-Identifier: Apache-2.0
# Third-party libraries, each as one imported target `dep::<name>`. Headers are system headers, so
# that our warnings stay ours. What Debian 12 lacks is compiled from third_party/ (docs/decisions/0007).
find_package(Threads REQUIRED)

function(zerq_dependency name)
  cmake_parse_arguments(D "" "" "STATIC;SHARED;DEFINES;LINK" ${ARGN})
  add_library(dep_${name} INTERFACE)
  add_library(dep::${name} ALIAS dep_${name})
  # Sanitized builds are dynamic executables, but the same archives serve both.
  foreach(lib IN LISTS D_STATIC)
    find_library(ZERQ_LIB_${lib} NAMES lib${lib}.a REQUIRED)
    target_link_libraries(dep_${name} INTERFACE ${ZERQ_LIB_${lib}})
  endforeach()
  if(D_LINK)
    target_link_libraries(dep_${name} INTERFACE ${D_LINK})
  endif()
  if(D_DEFINES)
    target_compile_definitions(dep_${name} INTERFACE ${D_DEFINES})
  endif()
endfunction()

zerq_dependency(fmt DEFINES FMT_HEADER_ONLY=1)
zerq_dependency(openssl STATIC ssl crypto LINK ${CMAKE_DL_LIBS} Threads::Threads)
zerq_dependency(crypto STATIC crypto LINK ${CMAKE_DL_LIBS} Threads::Threads)
zerq_dependency(uring STATIC uring)
zerq_dependency(cares STATIC cares)
zerq_dependency(yaml STATIC yaml-cpp)
zerq_dependency(zstd STATIC zstd)

# SQLite before 3.51.3 can lose a committed transaction when two connections write and checkpoint at
# once. The amalgamation lies in the source tree's build folder, so that all presets share it; one
# unit, always optimised, never instrumented or part of LTO.
set(ZERQ_SQLITE_DIR ${CMAKE_SOURCE_DIR}/build/third_party/sqlite)
if(NOT EXISTS ${ZERQ_SQLITE_DIR}/sqlite3.c)
  execute_process(COMMAND ${CMAKE_SOURCE_DIR}/tools/fetch_sqlite RESULT_VARIABLE fetched)
  if(NOT fetched EQUAL 0)
    message(FATAL_ERROR "SQLite is not in ${ZERQ_SQLITE_DIR}: run ./dev setup")
  endif()
endif()
file(STRINGS ${ZERQ_SQLITE_DIR}/sqlite3.h sqlite_version REGEX "^#define SQLITE_VERSION_NUMBER +[0-9]+")
string(REGEX MATCH "[0-9]+$" sqlite_version "${sqlite_version}")
if(sqlite_version LESS 3051003)
  message(FATAL_ERROR "SQLite ${sqlite_version} is older than 3.51.3: run ./dev setup")
endif()
add_library(dep_sqlite STATIC ${ZERQ_SQLITE_DIR}/sqlite3.c)
add_library(dep::sqlite ALIAS dep_sqlite)
target_include_directories(dep_sqlite SYSTEM INTERFACE ${ZERQ_SQLITE_DIR})
target_compile_options(dep_sqlite PRIVATE -w -O2 -fno-lto -fno-sanitize=all)
# A connection is used by one thread at a time (THREADSAFE=2); names in double quotes are no strings.
target_compile_definitions(dep_sqlite PRIVATE
  SQLITE_THREADSAFE=2 SQLITE_DQS=0 SQLITE_DEFAULT_MEMSTATUS=0 SQLITE_DEFAULT_WAL_SYNCHRONOUS=2
  SQLITE_LIKE_DOESNT_MATCH_BLOBS SQLITE_MAX_EXPR_DEPTH=100 SQLITE_OMIT_DEPRECATED
  SQLITE_OMIT_LOAD_EXTENSION SQLITE_OMIT_SHARED_CACHE SQLITE_OMIT_PROGRESS_CALLBACK
  SQLITE_USE_ALLOCA SQLITE_TRUSTED_SCHEMA=0)
target_link_libraries(dep_sqlite PUBLIC Threads::Threads)
