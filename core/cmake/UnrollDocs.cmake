# The reference manual: cmake --build --preset release --target docs, then open
# build/release/docs/html/index.html. It fails where a public declaration has no comment.
find_package(Doxygen 1.9 QUIET)
find_package(Python3 QUIET COMPONENTS Interpreter)
if(NOT DOXYGEN_FOUND OR NOT Python3_FOUND)
  add_custom_target(docs
    COMMAND ${CMAKE_COMMAND} -E echo "needs Doxygen: sudo apt-get install doxygen python3"
    COMMAND ${CMAKE_COMMAND} -E false)
  return()
endif()

# Headers that only the library itself includes.
set(internal core/graph.h core/names/names.h core/names/naming.h core/names/notation.h
             core/parameter_store.h core/planner.h core/replay.h
             core/view/layers.h core/view/page_parts.h core/view/tape_view.h ops/axis.h
             ops/families.h ops/pieces.h ops/pointwise.h ops/samples.h ops/softmax_row.h
             optim/segments.h)
list(TRANSFORM internal PREPEND "*/")
set(DOXYGEN_EXCLUDE_PATTERNS */core/plan/*.h */core/run/*.h *-inl.h ${internal})
set(DOXYGEN_FILE_PATTERNS *.h *.md)
set(filter "\"${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/doxygen_filter.py\"")
set(DOXYGEN_FILTER_PATTERNS "*.h=${filter} *.md=${filter}")
set(DOXYGEN_VERBATIM_VARS DOXYGEN_FILTER_PATTERNS)
set(DOXYGEN_USE_MDFILE_AS_MAINPAGE ${PROJECT_SOURCE_DIR}/README.md)
set(DOXYGEN_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/docs)
set(DOXYGEN_WARN_IF_UNDOCUMENTED YES)
set(DOXYGEN_WARN_AS_ERROR FAIL_ON_WARNINGS)
set(DOXYGEN_QUIET YES)
set(DOXYGEN_JAVADOC_AUTOBRIEF YES)
set(DOXYGEN_GENERATE_TREEVIEW YES)
set(DOXYGEN_SHOW_HEADERFILE NO)
set(DOXYGEN_SORT_MEMBER_DOCS NO)
set(DOXYGEN_IMAGE_PATH examples/variants)
set(DOXYGEN_HAVE_DOT NO)
set(DOXYGEN_CLASS_GRAPH NO)
set(pages README.md CONTRIBUTING.md CHANGELOG.md core/README.md core/plan/README.md
          core/names/README.md core/view/README.md ops/README.md
          layers/README.md optim/README.md tests/README.md examples/README.md
          examples/text/README.md examples/variants/README.md examples/wordlm/README.md
          examples/wordlm/processes.md examples/sentiment/README.md
          examples/ctc/README.md examples/translate/README.md examples/caption/README.md
          examples/tagger/README.md examples/trees/README.md)
doxygen_add_docs(docs ${pages} unroll.h core ops layers optim
                 WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
                 COMMENT "The manual: ${PROJECT_BINARY_DIR}/docs/html/index.html")
