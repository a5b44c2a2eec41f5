# Writes a C++ source with the texts of files in it:
#   cmake -DOUTPUT=file.cpp -DFILES=a.h,b.h -P embed_texts.cmake
# Only the texts get in, no name or path of the machine that builds.
string(REPLACE "," ";" files "${FILES}")
set(source "#include \"variants/cell_source.h\"\n\nnamespace variants {\n\n")
string(APPEND source "std::span<const std::string_view> cell_texts() {\n")
string(APPEND source "  static constexpr std::string_view kTexts[] = {\n")
foreach(file IN LISTS files)
  file(READ "${file}" text)
  string(APPEND source "      R\"text(${text})text\",\n")
endforeach()
string(APPEND source "  };\n  return kTexts;\n}\n\n}  // namespace variants\n")
file(WRITE "${OUTPUT}" "${source}")
