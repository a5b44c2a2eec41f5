#pragma once
/// Sentences of ids, however many.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "wordlm/spool.h"
#include "wordlm/token_table.h"

namespace wordlm {

/// Sentences that no longer change, one behind the other: in memory, or in a file that is mapped.
/// A copy refers to the same memory, or file. Of a file little is in memory at a time, whatever is
/// read: see MappedFile. A running text is one sentence.
class SentenceList {
 public:
  SentenceList() = default;
  /// Sentences in memory.
  SentenceList(const std::vector<Ids>& sentences);  // NOLINT(google-explicit-constructor)
  SentenceList(std::initializer_list<Ids> sentences) : SentenceList(std::vector(sentences)) {}
  /// All ids in a row, and for each sentence how many there are up to its end. `room`: see room().
  SentenceList(Kept<std::int32_t> ids, Kept<std::uint64_t> ends, Room room = {});

  [[nodiscard]] std::size_t size() const { return ends_.size(); }
  [[nodiscard]] bool empty() const { return ends_.empty(); }
  /// The ids of a sentence; they stay valid as long as any copy of the list.
  [[nodiscard]] std::span<const std::int32_t> operator[](std::size_t number) const;
  /// The same; std::out_of_range where there is no such.
  [[nodiscard]] std::span<const std::int32_t> at(std::size_t number) const;
  /// How many ids a sentence has.
  [[nodiscard]] std::int64_t length(std::size_t number) const;
  /// Ids of all sentences.
  [[nodiscard]] std::size_t total() const { return ids_.size(); }
  /// Words to predict: all ids but the first of each sentence.
  [[nodiscard]] std::int64_t words() const { return std::ssize(ids_) - std::ssize(ends_); }

  /// The first so many sentences; all, where there are no more.
  [[nodiscard]] SentenceList first(std::size_t count) const;
  /// Ids [begin, end) of the first sentence as the only one.
  [[nodiscard]] SentenceList part(std::size_t begin, std::size_t end) const;

  /// Where there was room for it while it was written: lists that are made of it have room there.
  [[nodiscard]] const Room& room() const { return room_; }
  /// Throws unroll::IoError where another process has changed the file of the ids since it was
  /// opened, see MappedFile.
  void require_unchanged() const;

  /// Calls `use` for pieces of all ids in a row, in their order; none is long.
  void for_each_piece(const std::function<void(std::span<const std::int32_t>)>& use) const;
  /// The same of one sentence.
  void for_each_piece(std::size_t number,
                      const std::function<void(std::span<const std::int32_t>)>& use) const;
  /// Says that so many ids are about to be read somewhere in a sentence that was asked for before.
  void note_read(std::size_t ids) const;

  /// Goes from sentence to sentence.
  class Iterator {
   public:
    Iterator(const SentenceList& list, std::size_t number) : list_(&list), number_(number) {}
    std::span<const std::int32_t> operator*() const { return (*list_)[number_]; }
    Iterator& operator++() {
      ++number_;
      return *this;
    }
    bool operator==(const Iterator& other) const { return number_ == other.number_; }

   private:
    const SentenceList* list_;
    std::size_t number_;
  };
  [[nodiscard]] Iterator begin() const { return {*this, 0}; }
  [[nodiscard]] Iterator end() const { return {*this, size()}; }

 private:
  struct Storage;
  [[nodiscard]] std::size_t end_of(std::size_t number) const;
  [[nodiscard]] std::size_t begin_of(std::size_t number) const {
    return number == 0 ? 0 : end_of(number - 1);
  }
  void read_in_pieces(std::span<const std::int32_t> ids,
                      const std::function<void(std::span<const std::int32_t>)>& use) const;

  std::shared_ptr<const Storage> storage_;
  std::span<const std::int32_t> ids_;
  std::span<const std::uint64_t> ends_;
  const MappedFile* ids_file_ = nullptr;  // null: in memory
  const MappedFile* ends_file_ = nullptr;
  Room room_;
};

/// Whether two lists have the same sentences.
[[nodiscard]] bool operator==(const SentenceList& a, const SentenceList& b);

/// Writes sentences one after the other, of any number and length.
class SentenceWriter {
 public:
  /// `room`: of the ids. The ends of sentences, of which there are fewer, have a quarter of the
  /// memory besides.
  explicit SentenceWriter(const Room& room = {})
      : ids_(room), ends_({room.beside, room.in_memory / 4}), room_(room) {}

  /// Adds an id to the unfinished sentence. Throws as Spool.
  void add(std::int32_t id) { ids_.add(id); }
  /// Adds several.
  void add(std::span<const std::int32_t> ids) {
    for (const std::int32_t id : ids) ids_.add(id);
  }
  /// Ends the sentence.
  void end_sentence() { ends_.add(ids_.size()); }
  /// Sentences that have ended.
  [[nodiscard]] std::size_t size() const { return ends_.size(); }
  /// Ids so far, those of the unfinished sentence included.
  [[nodiscard]] std::size_t total() const { return ids_.size(); }

  /// All sentences; nothing stays behind.
  [[nodiscard]] SentenceList finish() { return {ids_.finish(), ends_.finish(), room_}; }

 private:
  Spool<std::int32_t> ids_;
  Spool<std::uint64_t> ends_;
  Room room_;
};

}  // namespace wordlm
