#include "translate/builtin_pairs.h"

#include <fmt/format.h>
#include <unroll/core/error.h>
#include <unroll/core/random.h>

#include <array>
#include <optional>
#include <span>
#include <string_view>

namespace translate {
namespace {

using Words = std::vector<std::string>;
using Forms = std::array<std::string_view, 4>;  // by form(): la, el, las, los

struct Noun {
  std::string_view one, several;      // of English
  std::string_view singular, plural;  // their translations
  bool masculine;
};
constexpr std::array<Noun, 14> kNouns = {{{"dog", "dogs", "perro", "perros", true},
                                          {"house", "houses", "casa", "casas", false},
                                          {"tree", "trees", "árbol", "árboles", true},
                                          {"flower", "flowers", "flor", "flores", false},
                                          {"bridge", "bridges", "puente", "puentes", true},
                                          {"key", "keys", "llave", "llaves", false},
                                          {"boy", "boys", "niño", "niños", true},
                                          {"hand", "hands", "mano", "manos", false},
                                          {"map", "maps", "mapa", "mapas", true},
                                          {"woman", "women", "mujer", "mujeres", false},
                                          {"train", "trains", "tren", "trenes", true},
                                          {"light", "lights", "luz", "luces", false},
                                          {"river", "rivers", "río", "ríos", true},
                                          {"city", "cities", "ciudad", "ciudades", false}}};

struct Verb {
  std::string_view one, several;      // "sees", "see"
  std::string_view singular, plural;  // "ve", "ven"
};
constexpr std::array<Verb, 7> kTransitive = {{{"sees", "see", "ve", "ven"},
                                              {"seeks", "seek", "busca", "buscan"},
                                              {"wants", "want", "quiere", "quieren"},
                                              {"draws", "draw", "dibuja", "dibujan"},
                                              {"knows", "know", "conoce", "conocen"},
                                              {"follows", "follow", "sigue", "siguen"},
                                              {"finds", "find", "halla", "hallan"}}};
constexpr std::array<Verb, 4> kIntransitive = {{{"sleeps", "sleep", "duerme", "duermen"},
                                                {"sings", "sing", "canta", "cantan"},
                                                {"runs", "run", "corre", "corren"},
                                                {"shines", "shine", "brilla", "brillan"}}};

/// A word with forms for gender and number.
struct Agreeing {
  std::string_view english;
  Forms forms;
};
constexpr std::array<Agreeing, 8> kAdjectives = {
    {{"small", {"pequeña", "pequeño", "pequeñas", "pequeños"}},
     {"red", {"roja", "rojo", "rojas", "rojos"}},
     {"white", {"blanca", "blanco", "blancas", "blancos"}},
     {"black", {"negra", "negro", "negras", "negros"}},
     {"old", {"vieja", "viejo", "viejas", "viejos"}},
     {"new", {"nueva", "nuevo", "nuevas", "nuevos"}},
     {"green", {"verde", "verde", "verdes", "verdes"}},
     {"big", {"grande", "grande", "grandes", "grandes"}}}};
constexpr Agreeing kThe = {"the", {"la", "el", "las", "los"}};
constexpr Agreeing kThis = {"this", {"esta", "este", "", ""}};
constexpr Agreeing kThese = {"these", {"", "", "estas", "estos"}};
constexpr Agreeing kA = {"a", {"una", "un", "", ""}};
constexpr Agreeing kSome = {"some", {"", "", "unas", "unos"}};
constexpr std::array<Agreeing, 3> kSingular = {kThe, kThis, kA};
constexpr std::array<Agreeing, 3> kPlural = {kThe, kThese, kSome};

struct Adverb {
  std::string_view english;
  std::string_view translation;
};
constexpr std::array<Adverb, 4> kAdverbs = {
    {{"often", "a menudo"}, {"never", "nunca"}, {"today", "hoy"}, {"again", "otra vez"}}};

std::size_t form(bool masculine, bool several) {
  return (several ? 2U : 0U) + (masculine ? 1U : 0U);
}

void append(Words& words, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// Makes English sentences up.
class Writer {
 public:
  explicit Writer(unroll::Random& random) : random_(random) {}

  Words sentence() {
    const bool several = noun_phrase(/*clause=*/true);
    if (happens(0.3)) append(words_, any_of(kAdverbs).english);
    verb_phrase(several);
    append(words_, ".");
    return std::move(words_);
  }

 private:
  bool happens(double probability) { return random_.uniform() < probability; }
  template <class List>
  const typename List::value_type& any_of(const List& list) {
    return list[static_cast<std::size_t>(random_.below(std::ssize(list)))];
  }

  /// Whether it is plural.
  bool noun_phrase(bool clause) {
    const bool several = happens(0.5);
    append(words_, any_of(several ? kPlural : kSingular).english);
    if (happens(0.5)) {
      append(words_, any_of(kAdjectives).english);
      if (happens(0.2)) {
        append(words_, "and");
        append(words_, any_of(kAdjectives).english);
      }
    }
    const Noun& noun = any_of(kNouns);
    append(words_, several ? noun.several : noun.one);
    if (clause && happens(0.2)) {
      append(words_, "that");
      verb_phrase(several);
    }
    return several;
  }

  void verb_phrase(bool several) {
    const bool object = happens(0.7);
    const Verb& verb = object ? any_of(kTransitive) : any_of(kIntransitive);
    append(words_, several ? verb.several : verb.one);
    if (object) (void)noun_phrase(/*clause=*/false);
  }

  unroll::Random& random_;
  Words words_;
};

/// Reads an English sentence and writes its translation.
class Translating {
 public:
  explicit Translating(std::span<const std::string> source) : source_(source) {}

  Words sentence() {
    Words subject = noun_phrase(/*clause=*/true);
    Words result;
    if (const Adverb* const adverb = take_one_of(kAdverbs)) append(result, adverb->translation);
    join(result, subject);
    join(result, verb_phrase());
    expect(".");
    append(result, ".");
    if (at_ != source_.size()) refuse();
    return result;
  }

 private:
  [[noreturn]] void refuse() const {
    unroll::fail<unroll::Error>("not a built-in sentence: '{}' as word {}",
                                at_ < source_.size() ? source_[at_] : "its end", at_ + 1);
  }
  bool take(std::string_view word) {
    const bool here = at_ < source_.size() && source_[at_] == word;
    at_ += here ? 1 : 0;
    return here;
  }
  void expect(std::string_view word) {
    if (!take(word)) refuse();
  }
  template <class List>
  auto take_one_of(const List& list) -> decltype(list.data()) {
    for (const auto& entry : list) {
      if (take(entry.english)) return &entry;
    }
    return nullptr;
  }
  static void join(Words& to, const Words& more) { to.insert(to.end(), more.begin(), more.end()); }

  Words noun_phrase(bool clause) {
    const Agreeing* article = take_one_of(kSingular);
    if (article == nullptr) article = take_one_of(kPlural);
    if (article == nullptr) refuse();
    std::vector<const Agreeing*> adjectives;
    do {
      if (const Agreeing* const adjective = take_one_of(kAdjectives)) {
        adjectives.push_back(adjective);
      }
    } while (take("and"));
    const Noun* noun = nullptr;
    bool several = false;
    for (const Noun& entry : kNouns) {
      if (noun == nullptr && take(entry.one)) noun = &entry;
      if (noun == nullptr && take(entry.several)) {
        noun = &entry;
        several = true;
      }
    }
    if (noun == nullptr) refuse();
    const std::size_t agreeing = form(noun->masculine, several);
    Words result;
    append(result, article->forms[agreeing]);
    append(result, several ? noun->plural : noun->singular);
    for (std::size_t i = 0; i < adjectives.size(); ++i) {
      if (i > 0) append(result, "y");
      append(result, adjectives[i]->forms[agreeing]);
    }
    if (clause && take("that")) {
      append(result, "que");
      join(result, verb_phrase());
    }
    return result;
  }

  /// The object, if any, and then the verb.
  Words verb_phrase() {
    for (const Verb& verb : kTransitive) {
      const bool one = take(verb.one);
      if (!one && !take(verb.several)) continue;
      Words result = noun_phrase(/*clause=*/false);
      append(result, one ? verb.singular : verb.plural);
      return result;
    }
    for (const Verb& verb : kIntransitive) {
      if (take(verb.one)) return {std::string(verb.singular)};
      if (take(verb.several)) return {std::string(verb.plural)};
    }
    refuse();
  }

  std::span<const std::string> source_;
  std::size_t at_ = 0;
};

std::string joined(const Words& words) { return fmt::format("{}", fmt::join(words, " ")); }

}  // namespace

Words translate_by_rule(const Words& source) { return Translating(source).sentence(); }

Pairs builtin_pairs(std::int64_t count, std::uint64_t seed, Part part) {
  constexpr std::uint64_t kParts = 8;  // one in eight sentences is for tests
  Pairs pairs;
  unroll::Random random(seed, unroll::hash_name("built-in pairs"));
  while (std::ssize(pairs.pairs) < count) {
    Words source = Writer(random).sentence();
    const bool is_test = (unroll::hash_name(joined(source)) >> 32U) % kParts == 0;
    if (is_test != (part == Part::test)) continue;
    Words target = translate_by_rule(source);
    std::string reference = sentence_of(target);
    pairs.pairs.push_back({std::move(source), std::move(target), std::move(reference)});
  }
  return pairs;
}

}  // namespace translate
