if(SINTER_TESTS)
  include(GoogleTest)
endif()

# sinter_room(NAME base SOURCES a.cc b.cc [TESTS a_test.cc] [DEPS sinter_x ...] [LIBS lib ...] [TEST_DEPS ...])
#
# One folder of src/ becomes the static library sinter_<NAME> and, with TESTS, one test binary
# sinter_<NAME>_test whose cases ctest lists one by one. DEPS are other rooms (what tools/layers.txt
# allows); LIBS are third-party targets. SOURCES may be empty: the room then has headers alone.
function(sinter_room)
  cmake_parse_arguments(R "" "NAME" "SOURCES;TESTS;DEPS;LIBS;TEST_DEPS" ${ARGN})
  set(target sinter_${R_NAME})
  if(R_SOURCES)
    add_library(${target} STATIC ${R_SOURCES})
    target_link_libraries(${target} PRIVATE sinter_flags PUBLIC ${R_DEPS} ${R_LIBS})
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE ${R_DEPS} ${R_LIBS})
  endif()
  if(R_TESTS AND SINTER_TESTS)
    sinter_test(NAME ${target}_test SOURCES ${R_TESTS} DEPS ${target} ${R_TEST_DEPS})
  endif()
endfunction()

# sinter_test(NAME t SOURCES ... DEPS ... [LABELS ...]): one GoogleTest binary, its cases listed by ctest.
function(sinter_test)
  cmake_parse_arguments(T "" "NAME" "SOURCES;DEPS;LABELS" ${ARGN})
  add_executable(${T_NAME} ${T_SOURCES})
  target_link_libraries(${T_NAME} PRIVATE sinter_flags ${T_DEPS} GTest::gtest GTest::gmock GTest::gtest_main)
  target_compile_definitions(${T_NAME} PRIVATE SINTER_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  gtest_discover_tests(${T_NAME} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 120 NO_PRETTY_VALUES
    PROPERTIES LABELS "unit;${T_LABELS}" TIMEOUT 600)
endfunction()
