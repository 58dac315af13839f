# Drills of the real program at a size of seconds: one test of ctest each, so that each is counted and can be run alone.
foreach(name kill power disk freeze descriptors memory clock leaks soak there_is_no_such_drill)
  add_test(NAME drill_${name}
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/drills_test.py Drill.test_${name})
  set_tests_properties(drill_${name} PROPERTIES
    LABELS drill TIMEOUT 600
    ENVIRONMENT "MARKETDAY=${CMAKE_SOURCE_DIR}/build/release/marketday;PYTHONDONTWRITEBYTECODE=1")
endforeach()
marketday_test(disk_model_test unit SOURCES drills/disk_model_test.cpp LIBS marketday_disk_model)
