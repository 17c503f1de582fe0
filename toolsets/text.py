"""Text: counting, casing, slugs, regular expressions, similarity, shortening and encoding."""

import base64
import codecs
import difflib
import re
import textwrap
from typing import Annotated, Any, Literal, TypedDict
from urllib.parse import quote

from sftctl.core.tools import Between, Fake, Pick, Size, tool

Passage = Annotated[str, Pick(
    "The ferry leaves at noon, and the last bus to the harbour leaves at half past eleven",
    "Bake the bread for forty minutes. Let it cool on a rack. Do not cut it while it is hot",
    "Nobody expected the old clock to strike, but at midnight it did. The whole village woke up",
    "Our new office has more light and more plants. It also has a much longer way to the coffee machine",
    "Write to orders@bluefig.com or call 555 0134 if the parcel with the lamp has not arrived by May 12",
    "Rain is likely in the west. The east stays dry and windy. Temperatures reach 14 degrees",
    "She sells the shells and he paints the boats, the boats that nobody buys",
    "Take the second exit, pass the mill and turn left at the white gate",
    "The committee met in March 2024. It approved the plan. It also asked for a cheaper roof",
    "A good teacher asks more questions than she answers",
    "The cat sat on the keyboard and wrote a novel, and the novel won a prize",
    "Version 3 is faster, smaller and easier to install. Version 2 gets no more updates",
    "We planted 40 trees last autumn, and 36 of the trees are still alive",
    "Send the invoice to accounts@northwind.org before June 30. Mention order 7781 and the delivery note",
    "In the end the smallest boat won the race, and the crowd on the pier went wild",
    "Please keep the door closed. The bees in the garden like the kitchen too",
)]  # fmt: skip
Article = Annotated[str, Pick(
    "The museum reopens on Friday. Its roof was rebuilt. Visitors enter by the river gate. Tickets cost "
    "nine euros. Children under twelve pay nothing",
    "Our sales rose in spring. Umbrellas sold best. Garden chairs did poorly because of the rain. We hope "
    "for summer. A new shop opens in June",
    "Bees dance to talk. A short dance means food is close. A long dance points to a far meadow. Other "
    "bees follow",
    "The bridge closes for repairs. Buses take the tunnel instead. Cyclists may use the ferry free of "
    "charge. Work ends in October. The city asks for patience",
    "Soak the beans overnight. Fry the onions slowly. Add tomatoes, beans and a bay leaf. Simmer for an "
    "hour. Serve with bread",
    "Mia found an old radio. It still worked. At night it played songs from a station that closed in "
    "1961. She told nobody about it",
    "The new phone is lighter. Its battery lasts two days. The camera is no better than before. It costs "
    "40 more",
    "Glaciers shrink faster than expected. Researchers measured 90 of them. Only two had grown. Rivers "
    "downstream will carry less water in summer. Farmers are already changing crops",
    "The team lost again. The keeper was ill. Two penalties missed the goal. The coach stays until May. "
    "Fans sang all the same",
    "Paper was made from rags. Wood took over around 1850. That made books cheap. It also made them "
    "brittle",
    "The printer needs a new drum. Support is closed on weekends. Please use the one upstairs. Colour "
    "prints need a code",
    "Tea came to the town by ship. Nobody knew how to brew it. Some ate the leaves with butter. The "
    "sailors laughed. Then they opened a tea house",
)]  # fmt: skip
Phrase = Annotated[str, Pick(
    "winter sale starts now", "total net income", "My First Garden", "max retry count", "user profile page",
    "ten rules for better coffee", "date of birth", "The Lighthouse Keeper", "open source licence",
    "shipping address",
    "how to fold a fitted sheet", "Monday Morning Blues", "last login time", "what we learned in Oslo",
    "annual report summary", "number of open seats",
)]  # fmt: skip
Headline = Annotated[str, Pick(
    "Ten Ways to Cook an Egg", "Why Is the Sky Blue?", "Café Society: A Short History", "What's New in "
    "Version 4.2",
    "Moving to Zürich", "The Best Hikes near Lake Garda", "Rust & Python, Side by Side", "Our Pricing Has "
    "Changed!",
    "A Beginner's Guide to Sourdough", "How We Cut Costs by 30 Percent", "Meet the Team: Priya", "Spring "
    "Cleaning 101",
    "Señor Wences and Friends", "Is Remote Work Here to Stay?", "Notes from the North Pole", "Hello, World",
)]  # fmt: skip
Secret = Annotated[str, Pick(
    "meet me at the old bridge", "the treasure is under the oak", "attack at dawn", "hello world", "bring "
    "the blue umbrella",
    "trust nobody in the kitchen", "the eagle has landed", "wait for my signal", "tea at four", "leave by "
    "the back door",
    "the password is swordfish", "burn this letter", "midnight by the fountain", "send more honey", "all is "
    "well",
)]  # fmt: skip
Word = Annotated[str, Pick(
    "kitten", "sitting", "harbour", "harbor", "receive", "recieve", "colour", "color", "saturday",
    "sunday", "planet",
    "planetary", "necessary", "neccessary", "flour", "flower", "transport", "transplant", "gallery", "galaxy",
)]  # fmt: skip
Pattern = Annotated[str, Pick(
    r"\d+", r"\w+@\w+\.\w+", r"\b\w+ing\b", r"\bthe\b", r"^The", r"colou?r", r"\b\w\w\w\b", r"\d\d\d\d",
    r"\bb\w+",
    r"\w+s\b", r"o\w", r"\S+,", r"\bno\w*", r"an?\b", r"\w+ and \w+",
)]  # fmt: skip


class Person(TypedDict):
    """A person's name in parts."""

    first: Annotated[str, Fake("first_name")]
    last: Annotated[str, Fake("last_name")]


def _words(text: str) -> list[str]:
    return re.findall(r"[\w'@.]*\w", text)


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"(?<=[.!?])\s+", text.strip()) if part.strip()]


@tool(
    asks=(
        'How many words (are there in|has) "{text}"?',
        'Count the words[ in "{text}"][, {unique_only:each different word once|repeated words too}].',
        'word count: "{text}"',
        'My editor wants to know the number of words. Here is the text: "{text}"[ Skip anything with fewer '
        "than {min_length} letters.]",
        '"{text}", how many words is that[ if {unique_only:repetitions don\'t count|repetitions count}]?',
        'I\'m paid by the word, so please tell me how many are in "{text}"[, leaving out words shorter than '
        "{min_length} letters].",
    ),
    answer="The text has {result} words.",
)
def count_words(text: Passage, unique_only: bool = False, min_length: Annotated[int, Between(2, 5)] = 1) -> int:
    """Count the words of a text.

    Args:
        text: Text to examine.
        unique_only: Whether a word that occurs several times is counted only once.
        min_length: Number of letters that a word needs to be counted.
    """
    words = [word.lower() for word in _words(text) if len(word) >= min_length]
    return len(set(words) if unique_only else words)


@tool(
    asks=(
        'How (long is|many characters has) "{text}"[, {include_spaces:spaces included|without spaces}]?',
        'Count the characters[ of "{text}"].',
        'chars "{text}"[, {include_spaces:with spaces|no spaces}]',
        'Would this fit into an SMS? "{text}" I need the number of characters[, '
        "{include_punctuation:punctuation included|punctuation excluded}].",
        'Tell me the length in characters[ of the following: "{text}"].',
        'The form has a character limit, so what does "{text}" come to[ when {include_spaces:blanks '
        "count|blanks don't count}]?",
    ),
    answer="The text has {result} characters.",
)
def text_length(text: Passage, include_spaces: bool = True, include_punctuation: bool = True) -> int:
    """Count the characters of a text.

    Args:
        text: Text to examine.
        include_spaces: Whether spaces are counted.
        include_punctuation: Whether punctuation marks are counted.
    """
    kept = text if include_spaces else re.sub(r"\s", "", text)
    return len(kept if include_punctuation else re.sub(r"[^\w\s]", "", kept))


@tool(
    asks=(
        '(Write|Put|Convert) "{phrase}" in {style} case.',
        '"{phrase}" in {style} case',
        'I need "{phrase}" as an identifier[ in {style} case].',
        'What does "{phrase}" look like when written in {style} case?',
        'Our style guide demands {style} case everywhere. Please rewrite "{phrase}"[ and {keep_digits:keep '
        "the digits|drop all digits}].",
        'Change the casing of "{phrase}"[ to {style}][, {keep_digits:digits stay|digits go}].',
    ),
    answer="Here you are: {result}",
)
def convert_case(
    phrase: Phrase,
    style: Literal["upper", "lower", "title", "sentence", "camel", "pascal", "snake", "kebab"],
    keep_digits: bool = True,
) -> str:
    """Rewrite a phrase in another letter case or identifier style.

    Args:
        phrase: Words to rewrite.
        style: Case to convert to, such as camel for camelCase or snake for snake_case.
        keep_digits: Whether digits stay in the text.
    """
    words = (phrase if keep_digits else re.sub(r"\d", "", phrase)).lower().split()
    if not words:
        raise ValueError("phrase holds no words")
    caps = [word.capitalize() for word in words]
    plain = " ".join(words)
    return {
        "upper": plain.upper(),
        "lower": plain,
        "title": " ".join(caps),
        "sentence": plain.capitalize(),
        "camel": words[0] + "".join(caps[1:]),
        "pascal": "".join(caps),
        "snake": "_".join(words),
        "kebab": "-".join(words),
    }[style]


@tool(
    asks=(
        '(Make|Create|Give me) a URL slug[ for "{title}"].',
        'What would be the web address part for the headline "{title}"?[ Keep it under {max_length} characters.]',
        'slug: "{title}"[, separator {separator}][, max {max_length}]',
        'I\'m publishing an article called "{title}" and need something safe for the link[, with '
        "{separator} between the words].",
        'Turn the title "{title}" into something I can use in a link[, {drop_stop_words:leaving out little '
        'words like "the"|keeping all words}].',
        'Please derive the permalink of "{title}"[ and {drop_stop_words:skip filler words|keep filler words}].',
    ),
    answer="The slug is {result}",
)
def slugify(
    title: Headline,
    separator: Literal["-", "_"] = "-",
    max_length: Annotated[int, Pick(12, 16, 20, 24, 30, 40)] | None = None,
    drop_stop_words: bool = False,
) -> str:
    """Turn a title into a short lower-case string that is safe in a web address.

    Args:
        title: Title of the page.
        separator: Character put between the words.
        max_length: Largest number of characters of the slug.
        drop_stop_words: Whether words such as "the" and "of" are left out.
    """
    plain = codecs.decode(title.translate(str.maketrans("éñü", "enu")).encode("ascii", "ignore"), "ascii")
    words = re.findall(r"[a-z0-9]+", plain.lower().replace("'", ""))
    if drop_stop_words:
        words = [word for word in words if word not in ("a", "an", "the", "of", "to", "and", "in", "is")] or words
    if not words:
        raise ValueError("title holds no letters or digits")
    return separator.join(words)[:max_length].strip(separator)


@tool(
    asks=(
        'Find everything that matches "{pattern}"[ in "{text}"].',
        '(What|Which parts) of "{text}" does the regular expression {pattern} match?',
        'regex {pattern} on "{text}"[, {ignore_case:case-insensitive|case-sensitive}]',
        'I\'m testing a regex, "{pattern}". Run it over "{text}"[ and give me no more than {max_matches} hits].',
        'Apply {pattern} to the text "{text}" and return the matches[, {ignore_case:ignoring case|respecting case}].',
        'Here is a text: "{text}" Please extract all matches[ of "{pattern}"][, {max_matches} at most].',
    ),
    answer="Number of matches: {count}.",
)
def regex_find_all(
    pattern: Pattern,
    text: Passage,
    ignore_case: bool = False,
    max_matches: Annotated[int, Between(2, 8)] | None = None,
) -> dict[str, Any]:
    """Find all parts of a text that match a regular expression.

    Args:
        pattern: Regular expression in Python syntax.
        text: Text to search.
        ignore_case: Whether capital and small letters match each other.
        max_matches: Largest number of matches to return.
    """
    try:
        hits = [match[0] for match in re.finditer(pattern, text, re.IGNORECASE if ignore_case else 0)]
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return {"count": len(hits[:max_matches]), "matches": hits[:max_matches]}


@tool(
    asks=(
        'Replace "{old}"[ with "{new}"] in "{text}".',
        '(Swap|Exchange) every "{old}" for "{new}" in this text: "{text}"',
        '"{old}" -> "{new}" in "{text}"[, {whole_words:whole words|anywhere}]',
        'In "{text}" it should say "{new}" (instead of|rather than) "{old}"[, but change {max_replacements} '
        "places at most].",
        'My publisher hates the word "{old}". Put "{new}" in its place: "{text}"[ {whole_words:Leave longer '
        "words alone|Parts of longer words change as well}.]",
        'Please substitute "{new}"[ for "{old}"] in the sentence "{text}"[, no more than {max_replacements} times].',
    ),
    answer="Places changed: {replaced}. The text now reads: {text_after}",
)
def replace_text(
    text: Passage,
    old: Annotated[str, Pick("the", "and", "a", "is", "at", "more", "it", "in", "by", "not", "on", "has", "to", "of")],
    new: Annotated[
        str, Pick("this", "plus", "our", "your", "&", "some", "every", "one", "near", "their", "almost", "no")
    ],
    max_replacements: Annotated[int, Between(2, 4)] | None = None,
    whole_words: bool = True,
) -> dict[str, Any]:
    """Replace a word or string in a text by another one.

    Args:
        text: Text to change.
        old: String to look for.
        new: String to put in its place.
        max_replacements: Largest number of replacements; all if left out.
        whole_words: Whether `old` is only replaced where it is a word of its own.
    """
    if not old:
        raise ValueError("old must not be empty")
    pattern = rf"\b{re.escape(old)}\b" if whole_words else re.escape(old)
    changed, count = re.subn(pattern, lambda _: new, text, count=max_replacements or 0)
    return {"replaced": count, "text_after": changed}


@tool(
    asks=(
        "What is the edit distance between {first_word} and {second_word}?",
        "How many letters do I have to change to get from {first_word}[ to {second_word}][, "
        "{swap_counts:where swapping two neighbours is one change|where swapping is not allowed}]?",
        "levenshtein {first_word} {second_word}",
        "Compare the spellings {first_word} and {second_word}: how many insertions, deletions and "
        "substitutions apart are they?",
        "I typed {first_word}[ but meant {second_word}]. By how many edits am I off[, {swap_counts:counting "
        "a swap of neighbours as one|not treating swaps specially}]?",
    ),
    answer="{first_word} and {second_word} are {result} edits apart.",
)
def edit_distance(first_word: Word, second_word: Word, swap_counts: bool = False) -> int:
    """Count the single-letter edits that turn one word into another.

    Args:
        first_word: Word to start from.
        second_word: Word to arrive at.
        swap_counts: Whether swapping two neighbouring letters counts as a single edit.
    """
    rows = [list(range(len(second_word) + 1))]
    for i, a in enumerate(first_word, 1):
        rows.append([i])
        for j, b in enumerate(second_word, 1):
            cost = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (a != b))
            if swap_counts and i > 1 and j > 1 and first_word[i - 2] == b and second_word[j - 2] == a:
                cost = min(cost, rows[i - 2][j - 2] + 1)
            rows[i].append(cost)
    return rows[-1][-1]


@tool(
    asks=(
        'How (similar|alike) are "{text_a}" and "{text_b}"[ by the {measure} measure]?',
        '(Compute|Work out) the {measure} similarity of "{text_a}" and "{text_b}".',
        '{measure}: "{text_a}" vs "{text_b}"[, {decimals} decimals]',
        'A student handed in "{text_a}" and another one "{text_b}". Judging by the shared words, how close '
        "are the two[ in terms of {measure}]?",
        'Give me a {measure} score for the overlap of these two texts. First: "{text_a}"[ Second: "{text_b}"]',
        'Text one: "{text_a}" Text two: "{text_b}" What is their {measure} coefficient[ with {decimals} decimals]?',
    ),
    answer="The two texts have a similarity of {result}.",
)
def text_similarity(
    text_a: Passage,
    text_b: Passage,
    measure: Literal["jaccard", "dice", "overlap"],
    decimals: Annotated[int, Between(2, 5)] = 3,
) -> float:
    """Measure from 0 to 1 how many words two texts share.

    Args:
        text_a: One text.
        text_b: The other text.
        measure: Coefficient to compute from the two sets of words.
        decimals: Number of decimals of the result.
    """
    one, two = ({word.lower() for word in _words(text)} for text in (text_a, text_b))
    if not one or not two:
        raise ValueError("both texts need at least one word")
    shared = len(one & two)
    whole = {"jaccard": len(one | two), "dice": (len(one) + len(two)) / 2, "overlap": min(len(one), len(two))}
    return round(shared / whole[measure], decimals)


@tool(
    asks=(
        "Which of {candidates} is (closest to|most like) {word}?",
        "Did I mean {candidates} when I typed {word}?",
        "{word} ~ {candidates}[, cutoff {cutoff}]",
        "Somebody searched for {word}. My vocabulary is {candidates}. What's the best suggestion[ with a "
        "score of {cutoff} or more]?",
        "Match {word}[ against {candidates}][ and reject anything that scores below {cutoff}].",
        "Out of {candidates}, pick the nearest spelling[ to {word}].",
    ),
    answer="{best} comes closest, with a score of {score}.",
)
def closest_match(
    word: Word,
    candidates: Annotated[list[Word], Size(3, 5)],
    cutoff: Annotated[float, Pick(0.5, 0.6, 0.7, 0.75, 0.8, 0.9)] = 0.0,
) -> dict[str, Any]:
    """Pick the word out of a list that resembles a given word most.

    Args:
        word: Word to match, perhaps misspelt.
        candidates: Words to choose from.
        cutoff: Score from 0 to 1 that a match needs to be accepted.
    """
    if not candidates:
        raise ValueError("candidates must not be empty")
    scores = [difflib.SequenceMatcher(None, word, other).ratio() for other in candidates]
    top = max(scores)
    return {"best": candidates[scores.index(top)], "score": round(top, 3), "accepted": top >= cutoff}


@tool(
    asks=(
        'Summarize "{text}"[ in {max_sentences} sentences].',
        '(Boil|Cut) this down to the {max_sentences} most important sentences: "{text}"',
        'summary, {max_sentences} sentences: "{text}"',
        'I have no time to read all of it, give me just {max_sentences} key sentences[ of "{text}"].',
        'What are the main points of "{text}"?[ Use {max_sentences} sentences.][ {as_bullets:As bullet '
        "points|As running text}, please.]",
        'Please provide an extract of[ {max_sentences} sentences from] "{text}"[, {as_bullets:formatted as '
        "bullets|in one paragraph}].",
    ),
    answer="In short: {result}",
)
def summarize_text(text: Article, max_sentences: Annotated[int, Between(2, 4)], as_bullets: bool = False) -> str:
    """Extract the sentences of a text that say most, in their original order.

    Args:
        text: Text to summarize.
        max_sentences: Largest number of sentences to keep.
        as_bullets: Whether every sentence becomes a bullet point.
    """
    if max_sentences < 1:
        raise ValueError("max_sentences must be at least 1")
    sentences = _sentences(text)
    best = sorted(range(len(sentences)), key=lambda i: (-len(set(_words(sentences[i]))), i))[:max_sentences]
    kept = [sentences[i] for i in sorted(best)]
    return "\n".join(f"- {line}" for line in kept) if as_bullets else " ".join(kept)


@tool(
    asks=(
        '(Shorten|Trim|Truncate) "{text}" to {max_chars} characters.',
        'Cut off "{text}"[ after {max_chars} characters][ and end it with "{ending}"].',
        'first {max_chars} chars of "{text}"[, {keep_words:whole words|cut anywhere}]',
        'The preview box holds {max_chars} characters. What remains of "{text}"[ if words {keep_words:must '
        "stay whole|may be cut}]?",
        'I need "{text}" to fit in a field of limited size[, namely {max_chars} characters][, with '
        '"{ending}" where it breaks off].',
    ),
    answer="Shortened: {result}",
)
def truncate(
    text: Passage,
    max_chars: Annotated[int, Between(15, 50)],
    ending: Annotated[str, Pick("...", "…", ">>", "~", "--", "//")] = "...",
    keep_words: bool = True,
) -> str:
    """Cut a text off at a number of characters.

    Args:
        text: Text to cut.
        max_chars: Largest number of characters of the result, its ending included.
        ending: String put where the text was cut.
        keep_words: Whether to cut between words only.
    """
    room = max_chars - len(ending)
    if room < 1:
        raise ValueError("max_chars must be larger than the ending")
    if len(text) <= max_chars:
        return text
    head = text[:room]
    if keep_words and text[room] != " " and " " in head:
        head = head.rpartition(" ")[0]
    return head.rstrip() + ending


@tool(
    asks=(
        '(Encode|Convert) "{text}"[ (as|to) {scheme}].',
        'What is "{text}" in {scheme}?',
        '{scheme} "{text}"',
        'I have to pass "{text}" to an API that only takes {scheme}. Can you encode it[, '
        "{line_breaks:wrapped in lines|all on one line}]?",
        'Give me the {scheme} form[ of "{text}"].',
        'Please produce the {scheme} representation of the string "{text}"[, {line_breaks:with line '
        "breaks|without line breaks}].",
    ),
    answer="In {scheme} that is {result}",
)
def encode_string(
    text: Secret, scheme: Literal["base64", "base32", "hex", "percent-encoding"], line_breaks: bool = False
) -> str:
    """Encode a text for transport in a technical format; this hides nothing.

    Args:
        text: Text to encode, taken as UTF-8.
        scheme: Encoding to use.
        line_breaks: Whether the result is broken into lines of 76 characters.
    """
    data = text.encode()
    done = {
        "base64": base64.b64encode(data).decode(),
        "base32": base64.b32encode(data).decode(),
        "hex": data.hex(),
        "percent-encoding": quote(text),
    }[scheme]
    return "\n".join(textwrap.wrap(done, 76)) if line_breaks else done


@tool(
    asks=(
        '(Encrypt|Encipher) "{message}"[ with a Caesar shift of {shift}].',
        'Shift every letter of "{message}" by {shift} places[, {direction} in the alphabet].',
        'caesar {shift}: "{message}"',
        'My kids want a secret message: "{message}" with each letter moved {shift} positions. What comes out?',
        'Apply the cipher of Julius Caesar[ with key {shift}] to "{message}"[ and shift {direction}].',
        'Key {shift}, plain text "{message}". What is the cipher text?',
    ),
    answer="The cipher text reads {result}",
)
def caesar_cipher(
    message: Secret,
    shift: Annotated[int, Between(2, 24)],
    direction: Literal["forwards", "backwards"] = "forwards",
) -> str:
    """Encrypt a message by moving each letter a number of places in the alphabet.

    Args:
        message: Text to encrypt.
        shift: Number of places to move each letter.
        direction: Direction in the alphabet.
    """
    step = shift if direction == "forwards" else -shift

    def moved(letter: str) -> str:
        start = ord("a") if letter.islower() else ord("A")
        return chr((ord(letter) - start + step) % 26 + start)

    return "".join(moved(c) if c.isascii() and c.isalpha() else c for c in message)


@tool(
    asks=(
        "Which word do the code points {codes} spell?",
        "(Decode|Translate) these character codes[: {codes}][ with {separator} between the letters].",
        "ascii {codes}",
        "I found the numbers {codes} scratched into a desk, apparently each one stands for a character. "
        "What do they say[ in {letter_case} case]?",
        "Turn {codes} into characters[ joined by {separator}].",
    ),
    answer="The codes spell {result}",
)
def chars_from_codes(
    codes: Annotated[list[Annotated[int, Between(65, 90)]], Size(3, 6)],
    separator: Annotated[str, Pick("-", "_", "/", "+", "*")] = "",
    letter_case: Literal["upper", "lower"] | None = None,
) -> str:
    """Turn a list of Unicode code points into text.

    Args:
        codes: Code points as decimal numbers, such as 65 for A.
        separator: String put between the characters.
        letter_case: Letter case of the result; as it comes if left out.
    """
    if not codes or min(codes) < 32 or max(codes) > 0x10FFFF:
        raise ValueError("every code must be a printable Unicode code point")
    spelt = separator.join(map(chr, codes))
    return {"upper": spelt.upper(), "lower": spelt.lower()}.get(letter_case or "", spelt)


@tool(
    asks=(
        "How long does it take to read {words} words[ at {words_per_minute} words per minute]?",
        "(Estimate|Tell me) the reading time of a text[ with {words} words][, including {images} pictures].",
        "{words} words[, {images} images][, {words_per_minute} wpm], minutes to read?",
        "My blog post has {words} words. I'd like to print above it how many minutes people will need[, "
        "given {images} illustrations].",
        "Can {words} words be read on a short train ride[ by somebody who manages {words_per_minute} words "
        "a minute]? I need an estimate in minutes.",
    ),
    answer="Reading takes about {result} minutes.",
)
def reading_time(
    words: Annotated[int, Between(150, 9000)],
    words_per_minute: Annotated[int, Pick(150, 180, 220, 250, 300)] = 200,
    images: Annotated[int, Between(2, 15)] = 0,
) -> float:
    """Estimate how many minutes it takes to read a text.

    Args:
        words: Number of words of the text.
        words_per_minute: Reading speed.
        images: Number of pictures, each taking 12 seconds.
    """
    if words < 0 or words_per_minute <= 0:
        raise ValueError("words must not be negative and the speed must be above 0")
    return round(words / words_per_minute + images * 0.2, 1)


@tool(
    asks=(
        "(Write|Format) the name {person.first} {person.last} in {style} style.",
        "How would {person.first} {person.last} be listed in {style} format[, {uppercase_last:with the "
        "family name in capitals|with the family name in normal letters}]?",
        "{person.first} {person.last}, {style}",
        "The name tag of {person.first} {person.last} should follow the {style} layout[, "
        "{uppercase_last:surname in capital letters|no capitals for the surname}].",
        "First name {person.first}, last name {person.last}. Please render that[ the {style} way].",
        "For the bibliography, give me {person.first} {person.last} in the {style} form[, with {title} before it].",
    ),
    answer="The name is written {result}",
)
def format_person_name(
    person: Person,
    style: Literal["last-first", "initials", "full", "short"],
    title: Annotated[str, Pick("Dr.", "Prof.", "Sir", "Dame", "Captain", "Judge", "Sister", "Rev.")] | None = None,
    uppercase_last: bool = False,
) -> str:
    """Write a person's name in a given style.

    Args:
        person: First and last name.
        style: Order and abbreviation; short is the initial of the first name plus the last name.
        title: Title put before the name.
        uppercase_last: Whether the last name is set in capitals.
    """
    first, last = person["first"], person["last"].upper() if uppercase_last else person["last"]
    if not first or not last:
        raise ValueError("both names are needed")
    styles = {
        "last-first": f"{last}, {first}",
        "initials": f"{first[0]}. {last[0]}.",
        "full": f"{first} {last}",
    }
    return f"{title} " * bool(title) + styles.get(style, f"{first[0]}. {last}")
