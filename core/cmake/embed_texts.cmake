# Writes a C++ source with the texts of files in it, as the function that a header declares:
#   cmake -DOUTPUT=file.cpp -DFILES=a.h,b.h -DHEADER=variants/cell_source.h
#         -DFUNCTION=variants::cell_texts -P embed_texts.cmake
# The function gives a std::span<const std::string_view>, in the order of the files. Only the texts
# get in, no name or path of the machine that builds.
string(REPLACE "," ";" files "${FILES}")
set(source "#include <${HEADER}>\n\n")
string(APPEND source "std::span<const std::string_view> ${FUNCTION}() {\n")
string(APPEND source "  static constexpr std::string_view kTexts[] = {\n")
foreach(file IN LISTS files)
  file(READ "${file}" text)
  string(APPEND source "      R\"text(${text})text\",\n")
endforeach()
string(APPEND source "  };\n  return kTexts;\n}\n")
file(WRITE "${OUTPUT}" "${source}")
