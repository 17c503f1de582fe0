"""Almanac: what people look up of people, works, peoples, nature, sport and chance."""

import math
import zlib
from collections.abc import Mapping
from typing import Annotated, Literal, TypeVar

from sftctl.core.tools import Between, Pick, Said, Size, tool

_T = TypeVar("_T")

_TREATIES = {
    "Treaty of Zaragoza": (1529, "Zaragoza", "Portugal and Spain"),
    "Peace of Augsburg": (1555, "Augsburg", "Charles V and the Schmalkaldic League"),
    "Peace of Westphalia": (1648, "Münster and Osnabrück", "the powers of the Thirty Years' War"),
    "Treaty of the Pyrenees": (1659, "Pheasant Island", "France and Spain"),
    "Treaty of Nerchinsk": (1689, "Nerchinsk", "Russia and China"),
    "Peace of Utrecht": (1713, "Utrecht", "the powers of the War of the Spanish Succession"),
    "Treaty of Nystad": (1721, "Nystad", "Russia and Sweden"),
    "Treaty of Küçük Kaynarca": (1774, "Küçük Kaynarca", "Russia and the Ottoman Empire"),
    "Peace of Paris of 1783": (1783, "Paris", "Great Britain and the United States"),
    "Treaty of Fort Greenville": (1795, "Fort Greenville", "the United States and the Western Confederacy"),
    "Peace of Amiens": (1802, "Amiens", "France and the United Kingdom"),
    "Treaty of Ghent": (1814, "Ghent", "the United Kingdom and the United States"),
    "Treaty of Waitangi": (1840, "Waitangi", "the British Crown and Māori chiefs"),
    "Treaty of Guadalupe Hidalgo": (1848, "Guadalupe Hidalgo", "Mexico and the United States"),
    "Treaty of Brest-Litovsk": (1918, "Brest-Litovsk", "Russia and the Central Powers"),
    "Treaty of Versailles": (1919, "Versailles", "Germany and the Allies"),
    "Treaty of Saint-Germain-en-Laye": (1919, "Saint-Germain-en-Laye", "Austria and the Allies"),
    "Molotov–Ribbentrop Pact": (1939, "Moscow", "Germany and the Soviet Union"),
    "Good Friday Agreement": (1998, "Belfast", "the United Kingdom and Ireland"),
}
_INVENTIONS = {
    "printing press with movable type": ("Johannes Gutenberg", 1440),
    "flying shuttle": ("John Kay", 1733),
    "hot-air balloon": ("the Montgolfier brothers", 1783),
    "cotton gin": ("Eli Whitney", 1793),
    "safety pin": ("Walter Hunt", 1849),
    "Bessemer process": ("Henry Bessemer", 1856),
    "Gatling gun": ("Richard Gatling", 1861),
    "four-stroke engine": ("Nikolaus Otto", 1876),
    "phonograph": ("Thomas Edison", 1877),
    "zip fastener": ("Gideon Sundback", 1913),
    "Geiger–Müller counter": ("Hans Geiger and Walther Müller", 1928),
    "jet engine": ("Frank Whittle", 1930),
    "ballpoint pen": ("László Bíró", 1938),
    "atomic clock": ("Louis Essen and Jack Parry", 1955),
    "three-point seat belt": ("Nils Bohlin", 1959),
    "Moog synthesizer": ("Robert Moog", 1964),
    "CT scanner": ("Godfrey Hounsfield", 1971),
    "Rubik's Cube": ("Ernő Rubik", 1974),
    "World Wide Web": ("Tim Berners-Lee", 1989),
}
_MUSIC = {
    "The Four Seasons": ("Antonio Vivaldi", 1725, 42),
    "Brandenburg Concerto No. 3": ("Johann Sebastian Bach", 1721, 12),
    "Music for the Royal Fireworks": ("George Frideric Handel", 1749, 20),
    "Eine kleine Nachtmusik": ("Wolfgang Amadeus Mozart", 1787, 18),
    "The Marriage of Figaro": ("Wolfgang Amadeus Mozart", 1786, 180),
    "Symphonie fantastique": ("Hector Berlioz", 1830, 55), "Symphony No. 9": ("Ludwig van Beethoven", 1824, 68),
    "The Barber of Seville": ("Gioachino Rossini", 1816, 160), "La traviata": ("Giuseppe Verdi", 1853, 130),
    "A German Requiem": ("Johannes Brahms", 1868, 70), "Peer Gynt Suite No. 1": ("Edvard Grieg", 1888, 15),
    "1812 Overture": ("Pyotr Ilyich Tchaikovsky", 1880, 16),
    "Pictures at an Exhibition": ("Modest Mussorgsky", 1874, 33),
    "Also sprach Zarathustra": ("Richard Strauss", 1896, 33), "The Rite of Spring": ("Igor Stravinsky", 1913, 34),
    "Rhapsody in Blue": ("George Gershwin", 1924, 17), "Boléro": ("Maurice Ravel", 1928, 15),
    "Carmina Burana": ("Carl Orff", 1936, 60), "Porgy and Bess": ("George Gershwin", 1935, 180),
    "Concierto de Aranjuez": ("Joaquín Rodrigo", 1939, 22),
}  # fmt: skip
_NOVELS = {
    "The Old Man and the Sea": ("Ernest Hemingway", "Santiago and Manolin"),
    "To Kill a Mockingbird": ("Harper Lee", "Scout and Atticus Finch"),
    "Lord of the Flies": ("William Golding", "Ralph, Jack and Piggy"),
    "The Count of Monte Cristo": ("Alexandre Dumas", "Edmond Dantès and Mercédès"),
    "Of Mice and Men": ("John Steinbeck", "George and Lennie"),
    "Alice's Adventures in Wonderland": ("Lewis Carroll", "Alice and the White Rabbit"),
    "Twenty Thousand Leagues Under the Sea": ("Jules Verne", "Captain Nemo and Professor Aronnax"),
    "The Brothers Karamazov": ("Fyodor Dostoevsky", "Dmitri, Ivan and Alyosha"),
    "The Hitchhiker's Guide to the Galaxy": ("Douglas Adams", "Arthur Dent and Ford Prefect"),
    "Love in the Time of Cholera": ("Gabriel García Márquez", "Florentino Ariza and Fermina Daza"),
    "Around the World in Eighty Days": ("Jules Verne", "Phileas Fogg and Passepartout"),
    "Fahrenheit 451": ("Ray Bradbury", "Guy Montag and Clarisse McClellan"),
    "Catch-22": ("Joseph Heller", "Yossarian and Milo Minderbinder"),
    "Slaughterhouse-Five": ("Kurt Vonnegut", "Billy Pilgrim"),
    "The Strange Case of Dr Jekyll and Mr Hyde": ("Robert Louis Stevenson", "Henry Jekyll and Edward Hyde"),
    "The Sorrows of Young Werther": ("Johann Wolfgang von Goethe", "Werther and Charlotte"),
    "Zorba the Greek": ("Nikos Kazantzakis", "Alexis Zorba"),
    "One Flew Over the Cuckoo's Nest": ("Ken Kesey", "Randle McMurphy and Nurse Ratched"),
    "For Whom the Bell Tolls": ("Ernest Hemingway", "Robert Jordan and María"),
}
_GAMES = {
    1908: ("London", ""), 1912: ("Stockholm", ""), 1924: ("Paris", "Chamonix"), 1928: ("Amsterdam", "St. Moritz"),
    1932: ("Los Angeles", "Lake Placid"), 1936: ("Berlin", "Garmisch-Partenkirchen"), 1948: ("London", "St. Moritz"),
    1952: ("Helsinki", "Oslo"), 1956: ("Melbourne", "Cortina d'Ampezzo"), 1960: ("Rome", "Squaw Valley"),
    1964: ("Tokyo", "Innsbruck"), 1968: ("Mexico City", "Grenoble"), 1972: ("Munich", "Sapporo"),
    1976: ("Montreal", "Innsbruck"), 1980: ("Moscow", "Lake Placid"), 1984: ("Los Angeles", "Sarajevo"),
    1988: ("Seoul", "Calgary"), 1992: ("Barcelona", "Albertville"), 2000: ("Sydney", ""),
}  # fmt: skip
_BUILDINGS = {
    "St. Peter's Basilica": (137, 1626), "Notre-Dame de Paris": (96, 1345), "St. Paul's Cathedral": (111, 1710),
    "Saint Basil's Cathedral": (48, 1561), "Cologne Cathedral": (157, 1880), "Ulm Minster": (162, 1890),
    "Salisbury Cathedral": (123, 1320), "Hagia Sophia": (55, 537), "Taipei 101": (508, 2004),
    "One World Trade Center": (541, 2014), "Merdeka 118": (679, 2023), "30 St Mary Axe": (180, 2003),
    "Neuschwanstein Castle": (65, 1886), "Sacré-Cœur de Montmartre": (83, 1914), "Hallgrímskirkja": (75, 1986),
    "King's College Chapel": (29, 1515), "30 Rockefeller Plaza": (259, 1933), "Burj Khalifa": (828, 2009),
    "Angkor Wat": (65, 1150), "Q1 Tower": (323, 2005),
}  # fmt: skip
_SPECIES = {
    "African bush elephant": (65, "grasses and bark", "savannas"), "blue whale": (85, "krill", "all oceans"),
    "giant Pacific octopus": (4, "crabs and clams", "the North Pacific"),
    "greater one-horned rhinoceros": (40, "grasses", "floodplains"), "red-eyed tree frog": (5, "insects",
    "rainforests"),
    "Galápagos giant tortoise": (120, "cacti and grasses", "volcanic islands"),
    "Greenland shark": (300, "fish and seals", "cold deep water"), "snow leopard": (17, "wild sheep", "high mountains"),
    "three-toed sloth": (25, "leaves", "rainforest canopies"), "naked mole-rat": (30, "roots",
    "burrows in East Africa"),
    "king penguin": (26, "fish and squid", "subantarctic islands"), "Komodo dragon": (30, "deer", "dry islands"),
    "ring-tailed lemur": (18, "fruit and leaves", "the forests of Madagascar"),
    "duck-billed platypus": (15, "larvae and worms", "streams in Australia"),
    "Tasmanian devil": (6, "carrion", "the forests of Tasmania"), "Père David's deer": (18, "grasses", "marshes"),
    "Nile crocodile": (60, "fish and antelopes", "rivers in Africa"), "white-tailed eagle": (25, "fish", "coasts"),
    "Queen Alexandra's birdwing": (1, "nectar", "rainforests"), "giant panda": (20, "bamboo", "mountain forests"),
}  # fmt: skip
_BODIES = {
    "Proxima Centauri b": 4.25, "Alpha Centauri A": 4.37, "Barnard's Star": 5.96, "Wolf 359": 7.9, "Sirius B": 8.6,
    "Tau Ceti e": 11.9, "TRAPPIST-1": 40.7, "Beta Pictoris b": 63.4, "51 Pegasi b": 50.6, "Kepler-22b": 644.0,
    "Eta Carinae": 7500.0, "Sagittarius A*": 26700.0, "Messier 13": 22200.0, "Omega Centauri": 17000.0,
    "VY Canis Majoris": 3900.0, "NGC 1300": 61000000.0, "Messier 87": 53500000.0, "3C 273": 2440000000.0,
}  # fmt: skip
_SCRIPTS = {
    "Scottish Gaelic": ("Latin", 18), "Serbo-Croatian": ("Cyrillic and Latin", 30), "Ancient Greek": ("Greek", 24),
    "Old Church Slavonic": ("Glagolitic", 41), "Haitian Creole": ("Latin", 32), "Standard Tibetan": ("Tibetan", 30),
    "Biblical Hebrew": ("Hebrew", 22), "Modern Standard Arabic": ("Arabic", 28), "Tok Pisin": ("Latin", 22),
    "Eastern Armenian": ("Armenian", 39), "Hawaiian": ("Latin", 13), "Te Reo Māori": ("Latin", 15),
    "Northern Sámi": ("Latin", 29), "Crimean Tatar": ("Latin", 31), "Georgian": ("Mkhedruli", 33),
    "Inuktitut": ("Canadian Aboriginal syllabics", 45), "Cherokee": ("Cherokee syllabary", 85),
    "Punjabi": ("Gurmukhi", 35), "Tz'utujil": ("Latin", 33), "Romansh": ("Latin", 26),
}  # fmt: skip
_CASES = {
    "Marbury v. Madison": (1803, "courts may strike down laws that break the constitution", "4 to 0"),
    "McCulloch v. Maryland": (1819, "a state cannot tax the federal bank", "7 to 0"),
    "Gibbons v. Ogden": (1824, "Congress regulates commerce between the states", "6 to 0"),
    "Dred Scott v. Sandford": (1857, "enslaved people were not citizens", "7 to 2"),
    "Plessy v. Ferguson": (1896, "segregation was lawful if facilities were equal", "7 to 1"),
    "Lochner v. New York": (1905, "a limit to working hours broke the freedom of contract", "5 to 4"),
    "Schenck v. United States": (1919, "speech that is a clear and present danger is not protected", "9 to 0"),
    "Korematsu v. United States": (1944, "the internment of Japanese Americans was lawful", "6 to 3"),
    "Brown v. Board of Education": (1954, "segregated schools are unconstitutional", "9 to 0"),
    "Mapp v. Ohio": (1961, "evidence from unlawful searches may not be used", "6 to 3"),
    "Gideon v. Wainwright": (1963, "the poor must be given a lawyer", "9 to 0"),
    "New York Times Co. v. Sullivan": (1964, "officials must prove actual malice to win for libel", "9 to 0"),
    "Miranda v. Arizona": (1966, "suspects must be told of their rights", "5 to 4"),
    "Loving v. Virginia": (1967, "marriage between races may not be forbidden", "9 to 0"),
    "Tinker v. Des Moines": (1969, "pupils keep their freedom of speech at school", "7 to 2"),
    "Roe v. Wade": (1973, "the right to privacy covers abortion, which was overruled in 2022", "7 to 2"),
    "United States v. Nixon": (1974, "the president must hand over the tapes", "8 to 0"),
    "Bush v. Gore": (2000, "the recount in Florida had to stop", "5 to 4"),
    "Obergefell v. Hodges": (2015, "same-sex couples may marry", "5 to 4"),
}

_CARDS = {"spade": 13, "heart": 13, "diamond": 13, "club": 13, "face card": 12, "red card": 26, "king": 4, "jack": 4}
_REGNAL = ("Charles", "Frederick", "Louis", "Philip", "Ferdinand", "Maria", "Isabella", "Christian", "John", "Anne")
_NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII")
_SURNAMES = ("Alvarez", "Becker", "Castillo", "Dubois", "Ferreira", "Kovács", "Moreau", "Novák", "Rossi", "Salazar")

Language = Literal["English", "Spanish", "French", "German", "Portuguese"]
Century = Annotated[int, Said({century: f"{century}th" for century in range(12, 20)})]


def _hash(*key: object) -> int:
    """A number that is always the same for the same key."""
    return zlib.crc32(repr(key).encode())


def _entry(table: Mapping[str, _T], name: str) -> _T:
    if name not in table:
        raise ValueError(f"nothing is known about '{name}'")
    return table[name]


@tool(
    asks=(
        "When was the {treaty} signed[, and what were its {include}]?",
        "Where was the {treaty} signed?[ I'd like its {include} too.]",
        "Which powers signed the {treaty}[, and what were its {include}]?",
        "What year is the {treaty} from?[ Answer in {language}.]",
        "{treaty} (date|year) and place[, {include}]",
        "My history homework is on the {treaty}. Who agreed on it with whom, and when?[ Answer in {language}.]",
        "Kindly state the date, place and signatories[ of the {treaty}][, together with its {include}].",
    ),
    answer="The {treaty} was signed in {place} in {year} by {parties}.",
)
def treaty_signing(
    treaty: Annotated[str, Pick(*_TREATIES)],
    include: Annotated[list[Literal["main terms", "consequences", "secret clauses"]], Size(1, 3)] | None = None,
    language: Language = "English",
) -> dict[str, str | int]:
    """Look up when and where a treaty was signed, and by whom.

    Args:
        treaty: Full name of the treaty, pact or peace, without article.
        include: What else to tell about it.
        language: Language of the answer.
    """
    year, place, parties = _entry(_TREATIES, treaty)
    more: dict[str, str | int] = {key: f"{2 + _hash(treaty, key) % 5} entries" for key in include or ()}
    result: dict[str, str | int] = {"year": year, "place": place, "parties": parties, "language": language}
    return result | more


@tool(
    asks=(
        "Who were the {title} of {realm} in the {century} century?",
        "Which {title} ruled {realm} in the {century} century[, {dates:and from when to when|names alone}]?",
        "How many {title} did {realm} have in the {century} century[, {dates:with years|without any years}]?",
        "What were the {title} of {realm} called in the {century} century?",
        "{title} of {realm}, {century} century[, {dates:with dates|no dates}]",
        "I'm drawing up a family tree of the {title}[ of {realm}]. Who sat on the throne in the {century} century?",
        "For the exhibition we require all {title}[ of {realm}] of the {century} century[, {dates:their reigns "
        "included|just by name}].",
    ),
    answer="The {title} of {realm} in that century were {names}.",
)
def monarchs_of_century(
    realm: Annotated[
        str,
        Pick(
            "Aragon", "Bohemia", "Bosnia", "Castile and León", "Croatia-Slavonia", "Denmark-Norway", "Great Britain",
            "Hungary", "Jerusalem", "León", "Naples and Sicily", "Navarre", "Poland-Lithuania", "Portugal",
            "Saxe-Coburg and Gotha", "Scotland", "Schleswig-Holstein", "Württemberg",
        ),
    ],
    title: Literal["kings", "queens", "monarchs", "regents"],
    century: Century,
    dates: bool = False,
) -> dict[str, str | int]:  # fmt: skip
    """List the kings, queens, monarchs or regents of a realm in one century.

    Args:
        realm: Name of the country or realm.
        title: Which rulers to list.
        century: Number of the century, e.g. 18 for the years from 1701 to 1800.
        dates: Whether to give the years of each reign.
    """
    if not 12 <= century <= 19:
        raise ValueError("only the 12th to the 19th century are covered")
    count = 2 + _hash(realm, century) % 4
    names = [
        f"{_REGNAL[_hash(realm, century, title, i) % len(_REGNAL)]} {_NUMERALS[(century + i) % len(_NUMERALS)]}"
        + (f" (from {100 * (century - 1) + 1 + i * 100 // count})" if dates else "")
        for i in range(count)
    ]
    return {"names": ", ".join(names), "count": count}


@tool(
    asks=(
        "Who was {office} of {state} in {year}?",
        "Who governed {state} as {office} in {year}[, {party:and for which party|the party aside}]?",
        "In {year}, who was {office} of {state}[, {party:and which party were they from|whatever the party}]?",
        "Which politician was {office} of {state} in the year {year}?",
        "{office} {state} {year}[, {party:with party|without party}]",
        "My grandfather emigrated[ from {state}] in {year}. Who was {office} then[, {party:and from which "
        "party|whatever the party}]?",
        "Please name the person who held the post of {office}[ in {state}] in {year}.",
    ),
    answer="In {year}, {name} was {office} of {state}.",
)
def head_of_state_or_government(
    state: Annotated[
        str,
        Pick(
            "Bosnia and Herzegovina", "Costa Rica", "Côte d'Ivoire", "El Salvador", "Equatorial Guinea", "Finland",
            "Guinea-Bissau", "Liberia", "New Zealand", "Papua New Guinea", "South Korea", "São Tomé and Príncipe",
            "Sri Lanka", "Timor-Leste", "Trinidad and Tobago", "Uruguay", "Venezuela", "Western Samoa",
        ),
    ],
    office: Literal["president", "prime minister", "vice president", "foreign minister"],
    year: Annotated[int, Pick(*range(1910, 2020))],
    party: bool = False,
) -> dict[str, str | int]:  # fmt: skip
    """Name the president, prime minister or another head of a state in a given year.

    Args:
        state: English name of the state.
        office: Office that the person held.
        year: Year asked about, from 1850 on.
        party: Whether to name the party as well.
    """
    if not 1850 <= year <= 2025:
        raise ValueError("only the years from 1850 to 2025 are covered")
    term = year // 4
    name = f"{'AEJLMRT'[_hash(term, state) % 7]}. {_SURNAMES[_hash(state, office, term) % len(_SURNAMES)]}"
    result: dict[str, str | int] = {"name": name, "since": term * 4}
    return result | {"party": ("Liberals", "Conservatives", "Labour")[_hash(name) % 3]} if party else result


@tool(
    asks=(
        "How many people follow {religion}[ in {region}]?",
        "How many followers did {religion} have[ in {year}][, in {region} alone]?",
        "Is it true that {religion} is growing[ in {region}]?[ How many adherents did it have in {year}?]",
        "How widespread is {religion}[ in {region}]?",
        "{religion} followers[ {region}][ {year}]",
        "In our religion class the question came up how many people adhere to {religion}[ in {region}]. Do you know?",
        "The number of adherents[ of {religion}] is needed for a report[, for {region} only][, as of {year}].",
    ),
    answer="{religion} has about {followers} followers.",
)
def religion_followers(
    religion: Annotated[
        str,
        Pick(
            "Anglo-Catholicism", "Candomblé", "Cao Đài", "Eastern Orthodox Christianity", "Ibadi Islam",
            "Jainism", "Mahayana Buddhism", "Quakerism", "Reform Judaism", "Roman Catholicism", "Santería",
            "Seventh-day Adventism", "Shi'a Islam", "Sikhism", "Sōtō Zen", "Theravada Buddhism", "Vaishnava Hinduism",
            "Zoroastrianism",
        ),
    ],
    region: Literal["Africa", "Asia", "Europe", "North America", "South America", "Oceania"] | None = None,
    year: Annotated[int, Pick(*range(1900, 2021))] = 2020,
) -> dict[str, str | int]:  # fmt: skip
    """Estimate how many followers a religion or denomination has.

    Args:
        religion: Full name of the religion or denomination.
        region: Continent to count on; the whole world if left out.
        year: Year of the estimate.
    """
    if not 1900 <= year <= 2025:
        raise ValueError("there are estimates from 1900 on only")
    followers = (10**5 + _hash(religion, region) % 10**8) * (year - 1850) // 170
    return {"followers": followers, "year": year}


@tool(
    asks=(
        "Who invented the {invention}?[ Answer in {language}, please.]",
        "When was the {invention} invented[, {patents:and who held the patents|patents aside}]?",
        "Who came up with the {invention}, and in which year?",
        "How long has the {invention} been around[, {patents:and was it patented|never mind patents}]?",
        "{invention} inventor[, {language} text]",
        "Our son insists that an Englishman made the first {invention}. Who was it really[, {patents:with the patent "
        "record to prove it|without patent details}]?",
        "Kindly indicate the originator and the year[ of the {invention}][, in {language}].",
    ),
    answer="The {invention} was invented by {inventor} in {year}.",
)
def invention_origin(
    invention: Annotated[str, Pick(*_INVENTIONS)],
    patents: bool = False,
    language: Language = "English",
) -> dict[str, str | int]:
    """Look up who invented something, and when.

    Args:
        invention: The invention, without article.
        patents: Whether to add what is known of patents.
        language: Language of the answer.
    """
    inventor, year = _entry(_INVENTIONS, invention)
    result: dict[str, str | int] = {"inventor": inventor, "year": year, "language": language}
    return result | {"patents": _hash(invention) % 9} if patents else result


@tool(
    asks=(
        "What did {scientist} contribute[ to {field}]?",
        "What is {scientist} famous for[ in {field}]?",
        "Which discoveries did {scientist} make[ in {field}]?[ Just the {limit} greatest.]",
        "Why does {scientist} matter so much[ to {field}]?",
        "{scientist} discoveries[ {field}][ top {limit}]",
        "A street here is named after {scientist}. What did they discover[ in {field}]?",
        "Please summarize the scientific merits[ of {scientist}][ in {field}][, in {limit} points].",
    ),
    answer="{scientist} is known for {result}.",
)
def contributions_of_scientist(
    scientist: Annotated[
        str,
        Pick(
            "Alexander von Humboldt", "Alhazen (Ibn al-Haytham)", "André-Marie Ampère", "Antoine-Laurent de Lavoisier",
            "C. V. Raman", "Carl Friedrich Gauss", "Chien-Shiung Wu", "Dorothy Crowfoot Hodgkin", "Erwin Schrödinger",
            "Gottfried Wilhelm Leibniz", "Jocelyn Bell Burnell", "Joseph-Louis Gay-Lussac", "Maria Goeppert Mayer",
            "Marie Skłodowska-Curie", "Pierre-Simon Laplace", "J. Robert Oppenheimer", "Subrahmanyan Chandrasekhar",
            "William Thomson, 1st Baron Kelvin", "Émilie du Châtelet", "Évariste Galois",
        ),
    ],
    field: Literal["physics", "chemistry", "mathematics", "astronomy", "philosophy"] | None = None,
    limit: Annotated[int, Between(2, 4)] = 3,
) -> list[str]:  # fmt: skip
    """List the discoveries and other contributions of a scientist.

    Args:
        scientist: Full name of the scientist.
        field: Field of science; any if left out.
        limit: Most contributions to list.
    """
    if limit < 1:
        raise ValueError("limit must be at least 1")
    kinds = ("a theorem", "a famous experiment", "a standard textbook", "a measuring instrument", "a law of nature")
    start = _hash(scientist, field) % len(kinds)
    return [kinds[(start + i) % len(kinds)] + (f" of {field}" if field else "") for i in range(min(limit, 5))]


@tool(
    asks=(
        "Who (composed|wrote the music of) {work}?",
        "When was {work} first performed[, {premiere:and where was the premiere|wherever that was}]?",
        "How long is {work}[ in the {version} version]?",
        "Who is the composer of {work}[, and how long does the {version} version take]?",
        "{work} composer, year[, {premiere:plus premiere|without the premiere}]",
        "They played {work} on the radio just now. Who's it by[, {premiere:and where was it played first|but spare me "
        "the premiere}]?",
        "Please provide composer, year and duration[ of {work}][ as performed in the {version} version].",
    ),
    answer="{work} is by {composer}, dates from {year} and lasts about {minutes} minutes.",
)
def classical_work_facts(
    work: Annotated[str, Pick(*_MUSIC)],
    version: Literal["orchestral", "piano", "concert", "abridged"] | None = None,
    premiere: bool = False,
) -> dict[str, str | int]:
    """Look up composer, year and length of a work of classical music.

    Args:
        work: Full title of the work, with its number if it has one.
        version: Version of the work; the original if left out.
        premiere: Whether to tell about the first performance.
    """
    composer, year, minutes = _entry(_MUSIC, work)
    minutes = minutes // 2 if version == "abridged" else minutes
    result: dict[str, str | int] = {"composer": composer, "year": year, "minutes": minutes}
    return result | {"premiere": f"{1 + _hash(work) % 28} March {year + 1}"} if premiere else result


@tool(
    asks=(
        "What are the {aspects} of {novel}?",
        "Which {aspects} (does {novel} have|are there in {novel})?[ {spoilers:Spoilers are fine.|No spoilers.}]",
        "What should I know about the {aspects} of {novel}?",
        "Who wrote {novel}, and what are its {aspects}?",
        "{novel} {aspects}[, {spoilers:with spoilers|spoiler-free}]",
        "I'm only halfway through {novel} and have to hand in an essay. What are its {aspects}[ {spoilers:even if that "
        "gives the end away|as long as the end stays secret}]?",
        "For our reading circle, kindly outline the {aspects}[ of {novel}].",
    ),
    answer="On {novel}: {result}.",
)
def novel_aspects(
    novel: Annotated[str, Pick(*_NOVELS)],
    aspects: Annotated[list[Literal["main characters", "themes", "symbols", "plot twists"]], Size(1, 3)],
    spoilers: bool = False,
) -> dict[str, str]:
    """Look up the author, characters, themes or other aspects of a novel.

    Args:
        novel: Full title of the novel.
        aspects: What to tell about it.
        spoilers: Whether the end may be given away.
    """
    author, characters = _entry(_NOVELS, novel)
    themes = ("guilt and mercy", "freedom", "friendship", "power and justice", "the passing of time")
    known = {aspect: themes[_hash(novel, aspect) % len(themes)] for aspect in aspects}
    known |= {"main characters": characters} if "main characters" in aspects else {}
    return {"author": author} | known | ({"end": "told in the last chapter"} if spoilers else {})


@tool(
    asks=(
        "How many {award} did {film} win[, {nominations:and how many was it nominated for|not counting nominations}]?",
        "Did {film} win any {award}?",
        "Was {film} ever up for the {award}[, {nominations:nominations included|wins only}]?",
        "What did {film} get at the {award}[ in the category of {category}]?",
        "{film} {award}[, {nominations:nominations too|wins only}]",
        "I bet my wife that {film} got nothing at the {award}[ for {category}]. Am I right?",
        "Kindly state the distinctions[ of {film}] at the {award}[, {category} only].",
    ),
    answer="{film} won {wins} {award}.",
)
def film_awards(
    film: Annotated[
        str,
        Pick(
            "12 Angry Men", "2001: A Space Odyssey", "8½", "Amélie", "Butch Cassidy and the Sundance Kid",
            "Crouching Tiger, Hidden Dragon", "Dr. Strangelove", "E.T. the Extra-Terrestrial",
            "Everything Everywhere All at Once", "Guess Who's Coming to Dinner", "It's a Wonderful Life",
            "Mad Max: Fury Road", "Monty Python and the Holy Grail", "Once Upon a Time in the West", "Ocean's Eleven",
            "Raiders of the Lost Ark", "Singin' in the Rain", "Star Wars: Episode IV – A New Hope",
            "The Good, the Bad and the Ugly", "The Lord of the Rings: The Return of the King", "WALL-E",
        ),
    ],
    award: Literal["Oscars", "Golden Globes", "BAFTAs", "César Awards"],
    category: Literal["best picture", "best director", "best score", "best actress", "best actor"] | None = None,
    nominations: bool = False,
) -> dict[str, int]:  # fmt: skip
    """Count the awards that a film won.

    Args:
        film: Full title of the film.
        award: Which award.
        category: Category of the award; all if left out.
        nominations: Whether to count the nominations as well.
    """
    if not film:
        raise ValueError("a title is needed")
    wins = _hash(film, award, category) % (2 if category else 8)
    return {"wins": wins} | ({"nominations": wins + _hash(film) % 4} if nominations else {})


@tool(
    asks=(
        "How many goals has {player} scored for {club}[ in {competition} matches]?",
        "How many goals did {player} score for {club}[ in the {season} season]?",
        "How often did {player} score for {club}[ in {season}][, {penalties:penalties included|penalties not "
        "counted}]?",
        "What is {player}'s goal tally at {club}[ in {competition} games]?",
        "{player} {club} goals[ {season}][ {competition}]",
        "A friend claims {player} hardly ever scored for {club}. What's the true number of goals[, {season} season][, "
        "{penalties:with penalties|without penalties}]?",
        "Please give the number of goals[ by {player}][ in the colours of {club}][ during the {season} season].",
    ),
    answer="{player} scored {goals} goals for {club} in {matches} matches.",
)
def goals_for_club(
    player: Annotated[
        str,
        Pick(
            "Alexis Mac Allister", "Bastian Schweinsteiger", "Cesc Fàbregas", "Didier Drogba", "Heung-min Son",
            "Jan Vennegoor of Hesselink", "Jean-Pierre Papin", "Kevin De Bruyne", "Kylian Mbappé", "N'Golo Kanté",
            "Park Ji-sung", "Pierre-Emerick Aubameyang", "Robin van Persie", "Ruud van Nistelrooy",
            "Thomas Müller", "Trent Alexander-Arnold", "Zlatan Ibrahimović", "Ángel Di María",
        ),
    ],
    club: Annotated[
        str,
        Pick(
            "1. FC Köln", "AC Milan", "AS Saint-Étienne", "Atlético de Madrid", "Bayer 04 Leverkusen",
            "Borussia Mönchengladbach", "Brighton & Hove Albion", "FC Barcelona", "Fenerbahçe S.K.",
            "Heart of Midlothian", "Manchester United", "Olympique de Marseille", "PSV Eindhoven",
            "Paris Saint-Germain", "Queens Park Rangers", "Real Sociedad", "West Ham United",
        ),
    ],
    season: Annotated[
        str,
        Pick(
            "1998/99", "2002/03", "2006-07", "2008/09", "2010-2011", "2012/13", "2014/2015", "2015-16", "2016/17",
            "2017-2018", "2018/19", "2019-20", "2020/21", "2021-22", "2022/2023",
        ),
    ] | None = None,
    competition: Literal["league", "cup", "European", "friendly"] | None = None,
    penalties: bool = True,
) -> dict[str, int]:  # fmt: skip
    """Count the goals that a footballer has scored for a club.

    Args:
        player: Full name of the player.
        club: Full name of the club.
        season: Season as people write it, e.g. 2015/16; the whole career if left out.
        competition: Kind of match; all if left out.
        penalties: Whether goals from penalties count.
    """
    if not (player and club):
        raise ValueError("a player and a club are needed")
    matches = (20 if season else 90) + _hash(player, club, season, competition) % 30
    return {"goals": max(matches // 3 - (0 if penalties else 4), 0), "matches": matches}


@tool(
    asks=(
        "How many times has {nation} won the {tournament}[ since {from_year}]?",
        "Has {nation} ever won the {tournament}?[ I mean the {womens_team:women|men}.]",
        "When did {nation} last win the {tournament}[ {womens_team:of the women|of the men}]?",
        "How many {tournament} titles does {nation} have[ since {from_year}]?",
        "{nation} {tournament} titles[ since {from_year}]",
        "We're arguing in the pub: how often did {nation} take the {tournament}[ since {from_year}][ with the "
        "{womens_team:women's|men's} team]?",
        "Please state the number of {tournament} titles[ held by {nation}][, counting from {from_year}].",
    ),
    answer="{nation} won the {tournament} {titles} times.",
)
def national_team_titles(
    nation: Annotated[
        str,
        Pick(
            "Antigua and Barbuda", "Argentina", "Bosnia and Herzegovina", "Côte d'Ivoire", "England",
            "New Zealand", "North Macedonia", "Northern Ireland", "Papua New Guinea", "Saudi Arabia", "South Africa",
            "South Korea", "St. Kitts and Nevis", "Trinidad and Tobago", "Türkiye", "Uruguay", "Wales",
        ),
    ],
    tournament: Literal["FIFA World Cup", "Rugby World Cup", "Cricket World Cup", "Hockey World Cup"],
    from_year: Annotated[int, Pick(*range(1931, 2016))] | None = None,
    womens_team: bool = False,
) -> dict[str, int]:  # fmt: skip
    """Count how many times a national team has won a tournament.

    Args:
        nation: English name of the nation.
        tournament: Full name of the tournament.
        from_year: First year that counts; all if left out.
        womens_team: Whether it is about the women's team.
    """
    if not nation:
        raise ValueError("a nation is needed")
    titles = _hash(nation, tournament, womens_team) % (4 if from_year is None or from_year < 1980 else 2)
    return {"titles": titles, "finals": titles + 1}


@tool(
    asks=(
        "Where were the[ {season}] Olympics of {year} held?",
        "Which city hosted the {year}[ {season}] Olympic Games[, {losing_bids:and who lost the vote|no matter who lost "
        "the "
        "vote}]?",
        "Who hosted the Olympics in {year}?[ I mean the {season} Games.]",
        "What was the host city of the[ {season}] Olympic Games in {year}?[ {losing_bids:Name the losing bidders as "
        "well.|Leave out the losing bidders.}]",
        "olympic host {year}[ {season}]",
        "Grandma says she saw the[ {season}] Olympics live in {year}. Where must she have been?",
        "Please indicate the venue of the {year} Olympics[, {season} edition][, {losing_bids:including|excluding} "
        "defeated candidates].",
    ),
    answer="The Olympics of {year} were held in {host}.",
)
def olympic_host_city(
    year: Annotated[int, Pick(*_GAMES)],
    season: Literal["summer", "winter"] = "summer",
    losing_bids: bool = False,
) -> dict[str, str | int]:
    """Name the city that hosted the Olympic Games of a year.

    Args:
        year: Year of the Games.
        season: Summer or Winter Games.
        losing_bids: Whether to count the cities that lost the vote.
    """
    host = _GAMES.get(year, ("", ""))[season == "winter"]
    if not host:
        raise ValueError(f"no {season} Olympics in {year} are known")
    return {"host": host} | ({"runners_up": 1 + _hash(year, season) % 5} if losing_bids else {})


@tool(
    asks=(
        "How much does it cost to (get into|visit) the {sight}[ for {visitors}]?",
        "Is the {sight} open today[, and are there guided tours in {language}]?[ We're {visitors}.]",
        "When does the {sight} open[ on a {weekday}]?",
        "What is the entrance fee of the {sight}[ for {visitors}][ on a {weekday}]?",
        "{sight} hours and tickets[, {weekday}][, {visitors}]",
        "We're in town[ on {weekday}] and thought of the {sight}. How much is it[ for {visitors}]?",
        "Kindly state the opening hours and admission fees[ of the {sight}][ for {visitors}].",
    ),
    answer="The {sight} opens at {opens} and costs {price} euros.",
)
def admission_to_sight(
    sight: Annotated[
        str,
        Pick(
            "Alhambra of Granada", "Basilica of San Vitale", "Château de Chambord", "Church of the Holy Sepulchre",
            "Guggenheim Museum Bilbao", "Imperial War Museum", "J. Paul Getty Museum", "Musée Rodin",
            "Museo Nacional del Prado", "Museum of Fine Arts, Houston", "Museum of Modern Art", "Musée d'Orsay",
            "National Air and Space Museum", "Palace of Versailles", "Rosa Parks Museum", "Rock and Roll Hall of Fame",
            "Temple of Heaven", "Tower of London", "Victoria and Albert Museum", "Wallace Collection",
        ),
    ],
    weekday: Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] | None = None,
    visitors: Literal["adults", "children", "students", "pensioners"] = "adults",
    language: Language | None = None,
) -> dict[str, str | int]:  # fmt: skip
    """Look up the opening hours of a museum or sight and what it costs to get in.

    Args:
        sight: Full name of the museum or sight, without article.
        weekday: Day of the week; today if left out.
        visitors: Who the price is for.
        language: Language of a guided tour; no tour if left out.
    """
    if not sight:
        raise ValueError("a museum or sight is needed")
    price = 8 + _hash(sight) % 17
    price = {"adults": price, "children": 0, "students": price // 2, "pensioners": price - 3}[visitors]
    return {"opens": f"{8 + _hash(sight, weekday) % 3}:30", "price": price + (6 if language else 0)}


@tool(
    asks=(
        "How tall is {building}[ in {unit}]?",
        "How old is {building}[, and how many {unit} high is it]?",
        "When was {building} completed[, {rebuilt:later rebuilding included|leaving aside later rebuilding}]?",
        "What is the height of {building}[ in {unit}]?",
        "{building} height[ {unit}][, {rebuilt:rebuilding dates too|first construction only}]",
        "Standing in front of {building}, you feel tiny. How high does it rise[ in {unit}]?",
        "Kindly provide height and year of completion[ of {building}][, with the height in {unit}].",
    ),
    answer="{building} is {height} {unit} high and was completed in {year}.",
)
def building_height_and_age(
    building: Annotated[str, Pick(*_BUILDINGS)],
    unit: Literal["metres", "feet", "yards"] = "metres",
    rebuilt: bool = False,
) -> dict[str, str | int]:
    """Look up how tall a famous building is, and when it was completed.

    Args:
        building: Full name of the building.
        unit: Unit of the height.
        rebuilt: Whether to count how often it was rebuilt.
    """
    metres, year = _entry(_BUILDINGS, building)
    height = round(metres * {"metres": 1, "feet": 3.28084, "yards": 1.09361}[unit])
    result: dict[str, str | int] = {"height": height, "unit": unit, "year": year}
    return result | {"rebuilt": _hash(building) % 4} if rebuilt else result


@tool(
    asks=(
        "How long does the {species} live[ {in_captivity:in captivity|in the wild}]?",
        "What does the {species} eat, and how old does it get[ {in_captivity:in a zoo|in the wild}]?",
        "Where does the {species} live[, and what are its {details}]?",
        "How old can the {species} get[ {in_captivity:in captivity|in the wild}][, and what are its {details}]?",
        "{species} lifespan[, {in_captivity:captive|wild}][, {details}]",
        "We saw the {species} in a documentary last night. How old can it get[ {in_captivity:in human care|in "
        "nature}]?",
        "For a poster on the {species}, I need the usual facts[ and its {details}][ in {language}].",
    ),
    answer="The {species} lives for about {years} years in {habitat} and eats {diet}.",
)
def species_profile(
    species: Annotated[str, Pick(*_SPECIES)],
    details: Annotated[list[Literal["predators", "breeding habits", "close relatives", "subspecies"]], Size(1, 3)]
    | None = None,
    in_captivity: bool = False,
    language: Language = "English",
) -> dict[str, str | int]:
    """Look up how long an animal lives, what it eats and where it lives.

    Args:
        species: Full English name of the species, without article.
        details: What else to tell about it.
        in_captivity: Whether the lifespan is that of animals in captivity.
        language: Language of the answer.
    """
    years, diet, habitat = _entry(_SPECIES, species)
    years = math.ceil(years * 1.2) if in_captivity else years
    more: dict[str, str | int] = {key: f"{1 + _hash(species, key) % 4} known" for key in details or ()}
    result: dict[str, str | int] = {"years": years, "diet": diet, "habitat": habitat, "language": language}
    return result | more


@tool(
    asks=(
        "How far away is {body}[ in {unit}]?",
        "How long does light from {body} take to reach us?[ And how far is that in {unit}?]",
        "What is the distance to {body}[ in {unit}][, {error_margin:with the margin of error|without error margins}]?",
        "Which distance lies between us and {body}[, counted in {unit}]?",
        "{body} distance[ {unit}][, {error_margin:with error bars|no error bars}]",
        "I pointed my telescope at {body} last night. How far away is it[ in {unit}]?",
        "State the distance from Earth[ to {body}][ in {unit}][, {error_margin:plus the uncertainty|the figure "
        "alone}].",
    ),
    answer="{body} is {distance} {unit} away.",
)
def distance_to_celestial_body(
    body: Annotated[str, Pick(*_BODIES)],
    unit: Literal["light-years", "parsecs", "astronomical units"] = "light-years",
    error_margin: bool = False,
) -> dict[str, str | float]:
    """Look up how far a star, planet or galaxy outside the solar system is from Earth.

    Args:
        body: Name or catalogue number of the star, planet or galaxy.
        unit: Unit of the distance.
        error_margin: Whether to give the margin of error.
    """
    factor = {"light-years": 1, "parsecs": 0.306601, "astronomical units": 63241.1}[unit]
    distance = round(_entry(_BODIES, body) * factor, 2)
    result: dict[str, str | float] = {"distance": distance, "unit": unit}
    return result | {"error": round(distance * 0.02, 3)} if error_margin else result


@tool(
    asks=(
        "Which alphabet (is {language} written in|does {language} use)?",
        "How many letters does {language} have[, {accented_letters:accented ones included|not counting accented "
        "ones}]?",
        "What script do they use for {language}?[ The {century} century is what interests me.]",
        "How was {language} written[ in the {century} century][, {accented_letters:accents and all|accents aside}]?",
        "{language} alphabet[, {century} century]",
        "I'm about to start learning {language}. How many letters will I have to memorize[, {accented_letters:accented "
        "ones "
        "included|not counting accented ones}]?",
        "Kindly specify the writing system[ of {language}][ as of the {century} century].",
    ),
    answer="{language} is written in the {script} script, with {letters} letters.",
)
def writing_system_of(
    language: Annotated[str, Pick(*_SCRIPTS)], century: Century | None = None, accented_letters: bool = False
) -> dict[str, str | int]:
    """Look up in which alphabet or script a language is written, and how many letters that has.

    Args:
        language: Full English name of the language.
        century: Number of the century; today if left out.
        accented_letters: Whether letters with accents count as letters of their own.
    """
    script, letters = _entry(_SCRIPTS, language)
    if century is not None and not 1 <= century <= 21:
        raise ValueError("a century of the Christian era is needed")
    return {"script": script, "letters": letters + (_hash(language, century) % 9 if accented_letters else 0)}


@tool(
    asks=(
        "What was the currency of the {country} in {year}?",
        "What money did people in the {country} use in {year}[, {coins:and which coins were there|coins aside}]?",
        "Which currency was in use in the {country} around {year}?",
        "What did one pay with in the {country} in {year}[, and what was that worth in {metal}]?",
        "{country} currency {year}[, {coins:with coins|without coins}]",
        "My novel plays in the {country} in {year}. What does the hero pay with[, {coins:down to the coins|coins "
        "aside}]?",
        "Please state the legal tender[ of the {country}] in {year}[ and its value in {metal}].",
    ),
    answer="In {year}, the {country} paid with the {currency}.",
)
def currency_in_year(
    country: Annotated[
        str,
        Pick(
            "Archduchy of Austria", "Duchy of Savoy", "Dutch Republic", "Free City of Danzig", "Grand Duchy of Tuscany",
            "Holy Roman Empire", "Kingdom of Sardinia", "Kingdom of Poland", "Kingdom of the Two Sicilies",
            "Mughal Empire", "Old Swiss Confederacy", "Ottoman Empire", "Papal States",
            "Polish-Lithuanian Commonwealth",
            "Prince-Bishopric of Liège", "Qing Empire", "Republic of Venice", "United Kingdom",
        ),
    ],
    year: Annotated[int, Pick(*range(1400, 2000))],
    coins: bool = False,
    metal: Literal["gold", "silver", "copper"] | None = None,
) -> dict[str, str | float]:  # fmt: skip
    """Name the currency that a country used in a given year.

    Args:
        country: Full name of the country or historical state, without article.
        year: Year asked about.
        coins: Whether to count the coins that were in use.
        metal: Metal to express its value in.
    """
    if not 1100 <= year <= 2025:
        raise ValueError("only the years from 1100 on are covered")
    names = ("ducat", "thaler", "florin", "guilder", "piastre", "pound", "scudo", "ruble")
    result: dict[str, str | float] = {"currency": names[_hash(country, year // 80) % len(names)]}
    result |= {"coins": 3 + _hash(country) % 8} if coins else {}
    return result | {"grams": round(0.5 + _hash(country, metal) % 200 / 10, 1), "metal": metal} if metal else result


@tool(
    asks=(
        "What did the court decide in {case}[, {vote:and how did the judges vote|whatever the vote was}]?",
        "What was {case} about?[ {vote:Include the vote.|Leave out the vote.}]",
        "When was {case} decided?",
        "Why is {case} so important?[ The answer is for {audience}.]",
        "{case} ruling[ for {audience}][, {vote:with vote|without vote}]",
        "Everybody in my seminar keeps quoting {case}. What did it change[, explained for {audience}]?",
        "Kindly summarize the holding[ of {case}][ for {audience}][, {vote:stating|omitting} how the bench voted].",
    ),
    answer="In {case}, decided in {year}, the court held that {holding}.",
)
def landmark_ruling(
    case: Annotated[str, Pick(*_CASES)],
    vote: bool = False,
    audience: Literal["children", "students", "lawyers"] = "students",
) -> dict[str, str | int]:
    """Look up what the Supreme Court decided in a famous case, and when.

    Args:
        case: Name of the case as it is cited.
        vote: Whether to tell how the judges voted.
        audience: Who the answer is written for.
    """
    year, holding, count = _entry(_CASES, case)
    result: dict[str, str | int] = {"year": year, "holding": holding, "audience": audience}
    return result | {"vote": count} if vote else result


@tool(
    asks=(
        "What's the chance of drawing a {card}[ in {draws} draws]?",
        "How likely (am I|are you) to draw a {card} from a deck[ {jokers:with jokers|without jokers}]?",
        "What are the odds of getting a {card}[ when you draw {draws} cards]?",
        "If I draw from a shuffled deck[ {draws} times][, {jokers:jokers left in|jokers taken out}], how probable is a "
        "{card}?",
        "odds of a {card}[ in {draws} cards][, {jokers:jokers in|no jokers}]",
        "All I need to win is a {card}. What are my chances[ with {draws} cards to come]?",
        "Determine the probability that a {card} turns up[ among {draws} cards][, the deck {jokers:having|being "
        "without} "
        "jokers].",
    ),
    answer="The probability of a {card} is {result}.",
)
def card_draw_chance(
    card: Literal["spade", "heart", "diamond", "club", "face card", "red card", "king", "jack"],
    draws: Annotated[int, Between(2, 7)] = 1,
    jokers: bool = False,
) -> float:
    """Calculate how likely it is to draw at least one card of a kind from a deck of cards.

    Args:
        card: Kind of card hoped for.
        draws: How many cards are drawn, without putting any back.
        jokers: Whether the deck of 52 has two jokers more.
    """
    deck = 54 if jokers else 52
    if not 1 <= draws <= deck:
        raise ValueError(f"from 1 to {deck} cards can be drawn")
    return round(1 - math.comb(deck - _CARDS[card], draws) / math.comb(deck, draws), 4)


@tool(
    asks=(
        "How likely is it to (get|throw) {streak} {side} in a row[ in {tosses} tosses]?",
        "What's the chance of {streak} {side} in a row[ if I toss a coin {tosses} times]?",
        "Is it unusual to see {streak} {side} in a row[ in {tosses} coin flips]?",
        "What are the odds of {streak} {side} in a row[ with a coin that shows them {bias} percent of the time]?",
        "coin: {streak} {side} in a row[, {tosses} flips][, {bias}% coin]",
        "My brother just threw {streak} {side} in a row and swears the coin is fair. How rare is that[ in {tosses} "
        "tosses]?",
        "Compute the probability of {streak} consecutive {side}[ within {tosses} flips][, if {side} come up in {bias} "
        "percent of all tosses].",
    ),
    answer="The probability of {streak} {side} in a row is {result}.",
)
def coin_streak_chance(
    side: Literal["heads", "tails"],
    streak: Annotated[int, Between(3, 7)],
    tosses: Annotated[int, Between(8, 40)] | None = None,
    bias: Annotated[int, Between(45, 65)] = 50,
) -> float:
    """Calculate how likely a coin is to show the same side several times in a row.

    Args:
        side: The side that is to come up.
        streak: How many times in a row.
        tosses: How many tosses there are in all; just as many as the streak is long if left out.
        bias: How often the coin shows this side, in percent.
    """
    total = streak if tosses is None else tosses
    if not (1 <= streak <= total <= 1000 and 0 <= bias <= 100):
        raise ValueError("the streak must fit into at most 1000 tosses, and bias lie between 0 and 100")
    runs = [1.0] + [0.0] * (streak - 1)
    for _ in range(total):
        runs = [sum(runs) * (1 - bias / 100), *(chance * bias / 100 for chance in runs[:-1])]
    return round(1 - sum(runs), 4)


@tool(
    asks=(
        "What is the chance that two of {people} people have the same {feature}?",
        "How likely is it that somebody (in a group|at a party) of {people} has the same {feature} as another?",
        "Is it true that among {people} people two probably share a {feature}?",
        "How probable is a common {feature} in a class of {people}[, {twins:twins included|if there are no twins}]?",
        "same {feature}, {people} people[, {decimals} decimals]",
        "There are {people} of us at work. What are the odds that two of us have the same {feature}[, to {decimals} "
        "decimals]?",
        "Calculate the probability that two guests share a {feature}[ at a gathering of {people}][, rounded to "
        "{decimals} decimals].",
    ),
    answer="Among {people} people, the probability of a common {feature} is {result}.",
)
def shared_birthday_chance(
    people: Annotated[int, Between(6, 60)],
    feature: Literal["birthday", "birth month", "star sign", "weekday of birth"],
    twins: bool = False,
    decimals: Annotated[int, Between(2, 5)] = 3,
) -> float:
    """Calculate how likely it is that two people of a group share a birthday or month of birth.

    Args:
        people: How many people there are.
        feature: What two of them are to have in common.
        twins: Whether there may be twins among them.
        decimals: Decimal places of the result.
    """
    if people < 1:
        raise ValueError("there must be at least one person")
    days = {"birthday": 365, "birth month": 12, "star sign": 12, "weekday of birth": 7}[feature]
    apart = math.prod(max(days - i, 0) / days for i in range(people)) * (0.98 if twins else 1)
    return round(1 - apart, decimals)
