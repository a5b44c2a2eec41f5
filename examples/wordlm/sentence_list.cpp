#include "wordlm/sentence_list.h"

#include <stdexcept>
#include <utility>

namespace wordlm {

/// What keeps the ids of a list; the lists that are parts of it refer to it.
struct SentenceList::Storage {
  Kept<std::int32_t> ids;
  Kept<std::uint64_t> ends;
  std::shared_ptr<const Storage> whole;  // the list that a part's ids belong to
};

SentenceList::SentenceList(const std::vector<Ids>& sentences) {
  Ids ids;
  std::vector<std::uint64_t> ends;
  for (const Ids& sentence : sentences) {
    ids.insert(ids.end(), sentence.begin(), sentence.end());
    ends.push_back(ids.size());
  }
  *this = SentenceList(Kept(std::move(ids)), Kept(std::move(ends)));
}

SentenceList::SentenceList(Kept<std::int32_t> ids, Kept<std::uint64_t> ends, Room room)
    : ids_(ids.values),
      ends_(ends.values),
      ids_file_(ids.file.get()),
      ends_file_(ends.file.get()),
      room_(std::move(room)) {
  storage_ = std::make_shared<const Storage>(Storage{std::move(ids), std::move(ends), nullptr});
}

std::size_t SentenceList::end_of(std::size_t number) const {
  if (ends_file_ != nullptr) ends_file_->note_read(sizeof(ends_[0]));
  return static_cast<std::size_t>(ends_[number]);
}

std::span<const std::int32_t> SentenceList::operator[](std::size_t number) const {
  const std::size_t begin = begin_of(number);
  const std::span<const std::int32_t> ids = ids_.subspan(begin, end_of(number) - begin);
  note_read(ids.size());
  return ids;
}

std::span<const std::int32_t> SentenceList::at(std::size_t number) const {
  if (number >= size()) throw std::out_of_range("there is no such sentence");
  return (*this)[number];
}

std::int64_t SentenceList::length(std::size_t number) const {
  return static_cast<std::int64_t>(end_of(number) - begin_of(number));
}

SentenceList SentenceList::first(std::size_t count) const {
  SentenceList list = *this;
  list.ends_ = ends_.first(std::min(count, size()));
  list.ids_ = ids_.first(begin_of(list.ends_.size()));
  return list;
}

SentenceList SentenceList::part(std::size_t begin, std::size_t end) const {
  auto storage = std::make_shared<const Storage>(
      Storage{{}, Kept(std::vector<std::uint64_t>{end - begin}), storage_});
  SentenceList list;
  list.ids_ = ids_.subspan(begin, end - begin);
  list.ends_ = storage->ends.values;
  list.ids_file_ = ids_file_;
  list.room_ = room_;
  list.storage_ = std::move(storage);
  return list;
}

void SentenceList::note_read(std::size_t ids) const {
  if (ids_file_ != nullptr) ids_file_->note_read(ids * sizeof(ids_[0]));
}

void SentenceList::require_unchanged() const {
  if (ids_file_ != nullptr) ids_file_->require_unchanged();
}

void SentenceList::read_in_pieces(
    std::span<const std::int32_t> ids,
    const std::function<void(std::span<const std::int32_t>)>& use) const {
  constexpr std::size_t kPiece = std::size_t{1} << 20U;
  for (std::size_t at = 0; at < ids.size(); at += kPiece) {
    const std::span<const std::int32_t> piece = ids.subspan(at, std::min(kPiece, ids.size() - at));
    note_read(piece.size());
    use(piece);
  }
}

void SentenceList::for_each_piece(
    const std::function<void(std::span<const std::int32_t>)>& use) const {
  read_in_pieces(ids_, use);
}

void SentenceList::for_each_piece(
    std::size_t number, const std::function<void(std::span<const std::int32_t>)>& use) const {
  read_in_pieces((*this)[number], use);
}

bool operator==(const SentenceList& a, const SentenceList& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!std::ranges::equal(a[i], b[i])) return false;
  }
  return true;
}

}  // namespace wordlm
