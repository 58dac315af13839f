# The flags and shapes that every target of the project shares.
set(MARKETDAY_SANITIZE "" CACHE STRING "Sanitizers for all targets, e.g. address,undefined or thread")

add_library(marketday_flags INTERFACE)
target_compile_options(marketday_flags INTERFACE
    -Wall -Wextra -Wshadow -Wconversion -Werror -Wno-error=maybe-uninitialized -Wno-restrict
    -fno-omit-frame-pointer -fstack-protector-strong)
# GCC 12: members of moved coroutine frames look "maybe uninitialized" to it, and joined strings "overlap" (bug 105651).
target_include_directories(marketday_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_definitions(marketday_flags INTERFACE
    BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE BOOST_ASIO_HAS_CO_AWAIT BOOST_ASIO_HAS_STD_COROUTINE)
target_link_options(marketday_flags INTERFACE -Wl,-z,relro,-z,now)

if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Only the fuzz targets are built with it; g++ is the compiler whose warnings count.
  target_compile_options(marketday_flags INTERFACE -Wno-everything)
endif()

if(MARKETDAY_SANITIZE)
  target_compile_options(marketday_flags INTERFACE -fsanitize=${MARKETDAY_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(marketday_flags INTERFACE -fsanitize=${MARKETDAY_SANITIZE})
  if(MARKETDAY_SANITIZE MATCHES thread)
    # g++ cannot see Asio's fences there, and says so as a warning; its mutexes order the same things.
    target_compile_options(marketday_flags INTERFACE -Wno-tsan)
    target_compile_definitions(marketday_flags INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
else()
  # What is shipped: tools/check_binary.py looks for these in the program.
  target_compile_options(marketday_flags INTERFACE -U_FORTIFY_SOURCE
    "$<$<CONFIG:RelWithDebInfo>:-D_FORTIFY_SOURCE=3;-fstack-clash-protection;-fcf-protection=full;-fPIE>")
  target_link_options(marketday_flags INTERFACE "$<$<CONFIG:RelWithDebInfo>:-pie;-Wl,-z,noexecstack,-z,separate-code>")
endif()

find_program(MARKETDAY_MOLD mold)
if(MARKETDAY_MOLD)
  target_link_options(marketday_flags INTERFACE -fuse-ld=mold)
endif()
find_program(MARKETDAY_CCACHE ccache)
if(MARKETDAY_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${MARKETDAY_CCACHE})
endif()

# marketday_library(NAME SOURCES… [PUBLIC LIBS…] [PRIVATE LIBS…]): one folder, one static library, explicit sources.
function(marketday_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC marketday_flags ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()

# marketday_test(NAME SUITE SOURCES… LIBS…): a GoogleTest program, registered under a label that ./dev test selects by.
function(marketday_test name suite)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE marketday_flags ${ARG_LIBS} GTest::gmock GTest::gtest GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS ${suite} TIMEOUT 900)
  set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL ON)
  add_dependencies(all_tests ${name})
endfunction()

# marketday_benchmark(NAME SOURCES… LIBS…): a program that measures; `./dev bench` builds them all.
function(marketday_benchmark name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} EXCLUDE_FROM_ALL ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE marketday_flags ${ARG_LIBS})
  add_dependencies(all_benches ${name})
endfunction()

add_custom_target(all_tests)
add_custom_target(all_benches)
