#pragma once
/// Pictures drawn by cairo: the same drawing as SVG and as PNG.

#include <functional>
#include <string>

typedef struct _cairo cairo_t;  // NOLINT: as cairo.h declares it

namespace examples {

struct Picture {
  int width;  // of an SVG in points, of a PNG in pixels
  int height;
  std::function<void(cairo_t*)> draw;
};

/// The bytes of an SVG file.
[[nodiscard]] std::string to_svg(const Picture& picture);
/// The bytes of a PNG file. unroll::Error for one of more than 32,767 pixels in either direction.
[[nodiscard]] std::string to_png(const Picture& picture);
/// Writes a picture; the ending, .svg or .png, says as what. unroll::Error for another one.
void write_picture(const Picture& picture, const std::string& path);
/// unroll::Error unless the ending of `path` is one of these two.
void check_is_picture(const std::string& path);

}  // namespace examples
