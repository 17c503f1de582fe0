"""History: events, historical persons and rulers, monuments, museums, art works, books and movies."""

import zlib
from bisect import bisect_right
from collections.abc import Mapping
from typing import Annotated, Literal, TypedDict, TypeVar

from sftctl.core.tools import Between, Date, Fake, Pick, Size, tool

_T = TypeVar("_T")

_EARLY_EVENTS = {
    "Battle of Hastings": (1066, "Sussex", "a Norman victory"),
    "signing of the Magna Carta": (1215, "Runnymede", "limits to the power of the king"),
    "Battle of Agincourt": (1415, "northern France", "an English victory"),
    "fall of Constantinople": (1453, "Constantinople", "the end of the Byzantine Empire"),
    "Diet of Worms": (1521, "Worms", "the outlawing of Martin Luther"),
    "Battle of Lepanto": (1571, "the Gulf of Patras", "a victory of the Holy League"),
    "defeat of the Spanish Armada": (1588, "the English Channel", "an English victory"),
    "Gunpowder Plot": (1605, "London", "the arrest of the plotters"),
    "Peace of Westphalia": (1648, "Münster and Osnabrück", "the end of the Thirty Years' War"),
    "Great Fire of London": (1666, "London", "the rebuilding of the city"),
    "Lisbon earthquake": (1755, "Lisbon", "the rebuilding of the city under Pombal"),
    "Boston Tea Party": (1773, "Boston", "the Intolerable Acts"),
    "storming of the Bastille": (1789, "Paris", "the spread of the French Revolution"),
    "Battle of Trafalgar": (1805, "the coast off Cádiz", "a British victory"),
    "Congress of Vienna": (1815, "Vienna", "a new order of Europe"),
}
_LATE_EVENTS = {
    "Seneca Falls Convention": (1848, "Seneca Falls", "a declaration of women's rights"),
    "Battle of Gettysburg": (1863, "Pennsylvania", "a Union victory"),
    "Meiji Restoration": (1868, "Japan", "the return of imperial rule"),
    "opening of the Suez Canal": (1869, "Egypt", "a shorter sea route to Asia"),
    "eruption of Krakatoa": (1883, "the Sunda Strait", "a cooler global climate for years"),
    "sinking of the Titanic": (1912, "the North Atlantic", "stricter rules for safety at sea"),
    "assassination of Franz Ferdinand": (1914, "Sarajevo", "the outbreak of the First World War"),
    "October Revolution": (1917, "Petrograd", "Bolshevik rule in Russia"),
    "Wall Street Crash": (1929, "New York", "the Great Depression"),
    "Normandy landings": (1944, "Normandy", "the liberation of France"),
    "Berlin Airlift": (1948, "Berlin", "the lifting of the blockade"),
    "Cuban Missile Crisis": (1962, "Cuba", "the removal of the missiles"),
    "Moon landing": (1969, "the Sea of Tranquility", "the first human steps on the Moon"),
    "Chernobyl disaster": (1986, "northern Ukraine", "the evacuation of Pripyat"),
    "fall of the Berlin Wall": (1989, "Berlin", "German reunification"),
}
_EVENTS = _EARLY_EVENTS | _LATE_EVENTS
_PERSONS = {
    "Cleopatra": ("queen of Egypt", -69, -30), "Julius Caesar": ("Roman general and statesman", -100, -44),
    "Joan of Arc": ("French military leader", 1412, 1431),
    "Leonardo da Vinci": ("Italian polymath", 1452, 1519),
    "Galileo Galilei": ("Italian astronomer", 1564, 1642), "Isaac Newton": ("English physicist", 1643, 1727),
    "Catherine the Great": ("empress of Russia", 1729, 1796),
    "George Washington": ("American president", 1732, 1799),
    "Mary Wollstonecraft": ("English writer", 1759, 1797),
    "Napoleon Bonaparte": ("French emperor", 1769, 1821),
    "Simón Bolívar": ("South American liberator", 1783, 1830),
    "Charles Darwin": ("English naturalist", 1809, 1882),
    "Ada Lovelace": ("English mathematician", 1815, 1852),
    "Frederick Douglass": ("American abolitionist", 1818, 1895),
    "Florence Nightingale": ("English nurse and statistician", 1820, 1910),
    "Marie Curie": ("Polish-French physicist", 1867, 1934), "Mahatma Gandhi": ("Indian lawyer", 1869, 1948),
    "Amelia Earhart": ("American aviator", 1897, 1937),
}  # fmt: skip
_RULERS = {
    "England": [
        (1547, "Edward VI"), (1553, "Mary I"), (1558, "Elizabeth I"), (1603, "James I"), (1625, "Charles I"),
        (1649, "the Commonwealth"), (1660, "Charles II"), (1685, "James II"),
        (1689, "William III and Mary II"), (1702, "Anne"), (1714, "George I"), (1727, "George II"),
        (1760, "George III"),
    ],
    "France": [
        (1547, "Henry II"), (1559, "Francis II"), (1560, "Charles IX"), (1574, "Henry III"),
        (1589, "Henry IV"), (1610, "Louis XIII"), (1643, "Louis XIV"), (1715, "Louis XV"),
        (1774, "Louis XVI"),
    ],
    "Spain": [
        (1516, "Charles I"), (1556, "Philip II"), (1598, "Philip III"), (1621, "Philip IV"),
        (1665, "Charles II"), (1700, "Philip V"), (1746, "Ferdinand VI"), (1759, "Charles III"),
        (1788, "Charles IV"),
    ],
    "Russia": [
        (1547, "Ivan IV"), (1584, "Feodor I"), (1598, "Boris Godunov"), (1606, "Vasili IV"),
        (1613, "Michael I"), (1645, "Alexis"), (1676, "Feodor III"), (1682, "Peter I"), (1725, "Catherine I"),
        (1727, "Peter II"), (1730, "Anna"), (1741, "Elizabeth"), (1762, "Catherine II"),
    ],
    "Sweden": [
        (1523, "Gustav I"), (1560, "Eric XIV"), (1568, "John III"), (1592, "Sigismund"), (1604, "Charles IX"),
        (1611, "Gustavus Adolphus"), (1632, "Christina"), (1654, "Charles X"), (1660, "Charles XI"),
        (1697, "Charles XII"), (1720, "Frederick I"), (1751, "Adolf Frederick"), (1771, "Gustav III"),
    ],
}  # fmt: skip
_ARTWORKS = {
    "Mona Lisa": ("Leonardo da Vinci", 1503, "the Louvre"),
    "Guernica": ("Pablo Picasso", 1937, "the Reina Sofía"),
    "The Starry Night": ("Vincent van Gogh", 1889, "the MoMA"),
    "The Kiss": ("Gustav Klimt", 1908, "the Belvedere"),
    "The Birth of Venus": ("Sandro Botticelli", 1485, "the Uffizi"),
    "Las Meninas": ("Velázquez", 1656, "the Prado"),
    "Girl with a Pearl Earring": ("Johannes Vermeer", 1665, "the Mauritshuis"),
    "The Night Watch": ("Rembrandt", 1642, "the Rijksmuseum"),
    "The Scream": ("Edvard Munch", 1893, "the National Museum in Oslo"),
    "American Gothic": ("Grant Wood", 1930, "the Art Institute of Chicago"),
    "Liberty Leading the People": ("Eugène Delacroix", 1830, "the Louvre"),
    "The Persistence of Memory": ("Salvador Dalí", 1931, "the MoMA"),
    "A Sunday on La Grande Jatte": ("Georges Seurat", 1886, "the Art Institute of Chicago"),
    "The Raft of the Medusa": ("Théodore Géricault", 1819, "the Louvre"),
    "The Garden of Earthly Delights": ("Hieronymus Bosch", 1505, "the Prado"),
    "Nighthawks": ("Edward Hopper", 1942, "the Art Institute of Chicago"),
    "Whistler's Mother": ("James McNeill Whistler", 1871, "the Musée d'Orsay"),
}  # fmt: skip
_BOOKS = {
    "Pride and Prejudice": ("Jane Austen", 1813), "Moby-Dick": ("Herman Melville", 1851),
    "War and Peace": ("Leo Tolstoy", 1869), "Don Quixote": ("Miguel de Cervantes", 1605),
    "Frankenstein": ("Mary Shelley", 1818), "Les Misérables": ("Victor Hugo", 1862),
    "Jane Eyre": ("Charlotte Brontë", 1847), "Crime and Punishment": ("Fyodor Dostoevsky", 1866),
    "The Great Gatsby": ("F. Scott Fitzgerald", 1925), "Middlemarch": ("George Eliot", 1871),
    "Things Fall Apart": ("Chinua Achebe", 1958), "The Trial": ("Franz Kafka", 1925),
    "Dracula": ("Bram Stoker", 1897), "Beloved": ("Toni Morrison", 1987), "Candide": ("Voltaire", 1759),
    "One Hundred Years of Solitude": ("Gabriel García Márquez", 1967),
}  # fmt: skip
_WRITINGS = {
    "Jane Austen": ["Emma", "Persuasion", "Pride and Prejudice"],
    "Charles Dickens": ["Bleak House", "David Copperfield", "Hard Times"],
    "Virginia Woolf": ["Mrs Dalloway", "Orlando", "To the Lighthouse"],
    "Leo Tolstoy": ["Anna Karenina", "Resurrection", "War and Peace"],
    "Mark Twain": ["Life on the Mississippi", "Pudd'nhead Wilson", "Roughing It"],
    "Agatha Christie": ["And Then There Were None", "Curtain", "Peril at End House"],
    "Ernest Hemingway": ["A Farewell to Arms", "The Old Man and the Sea", "The Sun Also Rises"],
    "Thomas Mann": ["Buddenbrooks", "Death in Venice", "The Magic Mountain"],
    "Emily Dickinson": ["Complete Poems", "Envelope Poems", "Selected Letters"],
    "Albert Camus": ["The Fall", "The Plague", "The Stranger"],
    "Isabel Allende": ["Eva Luna", "Paula", "The House of the Spirits"],
    "Haruki Murakami": ["1Q84", "Kafka on the Shore", "Norwegian Wood"],
    "Toni Morrison": ["Beloved", "Jazz", "Song of Solomon"],
    "George Orwell": ["Animal Farm", "Burmese Days", "Homage to Catalonia"],
    "Selma Lagerlöf": ["Gösta Berling's Saga", "Jerusalem", "The Wonderful Adventures of Nils"],
}
_MOVIES = {
    "Casablanca": ("Michael Curtiz", 1942, "Max Steiner"),
    "Psycho": ("Alfred Hitchcock", 1960, "Bernard Herrmann"),
    "Vertigo": ("Alfred Hitchcock", 1958, "Bernard Herrmann"),
    "Jaws": ("Steven Spielberg", 1975, "John Williams"),
    "Lawrence of Arabia": ("David Lean", 1962, "Maurice Jarre"),
    "Alien": ("Ridley Scott", 1979, "Jerry Goldsmith"),
    "The Godfather": ("Francis Ford Coppola", 1972, "Nino Rota"), "Amadeus": ("Miloš Forman", 1984, "Mozart"),
    "Chinatown": ("Roman Polanski", 1974, "Jerry Goldsmith"),
    "Gladiator": ("Ridley Scott", 2000, "Hans Zimmer"),
    "Spirited Away": ("Hayao Miyazaki", 2001, "Joe Hisaishi"),
    "Inception": ("Christopher Nolan", 2010, "Hans Zimmer"),
    "La Strada": ("Federico Fellini", 1954, "Nino Rota"), "Blade Runner": ("Ridley Scott", 1982, "Vangelis"),
    "Metropolis": ("Fritz Lang", 1927, "Gottfried Huppertz"),
    "Seven Samurai": ("Akira Kurosawa", 1954, "Fumio Hayasaka"),
}  # fmt: skip
_ERA_MOVIES = {
    "Roman Empire": ["Gladiator", "Ben-Hur"], "Middle Ages": ["The Name of the Rose", "The Seventh Seal"],
    "Italian Renaissance": ["The Agony and the Ecstasy", "Ever After"], "Edo period": ["Harakiri", "Yojimbo"],
    "French Revolution": ["Danton", "Farewell, My Queen"],
    "Napoleonic Wars": ["Waterloo", "Master and Commander"], "American Civil War": ["Glory", "Lincoln"],
    "Victorian era": ["The Young Victoria", "Mr. Turner"], "Wild West": ["Unforgiven", "High Noon"],
    "First World War": ["Paths of Glory", "1917"], "Russian Revolution": ["Doctor Zhivago", "Reds"],
    "Great Depression": ["The Grapes of Wrath", "Seabiscuit"],
    "Second World War": ["Schindler's List", "Dunkirk"],
    "Cold War": ["The Lives of Others", "Bridge of Spies"],
    "Space Race": ["Hidden Figures", "The Right Stuff"], "Vietnam War": ["Apocalypse Now", "Platoon"],
}  # fmt: skip
_MONUMENTS = {
    "Eiffel Tower": (330, 1889), "Taj Mahal": (73, 1653), "Parthenon": (14, -432), "Colosseum": (48, 80),
    "Brandenburg Gate": (26, 1791), "Washington Monument": (169, 1884), "Gateway of India": (26, 1924),
    "Hagia Sophia": (55, 537),
}  # fmt: skip
_OTHER_MONUMENTS = {
    "Statue of Liberty": (93, 1886), "Arc de Triomphe": (50, 1836), "Great Pyramid of Giza": (139, -2560),
    "Leaning Tower of Pisa": (57, 1372), "Qutb Minar": (73, 1220), "Pantheon": (43, 126),
    "Sagrada Familia": (172, 2026), "Christ the Redeemer statue": (38, 1931),
}  # fmt: skip

Museum = Annotated[
    str,
    Pick(
        "Louvre", "British Museum", "Prado", "Uffizi Gallery", "Rijksmuseum", "Hermitage Museum",
        "Acropolis Museum", "Metropolitan Museum of Art", "Vatican Museums", "Pergamon Museum",
        "Egyptian Museum", "Getty Center", "Van Gogh Museum", "Deutsches Museum", "National Palace Museum",
        "Smithsonian", "Vasa Museum",
    ),
]  # fmt: skip


class Requester(TypedDict):
    name: Annotated[str, Fake("name")]
    email: Annotated[str, Fake("email")]


class TimelineEntry(TypedDict):
    year: Annotated[int, Between(1780, 1960)]
    event: Annotated[
        str,
        Pick(
            "town charter granted", "mill opened", "railway station built", "great flood", "school founded",
            "church burned down", "bridge completed", "first election held", "harbor enlarged",
            "cholera outbreak", "factory strike", "library opened", "tram line closed", "market hall built",
            "city wall torn down",
        ),
    ]  # fmt: skip


def _hash(*key: object) -> int:
    """A number that is always the same for the same key."""
    return zlib.crc32(repr(key).encode())


def _entry(table: Mapping[str, _T], name: str) -> _T:
    if name not in table:
        raise ValueError(f"nothing is known about '{name}'")
    return table[name]


@tool(
    asks=(
        "What was the {detail} of the {event}?",
        "{event} {detail}",
        "For a quiz I need the {detail} of the {event}[, {sourced:with sources|no sources needed}].",
        "My daughter is writing about the {event} and asks for its {detail}. Can you help?",
        "Kindly supply the {detail}[ of the {event}][, {sourced:citing the sources|without citations}].",
        "We talked about the {event} in class, but I forgot the {detail}.",
        "Tell me about the {event}.[ I only (care about|need) the {detail}.]",
    ),
    answer="The {detail} of the {event}: {value}.",
)
def historical_event_detail(
    event: Annotated[str, Pick(*_EVENTS)],
    detail: Literal["year", "place", "outcome"],
    sourced: bool = False,
) -> dict[str, int | str]:
    """Look up one detail of a historical event.

    Args:
        event: Name of the event, without article.
        detail: The detail wanted.
        sourced: Whether to add how many sources support it.
    """
    year, place, outcome = _entry(_EVENTS, event)
    details: dict[str, int | str] = {"year": year, "place": place, "outcome": outcome}
    value = details[detail]
    return {"value": value, "sources": 2 + _hash(event) % 7} if sourced else {"value": value}


@tool(
    asks=(
        "How many years (lie|passed|were there) between the {first} and the {second}?",
        "years {first} to {second}",
        "How long after the {first} did the {second} happen?",
        "I'm drawing a time axis. What's the distance[ from the {first}] to the {second}?",
        "The {second} always seems recent to me[ compared to the {first}]. How far apart are they?",
        "Counting from the {first}, how many years went by[ until the {second}]?",
    ),
    answer="The {first} and the {second} are {result} years apart.",
)
def years_between_events(
    first: Annotated[str, Pick(*_EARLY_EVENTS)], second: Annotated[str, Pick(*_LATE_EVENTS)]
) -> int:
    """Count the years between two historical events.

    Args:
        first: The earlier event, without article.
        second: The later event, without article.
    """
    return abs(_entry(_EVENTS, second)[0] - _entry(_EVENTS, first)[0])


@tool(
    asks=(
        "Who was {person}?",
        "bio {person}[ {sentences} sentences]",
        "(Tell me|I want to know) about the life of {person}[ in {sentences} sentences].",
        "I saw a statue of {person} on holiday and realised I know nothing about them. Fill me in[, "
        "{family:family included|leaving out family matters}].",
        "Kindly compose a short biography[ of {person}] for our programme booklet[, {sentences} sentences long].",
        "What should every student know about {person}[, {family:including the family|apart from the family}]?",
    ),
    answer="Here is a short biography: {result}",
)
def biography_of(
    person: Annotated[str, Pick(*_PERSONS)],
    sentences: Annotated[int, Between(2, 5)] = 3,
    family: bool = False,
) -> str:
    """Write a short biography of a historical person.

    Args:
        person: Full name of the person.
        sentences: Length in sentences.
        family: Whether to mention the family.
    """
    if sentences < 1:
        raise ValueError("a biography has at least one sentence")
    role, born, died = _entry(_PERSONS, person)
    era = "BC" if died < 0 else "AD"
    facts = [f"{person} was a noted {role}.", f"Born in {abs(born)} {era}.", f"Died in {abs(died)} {era}."]
    facts += [f"Lived for about {died - born} years.", "Remembered to this day."]
    return " ".join(facts[:sentences] + (["The family is well documented."] if family else []))


@tool(
    asks=(
        "Who (ruled|reigned in) {country} in {year}?",
        "{country} {year} monarch",
        "In {year}, who was on the throne[ of {country}]?",
        "My novel plays in {country}[ in the year {year}]. Under which monarch would that be?",
        "This coin from {country} says {year}. Whose head is on it?",
        "Please name the sovereign[ of {country}] at the beginning of {year}[ {with_predecessor:and the one "
        "before|without predecessors}].",
        "[It's {year}. ]A traveller arrives in {country}: which king or queen does he meet?",
    ),
    answer="In {year}, {country} was ruled by {ruler}, in power since {since}.",
)
def ruler_in_year(
    country: Literal["England", "France", "Spain", "Russia", "Sweden"],
    year: Annotated[int, Between(1565, 1788)],
    with_predecessor: bool = False,
) -> dict[str, str | int]:
    """Name the monarch who ruled a country in a given year from 1550 to 1790.

    Args:
        country: The country.
        year: Year of the Christian era.
        with_predecessor: Whether to name the ruler before as well.
    """
    rulers = _RULERS[country]
    place = bisect_right([since for since, _ in rulers], year) - 1
    if not 1550 <= year <= 1790:
        raise ValueError("only the years from 1550 to 1790 are covered")
    result: dict[str, str | int] = {"ruler": rulers[place][1], "since": rulers[place][0]}
    return result | {"predecessor": rulers[place - 1][1]} if with_predecessor and place else result


@tool(
    asks=(
        "When is the {museum} open[ on {date}]?",
        "{museum} hours[ {date}]",
        "Is the {museum} open late[ on {date}]?",
        "We're in town[ on {date}] and thinking about the {museum}. When do they close?",
        "I'd like to visit the[ {section} of the] {museum}. What are the opening times?",
        "Could you find out the visiting hours of the {museum}[, in particular for the {section}]?",
        "Kindly state the opening hours[ of the {museum}][ for {date}].",
    ),
    answer="The {museum} is open from {opens} to {closes}.",
)
def museum_hours(
    museum: Museum,
    date: Date | None = None,
    section: Literal["permanent collection", "special exhibition", "museum shop", "café"] = "permanent collection",
) -> dict[str, str]:
    """Look up the opening hours of a museum.

    Args:
        museum: Name of the museum, without article.
        date: Day of the visit; an ordinary weekday if left out.
        section: Part of the museum.
    """
    key = _hash(museum, date) % 3
    late = 1 if section == "café" else 0
    return {"opens": ["09:00", "10:00", "10:30"][key], "closes": f"{17 + key + late}:00"}


@tool(
    asks=(
        "(Buy|Get me|I need) {adults} adult tickets for the {museum}[ on {visit_date}][, {audio_guide:with "
        "audio guides|without audio guides}].",
        "{museum} tickets {visit_date} {adults} adults[ {children} kids]",
        "We want to see the {museum}[ on {visit_date}]. There are {adults} grown-ups[ and {children} "
        "children] coming. Can you get us in?",
        "Please order admission[ to the {museum}] for {visit_date}[: {adults} adults][, {children} children].",
        "It's raining, so let's do the {museum} on {visit_date}[. Entry for {adults} adults, please][, "
        "{audio_guide:and audio guides too|no audio guides}].",
        "{adults} adults[ plus {children} children] would like to visit the {museum}[ on {visit_date}]. "
        "Book the entry.",
    ),
    answer="The tickets for the {museum} on {visit_date} cost {total} euros, booking code {code}.",
)
def buy_museum_tickets(
    museum: Museum,
    visit_date: Date,
    adults: Annotated[int, Between(2, 9)],
    children: Annotated[int, Between(2, 6)] = 0,
    audio_guide: bool = False,
) -> dict[str, float | str]:
    """Buy tickets for a museum.

    Args:
        museum: Name of the museum, without article.
        visit_date: Day of the visit.
        adults: Number of adults.
        children: Number of children under 16.
        audio_guide: Whether everybody gets an audio guide.
    """
    if adults + children < 1 or min(adults, children) < 0:
        raise ValueError("at least one visitor is needed")
    price = 12 + _hash(museum) % 11
    total = adults * price + children * price / 2 + (5 * (adults + children) if audio_guide else 0)
    return {"total": round(total, 2), "code": f"M{_hash(museum, visit_date, adults) % 10**5:05d}"}


@tool(
    asks=(
        "Who (painted|made|created) {title}?",
        "{title} artist year museum",
        "Where can I see {title}, and how old is it?",
        "There's a print of {title} in my dentist's waiting room. What's the story behind it[, "
        "{provenance:previous owners and all|leaving aside the previous owners}]?",
        "Please give the artist, date and location[ of {title}][, {provenance:together with its "
        "provenance|without its provenance}].",
        "I have to hold a talk on {title}. Get me the basic facts[ in {language}].",
        "Look up the painting[ {title}] for me[, in {language} if you can].",
    ),
    answer="{title} was made by {artist} in {year} and hangs in {location}.",
)
def artwork_details(
    title: Annotated[str, Pick(*_ARTWORKS)],
    provenance: bool = False,
    language: Literal["English", "French", "Spanish", "German"] = "English",
) -> dict[str, str | int]:
    """Look up artist, year and location of a work of art.

    Args:
        title: Title of the work.
        provenance: Whether to add how many previous owners are known.
        language: Language of the description.
    """
    artist, year, location = _entry(_ARTWORKS, title)
    details: dict[str, str | int] = {
        "artist": artist,
        "year": year,
        "location": location,
        "language": language,
    }
    return details | {"previous_owners": 1 + _hash(title) % 6} if provenance else details


@tool(
    asks=(
        "What did {artist} make between {year_from} and {year_to}?",
        "{artist}[ {medium}] {year_from}-{year_to}[ max {limit}]",
        "Find[ {limit}] works by {artist} (dating|that date) from {year_from} to {year_to}[ in the medium {medium}].",
        "I'm curating a show on {artist}. Which pieces were created from {year_from} on[ and no later than "
        "{year_to}][, medium {medium}]?",
        "Kindly retrieve works[ by {artist}] executed in the years {year_from} to {year_to}[, medium: "
        "{medium}][, not more than {limit}].",
        "Looking for art by {artist}[, earliest {year_from}], latest {year_to}[. Only the medium {medium}].",
    ),
    answer="By {artist}, the collection holds {result}.",
)
def find_artworks(
    artist: Annotated[
        str,
        Pick(
            "Claude Monet", "Pablo Picasso", "Henri Matisse", "Wassily Kandinsky", "Gustav Klimt",
            "Edvard Munch", "Marc Chagall", "Georges Braque", "Paul Klee", "Pierre Bonnard", "Piet Mondrian",
            "Käthe Kollwitz", "Mary Cassatt", "John Singer Sargent", "Gabriele Münter", "Emil Nolde",
        ),
    ],
    year_from: Annotated[int, Between(1885, 1907)],
    year_to: Annotated[int, Between(1909, 1938)],
    medium: Literal["oil", "watercolor", "drawing", "lithograph", "sculpture"] | None = None,
    limit: Annotated[int, Between(2, 6)] = 3,
) -> list[str]:  # fmt: skip
    """Find works of an artist in the collections by year and medium.

    Args:
        artist: Full name of the artist.
        year_from: Earliest year of creation.
        year_to: Latest year of creation.
        medium: Technique; any if left out.
        limit: Largest number of works.
    """
    if year_from > year_to or limit < 1:
        raise ValueError("year_from must not be after year_to, and limit be at least 1")
    subjects = ["Garden", "Portrait of a Woman", "Harbor", "Still Life", "Dancers", "Winter Street"]
    years = [year_from + _hash(artist, medium, i) % (year_to - year_from + 1) for i in range(min(limit, 6))]
    return [f"{subject} ({year})" for subject, year in zip(subjects, years, strict=False)]


@tool(
    asks=(
        "Who wrote {title}, and when?",
        "{title} book[ {language} edition]",
        "When was {title} first published?",
        "My book club reads {title} next. Who's the author[, and does it exist in {language}]?",
        "I found {title} at a flea market. Give me some background on it[, and also look for it in {language}].",
        "Please supply bibliographic data[ for {title}][ in its {language} edition][, format {binding}].",
        "What can you tell me about the book[ {title}][ as {binding}]?",
    ),
    answer="{title} was written by {author} and published in {year}.",
)
def book_info(
    title: Annotated[str, Pick(*_BOOKS)],
    language: Literal["English", "French", "German", "Spanish", "Italian"] = "English",
    binding: Literal["hardcover", "paperback", "e-book"] = "paperback",
) -> dict[str, str | int]:
    """Look up author, year and length of a book by its title.

    Args:
        title: Title of the book.
        language: Language of the edition.
        binding: Form of the edition.
    """
    author, year = _entry(_BOOKS, title)
    return {"author": author, "year": year, "pages": 180 + _hash(title, language, binding) % 600}


@tool(
    asks=(
        "(Which|What) books did {author} write?",
        "books by {author}[ top {count}]",
        "I loved the last novel I read by {author}. What else is there[, sorted by {sort_by}]?",
        "List[ {count}] titles[ by {author}][, ordered by {sort_by}].",
        "For a birthday present I need something from {author}. Name[ {count}] titles please.",
        "Kindly provide the bibliography of {author}[, {translated:translations included|original editions only}].",
    ),
    answer="{author} wrote {result}.",
)
def books_by_author(
    author: Annotated[str, Pick(*_WRITINGS)],
    sort_by: Literal["title", "popularity"] = "title",
    count: Annotated[int, Pick(2, 4, 5)] = 3,
    translated: bool = True,
) -> list[str]:
    """List books of an author.

    Args:
        author: Full name of the author.
        sort_by: Order of the list.
        count: Largest number of books.
        translated: Whether to count books that are available in translation only.
    """
    if count < 1:
        raise ValueError("count must be at least 1")
    books = sorted(_entry(_WRITINGS, author), key=_hash if sort_by == "popularity" else None)
    return books[: count if translated else min(count, 2)]


@tool(
    asks=(
        "I need the {facts} of the movie {title}.",
        "{title} film {facts}",
        "Do you know the {facts} of {title}?",
        "We watched {title} last night and argued about the {facts}. Settle it[ for us "
        "{spoilers:with|without} spoilers], please.",
        "Please provide some details on the film[ {title}][: {facts}].",
        "There's a quiz on {title} at the cinema. Give me the {facts}[ and a plot summary {spoilers:with "
        "the ending|that doesn't reveal the ending}].",
    ),
    answer="On {title}: {result}.",
)
def movie_facts(
    title: Annotated[str, Pick(*_MOVIES)],
    facts: Annotated[list[Literal["director", "year", "composer"]], Size(1, 3)],
    spoilers: bool = False,
) -> list[str]:
    """Look up facts about a movie.

    Args:
        title: Title of the movie.
        facts: The facts wanted.
        spoilers: Whether the answer may give away the ending.
    """
    director, year, composer = _entry(_MOVIES, title)
    known = {"director": director, "year": str(year), "composer": composer}
    return [f"{fact} {known[fact]}" for fact in facts] + (["the ending is a surprise"] if spoilers else [])


@tool(
    asks=(
        "(Which|What) movies are set in the {era}?",
        "films about the {era}[ rated {min_rating}+]",
        "We're covering the {era} at school. Is there a good film on it[ with a rating of {min_rating} or better]?",
        "Recommend something to watch that plays in the time of the {era}[, {documentaries:documentaries "
        "welcome|no documentaries}].",
        "Kindly list motion pictures[ dealing with the {era}][ with a minimum rating of {min_rating}].",
        "I'm in the mood for a historical drama[ on the {era}]. What do you suggest[, "
        "{documentaries:documentaries too|feature films only}]?",
    ),
    answer="Films about the {era} are {result}.",
)
def movies_about_era(
    era: Annotated[str, Pick(*_ERA_MOVIES)],
    min_rating: Annotated[float, Between(6, 8.5)] = 7.0,
    documentaries: bool = False,
) -> list[str]:
    """Recommend movies that are set in a historical era.

    Args:
        era: Name of the era, without article.
        min_rating: Lowest rating, from 1 to 10.
        documentaries: Whether to include documentaries.
    """
    if not 1 <= min_rating <= 10:
        raise ValueError("min_rating must lie between 1 and 10")
    movies = _entry(_ERA_MOVIES, era)[: 1 if min_rating > 7.5 else 2]
    return [*movies, f"Inside the {era}"] if documentaries else movies


@tool(
    asks=(
        "Which (one wins|comes out on top), the {first} or the {second}?[ Go by {aspect}.]",
        "{first} vs {second}[ {aspect}]",
        "How does the {first} compare to the {second}[ in {aspect}]?",
        "I've been to both the {first} and the {second} and can't decide which impressed me more. Put them "
        "side by side[ by {aspect}].",
        "Contrast the {first}[ with the {second}][ in respect of {aspect}].",
        "Standing in front of the {second}, I wondered how it measures up[ against the {first}][ as to {aspect}].",
    ),
    answer="The {winner} comes out ahead, with a difference of {difference} {unit}.",
)
def compare_monuments(
    first: Annotated[str, Pick(*_MONUMENTS)],
    second: Annotated[str, Pick(*_OTHER_MONUMENTS)],
    aspect: Literal["height", "age"] = "height",
) -> dict[str, str | int]:
    """Compare two monuments by height or age.

    Args:
        first: Name of the first monument, without article.
        second: Name of the second monument, without article.
        aspect: What to compare.
    """
    table = _MONUMENTS | _OTHER_MONUMENTS
    (height, built), (other_height, other_built) = _entry(table, first), _entry(table, second)
    lead = height - other_height if aspect == "height" else other_built - built
    unit = "metres" if aspect == "height" else "years"
    return {"winner": first if lead >= 0 else second, "difference": abs(lead), "unit": unit}


@tool(
    asks=(
        "What would {amount} {currency} from {year_from} be worth in {year_to}?",
        "{amount} {currency} {year_from} in {year_to} money",
        "My great-grandfather earned {amount} {currency}[ a month in {year_from}]. What is that in {year_to} prices?",
        "Adjust {amount} {currency} for inflation[ from {year_from}][ to {year_to}].",
        "In {year_from} the house sold for {amount} {currency}. How much would that have been[ in "
        "{year_to}][, {by_wages:measured by wages|measured by prices}]?",
        "Kindly convert the historical sum of {amount} {currency}, year {year_from}, to its purchasing "
        "power in {year_to}[, {by_wages:on the basis of wages|on the basis of consumer prices}].",
    ),
    answer="{amount} {currency} of {year_from} correspond to about {result} {currency} in {year_to}.",
)
def historic_money_value(
    amount: Annotated[float, Between(20, 5000, 0)],
    currency: Literal["dollars", "pounds", "Swiss francs"],
    year_from: Annotated[int, Between(1900, 1965)],
    year_to: Annotated[int, Between(1980, 2023)],
    by_wages: bool = False,
) -> float:
    """Estimate what a sum of money of one year was worth in a later year.

    Args:
        amount: Sum of money.
        currency: Currency of the sum.
        year_from: Year that the sum is from.
        year_to: Year to convert it to.
        by_wages: Whether to go by the growth of wages, not of consumer prices.
    """
    if amount < 0 or year_from > year_to:
        raise ValueError("amount must not be negative, and year_from not after year_to")
    rate = {"dollars": 0.031, "pounds": 0.041, "Swiss francs": 0.022}[currency] + (0.015 if by_wages else 0)
    return round(amount * (1 + rate) ** (year_to - year_from), 2)


@tool(
    asks=(
        "I'm {requester.name} and I need the {record} record of the {surname} family[ from {year}]. Send it "
        "to {requester.email}.",
        "{record} record {surname} {year}, for {requester.name} <{requester.email}>[, "
        "{certified:certified|plain copy}]",
        "Could you ask the archive for[ {record}] papers[ on the name {surname}][, year {year}]? The "
        "request is from {requester.name}, {requester.email}.",
        "My ancestors were called {surname}. Please order their {record} record of {year}[ from {county} "
        "county][ and mail it to {requester.email}][. My name is {requester.name}].",
        "On behalf of {requester.name}, reachable at {requester.email}, I hereby request the {record} "
        "record of {year}[ for the surname {surname}][, as {certified:a certified copy|a plain copy}].",
        "Family research again! Surname {surname}[, {county} county][, year {year}], {record} record. I'm "
        "{requester.name} and my mail is {requester.email}.",
    ),
    answer="The request for the {record} record of {surname} is filed as {reference}, ready in {days} days.",
)
def request_archive_record(
    requester: Requester,
    record: Literal["birth", "marriage", "death", "census", "military", "immigration"],
    surname: Annotated[str, Fake("last_name")],
    year: Annotated[int, Between(1840, 1940)],
    county: Annotated[
        str,
        Pick(
            "Essex", "Kent", "Lancaster", "Cork", "Galway", "Norfolk", "Orange", "Worcester", "Devon",
            "Allegheny", "Middlesex", "Suffolk", "Monroe", "Cumberland", "Somerset",
        ),
    ] | None = None,
    certified: bool = False,
) -> dict[str, str | int]:  # fmt: skip
    """Request a record on a family from the public archive.

    Args:
        requester: Name and e-mail address of the person who asks.
        record: Kind of record.
        surname: Family name to search for.
        year: Year of the record.
        county: County in which the record was made.
        certified: Whether a certified copy is needed.
    """
    if "@" not in requester["email"]:
        raise ValueError("the e-mail address is not valid")
    key = _hash(requester["email"], record, surname, year, county)
    return {"reference": f"AR-{key % 10**6:06d}", "days": (10 if certified else 3) + key % 5}


@tool(
    asks=(
        "(Make|Build) a timeline (called|named) {title} with these entries: {entries}.",
        "timeline {title}: {entries}[, {order} first]",
        "Put {entries} in order for me[ under the heading {title}][, {order} first].",
        "We're preparing an exhibition, {title}. Arrange the following[ with the {order} first]: {entries}.",
        "Kindly compile a chronology entitled {title}[ from the entries {entries}][, beginning with the {order}].",
        "I've collected dates for {title}[: {entries}]. Turn that into a timeline[, {order} on top].",
    ),
    answer="The timeline {title} covers {span} years and begins with {first}.",
)
def build_timeline(
    title: Annotated[
        str,
        Pick(
            "Our Town", "The Old Harbor", "Two Centuries of Change", "Life by the River", "The Mill Quarter",
            "From Village to City", "Streets and Squares", "The Railway Age", "Fire and Flood", "Our Parish",
            "Working Lives", "The Valley Story", "Local Heroes", "On the Border", "A Century in Brief",
        ),
    ],
    entries: Annotated[list[TimelineEntry], Size(2, 4)],
    order: Literal["oldest", "newest"] = "oldest",
) -> dict[str, str | int]:  # fmt: skip
    """Arrange dated events into a timeline.

    Args:
        title: Title of the timeline.
        entries: The events, each with its year.
        order: Which event comes first.
    """
    if not entries:
        raise ValueError("a timeline needs entries")
    ordered = sorted(entries, key=lambda entry: entry["year"], reverse=order == "newest")
    span = abs(ordered[-1]["year"] - ordered[0]["year"])
    return {"first": f"{ordered[0]['event']} ({ordered[0]['year']})", "span": span, "entries": len(ordered)}
