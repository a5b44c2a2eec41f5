#include "common/picture.h"

#include <unroll/core/error.h>
#include <unroll/core/files.h>

#include <cairo-svg.h>
#include <cairo.h>

#include <filesystem>
#include <memory>

namespace examples {
namespace {

struct Destroy {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  void operator()(cairo_t* context) const { cairo_destroy(context); }
};
using Surface = std::unique_ptr<cairo_surface_t, Destroy>;
using Context = std::unique_ptr<cairo_t, Destroy>;

void require(cairo_status_t status) {
  if (status == CAIRO_STATUS_SUCCESS) return;
  unroll::fail<unroll::Error>("the picture cannot be drawn: {}", cairo_status_to_string(status));
}

cairo_status_t append(void* bytes, const unsigned char* data, unsigned int length) {
  static_cast<std::string*>(bytes)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

void draw_on(cairo_surface_t* surface, const Picture& picture) {
  const Context context(cairo_create(surface));
  picture.draw(context.get());
  require(cairo_status(context.get()));
}

std::string ending_of(const std::string& path) {
  return std::filesystem::path(path).extension().string();
}

}  // namespace

std::string to_svg(const Picture& picture) {
  std::string bytes;
  const Surface surface(
      cairo_svg_surface_create_for_stream(append, &bytes, picture.width, picture.height));
  draw_on(surface.get(), picture);
  cairo_surface_finish(surface.get());
  require(cairo_surface_status(surface.get()));
  return bytes;
}

std::string to_png(const Picture& picture) {
  constexpr int kMost = 32767;  // pixels that an image of cairo is wide and high
  if (picture.width > kMost || picture.height > kMost) {
    unroll::fail<unroll::Error>(
        "a picture of {} x {} pixels is larger than a PNG can be here, {} x {}; an .svg can",
        picture.width, picture.height, kMost, kMost);
  }
  const Surface surface(
      cairo_image_surface_create(CAIRO_FORMAT_RGB24, picture.width, picture.height));
  draw_on(surface.get(), picture);
  std::string bytes;
  require(cairo_surface_write_to_png_stream(surface.get(), append, &bytes));
  return bytes;
}

void check_is_picture(const std::string& path) {
  const std::string ending = ending_of(path);
  if (ending == ".svg" || ending == ".png") return;
  unroll::fail<unroll::Error>("{}: a picture is written as .svg or .png", path);
}

void write_picture(const Picture& picture, const std::string& path) {
  check_is_picture(path);
  unroll::write_file(path, ending_of(path) == ".svg" ? to_svg(picture) : to_png(picture));
}

}  // namespace examples
