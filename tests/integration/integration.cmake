# Tests of the whole program, in Python with its standard library only: one file, one test of ctest.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
foreach(name backup buying_pages command_line console crowd_tls data_directory disk_full docs fleet heard_events hostile_confinement hostile_input hostile_requests hostile_secrets hostile_texts images migrate openapi operating out_of_memory pages query_plans rehearsal replicas several_processes shared_cache watching webhooks)
  add_test(NAME integration_${name}
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/${name}_test.py)
  set_tests_properties(integration_${name} PROPERTIES
    LABELS integration TIMEOUT 600
    ENVIRONMENT "MARKETDAY=${CMAKE_SOURCE_DIR}/build/release/marketday;PYTHONDONTWRITEBYTECODE=1")
endforeach()
