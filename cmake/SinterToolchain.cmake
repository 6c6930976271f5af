# How all of our code is compiled. Presets (CMakePresets.json) only choose among these switches.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

set(SINTER_SANITIZE "" CACHE STRING "sanitizers for all of our code, e.g. address,undefined or thread")
option(SINTER_TESTS "build the tests (needs GoogleTest); the release preset does without" ON)
option(SINTER_FUZZ "build the fuzz targets with libFuzzer (needs clang++)" OFF)

find_program(SINTER_CCACHE ccache)
if(SINTER_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SINTER_CCACHE})
endif()

# Warnings are errors in our code; the interface library keeps them off third-party code.
add_library(sinter_flags INTERFACE)
target_compile_options(sinter_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow=local -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-qual
  -Wno-missing-field-initializers -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 sees ghosts in inlined std::string and std::variant copies.
  target_compile_options(sinter_flags INTERFACE
    -Wno-restrict -Wno-maybe-uninitialized -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread
    -Wno-dangling-reference)
endif()
target_include_directories(sinter_flags INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)
if(SINTER_SANITIZE)
  add_compile_options(-fsanitize=${SINTER_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${SINTER_SANITIZE})
endif()
if(SINTER_SANITIZE MATCHES "thread")
  # The thread sanitizer knows no fences (g++ says so, as an error); Asio's queues are behind locks besides.
  add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
endif()
if(SINTER_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # libstdc++ 12 itself uses what it calls deprecated: std::stable_sort's buffer.
  target_compile_options(sinter_flags INTERFACE -Wno-unknown-warning-option -Wno-deprecated-declarations)
  add_link_options(-fuse-ld=lld)
endif()
