# The simulated shop: a library for its program and for the tests of it.
add_library(marketday_simulation STATIC EXCLUDE_FROM_ALL
  ${CMAKE_CURRENT_LIST_DIR}/checks.cpp ${CMAKE_CURRENT_LIST_DIR}/chronicle.cpp ${CMAKE_CURRENT_LIST_DIR}/many_seeds.cpp
  ${CMAKE_CURRENT_LIST_DIR}/market.cpp ${CMAKE_CURRENT_LIST_DIR}/people.cpp ${CMAKE_CURRENT_LIST_DIR}/plan.cpp
  ${CMAKE_CURRENT_LIST_DIR}/sim_bank.cpp ${CMAKE_CURRENT_LIST_DIR}/sim_database.cpp
  ${CMAKE_CURRENT_LIST_DIR}/sim_disk.cpp)
target_include_directories(marketday_simulation PUBLIC ${CMAKE_SOURCE_DIR})
target_link_libraries(marketday_simulation
  PUBLIC marketday_usecases marketday_adapters_embedded marketday_http marketday_audit)
add_executable(marketday-sim EXCLUDE_FROM_ALL ${CMAKE_CURRENT_LIST_DIR}/marketday_sim.cpp)
target_link_libraries(marketday-sim PRIVATE marketday_simulation CLI11::CLI11)
marketday_test(simulation_shop simulation SOURCES ${CMAKE_CURRENT_LIST_DIR}/simulation_test.cpp LIBS marketday_simulation)
target_compile_definitions(simulation_shop PRIVATE MARKETDAY_SIM="$<TARGET_FILE:marketday-sim>")
add_dependencies(simulation_shop marketday-sim)

# The thousands, in the release build; every planted fault too.
add_test(NAME simulation_seeds COMMAND ${CMAKE_SOURCE_DIR}/build/release/marketday-sim --count 2400)
set_tests_properties(simulation_seeds PROPERTIES LABELS simulation TIMEOUT 900)
