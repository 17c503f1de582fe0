"""Geography: countries, capitals, borders, cities, rivers, mountains, coordinates, maps and time zones."""

import math
from typing import Annotated, Any, Literal, TypedDict
from zlib import crc32

from sftctl.core.tools import Between, Date, Pick, Size, tool

# Country: capital, population in millions, area in km², currency, calling code, languages, land neighbours.
_COUNTRIES: dict[str, tuple[str, float, int, str, str, str, str]] = {
    "France": ("Paris", 68.4, 543940, "euro", "+33", "French", "Spain,Italy,Germany,Switzerland,Belgium"),
    "Germany": ("Berlin", 83.5, 357022, "euro", "+49", "German", "France,Poland,Austria,Czechia,Denmark"),
    "Spain": ("Madrid", 48.6, 505990, "euro", "+34", "Spanish", "France,Portugal,Andorra"),
    "Portugal": ("Lisbon", 10.6, 92212, "euro", "+351", "Portuguese", "Spain"),
    "Italy": ("Rome", 59.0, 301340, "euro", "+39", "Italian", "France,Switzerland,Austria,Slovenia"),
    "Poland": ("Warsaw", 37.6, 312696, "złoty", "+48", "Polish", "Germany,Czechia,Slovakia,Ukraine"),
    "Austria": ("Vienna", 9.2, 83879, "euro", "+43", "German", "Germany,Italy,Switzerland,Hungary"),
    "Norway": ("Oslo", 5.6, 385207, "krone", "+47", "Norwegian", "Sweden,Finland,Russia"),
    "Greece": ("Athens", 10.4, 131957, "euro", "+30", "Greek", "Albania,Bulgaria,Turkey,North Macedonia"),
    "Turkey": ("Ankara", 85.4, 783562, "lira", "+90", "Turkish", "Greece,Bulgaria,Georgia,Iran,Iraq,Syria"),
    "Egypt": ("Cairo", 107.0, 1002450, "pound", "+20", "Arabic", "Libya,Sudan,Israel"),
    "Kenya": ("Nairobi", 55.1, 580367, "shilling", "+254", "Swahili,English", "Uganda,Tanzania,Ethiopia"),
    "Nigeria": ("Abuja", 227.9, 923769, "naira", "+234", "English", "Benin,Niger,Chad,Cameroon"),
    "Morocco": ("Rabat", 37.7, 446550, "dirham", "+212", "Arabic,Berber", "Algeria,Spain"),
    "India": ("New Delhi", 1438.0, 3287263, "rupee", "+91", "Hindi,English", "Pakistan,China,Nepal,Bhutan"),
    "Nepal": ("Kathmandu", 29.7, 147181, "rupee", "+977", "Nepali", "India,China"),
    "Japan": ("Tokyo", 123.8, 377975, "yen", "+81", "Japanese", ""),
    "Thailand": ("Bangkok", 65.9, 513120, "baht", "+66", "Thai", "Myanmar,Laos,Cambodia,Malaysia"),
    "Vietnam": ("Hanoi", 100.3, 331212, "đồng", "+84", "Vietnamese", "China,Laos,Cambodia"),
    "Australia": ("Canberra", 27.2, 7692024, "dollar", "+61", "English", ""),
    "Canada": ("Ottawa", 41.3, 9984670, "dollar", "+1", "English,French", "United States"),
    "Mexico": ("Mexico City", 129.7, 1964375, "peso", "+52", "Spanish", "United States,Guatemala,Belize"),
    "Brazil": ("Brasília", 211.1, 8515767, "real", "+55", "Portuguese", "Argentina,Peru,Bolivia,Colombia"),
    "Argentina": ("Buenos Aires", 45.5, 2780400, "peso", "+54", "Spanish", "Chile,Brazil,Uruguay,Bolivia"),
    "Peru": ("Lima", 33.8, 1285216, "sol", "+51", "Spanish,Quechua", "Ecuador,Colombia,Brazil,Chile,Bolivia"),
    "Chile": ("Santiago", 19.7, 756102, "peso", "+56", "Spanish", "Argentina,Peru,Bolivia"),
}
# fmt: off
_CONTINENTS = {
    "Europe": ("France", "Germany", "Spain", "Portugal", "Italy", "Poland", "Austria", "Norway", "Greece"),
    "Africa": ("Egypt", "Kenya", "Nigeria", "Morocco"),
    "Asia": ("Turkey", "India", "Nepal", "Japan", "Thailand", "Vietnam"),
    "Oceania": ("Australia",),
    "North America": ("Canada", "Mexico"),
    "South America": ("Brazil", "Argentina", "Peru", "Chile"),
}
# fmt: on
# River: length in km, continent, where it ends.
_RIVERS: dict[str, tuple[int, str, str]] = {
    "Amazon": (6400, "South America", "the Atlantic Ocean"),
    "Paraná": (4880, "South America", "the Río de la Plata"),
    "Orinoco": (2140, "South America", "the Atlantic Ocean"),
    "Nile": (6650, "Africa", "the Mediterranean Sea"),
    "Congo": (4700, "Africa", "the Atlantic Ocean"),
    "Niger": (4180, "Africa", "the Gulf of Guinea"),
    "Zambezi": (2574, "Africa", "the Indian Ocean"),
    "Danube": (2850, "Europe", "the Black Sea"),
    "Rhine": (1233, "Europe", "the North Sea"),
    "Volga": (3530, "Europe", "the Caspian Sea"),
    "Loire": (1006, "Europe", "the Bay of Biscay"),
    "Yangtze": (6300, "Asia", "the East China Sea"),
    "Mekong": (4350, "Asia", "the South China Sea"),
    "Ganges": (2525, "Asia", "the Bay of Bengal"),
    "Mississippi": (3766, "North America", "the Gulf of Mexico"),
    "Yukon": (3190, "North America", "the Bering Sea"),
    "Rio Grande": (3051, "North America", "the Gulf of Mexico"),
    "Murray": (2508, "Oceania", "the Southern Ocean"),
    "Darling": (1472, "Oceania", "the Murray"),
}
# City: time zone, standard offset from UTC in hours.
_ZONES: dict[str, tuple[str, float]] = {
    "London": ("Europe/London", 0),
    "Paris": ("Europe/Paris", 1),
    "Cairo": ("Africa/Cairo", 2),
    "Nairobi": ("Africa/Nairobi", 3),
    "Dubai": ("Asia/Dubai", 4),
    "Karachi": ("Asia/Karachi", 5),
    "Mumbai": ("Asia/Kolkata", 5.5),
    "Kathmandu": ("Asia/Kathmandu", 5.75),
    "Bangkok": ("Asia/Bangkok", 7),
    "Singapore": ("Asia/Singapore", 8),
    "Tokyo": ("Asia/Tokyo", 9),
    "Adelaide": ("Australia/Adelaide", 9.5),
    "Sydney": ("Australia/Sydney", 10),
    "Auckland": ("Pacific/Auckland", 12),
    "Honolulu": ("Pacific/Honolulu", -10),
    "Los Angeles": ("America/Los_Angeles", -8),
    "Denver": ("America/Denver", -7),
    "Chicago": ("America/Chicago", -6),
    "New York": ("America/New_York", -5),
    "São Paulo": ("America/Sao_Paulo", -3),
}
# Mountain range: its highest peaks with their heights in metres.
_PEAKS: dict[str, dict[str, int]] = {
    "Alps": {"Mont Blanc": 4806, "Dufourspitze": 4634, "Matterhorn": 4478, "Eiger": 3967, "Zugspitze": 2962},
    "Himalayas": {"Everest": 8849, "Kangchenjunga": 8586, "Lhotse": 8516, "Makalu": 8485, "Cho Oyu": 8188},
    "Andes": {"Aconcagua": 6961, "Ojos del Salado": 6893, "Huascarán": 6768, "Chimborazo": 6263},
    "Rocky Mountains": {"Mount Elbert": 4401, "Mount Massive": 4398, "Longs Peak": 4346, "Grand Teton": 4199},
    "Pyrenees": {"Aneto": 3404, "Posets": 3375, "Monte Perdido": 3355, "Vignemale": 3298},
    "Carpathians": {"Gerlachovský štít": 2655, "Moldoveanu": 2544, "Rysy": 2503, "Hoverla": 2061},
    "Atlas Mountains": {"Toubkal": 4167, "Ouanoukrim": 4089, "M'Goun": 4071, "Ayachi": 3747},
    "Caucasus": {"Elbrus": 5642, "Dykh-Tau": 5205, "Shkhara": 5193, "Kazbek": 5054},
}
_LANGUAGES = sorted({language for country in _COUNTRIES.values() for language in country[5].split(",")})

Country = Annotated[str, Pick(*_COUNTRIES)]
ZoneCity = Annotated[str, Pick(*_ZONES)]
FirstCity = Annotated[str, Pick(*tuple(_ZONES)[::2])]
SecondCity = Annotated[str, Pick(*tuple(_ZONES)[1::2])]
Continent = Literal["Africa", "Asia", "Europe", "North America", "South America", "Oceania"]
Fact = Literal["population", "area", "currency", "calling code", "languages"]


class Place(TypedDict):
    lat: Annotated[float, Between(-55, 68, 3)]
    lon: Annotated[float, Between(-120, 150, 3)]


class Corner(TypedDict):
    lat: Annotated[float, Between(40, 49, 2)]
    lon: Annotated[float, Between(2, 14, 2)]


def _country(name: str) -> tuple[str, float, int, str, str, str, str]:
    if name not in _COUNTRIES:
        raise ValueError(f"no data about the country {name!r}")
    return _COUNTRIES[name]


def _zone(city: str) -> tuple[str, float]:
    if city not in _ZONES:
        raise ValueError(f"no time zone known for {city!r}")
    return _ZONES[city]


def _vary(low: float, high: float, *about: object) -> int:
    """A whole number from `low` to `high` that depends on nothing but `about`."""
    return round(low + (high - low) * (crc32("|".join(map(str, about)).encode()) % 9973 / 9972))


@tool(
    asks=(
        "What('s| is) the capital[ of {country}]?",
        "(Which|What) city is the seat of government[ in {country}]?",
        "capital[ {country}]",
        "Pub quiz question: name the capital[ of {country}].",
        "My daughter must (learn|know) the capitals for school. What is it[ in the case of {country}]?",
        "I keep forgetting (what|which city) the capital of {country} is, (remind me|can you tell me), please.",
    ),
    answer="The capital of {country} is {result}.",
)
def capital_of(country: Country) -> str:
    """Name the capital city of a country.

    Args:
        country: English name of the country.
    """
    return _country(country)[0]


@tool(
    asks=(
        "(Tell me|I'd like to know|Look up) the {facts}[ of {country}].",
        "{facts}[ of {country}], please.",
        "I'm preparing a (talk|presentation|quiz)[ about {country}] and need its {facts}.",
        "[{country}: ]{facts}[, {units} units]",
        "What are the {facts}[ of {country}][ in {units} units]?",
        "For an encyclopedia entry, supply the following[ on {country}]: {facts}[; use {units} measures].",
        "We're doing a project[ on {country}] at school. Could you give us the {facts}?",
    ),
    answer="About {country}: {summary}.",
)
def country_facts(
    country: Country,
    facts: Annotated[list[Fact], Size(1, 3)],
    units: Literal["metric", "imperial"] = "metric",
) -> dict[str, Any]:
    """Look up basic facts about a country, such as its population or currency.

    Args:
        country: English name of the country.
        facts: Which facts to return.
        units: System of units for the area.
    """
    _, millions, km2, currency, code, languages, _ = _country(country)
    area = f"{km2} km²" if units == "metric" else f"{round(km2 / 2.58999)} square miles"
    known = {"population": f"{millions} million", "area": area, "currency": currency, "calling code": code}
    known["languages"] = languages.replace(",", " and ")
    chosen = {fact: known[fact] for fact in facts}
    return {"facts": chosen, "summary": ", ".join(f"{fact} {value}" for fact, value in chosen.items())}


@tool(
    asks=(
        "(Which|What) countries (border|are next to) {country}[, {maritime:including|not including} those"
        " across the sea]?",
        "Who are the neighbours[ of {country}]?[ {maritime:Sea borders count too.|Only land borders count.}]",
        "neighbors[ {country}][, {maritime:with|without} sea borders]",
        "If I (leave|drive out of) {country} by car, which countries can I get into?",
        "(List|Name) all states that share a frontier[ with {country}][, {maritime:maritime ones included|on land}].",
        "I'm drawing a map[ of {country}]. Which countries must I put around it?",
    ),
    answer="Neighbours of {country}: {result}.",
)
def neighbouring_countries(country: Country, maritime: bool = False) -> list[str]:
    """List the countries that have a common border with a country.

    Args:
        country: English name of the country.
        maritime: Whether countries across the sea count as neighbours too.
    """
    land = [name for name in _country(country)[6].split(",") if name]
    others = sorted(_COUNTRIES)
    across = others[_vary(0, len(others) - 1, country)]
    return land + ([across] if maritime and across not in (*land, country) else []) or ["none"]


@tool(
    asks=(
        "{population} people live on {area_km2} square kilometres. How (crowded|densely populated) is that?",
        "(Calculate|Work out) the population density[ for {population} inhabitants][ on {area_km2} km²].",
        "density: {population} people[, {area_km2} km2][, {decimals} decimals]",
        "My (county|province|district) has {population} residents[ and covers {area_km2} square"
        " kilometres]. How many is that per square kilometre?",
        "How many people per square kilometre are there if a region of {area_km2} km² has {population}"
        " inhabitants?[ Round to {decimals} decimals.]",
        "Given an area of {area_km2} km²[ and a population of {population}], determine the inhabitants per"
        " square kilometre.",
    ),
    answer="There are {result} people per square kilometre.",
)
def population_density(
    population: Annotated[int, Between(20_000, 60_000_000)],
    area_km2: Annotated[float, Between(100, 500_000)],
    decimals: Annotated[int, Between(2, 5)] = 1,
) -> float:
    """Calculate how many people live on a square kilometre.

    Args:
        population: Number of inhabitants.
        area_km2: Area in square kilometres, above 0.
        decimals: Decimal places of the result.
    """
    if area_km2 <= 0 or population < 0:
        raise ValueError("area_km2 must be above 0 and population not negative")
    return round(population / area_km2, decimals)


@tool(
    asks=(
        "(Which|What) are the[ {limit}] longest rivers[ in {continent}]?",
        "(List|Rank) the (biggest|longest) rivers[ of {continent}][, top {limit}].",
        "longest rivers[ {continent}][, {limit}]",
        "I'm writing a geography test. Give me[ {limit}] great rivers[ of {continent}], the longest first.",
        "Name rivers[ in {continent}] by length[, those over {min_length_km} km only].",
        "(Show|Tell) me which rivers[ of {continent}] are the longest[, leaving out any shorter than"
        " {min_length_km} kilometres].",
    ),
    answer="The longest rivers of {continent}: {result}.",
)
def longest_rivers(
    continent: Continent,
    limit: Annotated[int, Between(2, 5)] = 3,
    min_length_km: Annotated[int, Pick(500, 1000, 1500, 2000, 2500)] = 0,
) -> list[str]:
    """Rank the rivers of a continent by length.

    Args:
        continent: Continent to look at.
        limit: Most rivers to return.
        min_length_km: Leave out rivers that are shorter than this, in kilometres.
    """
    lengths = {name: km for name, (km, where, _) in _RIVERS.items() if where == continent and km >= min_length_km}
    return sorted(lengths, key=lambda name: -lengths[name])[:limit]


@tool(
    asks=(
        "How long is the {river}[ in {unit}]?",
        "Where does the {river} (flow into the sea|end)[, and how many {unit} long is it]?",
        "river {river}[, length in {unit}]",
        "(Tell|Teach) me something about the {river} river.[ Lengths in {unit}, please.]",
        "We're going on a river cruise[, on the {river}]. What length does it have[ in {unit}] and where is its mouth?",
        "Please provide the length[ in {unit}] and mouth of the river {river}.",
    ),
    answer="The {river} is {length} {unit} long and flows into {mouth}.",
)
def river_profile(
    river: Annotated[str, Pick(*_RIVERS)], unit: Literal["kilometres", "miles"] = "kilometres"
) -> dict[str, Any]:
    """Describe one river: its length, its continent and where it ends.

    Args:
        river: Name of the river without the word "river".
        unit: Unit of the length.
    """
    if river not in _RIVERS:
        raise ValueError(f"no data about the river {river!r}")
    km, continent, mouth = _RIVERS[river]
    length = km if unit == "kilometres" else round(km / 1.609344)
    return {"length": length, "unit": unit, "continent": continent, "mouth": mouth}


@tool(
    asks=(
        "How high above sea level is the point {latitude}, {longitude}[ in {unit}]?",
        "elevation {latitude} {longitude}[ {unit}]",
        "What's the (altitude|elevation) at latitude {latitude}[ and longitude {longitude}]?",
        "I'm (standing|camping) at {latitude}, {longitude}. How high up am I[ in {unit}]?",
        "Give me the terrain height for latitude {latitude}, longitude {longitude}[, measured in {unit}].",
        "We plan to put up a mast[ at longitude {longitude}], latitude {latitude}. State the ground level["
        " in {unit}], please.",
    ),
    answer="The ground there is {height} {unit} above sea level.",
)
def elevation_at(
    latitude: Annotated[float, Between(-55, 70, 4)],
    longitude: Annotated[float, Between(-170, 170, 4)],
    unit: Literal["metres", "feet"] = "metres",
) -> dict[str, Any]:
    """Return the height of the ground above sea level at a pair of coordinates.

    Args:
        latitude: Latitude in decimal degrees, north positive.
        longitude: Longitude in decimal degrees, east positive.
        unit: Unit of the height.
    """
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise ValueError("latitude or longitude is out of range")
    metres = _vary(1, 2900, latitude, longitude)
    return {"height": metres if unit == "metres" else round(metres * 3.28084), "unit": unit}


@tool(
    asks=(
        "(What|Which) are the[ {count}] highest (mountains|peaks)[ in the {mountain_range}]?",
        "(List|Name) the tallest summits[ of the {mountain_range}][ above {above_m} metres].",
        "peaks[ {mountain_range}][, {count}][, over {above_m} m]",
        "I dream of climbing[ in the {mountain_range}]. Which mountains there are the highest?[ A list of"
        " {count} will do.]",
        "Which mountains[ of the {mountain_range}] tower over all others?[ Don't bother with those below {above_m} m.]",
        "We'd like a poster with the[ {count}] top peaks[ of the {mountain_range}].",
    ),
    answer="The highest peaks of the {mountain_range}: {result}.",
)
def highest_peaks(
    mountain_range: Annotated[str, Pick(*_PEAKS)],
    count: Annotated[int, Between(2, 4)] = 3,
    above_m: Annotated[int, Pick(1500, 1800, 2000)] | None = None,
) -> list[str]:
    """List the highest peaks of a mountain range.

    Args:
        mountain_range: Name of the range without an article, e.g. "Alps".
        count: Most peaks to return.
        above_m: Only peaks higher than this many metres.
    """
    if mountain_range not in _PEAKS:
        raise ValueError(f"no data about the range {mountain_range!r}")
    return [f"{peak} at {m} m" for peak, m in _PEAKS[mountain_range].items() if m > (above_m or 0)][:count]


@tool(
    asks=(
        "(What|Which) time zone is {city} in?",
        "What's the UTC offset[ of {city}][ on {date}]?",
        "time zone[ {city}][ {date}]",
        "I have to set up a server[ in {city}]. Which zone do I configure?",
        "Please state the time zone that applies[ in {city}][ on {date}].",
        "Is {city} ahead of Greenwich, and by how much?",
    ),
    answer="{city} keeps the time of {zone}, which is {offset}.",
)
def time_zone_lookup(city: ZoneCity, date: Date | None = None) -> dict[str, Any]:
    """Look up the time zone that a city belongs to and its offset from UTC.

    Args:
        city: Name of the city.
        date: Day for which the offset is wanted, as YYYY-MM-DD; standard time if left out.
    """
    zone, offset = _zone(city)
    summer = bool(date) and zone in ("Europe/London", "Europe/Paris") and "04" <= str(date)[5:7] <= "09"
    return {"zone": zone, "offset": f"UTC{offset + summer:+g} hours"}


@tool(
    asks=(
        "What's the time difference between {first_city} and {second_city}?",
        "How many hours (ahead of|behind) {first_city} is {second_city}?",
        "{first_city} vs {second_city} (clock|time) difference",
        "I'm in {first_city} and my (boss|boyfriend|sister) works[ in {second_city}]. How far apart are our clocks?",
        "By how many hours do I have to change my watch when I fly[ from {first_city}] to {second_city}?",
        "When it's noon in {first_city}, how much later or earlier is it[ in {second_city}]?",
    ),
    answer="The clocks of {first_city} and {second_city} differ by {result} hours.",
)
def local_time_gap_hours(first_city: FirstCity, second_city: SecondCity) -> float:
    """Calculate by how many hours the second city is ahead of the first one.

    Args:
        first_city: City to compare from.
        second_city: City to compare with.
    """
    return float(_zone(second_city)[1] - _zone(first_city)[1])


@tool(
    asks=(
        "(Which|What) cities[ in {country}] have between {min_population} and {max_population} inhabitants?",
        "(Find|List) towns[ in {country}] with at least {min_population}[ and at most {max_population}]"
        " people[, {coastal:on the coast|away from the coast}].",
        "cities[ {country}], population {min_population} to {max_population}[, {coastal:coastal|inland}]",
        "We want to open a shop[ in {country}] in a mid-sized city: more than {min_population} people[ but"
        " fewer than {max_population}]. What are the candidates?",
        "I'd like to move[ to {country}], into a town that's not too small, {min_population} residents or"
        " more, and not too large, {max_population} at most. Where could I go?",
        "Return municipalities[ of {country}] whose population lies[ above {min_population}] and below"
        " {max_population}.",
    ),
    answer="Cities of that size in {country}: {result}.",
)
def cities_by_size(
    country: Country,
    min_population: Annotated[int, Pick(10_000, 20_000, 50_000, 75_000, 100_000, 150_000, 200_000)],
    max_population: Annotated[int, Pick(300_000, 400_000, 500_000, 750_000, 1_000_000, 2_000_000)],
    coastal: bool | None = None,
) -> list[str]:
    """Find the cities of a country whose population lies in a range.

    Args:
        country: English name of the country.
        min_population: Least number of inhabitants.
        max_population: Greatest number of inhabitants.
        coastal: Only cities on the coast if true, only inland ones if false.
    """
    _country(country)
    if min_population > max_population:
        raise ValueError("min_population is greater than max_population")
    stems = ("Porto", "Santa Clara", "Neustadt", "Riverton")
    side = {True: " by the Sea", False: " Upland", None: ""}[coastal]
    return [f"{stem}{side} with {_vary(min_population, max_population, country, stem)}" for stem in stems]


@tool(
    asks=(
        "What (place|town) is at {point.lat}, {point.lon}?",
        "My GPS only (gives|shows) me numbers[: latitude {point.lat}, longitude {point.lon}]. Where am I?["
        " The {detail} is all I need.]",
        "reverse geocode {point.lat} {point.lon}[, {detail} level][, {language}]",
        "A photo of mine was taken at {point.lat}, {point.lon}. Which place is that?[ Answer with the"
        " {language} name.]",
        "(Turn|Translate) the coordinates {point.lat}, {point.lon} into a place name[ in {language}][, {detail} only].",
        "Please identify the location with latitude {point.lat} and longitude {point.lon}[ and give its"
        " name in {language}].",
    ),
    answer="That is {result}.",
)
def reverse_geocode(
    point: Place,
    detail: Literal["street", "town", "region", "country"] = "town",
    language: Annotated[
        str, Pick("English", "Spanish", "French", "German", "Japanese", "Arabic", "Italian")
    ] = "English",
) -> str:
    """Find the name of the place that lies at given coordinates.

    Args:
        point: Latitude and longitude in decimal degrees.
        detail: How fine the answer should be.
        language: Language of the name.
    """
    names = sorted(_COUNTRIES)
    country = names[_vary(0, len(names) - 1, point["lat"], point["lon"])]
    name = {"street": "Station Road 4", "town": "Riverton", "region": "the Northern Region", "country": ""}[detail]
    name = f"{name} in {country}" if name else country
    return name if language == "English" else f"{name}, in {language} spelling"


@tool(
    asks=(
        "How (big|large) is the piece of land with these corners as latitude and longitude: {corners}?",
        "area of polygon: {corners}[, in {unit}]",
        "What area does our nature reserve (cover|have)[ in {unit}]?[ Its boundary stones are at {corners}.]",
        "(Compute|Determine) the surface enclosed by the points {corners}[, expressed in {unit}].",
        "I clicked these coordinates on a map, one after the other: {corners}. What's the area inside[ in {unit}]?",
    ),
    answer="The area is {area} {unit}.",
)
def polygon_area(
    corners: Annotated[list[Corner], Size(3, 4)],
    unit: Literal["square kilometres", "hectares", "square miles"] = "square kilometres",
) -> dict[str, Any]:
    """Compute the area of a piece of land from the coordinates of its corners.

    Args:
        corners: Corners in order, each with latitude and longitude in decimal degrees; at least three.
        unit: Unit of the area.
    """
    if len(corners) < 3:
        raise ValueError("a polygon has at least three corners")
    flat = [(c["lon"] * 111.32 * math.cos(math.radians(c["lat"])), c["lat"] * 110.57) for c in corners]
    twice = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(flat, flat[1:] + flat[:1], strict=True))
    factor = {"square kilometres": 1, "hectares": 100, "square miles": 0.386102}[unit]
    return {"area": round(abs(twice) / 2 * factor, 2), "unit": unit}


@tool(
    asks=(
        "Two villages are {map_cm} cm apart on my 1:{scale} map. How far is that in (reality|real life)?",
        "What do {map_cm} centimetres on a map correspond to[ at a scale of 1:{scale}][, in {unit}]?",
        "map distance {map_cm} cm[, scale 1:{scale}][, in {unit}]",
        "(We measured|I measure) {map_cm} cm for our hike on the map[, which is 1 to {scale}]. How long"
        " will we walk[ in {unit}]?",
        "Scale 1:{scale}[, length on paper {map_cm} cm]. What's the true distance?",
        "Convert a length of {map_cm} centimetres on a chart[ with the scale 1:{scale}] to the ground[ in {unit}].",
    ),
    answer="On the ground that is {distance} {unit}.",
)
def ground_distance_from_map(
    map_cm: Annotated[float, Between(1, 60)],
    scale: Annotated[int, Pick(5_000, 10_000, 25_000, 50_000, 75_000, 100_000, 200_000, 500_000, 1_000_000)],
    unit: Literal["kilometres", "miles", "metres"] = "kilometres",
) -> dict[str, Any]:
    """Convert a length on a map to the distance on the ground.

    Args:
        map_cm: Length on the map in centimetres.
        scale: Denominator of the scale, e.g. 50000 for 1:50000.
        unit: Unit of the result.
    """
    if scale <= 0 or map_cm < 0:
        raise ValueError("scale must be above 0 and map_cm not negative")
    metres = map_cm * scale / 100
    return {
        "distance": round(metres / {"kilometres": 1000, "miles": 1609.344, "metres": 1}[unit], 2),
        "unit": unit,
    }


@tool(
    asks=(
        "(Convert|Change) {degrees} degrees {minutes} minutes {seconds} seconds[ {hemisphere}] to decimal degrees.",
        "What is {degrees}° {minutes}' {seconds}\" {hemisphere} in decimal degrees?",
        "{degrees} {minutes} {seconds} {hemisphere} as decimal",
        "An old chart (gives|marks) the wreck at {degrees} degrees, {minutes} minutes and {seconds}"
        " seconds[ {hemisphere}]. I need that as a decimal number.",
        "My navigation app only takes decimals. The spot is {degrees}° {minutes}' {seconds}\"[ {hemisphere}].",
        "Express the angle of {degrees} degrees, {minutes} arc minutes and {seconds} arc seconds[,"
        " {hemisphere}ern hemisphere,] in decimal notation.",
    ),
    answer="In decimal degrees that is {result}.",
)
def dms_to_decimal(
    degrees: Annotated[int, Between(2, 89)],
    minutes: Annotated[int, Between(2, 59)],
    seconds: Annotated[float, Between(2, 59)],
    hemisphere: Literal["north", "south", "east", "west"],
) -> float:
    """Convert a coordinate from degrees, minutes and seconds to decimal degrees.

    Args:
        degrees: Whole degrees, 0 to 180.
        minutes: Arc minutes, 0 to 59.
        seconds: Arc seconds, 0 to below 60.
        hemisphere: Direction; south and west give a negative number.
    """
    if not (0 <= degrees <= 180 and 0 <= minutes < 60 and 0 <= seconds < 60):
        raise ValueError("degrees, minutes or seconds are out of range")
    value = degrees + minutes / 60 + seconds / 3600
    return round(-value if hemisphere in ("south", "west") else value, 6)


@tool(
    asks=(
        "Where is {language} spoken[, {official_only:I mean as an official language|by minorities too}]?",
        "In which countries[ of {continent}] (can I get by with|do they speak) {language}?",
        "{language} speaking countries[, {continent}][, {official_only:official language only|minorities too}]",
        "I've just learned a new language[, {language}]. What countries[ in {continent}] could I travel to with it?",
        "List the nations[ in {continent}] where {language} is used[, {official_only:officially|officially or not}].",
        "Our app will be translated into {language}. Which markets[ in {continent}] does that open up?",
    ),
    answer="{language} is spoken in {result}.",
)
def countries_speaking(
    language: Annotated[str, Pick(*_LANGUAGES)],
    continent: Continent | None = None,
    official_only: bool = True,
) -> list[str]:
    """List the countries in which a language is spoken.

    Args:
        language: English name of the language.
        continent: Only countries on this continent.
        official_only: Whether to leave out countries where the language has no official status.
    """
    names = [name for name, facts in _COUNTRIES.items() if language in facts[5].split(",")]
    others = [name for name in _COUNTRIES if name not in names]
    names += [] if official_only else [others[_vary(0, len(others) - 1, language)]]
    return [name for name in names if not continent or name in _CONTINENTS[continent]] or ["no country"]
