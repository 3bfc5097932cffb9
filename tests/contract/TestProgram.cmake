# The program again, with other plug-ins under it.
#
# giveback_test_program(NAME ALLOCATORS FOLDER... WORKLOADS FOLDER...)
# makes the program NAME of the harness and the plug-ins in the folders, in a
# folder of its own with what the program finds beside itself.
function(giveback_test_program name)
  giveback_registry(${name}_plugins ${ARGN})
  set(folder "${PROJECT_BINARY_DIR}/tests/${name}")
  add_executable(${name} "${PROJECT_SOURCE_DIR}/harness/main.c")
  target_link_libraries(${name} PRIVATE giveback_core ${name}_plugins)
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${folder}"
    BUILD_RPATH "$ORIGIN" BUILD_RPATH_USE_ORIGIN ON)
  target_link_options(${name} PRIVATE LINKER:--disable-new-dtags)
  add_dependencies(${name} pymalloc)
  file(MAKE_DIRECTORY "${folder}")
  file(CREATE_LINK "${PROJECT_BINARY_DIR}/libpymalloc.so"
    "${folder}/libpymalloc.so" SYMBOLIC)
  if(TARGET mallocng)
    add_dependencies(${name} mallocng)
    file(CREATE_LINK "${PROJECT_BINARY_DIR}/libmallocng.so"
      "${folder}/libmallocng.so" SYMBOLIC)
  endif()
  file(CREATE_LINK "${PROJECT_SOURCE_DIR}/scripts/giveback"
    "${folder}/python" SYMBOLIC)
endfunction()

# giveback_pytest(NAME LABEL FILE TIMEOUT_S ENVIRONMENT...)
# makes the ctest test NAME of one file of pytest tests.
# To look for leaks at its end takes a sanitized process a quarter of its time:
# in tests of few processes it does, in those of thousands not again. A test
# that has options of its own for its sanitizers says this among them.
function(giveback_pytest name label file timeout_s)
  if(GIVEBACK_SANITIZE AND NOT label STREQUAL cli
      AND NOT ARGN MATCHES "ASAN_OPTIONS=")
    list(APPEND ARGN ASAN_OPTIONS=detect_leaks=0)
  endif()
  add_test(NAME ${name}
    COMMAND "${GIVEBACK_PYTHON}" -B -m pytest -q -rs -p no:cacheprovider
      "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
  set_tests_properties(${name} PROPERTIES
    LABELS ${label} TIMEOUT ${timeout_s}
    ENVIRONMENT "${ARGN};GIVEBACK_SANITIZE=${GIVEBACK_SANITIZE}")
endfunction()
