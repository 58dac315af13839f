# web/dist, made by `./dev web` from web/, becomes part of the program.
set(MARKETDAY_WEB_DIST ${CMAKE_SOURCE_DIR}/web/dist)
if(NOT EXISTS ${MARKETDAY_WEB_DIST}/manifest.json)
  message(FATAL_ERROR "web/dist is missing: the pages' scripts and styles are not built. Run ./dev build, or ./dev web first.")
endif()

# Its names carry hashes of the contents, so the manifest changes whenever a file does.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(MARKETDAY_WEB_SOURCE ${CMAKE_BINARY_DIR}/web_assets.cpp)
add_custom_command(
  OUTPUT ${MARKETDAY_WEB_SOURCE}
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/embed_web.py ${MARKETDAY_WEB_DIST} ${MARKETDAY_WEB_SOURCE}
  DEPENDS ${MARKETDAY_WEB_DIST}/manifest.json ${CMAKE_SOURCE_DIR}/tools/embed_web.py
  COMMENT "Embedding web/dist" VERBATIM)
