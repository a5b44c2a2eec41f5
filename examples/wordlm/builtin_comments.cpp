#include "wordlm/builtin_comments.h"

#include <unroll/core/error.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "text/words.h"

namespace wordlm {
namespace {

using text::Sentence;

/// What it takes to keep the grammar unambiguous: every sentence about a topic contains a noun of
/// that topic, no two topics share a noun, and no two alternatives can yield the same words.
///
/// Arguments: T is a topic; N a number, sg or pl; G a person's pronoun: f (she), m (he), p (they).
constexpr std::string_view kRules = R"(
Sentence = 8 About(pets) | 8 About(cooking) | 7 About(gadgets) | 7 About(garden) | 1 Chat

About(T) = 24 Report(T) | 13 Remark(T) | 5 Question(T) | 3 Tale(T) | 2 Advice(T)
         | 2 Confession(T) | 1 Wisdom(T)

Stop   = 4 . | 1 !
Opener = 6 _ | 2 honestly , | 2 luckily , | 2 apparently , | 2 sadly , | 2 well ,
       | 1 in my opinion , | 1 believe it or not ,

# ---- Things. A verb agrees with its subject, however far away that is.

Any(T)      = 4 Thing(T,sg) | 3 Thing(T,pl)
Thing(T,N)  = Det(N) Kind(T) Noun(T,N)
Kind(T)     = 2 _ | 3 Quality(T)
Det(sg)     = 4 the | 4 my | 3 your | 2 this | 2 our | 1 every | 1 another
Det(pl)     = 4 the | 4 my | 3 your | 2 these | 2 our | 1 some | 1 many | 1 two | 1 three
Subject(T,N) = 8 Thing(T,N)
             | 2 the Kind(T) Noun(T,N) Where
             | 2 the Kind(T) Noun(T,N) that Person(f) Past(T)
             | 2 the Kind(T) Noun(T,N) that Person(m) Past(T)
             | 3 the Kind(T) Noun(T,N) that Person(p) Past(T)
             | 1 Thing(T,N) ( Aside(T,N) )
Aside(T,N)  = 2 the Quality(T) Ones(N) | 1 do n't ask | 1 long story
Ones(sg)    = one
Ones(pl)    = ones
Where       = Near the Place
Near        = 3 behind | 2 near | 2 in
Place       = 3 kitchen | 2 shed | 2 library | 2 museum | 1 bathtub | 1 station
Is(sg)      = 3 is | 1 was
Is(pl)      = 3 are | 1 were
Be(sg)      = is
Be(pl)      = are
Do(sg)      = does
Do(pl)      = do
Pronoun(sg) = it
Pronoun(pl) = them
Does(T,N)   = Verb(T,N) Manner
Verb(T,N)   = 5 Act(T,N) | 2 Act(any,N)
Act(any,sg) = 2 disappears | 2 improves | 1 complains
Act(any,pl) = 2 disappear | 2 improve | 1 complain
Manner      = 3 quietly | 3 constantly | 2 loudly | 2 slowly | 2 beautifully | 2 badly
            | 2 without warning | 2 every night | 2 for no reason | 1 whenever i sing
            | 1 like a champion
Base(T)     = Action(T) | Action(any)
Past(T)     = Acted(T) | Acted(any)
Action(any) = 3 buy | 3 find | 2 sell | 2 hide | 2 borrow | 2 paint | 2 steal | 2 forget
            | 2 lose | 2 draw | 2 photograph | 2 insult
Acted(any)  = 3 bought | 3 found | 2 sold | 2 hid | 2 borrowed | 2 painted | 2 stole | 2 forgot
            | 2 lost | 2 drew | 2 photographed | 2 insulted
Quality(T)  = 4 Trait(T) | 3 Trait(any)
Trait(any)  = 3 strange | 3 tiny | 2 famous | 2 beautiful | 2 huge | 2 ridiculous | 2 suspicious
            | 2 boring | 2 perfect | 2 mysterious | 2 cheap | 2 legendary | 2 dangerous

# ---- People, and the pronouns that belong to them.

Person(f)   = 5 Whose Woman | 1 the lady next door
Person(m)   = 5 Whose Man | 1 the man upstairs
Person(p)   = 5 Whose People | 1 the people downstairs
Someone     = 3 Person(f) | 3 Person(m) | 2 Person(p) | 2 the Official
Doer        = 7 Someone How | 2 i How | 1 nobody | 1 everybody
Whose       = 5 my | 2 your | 1 our
Woman       = 3 aunt | 3 grandmother | 2 sister | 2 mother
Man         = 3 uncle | 3 grandfather | 2 brother | 2 father
People      = 3 neighbours | 2 cousins | 2 parents | 2 colleagues | 1 kids
Official    = 3 mayor | 2 dentist | 2 plumber | 2 teacher | 2 baker | 2 king
They(f)     = she
They(m)     = he
They(p)     = they
Their(f)    = her
Their(m)    = his
Their(p)    = their
Them(f)     = her
Them(m)     = him
Them(p)     = them
Self(f)     = herself
Self(m)     = himself
Self(p)     = themselves
Was(p)      = were
Was(G)      = was

# ---- Reports: who did what.

Report(T)   = 8 Doer Past(T) Any(T) When Stop
            | 5 Doer Past(T) Any(T) and Past(T) Any(T) Stop
            | 2 Opener Any(T) and Any(T) are Degree Quality(T) Stop
            | 2 Opener Any(T) and Any(T) Verb(T,pl) Manner Stop
            | 1.5 Because(T)
How         = 5 _ | 2 secretly | 2 proudly | 2 finally | 2 carefully | 2 almost | 2 suddenly
            | 1 accidentally
When        = 4 _ | 3 yesterday | 2 today | 2 twice | 1 last week | 1 again
            | 2 anyway | 1 for fun | 1 on purpose
Because(T)  = 3 BecauseOf(T,f) | 3 BecauseOf(T,m) | 3 BecauseOf(T,p)
BecauseOf(T,G) = Person(G) Past(T) Their(G) Kind(T) Noun(T,sg) because They(G) Was(G) Mood .
Mood        = 3 bored | 2 hungry | 2 lonely

# ---- Remarks: what somebody thinks of a thing.

Remark(T)   = 9 Opener Claim(T) Stop
            | 0.5 i 'm not saying that Claim(T) , but everybody is thinking it .
Claim(T)    = 9 Fact(T) | 1 Person(f) Says(f) that Claim(T) | 1 Person(m) Says(m) that Claim(T)
            | 1 Person(p) Says(p) that Claim(T)
Says(p)     = 2 say | 2 think | 1 know
Says(G)     = 2 says | 2 thinks | 1 knows
Fact(T)     = 4 FactOn(T,sg) | 3 FactOn(T,pl)
FactOn(T,N) = 5 Subject(T,N) Is(N) Degree Quality(T)
            | 2 Subject(T,N) Be(N) better than Any(T)
            | 1 Subject(T,N) Be(N) better than Looks(N)
            | 2 Subject(T,N) Be(N) n't Quality(T) enough
            | 5 Subject(T,N) Does(T,N)
            | 1 Subject(T,N) Do(N) n't Verb(T,pl) anymore
Degree      = 4 _ | 3 really | 3 so | 2 surprisingly | 2 far too | 2 quite | 2 extremely
            | 1 a bit too
Looks(sg)   = it looks
Looks(pl)   = they look

# ---- Questions.

Question(T) = 4 why do n't you Base(T) a Quality(T) Noun(T,sg) ?
            | 3 why Do(sg) Subject(T,sg) Verb(T,pl) Manner ?
            | 2 why Do(pl) Subject(T,pl) Verb(T,pl) Manner ?
            | 2 Be(sg) Subject(T,sg) supposed to be so Quality(T) ?
            | 2 Be(pl) Subject(T,pl) supposed to be so Quality(T) ?
            | 2 where can i find a Kind(T) Noun(T,sg) that Does(T,sg) ?
            | 2 where can i find Kind(T) Noun(T,pl) that Does(T,pl) ?
            | 4 did Asked(T) ?
            | 2 how many Noun(T,pl) can one person Base(T) in a Period ?
            | 2 does anybody know how to Base(T) a Noun(T,sg) Peril ?
Asked(T)    = 2 Person(f) really Base(T) Their(f) Kind(T) Noun(T,sg)
            | 2 Person(m) really Base(T) Their(m) Kind(T) Noun(T,sg)
            | 2 Person(p) really Base(T) Their(p) Kind(T) Noun(T,pl)
            | 3 you Base(T) Any(T) When
Period      = 3 week | 2 day
Peril       = 3 in the rain | 2 after midnight | 2 without a plan

# ---- Tales: pronouns agree with a person and with a thing.

Tale(T)     = 3 TaleOf(T,f) | 3 TaleOf(T,m) | 2 TaleOf(T,p)
TaleOf(T,G) = 3 TaleWith(T,G,sg) | 2 TaleWith(T,G,pl)
TaleWith(T,G,N) = 3 Person(G) Past(T) Their(G) Noun(T,N) , and now Regret(T,G,N) Stop
            | 3 i asked Person(G) to Base(T) my Noun(T,N) , but They(G) Past(T) Pronoun(N) .
            | 3 when Person(G) Past(T) Their(G) Noun(T,N) , nobody Reacted Them(G) .
            | 2 Person(G) Past(T) Their(G) Kind(T) Noun(T,N) all by Self(G) Stop
Regret(T,G,N) = 3 They(G) Refuse(G) to Base(T) Pronoun(N) | 1 They(G) ca n't stop laughing
            | 1 They(G) wo n't even look at Pronoun(N)
Refuse(p)   = refuse
Refuse(G)   = refuses
Reacted     = 3 believed | 2 helped | 2 thanked

# ---- Advice.

Advice(T)   = 3 AdviceOn(T,sg) | 2 AdviceOn(T,pl)
AdviceOn(T,N) = 4 if your Kind(T) Noun(T,N) Does(T,N) , Remedy(T,N) .
            | 2 if i were you , i would Base(T) Thing(T,N) .
            | 2 please do n't Base(T) your Kind(T) Noun(T,N) : Revenge(N) Stop
Remedy(T,N) = 3 just Base(T) Pronoun(N) | 2 give Pronoun(N) to Someone | 1 say sorry to Pronoun(N)
Revenge(sg) = it remembers everything
Revenge(pl) = they remember everything

# ---- Confessions: fixed frames whose parts depend on each other.

Confession(T) = 2 i do n't trust this Kind(T) Noun(T,sg) , and it does n't trust me .
            | 2 i do n't trust these Kind(T) Noun(T,pl) , and they do n't trust me .
            | 3 i would rather Base(T) ten Noun(T,pl) than Base(T) one Quality(T) Noun(T,sg) .
            | 2 the more Noun(T,pl) i Base(T) , the less i understand them .
            | 3 this is the Nth time that Someone Past(T) Thing(T,sg) Stop
            | 1 not only did Person(f) Base(T) Any(T) , but she also Past(T) Any(T) !
            | 1 not only did Person(m) Base(T) Any(T) , but he also Past(T) Any(T) !
            | 3 thank you for the Media of your Kind(T) Noun(T,pl) Stop
Nth         = 2 second | 2 third
Media       = pictures | video

# ---- Wisdom: sayings, and what people always say.

Wisdom(T)   = 2 Someone always told me : never Base(T) a Kind(T) Noun(T,sg) Peril .
            | 2 " never Base(T) a Quality(T) Noun(T,sg) , " Someone told me .
            | 2 when life gives you Noun(T,pl) , Base(T) them Stop
            | 2 a Noun(T,sg) a day keeps Someone away .
            | 2 home is where the Noun(T,sg) is .
            | 2 behind every Quality(T) Noun(T,sg) there is a Quality(T) Noun(T,sg) .

# ---- Chat about nothing in particular.

Chat        = 3 i laughed so hard that Mishap Stop
            | 3 thanks for the Nice Gift Stop
            | 2 what a Nice Gift !
            | 2 i could n't agree more .
            | 2 please tell us what happened next !
            | 2 better late than never .
            | 2 i came for the Gift and stayed for the comments .
Mishap      = 3 my tea went cold | 2 the baby woke up
Nice        = 3 wonderful | 2 silly | 2 lovely
Gift        = 3 story | 2 joke | 2 poem

# ---- The topics' words.

Noun(pets,sg) = 4 cat | 4 dog | 3 parrot | 3 rabbit | 2 goat | 2 hamster | 2 hen | 2 donkey | 2 duck
              | 2 pony
Noun(pets,pl) = 4 cats | 4 dogs | 2 parrots | 3 rabbits | 3 goats | 2 hamsters | 3 hens | 2 donkeys
              | 3 ducks | 2 ponies
Action(pets)  = 3 feed | 3 adopt | 2 brush | 2 chase | 2 rescue | 2 walk | 2 tickle | 2 train
Acted(pets)   = 3 fed | 3 adopted | 2 brushed | 2 chased | 2 rescued | 2 walked
              | 2 tickled | 2 trained
Trait(pets)   = 3 fluffy | 3 sleepy | 2 clever | 2 grumpy | 2 playful | 2 lazy | 2 loyal | 2 brave
Act(pets,sg)  = 3 sleeps | 3 snores | 2 stares | 2 dances
Act(pets,pl)  = 3 sleep | 3 snore | 2 stare | 2 dance

Noun(cooking,sg) = 4 soup | 4 cake | 3 pie | 3 pancake | 2 stew | 2 sauce | 2 dumpling | 2 pudding
                 | 2 burger | 2 muffin
Noun(cooking,pl) = 3 cakes | 3 pies | 4 pancakes | 2 soups | 2 stews | 2 sauces | 4 dumplings
                 | 2 puddings | 3 burgers | 3 muffins
Action(cooking)  = 3 cook | 3 burn | 2 serve | 2 eat | 2 order | 2 fry | 2 taste | 2 share
Acted(cooking)   = 3 cooked | 3 burned | 2 served | 2 ate | 2 ordered | 2 fried
                 | 2 tasted | 2 shared
Trait(cooking)   = 3 salty | 3 spicy | 2 bland | 2 crunchy | 2 sweet | 2 greasy
                 | 2 delicious | 2 cold
Act(cooking,sg)  = 3 smells | 2 bubbles | 2 wobbles | 2 melts
Act(cooking,pl)  = 3 smell | 2 bubble | 2 wobble | 2 melt

Noun(gadgets,sg) = 4 laptop | 4 printer | 3 phone | 3 robot | 2 keyboard | 2 screen | 2 router
                 | 2 camera | 2 toaster | 2 drone
Noun(gadgets,pl) = 4 laptops | 3 printers | 3 phones | 4 robots | 2 keyboards | 2 screens
                 | 2 routers | 2 cameras | 2 toasters | 3 drones
Action(gadgets)  = 3 repair | 3 unplug | 2 reboot | 2 drop | 2 charge | 2 upgrade | 2 test | 2 hack
Acted(gadgets)   = 3 repaired | 3 unplugged | 2 rebooted | 2 dropped | 2 charged | 2 upgraded
                 | 2 tested | 2 hacked
Trait(gadgets)   = 3 slow | 3 broken | 2 fragile | 2 modern | 2 noisy | 2 reliable | 2 haunted
                 | 2 wireless
Act(gadgets,sg)  = 3 crashes | 3 beeps | 2 freezes | 2 overheats
Act(gadgets,pl)  = 3 crash | 3 beep | 2 freeze | 2 overheat

Noun(garden,sg) = 4 rose | 4 tree | 3 hedge | 3 tomato | 2 pumpkin | 2 tulip | 2 cabbage
                | 2 sunflower | 2 carrot | 2 fern
Noun(garden,pl) = 4 roses | 3 trees | 2 hedges | 4 tomatoes | 2 pumpkins | 3 tulips | 2 cabbages
                | 2 sunflowers | 3 carrots | 2 ferns
Action(garden)  = 3 plant | 3 water | 2 trim | 2 grow | 2 measure | 2 move | 2 hug | 2 pick
Acted(garden)   = 3 planted | 3 watered | 2 trimmed | 2 grew | 2 measured | 2 moved | 2 hugged
                | 2 picked
Trait(garden)   = 3 tall | 3 thirsty | 2 prickly | 2 muddy | 2 crooked | 2 green | 2 leafy | 2 wild
Act(garden,sg)  = 3 grows | 3 blooms | 2 leans | 2 spreads
Act(garden,pl)  = 3 grow | 3 bloom | 2 lean | 2 spread
)";

/// One comment: its sentences, each as words.
using BuiltinComment = std::vector<Sentence>;

std::vector<BuiltinComment> sample_comments(std::int64_t count, std::uint64_t seed) {
  if (count < 0) unroll::fail<unroll::Error>("comments: the count is {}, below 0", count);
  std::mt19937_64 generator(seed);
  std::vector<BuiltinComment> comments(static_cast<std::size_t>(count));
  for (BuiltinComment& comment : comments) {
    const double u = uniform(generator);
    comment.resize(u < 0.4 ? 1 : u < 0.8 ? 2 : 3);
    for (Sentence& words : comment) words = builtin_grammar().sentence(generator);
  }
  return comments;
}

}  // namespace

const Grammar& builtin_grammar() {
  static const Grammar grammar(kRules);
  return grammar;
}

std::vector<std::string> builtin_comments(std::int64_t count, std::uint64_t seed) {
  std::vector<std::string> texts;
  for (const BuiltinComment& comment : sample_comments(count, seed)) {
    std::string text;
    for (const Sentence& words : comment) {
      if (!text.empty()) text += ' ';
      text += text::join_words(words);
    }
    texts.push_back(std::move(text));
  }
  return texts;
}

std::vector<Sentence> builtin_sentences(std::int64_t count, std::uint64_t seed) {
  std::vector<Sentence> sentences;
  for (BuiltinComment& comment : sample_comments(count, seed)) {
    std::ranges::move(comment, std::back_inserter(sentences));
  }
  return sentences;
}

}  // namespace wordlm
