#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "text/sentences.h"

/// Texts that are hard to take apart, each with the right answer and the reason for it. The answer
/// is what a person who knows the Penn Treebank would write; where a text is ambiguous, the reason
/// says which reading was chosen. The rules are in abbreviations.h, sentences.h and words.h.
namespace text {
namespace {

struct HardText {
  std::string_view text;
  std::string_view words;  // with blanks between them, " | " between sentences
  std::string_view reason;
};

/// The words of a comment as `HardText` writes them.
std::string taken_apart(std::string_view comment) {
  std::string text;
  for_each_sentence(comment, Case::kept, [&](const Sentence& sentence) {
    if (!text.empty()) text += " |";
    for (const std::string& word : sentence) text += (text.empty() ? "" : " ") + word;
  });
  return text;
}

template <std::size_t kSize>
void check(const HardText (&table)[kSize]) {
  for (const HardText& hard : table) {
    CHECK_MESSAGE(taken_apart(hard.text) == hard.words, hard.reason);
  }
}

TEST_CASE("hard text: abbreviations inside a sentence") {
  static constexpr HardText kTable[] = {
      {"Mr. Smith met Mrs. Jones and Ms. Lee.", "Mr. Smith met Mrs. Jones and Ms. Lee .",
       "titles stand before names"},
      {"Dr. No is a film.", "Dr. No is a film .",
       "a title counts more than a word that often starts sentences"},
      {"We saw Prof. Dr. Meier.", "We saw Prof. Dr. Meier .", "titles in a row"},
      {"Capt. Kirk and Lt. Uhura left.", "Capt. Kirk and Lt. Uhura left .", "military ranks"},
      {"Gov. Brown and Sen. Sanders agreed.", "Gov. Brown and Sen. Sanders agreed .",
       "clipped titles before names"},
      {"I paid the gov. They kept it.", "I paid the gov . | They kept it .",
       "gov is a word of its own where no name follows"},
      {"It is next gen. It has cores.", "It is next gen . | It has cores .", "gen, for generation"},
      {"I saw the Dr. He was kind.", "I saw the Dr. . | He was kind .",
       "a title after an article, before a pronoun"},
      {"Fruit, e.g. apples, is good.", "Fruit , e.g. apples , is good .", "e.g. points on"},
      {"The capital, i.e. London.", "The capital , i.e. London .", "i.e. points on, to a name too"},
      {"Cats vs. Dogs.", "Cats vs. Dogs .", "vs. stands between two names"},
      {"It was Roe v. Wade.", "It was Roe v. Wade .", "v. between the parties of a trial"},
      {"Smith et al. found it.", "Smith et al. found it .", "et al. before lower case"},
      {"Al. He is nice.", "Al . | He is nice .", "al without et is a name"},
      {"It costs approx. 5 dollars.", "It costs approx. 5 dollars .", "approx. points on"},
      {"He left in Sept. and she came.", "He left in Sept. and she came .",
       "a month before lower case"},
      {"We met in Dec. We parted in Jan. It was cold.",
       "We met in Dec. . | We parted in Jan. . | It was cold .",
       "a month at the end keeps its period"},
      {"Born Jan. 5, 1990 in Ohio.", "Born Jan. 5 , 1990 in Ohio .",
       "the day belongs to the month"},
      {"Since Feb. 2015 it works.", "Since Feb. 2015 it works .", "the year belongs to the month"},
      {"I went in mar. 2 of us came.", "I went in mar. . | 2 of us came .",
       "in a month there can be no day after it"},
      {"Do not mar. it", "Do not mar . | it", "mar is a verb, too"},
      {"Mon. to Fri. only", "Mon. to Fri. only", "days of the week"},
      {"He wed. She cried.", "He wed . | She cried .", "a day of the week has a capital"},
      {"Cats, dogs, etc. and so on.", "Cats , dogs , etc. and so on .", "etc. before lower case"},
      {"Cats, dogs, etc. Then birds.", "Cats , dogs , etc. . | Then birds .",
       "etc. before upper case"},
      {"I like cats, etc.", "I like cats , etc. .",
       "one period ends both the word and the sentence; the model sees both"},
      {"Is it cats, etc.?", "Is it cats , etc. ?", "the question mark ends the sentence"},
      {"P.S. I love you.", "P.S. I love you .", "a postscript goes on"},
      {"PS. Love it. My PS. It broke.", "PS. Love it . | My PS . | It broke .",
       "PS. is a postscript at the start alone"},
      {"Drs. Ali and Lee left.", "Drs. Ali and Lee left .", "two doctors"},
      {"Call Bob, ext. 37625.", "Call Bob , ext. 37625 .", "an extension, before a number"},
      {"I use Yahoo! and AOL. Yahoo! It works.", "I use Yahoo ! and AOL . | Yahoo ! | It works .",
       "a name with a mark"},
      {"It works w/o him, a.k.a. Bob.", "It works w/o him , a.k.a. Bob .",
       "without, also known as"},
  };
  check(kTable);
}

TEST_CASE("hard text: numbered things, units, streets, companies") {
  static constexpr HardText kTable[] = {
      {"See No. 5 and vol. 3, p. 7.", "See No. 5 and vol. 3 , p. 7 .",
       "abbreviations before numbers"},
      {"See Vol. II of the book.", "See Vol. II of the book .", "a Roman number"},
      {"He turned up the vol. I left.", "He turned up the vol . | I left .",
       "I after small letters is a person"},
      {"The answer was no. 7 of us agreed.", "The answer was no . | 7 of us agreed .",
       "after was, no is the answer"},
      {"Oh no. Not again.", "Oh no . | Not again .", "no without a number"},
      {"He said no. I did not.", "He said no . | I did not .", "a person is no number"},
      {"I have a ping of 30 ms. That is fast.", "I have a ping of 30 ms . | That is fast .",
       "ms of milliseconds has no period"},
      {"Ms. Marvel took 30 ms.", "Ms. Marvel took 30 ms .", "a title and a unit"},
      {"He ate 3 oz. Then he left.", "He ate 3 oz. . | Then he left .",
       "a unit with a period before upper case"},
      {"He ate 3 oz. of it.", "He ate 3 oz. of it .", "a unit before lower case"},
      {"It is 6 ft. tall.", "It is 6 ft. tall .", "feet"},
      {"A song ft. Drake plays.", "A song ft. Drake plays .", "featuring, before a name"},
      {"It is 5 in. wide.", "It is 5 in. wide .", "inches, after a number"},
      {"Let him in. Then go.", "Let him in . | Then go .", "in without a number is a common word"},
      {"Wait 5 min. or so.", "Wait 5 min. or so .", "minutes, after a number"},
      {"Wait 30 sec. Then go.", "Wait 30 sec. . | Then go .", "seconds, after a number"},
      {"See sec. 5 of it.", "See sec. 5 of it .", "a section, before a number"},
      {"It runs at 12 V. Batteries last.", "It runs at 12 V . | Batteries last .",
       "a volt is no initial"},
      {"St. Louis is big.", "St. Louis is big .", "a saint"},
      {"I live on 5th St. It is nice.", "I live on 5th St. . | It is nice .",
       "a street before a pronoun"},
      {"i live on 5th st. it is nice.", "i live on 5th st. . | it is nice .",
       "the same in lower case"},
      {"He works on Wall St. They pay.", "He works on Wall St. . | They pay .",
       "a street after a name"},
      {"In St. Paul we met.", "In St. Paul we met .", "in is no name, so St. Paul is a saint"},
      {"I drive down Maple Dr. The shop is there.",
       "I drive down Maple Dr. . | The shop is there .", "a drive, not a doctor"},
      {"Apple Inc. Chairman Cook spoke.", "Apple Inc. Chairman Cook spoke .",
       "names go on after Inc."},
      {"He left Apple Inc. They were sad.", "He left Apple Inc. . | They were sad .",
       "a pronoun starts the next sentence"},
      {"Martin Luther King Jr. Day is today.", "Martin Luther King Jr. Day is today .",
       "names go on after Jr."},
  };
  check(kTable);
}

TEST_CASE("hard text: initials") {
  static constexpr HardText kTable[] = {
      {"I met Robert J. Miller there.", "I met Robert J. Miller there .",
       "an initial inside a name"},
      {"I saw J. K. Rowling.", "I saw J. K. Rowling .", "initials in a row"},
      {"J. A. Smith wrote it.", "J. A. Smith wrote it .", "A is an initial here, not an article"},
      {"J.R.R. Tolkien wrote it.", "J.R.R. Tolkien wrote it .", "initials without blanks"},
      {"The U.S. Army is in the U.S. today.", "The U.S. Army is in the U.S. today .",
       "names follow U.S."},
      {"I live in the U.S. They do not.", "I live in the U.S. . | They do not .",
       "a pronoun starts the next sentence"},
      {"Plan B. Miller is out.", "Plan B . | Miller is out .", "plans are numbered with letters"},
      {"vitamin C. It helps.", "vitamin C . | It helps .", "so are vitamins"},
      {"I got an A. She got a B.", "I got an A . | She got a B .",
       "letters after an article are marks"},
      {"so did I. Miller came.", "so did I . | Miller came .",
       "I after a small word is the pronoun"},
      {"World War I. Germany lost.", "World War I . | Germany lost .", "wars are numbered"},
      {"A scale of A to F. (Really.)", "A scale of A to F . | ( Really . )",
       "no name begins with a bracket"},
      {"On W. 3rd St. we ate.", "On W. 3rd St. we ate .", "a direction before a numbered street"},
      {"Is it MS. Really.", "Is it MS . | Really .",
       "in capitals alone it is an illness, not a title"},
      {"MR. SMITH IS HERE.", "MR. SMITH IS HERE .", "shouted titles are titles"},
  };
  check(kTable);
}

TEST_CASE("hard text: times, numbers, money") {
  static constexpr HardText kTable[] = {
      {"At 5 p.m. we left.", "At 5 p.m. we left .", "p.m. before lower case"},
      {"We left at 5 p.m. John stayed.", "We left at 5 p.m. . | John stayed .",
       "p.m. before upper case"},
      {"We left at 5 P.M. today.", "We left at 5 P.M. today .", "in capitals, too"},
      {"At 5 p. m. we left.", "At 5 p. m. we left .", "spaced like z. B."},
      {"It was 3:30pm on 2015-08-28.", "It was 3:30pm on 2015-08-28 .",
       "times and dates are one word"},
      {"On 8/28/15 it was 10:30:15.", "On 8/28/15 it was 10:30:15 .", "other times and dates"},
      {"In 1995. Then 1996.", "In 1995 . | Then 1996 .", "a year ends a sentence"},
      {"It is 2.5. Then 3.", "It is 2.5 . | Then 3 .", "a decimal at the end"},
      {"It is .5 or -.5 or -3.", "It is .5 or -.5 or -3 .", "signs and points before digits"},
      {"I paid $5. You paid $1,000.50.", "I paid $ 5 . | You paid $ 1,000.50 .",
       "the sign of money stands apart"},
      {"It costs 10€ or £3.", "It costs 10 € or £ 3 .", "money of Europe"},
      {"Up 50%. Down 3 %.", "Up 50 % . | Down 3 % .", "percents"},
      {"The 1990s, the '90s and the 80's.", "The 1990s , the '90s and the 80 's .", "decades"},
      {"the 1st, 2nd and 3rd", "the 1st , 2nd and 3rd", "ordinals"},
      {"3, 4, 5,000", "3 , 4 , 5,000", "a comma with a blank parts numbers"},
      {"He has 1/2 of 24/7.", "He has 1/2 of 24/7 .", "fractions"},
      {"10-20 people, 1990–95", "10-20 people , 1990 – 95", "a hyphen joins, a dash parts"},
      {"1. Buy milk", "1 . Buy milk", "a list number begins the sentence"},
      {"Do this:\n1. Buy milk.\n2. Sleep.", "Do this : | 1 . Buy milk . | 2 . Sleep .",
       "list numbers begin lines"},
      {"a) one\n\nb) two", "a ) one | b ) two", "letters number lists, too"},
  };
  check(kTable);
}

TEST_CASE("hard text: addresses") {
  static constexpr HardText kTable[] = {
      {"See http://a.b/c?d=e&f. Then go.", "See http://a.b/c?d=e&f . | Then go .",
       "the period is not the address's"},
      {"(www.example.com)", "( www.example.com )", "nor is the bracket"},
      {"https://en.wikipedia.org/wiki/C_(language)", "https://en.wikipedia.org/wiki/C_(language)",
       "brackets in pairs are"},
      {"[text](http://a.b/c).", "[ text ] ( http://a.b/c ) .", "a link of Markdown"},
      {"Mail me.too@mail.example.org, now.", "Mail me.too@mail.example.org , now .", "a mail"},
      {"I use google.com. You do not.", "I use google.com . | You do not .",
       "a name with a domain"},
      {"/r/zen and r/zen by /u/me", "/r/zen and r/zen by /u/me", "forums and people of reddit"},
      {"it was [deleted] by him", "it was [ deleted ] by him", "brackets stand apart"},
      {"(/r/zen/)", "( /r/zen/ )", "the last slash belongs to a path"},
      {"/s or not", "/s or not", "the mark of sarcasm"},
      {"@you #1", "@ you # 1", "the Penn Treebank parts them"},
  };
  check(kTable);
}

TEST_CASE("hard text: emoticons and emoji") {
  static constexpr HardText kTable[] = {
      {"Great! :) Thanks.", "Great ! :) | Thanks .",
       "an emoticon belongs to the sentence before it"},
      {":) Hello", ":) Hello", "or to the one it begins"},
      {"ok :-D and ;P and =( and <3", "ok :-D and ;P and =( and <3", "faces and a heart"},
      {"(see here:)", "( see here : )", "a colon and a bracket after a word"},
      {"Well ¯\\_(ツ)_/¯ ok", "Well ¯\\_(ツ)_/¯ ok", "a shrug"},
      {"ಠ_ಠ why", "ಠ_ಠ why", "a look of disapproval"},
      {"Nice 👍🏽 👩\u200D👧 🇩🇪", "Nice 👍🏽 👩\u200D👧 🇩🇪",
       "tones of skin, families and flags are one character to the eye"},
      {"wow😀😀", "wow 😀 😀", "emoji without blanks"},
      {"no >:( yes", "no >:( yes", "a face with brows"},
      {"ratio 3:1", "ratio 3:1", "no face"},
  };
  check(kTable);
}

TEST_CASE("hard text: contractions") {
  static constexpr HardText kTable[] = {
      {"I can't, won't and shan't.", "I ca n't , wo n't and sha n't .", "n't is a word"},
      {"It's what he'd've done.", "It 's what he 'd 've done .", "two at once"},
      {"DON'T! I'M HERE.", "DO N'T ! | I 'M HERE .", "in capitals"},
      {"aren’t it’s", "are n't it 's", "typographic apostrophes"},
      {"don`t don´t", "do n't do n't", "accents typed for apostrophes"},
      {"the dogs' house", "the dogs ' house", "a plural's apostrophe"},
      {"O'Brien at 5 o'clock", "O'Brien at 5 o'clock", "apostrophes inside names and words"},
      {"'tis 'cause of 'em, rock 'n' roll", "'t is 'cause of 'em , rock 'n ' roll",
       "beginnings dropped"},
      {"I cannot, I'm gonna, gimme", "I can not , I 'm gon na , gim me", "words grown together"},
      {"y'all dont", "y'all dont", "not every contraction is split, as in the Treebank"},
      {"Bob's 'friend'", "Bob 's ' friend '", "a possessive is no quote"},
  };
  check(kTable);
}

TEST_CASE("hard text: quotes and brackets") {
  static constexpr HardText kTable[] = {
      {"He said \"Stop.\" Then he left.", "He said \" Stop . \" | Then he left .",
       "the quote closes the sentence"},
      {"\"Really?\" he said.", "\" Really ? \" he said .", "the sentence goes on in lower case"},
      {"“So?” She left.", "\" So ? \" | She left .", "typographic quotes become plain"},
      {"``So'' he said", "` ` So \" he said", "two apostrophes are a quote; backticks stay"},
      {"(Really.) Yes.", "( Really . ) | Yes .", "a sentence in brackets"},
      {"I like it (really!) and you.", "I like it ( really ! ) and you .",
       "brackets within a sentence"},
      {"He (J. Doe) left.", "He ( J. Doe ) left .", "an initial after a bracket"},
      {"«Oui.» Non.", "« Oui . » | Non .", "French quotes"},
      {"„Ja.“ Nein.", "\" Ja . \" | Nein .", "German quotes"},
      {"the f(x) and a[i]", "the f ( x ) and a [ i ]", "brackets part words"},
  };
  check(kTable);
}

TEST_CASE("hard text: ellipses and runs of marks") {
  static constexpr HardText kTable[] = {
      {"wait... what", "wait ... what", "an ellipsis before lower case"},
      {"wait . . . what", "wait ... what", "the same with blanks"},
      {"wait. . . what", "wait ... what", "the first one without"},
      {"Wait... No.", "Wait ... | No .", "an ellipsis before upper case"},
      {"Wait . . . No.", "Wait ... | No .", "the same with blanks"},
      {"well... I guess", "well ... I guess", "I is always a capital"},
      {"... And then?", "... And then ?", "an ellipsis that starts a sentence"},
      {"so… maybe", "so … maybe", "the one character"},
      {"What?! No!!! Yes.", "What ? ! | No ! ! ! | Yes .", "each mark is a word"},
      {"this--that — it–so", "this -- that — it – so", "dashes part words"},
      {"anti-gun and/or third-tier", "anti-gun and/or third-tier", "hyphens and slashes join"},
      {"a,b;c:d", "a , b ; c : d", "punctuation without blanks"},
      {"end.Then", "end.Then", "a period without a blank may be an address"},
      {"end .Then it", "end . Then it", "a blank on the wrong side"},
      {"all small. no capitals! really? yes", "all small . | no capitals ! | really ? | yes",
       "sentences without capitals"},
      {"What ? ! No . Yes", "What ? ! | No . | Yes", "marks with blanks before them"},
  };
  check(kTable);
}

TEST_CASE("hard text: code") {
  static constexpr HardText kTable[] = {
      {"C# and F# and C++ and A+", "C# and F# and C++ and A+", "languages and marks"},
      {"I use C#. It is fine.", "I use C# . | It is fine .", "a language at the end"},
      {"C++11 rocks", "C++11 rocks", "a version"},
      {"the .NET and ASP.NET", "the .NET and ASP.NET", "a name with a period in front"},
      {"a .txt file", "a .txt file", "the ending of a file"},
      {"AT&T, R&D and Q&A", "AT&T , R&D and Q&A", "ampersands within names"},
      {"r&d, M&Ms", "r&d , M&Ms", "the same in lower case"},
      {"salt&pepper & more", "salt & pepper & more", "an ampersand between words"},
      {"x -> y => z <- w", "x -> y => z <- w", "arrows"},
      {"if a <= b && c != d", "if a <= b && c != d", "operators"},
      {"p->next", "p -> next", "an arrow parts words"},
      {"x += 1; y := 2", "x += 1 ; y := 2", "assignments"},
      {"std::vector and snake_case", "std::vector and snake_case", "names of code"},
      {"1 < 2 > 0", "1 < 2 > 0", "single signs"},
      {"a=b+c", "a = b + c", "an equation"},
      {"main() {}", "main ( ) { }", "brackets of code"},
      {"f**k this s***", "f**k this s***", "stars hide letters"},
      {"lunch w/ friends", "lunch w/ friends", "with"},
  };
  check(kTable);
}

TEST_CASE("hard text: Markdown and HTML") {
  static constexpr HardText kTable[] = {
      {"**bold** *it* __b__ _i_ ~~gone~~", "bold it b i gone", "emphasis vanishes"},
      {"**Bold.** *Next*", "Bold . | Next", "emphasis closes a sentence"},
      {"^this ^(is) 2^5", "this ( is ) 2 ^ 5", "superscripts of reddit vanish, powers stay"},
      {"> quoted text\n\nmine", "> quoted text | mine", "a quotation"},
      {"* one\n* two", "* one | * two", "items of a list"},
      {"## Title\ntext", "## Title text", "a heading"},
      {"above\n***\nbelow", "above | below", "a line across the page"},
      {"5 * 3 \\* 2", "5 * 3 * 2", "stars that are no emphasis"},
      {"One\ntwo", "One two", "a line feed is white space"},
      {"One\n\nTwo", "One | Two", "a blank line parts sentences"},
      {"&gt; AT&amp;T &amp;lt;3", "> AT&T <3", "entities, escaped twice"},
      {"great.<br />The <b>end</b>", "great . | The end", "tags"},
      {"I <3 you, a < b", "I <3 you , a < b", "not every < begins a tag"},
      {"a&nbsp;b caf&eacute;", "a b café", "blanks and letters by name"},
      {"we under\u00ADstand", "we understand", "soft hyphens vanish"},
  };
  check(kTable);
}

TEST_CASE("hard text: other languages") {
  static constexpr HardText kTable[] = {
      {"你好世界。今天天气很好！", "你好世界 。 | 今天天气很好 ！",
       "Chinese has no blanks between sentences"},
      {"他说：「走吧！」然后走了。", "他说 ： 「 走吧 ！ 」 | 然后走了 。",
       "Chinese quotes close a sentence"},
      {"本当？！はい。", "本当 ？ ！ | はい 。", "Japanese"},
      {"مرحبا. كيف حالك؟ أنا بخير.", "مرحبا . | كيف حالك ؟ | أنا بخير .", "Arabic has no capitals"},
      {"यह अच्छा है। वह आया॥", "यह अच्छा है । | वह आया ॥", "Hindi ends sentences with a danda"},
      {"¿Qué tal? ¡Muy bien! Adiós.", "¿ Qué tal ? | ¡ Muy bien ! | Adiós .",
       "Spanish opens questions"},
      {"El Sr. García y la Sra. López.", "El Sr. García y la Sra. López .", "Spanish titles"},
      {"Das ist z. B. Brot, d. h. Essen.", "Das ist z. B. Brot , d. h. Essen .",
       "German abbreviations with blanks"},
      {"Das ist z.B. Brot bzw. Kuchen.", "Das ist z.B. Brot bzw. Kuchen .", "and without"},
      {"Äpfel usw. Dann ging er.", "Äpfel usw. . | Dann ging er .", "the German etc."},
      {"Er wohnt in Nr. 8 dort.", "Er wohnt in Nr. 8 dort .", "a German number"},
      {"naïve Straße, L'été", "naïve Straße , L'été", "letters with marks"},
      {"שלום עולם. מה שלומך?", "שלום עולם . | מה שלומך ?", "Hebrew"},
      {"Привет. Как дела?", "Привет . | Как дела ?", "Russian"},
      {"a\u200Bb c\uFEFF", "a b c", "characters without width part words"},
  };
  check(kTable);
}

}  // namespace
}  // namespace text
