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
