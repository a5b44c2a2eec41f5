#include <unroll/core/files.h>
#include <unroll/core/view/page_parts.h>
#include <unroll/core/view/tape_view.h>
#include <unroll/core/view/view.h>

namespace unroll {
namespace {

/// Replaces the one place in `page` that reads `mark`.
void fill(std::string& page, std::string_view mark, std::string_view text) {
  const std::size_t at = page.find(mark);
  if (at == std::string::npos) fail<Error>("write_view: page.html has no place for {}", mark);
  page.replace(at, mark.size(), text);
}

std::string escape(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '&') {
      result += "&amp;";
    } else if (c == '<') {
      result += "&lt;";
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace

std::string view_data(Tape& tape, Var loss, const ViewOptions& options) {
  const std::string json = TapeView(tape, loss, options)
                               .json()
                               .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  // In a page it ends at the first "</script", and "<!--" changes how it is read; in JSON a "<" can
  // only be part of a text, where it may be written by its number.
  std::string result;
  result.reserve(json.size());
  for (const char c : json) {
    if (c == '<') {
      result += "\\u003c";
    } else {
      result += c;
    }
  }
  return result;
}

std::string view_page(Tape& tape, Var loss, const ViewOptions& options) {
  const std::span<const std::string_view> parts = page_parts();
  std::string scripts;
  for (const std::string_view script : parts.subspan(2)) scripts += script;
  std::string page(parts[0]);
  fill(page, "/* style */", parts[1]);
  fill(page, "/* script */", scripts);
  fill(page, "/* data */", view_data(tape, loss, options));
  for (const char* const mark : {"<!-- title -->", "<!-- heading -->"}) {
    fill(page, mark, escape(options.title));
  }
  return page;
}

void write_view(Tape& tape, Var loss, const std::string& path, const ViewOptions& options) {
  check_can_write(path);
  write_file(path, view_page(tape, loss, options));
}

}  // namespace unroll
