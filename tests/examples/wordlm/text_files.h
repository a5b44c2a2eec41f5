#pragma once
/// Files for the tests of `wordlm`.

#include "files.h"

namespace wordlm {

using unroll::testing::data_path;
using unroll::testing::Folder;
using unroll::testing::sample_path;
using unroll::testing::TemporaryFile;

}  // namespace wordlm
