"""Travel: flights, hotels, trains, car hire, visas, itineraries, distances, routes and travel money."""

import math
from itertools import pairwise
from typing import Annotated, Any, Literal, TypedDict
from zlib import crc32

from sftctl.core.tools import Between, Date, DateTime, Fake, Pick, Size, Time, tool

# fmt: off
City = Annotated[str, Pick(
    "Paris", "Rome", "Bangkok", "Lisbon", "Istanbul", "New York", "Marrakesh", "Kyoto", "Vienna", "Prague",
    "Barcelona", "Singapore", "Dubai", "Athens", "Havana", "Hanoi", "Dublin", "Montreal", "Buenos Aires",
    "Copenhagen", "San Francisco", "Edinburgh", "Melbourne", "Seville", "Kraków", "Delhi", "Nairobi",
)]
Airport = Annotated[str, Pick(
    "JFK", "LHR", "CDG", "FRA", "SIN", "DXB", "AMS", "LAX", "HND", "MAD", "ZRH", "IST", "SYD", "YYZ", "GRU",
    "ORD", "BCN", "VIE", "DOH", "CPH",
)]
HomeCity = Annotated[str, Pick(
    "Boston", "Hamburg", "Toronto", "Manchester", "Chicago", "Zurich", "Warsaw", "Madrid", "Seattle",
    "Tokyo", "Oslo", "Johannesburg", "Mexico City", "Mumbai", "Brussels", "Atlanta", "Auckland", "Lyon",
    "Denver",
)]
TownNorth = Annotated[str, Pick(
    "Hamburg", "Amsterdam", "Copenhagen", "Berlin", "Antwerp", "Leipzig", "Cologne", "Lille", "Poznań",
    "Malmö", "Rotterdam", "Hanover", "Bruges", "Aarhus", "Dresden", "Maastricht",
)]
TownSouth = Annotated[str, Pick(
    "Milan", "Marseille", "Ljubljana", "Zagreb", "Turin", "Barcelona", "Florence", "Innsbruck", "Geneva",
    "Nice", "Verona", "Toulouse", "Budapest", "Salzburg", "Bologna", "Montpellier",
)]
TownMiddle = Annotated[str, Pick(
    "Luxembourg", "Strasbourg", "Nuremberg", "Basel", "Metz", "Stuttgart", "Freiburg", "Dijon", "Würzburg",
    "Ulm", "Trier", "Reims", "Heidelberg", "Nancy", "Munich",
)]
FromStation = Annotated[str, Pick(
    "Paris Gare de Lyon", "Berlin Hauptbahnhof", "Amsterdam Centraal", "Zürich HB", "Bruxelles-Midi",
    "Leeds", "Köln Hauptbahnhof", "Utrecht Centraal", "London Euston", "Glasgow Central", "Hamburg-Altona",
    "Basel SBB", "Frankfurt Flughafen", "Lille Europe", "Oslo S", "Penn Station",
)]
ToStation = Annotated[str, Pick(
    "Milano Centrale", "Madrid Atocha", "Wien Hauptbahnhof", "Lyon Part-Dieu", "Roma Termini", "York",
    "Avignon", "Edinburgh Waverley", "Praha hlavní nádraží", "München Ost", "Barcelona Sants", "Bath Spa",
    "Napoli Centrale", "Innsbruck", "Marseille Saint-Charles", "Budapest Keleti",
)]
Hotel = Annotated[str, Pick(
    "Grand Hotel Europa", "The Ivy House", "Seaview Lodge", "Hotel Miramar", "The Old Mill", "Casa Azul",
    "Hotel Astoria", "Park Plaza", "The Lighthouse Inn", "Hotel Bellevue", "Riad Jasmine", "Alpenblick",
    "Villa Rosa", "The Wellington", "Sakura Ryokan", "Harbour Rooms",
)]
Airline = Annotated[str, Pick(
    "Lufthansa", "Ryanair", "Delta", "Emirates", "Iberia", "Air Canada", "Qantas", "KLM", "easyJet",
    "Finnair", "United", "Turkish Airlines", "Singapore Airlines", "Air France", "LATAM", "JetBlue",
)]
Flight = Annotated[str, Pick(
    "BA117", "LH400", "AF022", "UA984", "QF12", "EK203", "DL47", "KL641", "IB3166", "SQ322", "AC848", "TK1",
    "AY131", "NH8", "LX14", "VS3",
)]
Nationality = Annotated[str, Pick(
    "German", "Indian", "Brazilian", "American", "Nigerian", "Polish", "Japanese", "Mexican", "Turkish",
    "Canadian", "South African", "Filipino", "British", "Australian", "Colombian", "Moroccan", "Thai",
)]
Country = Annotated[str, Pick(
    "Vietnam", "Canada", "Kenya", "Japan", "Turkey", "Brazil", "Egypt", "Australia", "India", "Indonesia",
    "Morocco", "New Zealand", "Peru", "Cuba", "Iceland", "Jordan", "Sri Lanka", "Georgia",
)]
Amenity = Annotated[str, Pick(
    "parking", "wifi", "air conditioning", "room service", "laundry service", "wheelchair access",
    "sea views", "family rooms", "bike storage", "conference rooms", "airport shuttles", "vegan breakfast",
)]
Interest = Annotated[str, Pick(
    "art", "food", "history", "nightlife", "architecture", "shopping", "nature", "music", "theatre",
    "sports", "photography", "street markets", "museums", "hiking",
)]
# fmt: on


class Guest(TypedDict):
    name: Annotated[str, Fake("name")]
    email: Annotated[str, Fake("email")]


class Point(TypedDict):
    lat: Annotated[float, Between(-60, 70, 2)]
    lon: Annotated[float, Between(-175, 175, 2)]


class Payment(TypedDict):
    payer: Annotated[str, Fake("first_name")]
    amount: Annotated[float, Between(8, 400, 2)]


def _vary(low: float, high: float, *about: object, decimals: int = 0) -> float:
    """A value from `low` to `high` that depends on nothing but `about`."""
    share = crc32("|".join(map(str, about)).encode()) % 9973 / 9972
    return round(low + (high - low) * share, decimals)


def _code(prefix: str, *about: object) -> str:
    return f"{prefix}{crc32('|'.join(map(str, about)).encode()) % 1_000_000:06d}"


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _clock(minutes: float) -> str:
    return f"{int(minutes) // 60 % 24:02d}:{int(minutes) % 60:02d}"


@tool(
    asks=(
        "(Find|Show me|Search for) flights[ from {origin}][ to {destination}][ on {departure_date}][ in"
        " {cabin} class][ for {passengers} people].",
        "I (want|need|have) to get from {origin} to {destination}[ on {departure_date}]. What's available"
        " by air?[ There are {passengers} of us.]",
        "{origin} to {destination} flights[ {departure_date}][, {cabin} class][, {nonstop:nonstop"
        " only|stops are fine}]",
        "Which planes fly[ from {origin}][ to {destination}][ on {departure_date}]?[ {nonstop:Direct"
        " connections only.|I don't mind changing planes.}]",
        "We're a party of friends going to {destination}[ on {departure_date}], starting in {origin}. What"
        " flights could we take[ if we are {passengers}]?",
        "Kindly list available flights departing[ from {origin}] for {destination}[ on {departure_date}]["
        " in {cabin} class].",
        "What's the cheapest way to fly[ from {origin}] to {destination}[ on {departure_date}]?[ Seats for"
        " {passengers}, please.]",
    ),
    answer="The best flight from {origin} to {destination} leaves at {departs} and costs ${price}.",
)
def search_flights(
    origin: HomeCity,
    destination: City,
    departure_date: Date,
    passengers: Annotated[int, Between(2, 8)] = 1,
    cabin: Literal["economy", "premium economy", "business", "first"] = "economy",
    nonstop: bool = False,
) -> dict[str, Any]:
    """Search for flights between two cities on a given day without booking anything.

    Args:
        origin: City where the journey starts.
        destination: City where the journey ends.
        departure_date: Day of departure, as YYYY-MM-DD.
        passengers: Number of seats needed.
        cabin: Cabin class.
        nonstop: Whether to leave out flights with a stop.
    """
    if passengers < 1:
        raise ValueError("passengers must be at least 1")
    factor = {"economy": 1.0, "premium economy": 1.7, "business": 3.2, "first": 5.5}[cabin] * passengers
    fare = _vary(70, 900, origin, destination, departure_date) * factor * (1.2 if nonstop else 1)
    departs = _clock(_vary(300, 1380, origin, destination, departure_date))
    return {"departs": departs, "price": round(fare, 2), "stops": 0 if nonstop else 1}


@tool(
    asks=(
        "Book (me |)flight {flight_number}[ on {date}] (under the name|for) {passenger_name}[, {seat} seat].",
        "(Please |)reserve a seat[ for {passenger_name}] on {flight_number}[ on {date}][ with"
        " {checked_bags} checked bags].",
        "I've made up my mind, it's {flight_number}[ on {date}]. The traveller is called {passenger_name}.["
        " A seat by the {seat}, please.]",
        "book {flight_number}[, {date}][, {passenger_name}][, {checked_bags} bags]",
        "Can you get[ {passenger_name}] a ticket for flight {flight_number}[ leaving {date}]?["
        " {checked_bags} suitcases will go in the hold.]",
        "My colleague {passenger_name} has to be on flight {flight_number}[ on {date}]. (Make it happen|Buy"
        " the ticket), please.",
        "Kindly issue a ticket[ in the name of {passenger_name}] for {flight_number}[ on {date}][; seating"
        " preference: {seat}].",
    ),
    answer="{passenger_name} is booked on {flight_number}, confirmation {confirmation}.",
)
def book_flight(
    flight_number: Flight,
    date: Date,
    passenger_name: Annotated[str, Fake("name")],
    seat: Literal["window", "aisle", "middle"] | None = None,
    checked_bags: Annotated[int, Between(2, 4)] = 0,
) -> dict[str, Any]:
    """Book a seat for one person on a flight whose number is known.

    Args:
        flight_number: Airline code and number, e.g. "LH400".
        date: Day of departure, as YYYY-MM-DD.
        passenger_name: Full name as in the passport.
        seat: Preferred kind of seat.
        checked_bags: Number of bags to check in.
    """
    if checked_bags < 0:
        raise ValueError("checked_bags must not be negative")
    return {
        "confirmation": _code("PNR", flight_number, date, passenger_name),
        "seat": seat or "any",
        "bags": checked_bags,
    }


@tool(
    asks=(
        "(Find|I'm looking for|Show me) a hotel[ in {city}][ from {check_in}][ for {nights} nights][, max"
        " ${max_price} a night].",
        "Where (can|could) we (stay|sleep)[ in {city}][ for {nights} nights] starting {check_in}?[ We are"
        " {guests} people.]",
        "hotels[ {city}], check-in {check_in}[, {nights} nights][, under ${max_price}]",
        "We arrive[ in {city}][ on {check_in}] and leave {nights} nights later. What accommodation is"
        " free?[ It must have {amenities}.]",
        "I need somewhere to spend {nights} nights[ in {city}][ as of {check_in}][ with {amenities}].",
        "What rooms are on offer[ in {city}] on {check_in} for a stay of {nights} nights[ and {guests} guests]?",
        "My parents want a place to stay[ in {city}][ from {check_in}] for {nights} nights[ and won't pay"
        " more than {max_price} dollars per night].",
    ),
    answer="In {city} there are {count} hotels to choose from; the best is {best}.",
)
def hotel_search(
    city: City,
    check_in: Date,
    nights: Annotated[int, Between(2, 14)],
    guests: Annotated[int, Between(3, 6)] = 2,
    max_price: Annotated[float, Between(60, 400, 0)] | None = None,
    amenities: Annotated[list[Amenity], Size(1, 3)] | None = None,
) -> dict[str, Any]:
    """Find hotels in a city that are free for a stay, without reserving.

    Args:
        city: City to stay in.
        check_in: Day of arrival, as YYYY-MM-DD.
        nights: Length of the stay in nights.
        guests: Number of people.
        max_price: Highest price per night in US dollars.
        amenities: What the hotel must offer.
    """
    if nights < 1 or guests < 1:
        raise ValueError("nights and guests must be at least 1")
    count = int(_vary(3, 60, city, check_in, nights)) // (1 + len(amenities or ())) + 1
    best = ("Hotel Central", "The Garden House", "Residence Plaza", "Old Town Rooms")[count % 4]
    return {"count": count, "best": best, "price": min(_vary(55, 320, city, best), max_price or math.inf)}


@tool(
    asks=(
        "Reserve a room[ at {hotel}][ from {check_in}][ for {nights} nights] for {guest.name},"
        " {guest.email}[, {breakfast:with|without} breakfast].",
        "I'd like to book {hotel}[, arriving {check_in}][ and staying {nights} nights]. My name is"
        " {guest.name} and my e-mail is {guest.email}.",
        "(Please |)take a room in my name, {guest.name}, contact {guest.email}[, at {hotel}][, {nights}"
        " nights][ from {check_in}].",
        "room booking: {hotel}[, {check_in}][, {nights} nights], {guest.name}, {guest.email}[,"
        " {breakfast:breakfast included|no breakfast}]",
        "We chose {hotel}. Could you reserve it[ for {nights} nights][ as of {check_in}]? Guest:"
        " {guest.name}, mail {guest.email}.[ {breakfast:We want breakfast.|We skip breakfast.}]",
        "On behalf of {guest.name}, e-mail {guest.email}, I wish to reserve accommodation[ at {hotel}] for"
        " {nights} nights[ beginning {check_in}].",
    ),
    answer="{hotel} confirmed the room under reference {reference}, {total} dollars in all.",
)
def reserve_hotel_room(
    hotel: Hotel,
    guest: Guest,
    check_in: Date,
    nights: Annotated[int, Between(2, 12)],
    breakfast: bool = False,
) -> dict[str, Any]:
    """Reserve a room in a hotel that has been chosen already.

    Args:
        hotel: Name of the hotel.
        guest: Name and e-mail address of the main guest.
        check_in: Day of arrival, as YYYY-MM-DD.
        nights: Length of the stay in nights.
        breakfast: Whether breakfast is included.
    """
    if nights < 1:
        raise ValueError("nights must be at least 1")
    total = (_vary(60, 260, hotel) + (14 if breakfast else 0)) * nights
    return {"reference": _code("H", hotel, guest["email"], check_in), "total": total}


@tool(
    asks=(
        "(When|What time) does the next train leave[ {station}] after {after}[ for {towards}]?",
        "Trains[ out of {station}][ from {after}][ towards {towards}], please.",
        "departures[ {station}][ {after}]",
        "I'll be ready to board[ at {station}] around {after}. What can I catch[ to {towards}]?",
        "(Show|Give) me the departure board[ of {station}][ as of {after}][, {limit} lines].",
        "My meeting ends shortly before {after}. Which trains go[ from {station}] after that?[ {limit}"
        " suggestions are plenty.]",
    ),
    answer="From {station} trains leave at {result}.",
)
def train_departures(
    station: FromStation,
    after: Time,
    towards: ToStation | None = None,
    limit: Annotated[int, Between(2, 8)] = 3,
) -> list[str]:
    """List the next trains that leave a station after a given time.

    Args:
        station: Station of departure.
        after: Earliest time of departure, 24-hour HH:MM.
        towards: Only trains to this place.
        limit: Most departures to list.
    """
    start, gap = _minutes(after), int(_vary(7, 45, station, towards))
    return [_clock(start + gap * (index + 1)) for index in range(limit)]


@tool(
    asks=(
        "What does a (train |rail |)ticket[ from {from_station}][ to {to_station}] (cost|come to)[ in"
        " {travel_class} class]?",
        "What will I pay for the train between {from_station} and {to_station}[, {travel_class} class]["
        " with a {railcard} railcard]?",
        "rail fare[ {from_station}] to {to_station}[, ages {passenger_ages}]",
        "We're taking the kids by train[ from {from_station}] to {to_station}. How much would it be[ for"
        " passengers aged {passenger_ages}]?",
        "Quote me the fare for going by rail[ from {from_station}][ to {to_station}][, {flexible:fully"
        " flexible|tied to one train}].",
        "How expensive is it to go[ from {from_station}] to {to_station} by train?[ I hold a {railcard} card.]",
    ),
    answer="The train from {from_station} to {to_station} costs {result} euros.",
)
def rail_fare_quote(
    from_station: FromStation,
    to_station: ToStation,
    travel_class: Literal["first", "second"] = "second",
    passenger_ages: Annotated[list[Annotated[int, Between(3, 80)]], Size(2, 4)] | None = None,
    railcard: Annotated[str, Pick("youth", "senior", "student", "Network", "family and friends", "regional")]
    | None = None,
    flexible: bool = False,
) -> float:
    """Quote the price of a train journey in euros.

    Args:
        from_station: Station of departure.
        to_station: Station of arrival.
        travel_class: Class of travel.
        passenger_ages: Age of every passenger in years; one adult if left out.
        railcard: Discount card that the passengers hold.
        flexible: Whether the ticket is valid on any train of the day.
    """
    if any(age < 0 for age in passenger_ages or ()):
        raise ValueError("an age is negative")
    heads = sum(0.5 if age < 15 else 1.0 for age in passenger_ages or (30,))
    factor = (1.6 if travel_class == "first" else 1) * (1.4 if flexible else 1) * (0.7 if railcard else 1)
    return round(_vary(12, 140, *sorted((from_station, to_station))) * heads * factor, 2)


@tool(
    asks=(
        "(Rent|Hire) a[ {vehicle}] car[ in {pickup_city}] for {days} days[ from {pickup_date}].",
        "I need (a car|wheels)[ in {pickup_city}][ on {pickup_date}] and will keep it {days} days.[ I'm"
        " {driver_age} years old.]",
        "car hire[ {pickup_city}][ {pickup_date}], {days} days[, {vehicle}]",
        "What would a rental car[ picked up in {pickup_city}][ on {pickup_date}] cost me for {days} days[,"
        " {unlimited_km:with unlimited|with limited} kilometres]?",
        "We land[ in {pickup_city}][ on {pickup_date}] and want to drive around for {days} days. Get us (a"
        " vehicle|something to drive)[, preferably a {vehicle} one].",
        "Please arrange a[ {vehicle}] hire car for {days} days, collection[ in {pickup_city}] on"
        " {pickup_date}[, driver aged {driver_age}].",
    ),
    answer="A car in {pickup_city} for {days} days comes to {total} euros.",
)
def hire_car(
    pickup_city: City,
    pickup_date: Date,
    days: Annotated[int, Between(2, 21)],
    vehicle: Literal["compact", "family", "luxury", "sports", "four-wheel drive", "convertible"] = "compact",
    driver_age: Annotated[int, Between(21, 74)] = 30,
    unlimited_km: bool = True,
) -> dict[str, Any]:
    """Hire a car for some days.

    Args:
        pickup_city: City where the car is picked up and returned.
        pickup_date: First day of the hire, as YYYY-MM-DD.
        days: Length of the hire in days.
        vehicle: Kind of car.
        driver_age: Age of the driver in years, at least 18.
        unlimited_km: Whether kilometres are unlimited.
    """
    if days < 1 or driver_age < 18:
        raise ValueError("days must be at least 1 and driver_age at least 18")
    rate = _vary(24, 60, pickup_city, pickup_date) * (2.5 if vehicle in ("luxury", "sports", "convertible") else 1)
    rate += (9 if driver_age < 25 else 0) + (6 if unlimited_km else 0)
    return {"total": round(rate * days, 2), "reservation": _code("CAR", pickup_city, pickup_date, days)}


@tool(
    asks=(
        "Do {nationality} (citizens|passport holders|nationals) need a visa[ for {destination}][ for {purpose}]?",
        "My passport is {nationality}. Can I just (enter|go to) {destination}[ for {purpose}][ and stay"
        " {stay_days} days]?",
        "visa rules[ {destination}], {nationality} passport[, {stay_days} days]",
        "My (wife|husband|flatmate) is {nationality} and we're going abroad[, to {destination}]. (Any"
        " paperwork|What papers are) needed at the border?",
        "Under what conditions may {nationality} nationals be admitted[ to {destination}][ for the purpose"
        " of {purpose}]?",
        "We've hired somebody who is {nationality}; she must travel[ to {destination}][ for {stay_days}"
        " days]. Is an entry permit necessary?",
    ),
    answer="Entering {destination} on such a passport requires {requirement}.",
)
def check_visa_requirement(
    nationality: Nationality,
    destination: Country,
    purpose: Literal["tourism", "business", "study", "transit", "work"] = "tourism",
    stay_days: Annotated[int, Between(5, 180)] | None = None,
) -> dict[str, Any]:
    """Check which visa, if any, a traveller needs for a country.

    Args:
        nationality: Citizenship of the traveller as an adjective, e.g. "Brazilian".
        destination: Country to enter.
        purpose: Reason of the journey.
        stay_days: Planned length of the stay in days.
    """
    kinds = ("no visa", "an electronic travel authorisation", "a visa on arrival", "a visa from the embassy")
    rank = int(_vary(0, 2, nationality, destination)) + (purpose in ("study", "work"))
    return {"requirement": kinds[min(3, rank + ((stay_days or 0) > 90))], "fee_usd": rank * 25}


@tool(
    asks=(
        "(Plan|Put together|Make) a {days}-day (itinerary|programme|trip plan)[ for {city}][ around {interests}].",
        "What should we do[ in {city}] in {days} days if we like {interests}?[ A {pace} pace, please.]",
        "{days} days {city}, {interests}[, {pace} pace]",
        "I'm spending {days} days[ in {city}] and care mostly about {interests}. Draw up a day-by-day"
        " plan[, {with_children:the kids are coming too|no children with us}].",
        "It's our first visit[ to {city}]. We have {days} days[ and are into {interests}]. Can you fill them for us?",
        "Compose a sightseeing schedule of {days} days[ in {city}][ with emphasis on {interests}][ at a {pace} pace].",
        "I love {interests}. Now design {days} days[ in {city}] for me[, {with_children:suitable for"
        " children|adults only}].",
    ),
    answer="The plan for {days} days in {city} has {stops} stops and starts with {first_day}.",
)
def plan_itinerary(
    city: City,
    days: Annotated[int, Between(2, 7)],
    interests: Annotated[list[Interest], Size(1, 3)],
    pace: Literal["relaxed", "moderate", "packed"] = "moderate",
    with_children: bool = False,
) -> dict[str, Any]:
    """Draw up a plan of what to see and do on each day in a city.

    Args:
        city: City to visit.
        days: Number of days.
        interests: Topics the traveller likes, at least one.
        pace: How full the days are.
        with_children: Whether children come along.
    """
    if not interests or days < 1:
        raise ValueError("at least one day and one interest are needed")
    stops = {"relaxed": 2, "moderate": 3, "packed": 5}[pace] - (1 if with_children else 0)
    plan = [f"{stops} stops on {interests[day % len(interests)]}" for day in range(days)]
    return {"stops": stops * days, "first_day": plan[0], "plan": plan}


@tool(
    asks=(
        "How far is it to drive[ from {start}][ to {end}][ via {via}]?",
        "What's the (driving distance|distance by road) between {start} and {end}[ in {unit}]?",
        "{start} to {end} by car[, via {via}][, {avoid_tolls:no toll roads|tolls OK}]",
        "We're (driving|taking the car)[ from {start}] to {end}[ by way of {via}]. How long is the route?",
        "Give me the road route[ from {start}] to {end}[, {avoid_tolls:avoiding tolls|toll roads"
        " allowed}][, length in {unit}].",
        "I intend to motor[ from {start}] to {end}. Please state the length of the route[ through {via}][ in {unit}].",
    ),
    answer="By road it is {distance} {unit} from {start} to {end}, about {hours} hours.",
)
def driving_route(
    start: TownNorth,
    end: TownSouth,
    via: Annotated[list[TownMiddle], Size(1, 2)] | None = None,
    avoid_tolls: bool = False,
    unit: Literal["kilometres", "miles"] = "kilometres",
) -> dict[str, Any]:
    """Work out the length and duration of a route by road.

    Args:
        start: City where the route starts.
        end: City where the route ends.
        via: Places to pass on the way, in order.
        avoid_tolls: Whether to keep off toll roads.
        unit: Unit of the distance.
    """
    legs = [start, *(via or ()), end]
    km = sum(_vary(60, 900, *sorted(leg)) for leg in pairwise(legs))
    km *= 1.08 if avoid_tolls else 1
    distance = round(km if unit == "kilometres" else km / 1.609344, 1)
    return {"distance": distance, "unit": unit, "hours": round(km / (70 if avoid_tolls else 88), 1)}


@tool(
    asks=(
        "How many kilometres as the crow flies from {origin.lat}, {origin.lon} to {target.lat}, {target.lon}?",
        "great circle {origin.lat} {origin.lon} -> {target.lat} {target.lon}",
        "What's the straight-line distance between latitude {origin.lat}, longitude {origin.lon} and"
        " latitude {target.lat}, longitude {target.lon}?",
        "An aircraft flies the shortest path over the globe from {origin.lat}, {origin.lon} to"
        " {target.lat}, {target.lon}. How far is that?",
        "Our drone starts at lat {origin.lat}, lon {origin.lon}[ and must reach lat {target.lat}, lon"
        " {target.lon}]. What (range|reach) does it need in a straight line?",
        "Compute the air distance[ starting at latitude {origin.lat} and longitude {origin.lon}] with end"
        " point latitude {target.lat}, longitude {target.lon}.",
    ),
    answer="The straight-line distance is {result} km.",
)
def great_circle_km(origin: Point, target: Point) -> float:
    """Compute the shortest distance over the globe between two points in kilometres.

    Args:
        origin: First point, latitude and longitude in decimal degrees.
        target: Second point, latitude and longitude in decimal degrees.
    """
    if abs(origin["lat"]) > 90 or abs(target["lat"]) > 90:
        raise ValueError("a latitude lies between -90 and 90")
    lat1, lat2 = math.radians(origin["lat"]), math.radians(target["lat"])
    turn = math.radians(target["lon"] - origin["lon"])
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(turn / 2) ** 2
    return round(12742.0176 * math.asin(math.sqrt(half)), 1)


@tool(
    asks=(
        "What will (petrol|gas|fuel) cost me for {distance_km} km if my car needs {consumption} litres per"
        " 100 km[ at {price_per_litre} a litre]?",
        "{distance_km} km, {consumption} l/100 km, {price_per_litre} per litre - how much do I spend on fuel?",
        "fuel cost: {distance_km} km[ at {consumption} l/100km][, {price_per_litre}/l]",
        "We have {distance_km} kilometres ahead of us[ in a van that takes {consumption} litres per"
        " hundred]. With fuel at {price_per_litre} per litre, what's the bill?",
        "(Estimate|Calculate) my fuel expenses over {distance_km} km[, consumption {consumption} litres per"
        " 100 km][, pump price {price_per_litre}].",
        "Diesel is {price_per_litre} a litre right now[ and my camper burns {consumption} litres on 100"
        " km]. How expensive does a tour of {distance_km} km get?",
    ),
    answer="Fuel for {distance_km} km costs {result}.",
)
def trip_fuel_cost(
    distance_km: Annotated[int, Between(30, 2500)],
    consumption: Annotated[float, Between(4, 14)],
    price_per_litre: Annotated[float, Between(1.1, 2.3, 2)],
) -> float:
    """Calculate what the fuel for a drive costs.

    Args:
        distance_km: Length of the drive in kilometres.
        consumption: Fuel consumption in litres per 100 km.
        price_per_litre: Price of a litre of fuel, in any currency.
    """
    if min(distance_km, consumption, price_per_litre) < 0:
        raise ValueError("no value may be negative")
    return round(distance_km * consumption / 100 * price_per_litre, 2)


@tool(
    asks=(
        "How much is charged[ by {airline}] for bags of {weights_kg} kg[ on {route_type} flights]?",
        "My suitcases weigh {weights_kg} kilos. How much extra will I pay[ with {airline}]?",
        "baggage fees[ {airline}]: {weights_kg} kg[, {route_type}]",
        "I'm flying {airline} with luggage weighing {weights_kg} kg. What's the surcharge[ for {route_type} travel]?",
        "How expensive is it to check in {weights_kg} kg of luggage[ at {airline}]?[ I am"
        " {frequent_flyer:a|not a} frequent flyer.]",
        "Please determine the luggage charges[ levied by {airline}] for items of {weights_kg} kg[,"
        " {frequent_flyer:status member|no status}].",
    ),
    answer="{airline} charges {result} dollars for that luggage.",
)
def baggage_fee(
    airline: Airline,
    weights_kg: Annotated[list[Annotated[float, Between(8, 31)]], Size(1, 4)],
    route_type: Literal["domestic", "short-haul", "long-haul"] = "short-haul",
    frequent_flyer: bool = False,
) -> float:
    """Calculate what an airline charges for checked bags in US dollars.

    Args:
        airline: Name of the airline.
        weights_kg: Weight of every bag in kilograms, at most 32 each.
        route_type: Kind of route.
        frequent_flyer: Whether the traveller has frequent-flyer status, which makes the first bag free.
    """
    if any(not 0 < weight <= 32 for weight in weights_kg):
        raise ValueError("a bag weighs more than 0 and at most 32 kg")
    base = _vary(20, 45, airline) * {"domestic": 0.8, "short-haul": 1, "long-haul": 1.5}[route_type]
    fees = sorted(base + (40 if weight > 23 else 0) for weight in weights_kg)
    return float(round(sum(fees[1:] if frequent_flyer else fees), 2))


@tool(
    asks=(
        "I land at {airport} on {arrival} and need a (ride|taxi|driver) to {drop_off}[ for {passengers} people].",
        "(Organise|Arrange) a pickup[ from {airport}][ on {arrival}] to {drop_off}[, with {child_seats} child seats].",
        "airport transfer[ {airport}] {arrival}, drop-off {drop_off}[, {passengers} pax]",
        "How do we get[ from {airport}] to {drop_off} when our plane comes in on {arrival}? Please send a"
        " car[ with {child_seats} child seats].",
        "Please have a chauffeur wait[ at {airport}] on {arrival}; the address is {drop_off}[ and we are"
        " {passengers} travellers].",
        "(Someone|A driver) should fetch my mother[ from {airport}]. She arrives on {arrival} and stays at {drop_off}.",
    ),
    answer="A {vehicle} will wait at {airport} for {price} euros.",
)
def book_airport_transfer(
    airport: Airport,
    arrival: DateTime,
    drop_off: Annotated[str, Fake("street_address")],
    passengers: Annotated[int, Between(2, 7)] = 1,
    child_seats: Annotated[int, Between(2, 3)] = 0,
) -> dict[str, Any]:
    """Book a driver who takes travellers from an airport to an address.

    Args:
        airport: IATA code of the airport, e.g. "FRA".
        arrival: When the flight lands, as YYYY-MM-DDTHH:MM local time.
        drop_off: Street address to go to.
        passengers: Number of people.
        child_seats: Number of child seats needed.
    """
    if passengers < 1 or child_seats < 0:
        raise ValueError("passengers must be at least 1 and child_seats not negative")
    price = _vary(28, 90, airport, drop_off) + (25 if passengers > 4 else 0) + 6 * child_seats
    return {"vehicle": "minibus" if passengers > 4 else "car", "price": price, "pickup": arrival}


@tool(
    asks=(
        "I land[ at {airport}] at {arrival_time} and my next flight leaves at {departure_time}. (Will I"
        " make it|Is that enough time)?",
        "Is a connection[ at {airport}] from a {arrival_time} arrival to a {departure_time} departure"
        " realistic[, {terminal_change:changing terminals|within one terminal}]?",
        "layover[ {airport}] {arrival_time} - {departure_time}, feasible?[ {terminal_change:Different"
        " terminal.|Same terminal.}]",
        "Our first plane gets in at {arrival_time}, the second goes at {departure_time}. Can we change"
        " planes in time[ at {airport}][ with {min_buffer} minutes to spare]?",
        "Assess the transfer[ at {airport}]: in at {arrival_time}, out at {departure_time}[,"
        " {terminal_change:other terminal|no change of terminal}].",
        "I'm nervous about changing[ at {airport}]. Arrival {arrival_time}, departure {departure_time}."
        " Should I worry?[ I want a buffer of {min_buffer} minutes.]",
    ),
    answer="The connection at {airport} is {verdict}, with {minutes} minutes between the flights.",
)
def layover_check(
    airport: Airport,
    arrival_time: Time,
    departure_time: Time,
    terminal_change: bool = False,
    min_buffer: Annotated[int, Pick(10, 15, 20, 30, 45)] = 0,
) -> dict[str, Any]:
    """Judge whether there is enough time to change planes at an airport.

    Args:
        airport: IATA code of the airport.
        arrival_time: Arrival of the first flight, 24-hour HH:MM.
        departure_time: Departure of the second flight, 24-hour HH:MM; earlier means the next day.
        terminal_change: Whether the flights use different terminals.
        min_buffer: Extra minutes the traveller wants to have.
    """
    minutes = (_minutes(departure_time) - _minutes(arrival_time)) % 1440
    needed = int(_vary(35, 70, airport)) + (30 if terminal_change else 0) + min_buffer
    return {"minutes": minutes, "needed": needed, "verdict": "feasible" if minutes >= needed else "too short"}


@tool(
    asks=(
        "(Split|Divide) our trip costs[ between {travellers} people]. Payments: {payments}.",
        "We paid as follows: {payments}. What's the fair share[ if we were {travellers}]?",
        "holiday kitty, {travellers} people: {payments}",
        "Who paid what on our tour: {payments}. How much should each[ of the {travellers}] of us have paid["
        " in {currency}]?",
        "After the road trip we must settle up[ among {travellers}]. Here is what was spent: {payments}.["
        " All in {currency}.]",
        "Please work out what everyone[ of us {travellers}] owes given these payments: {payments}[, in {currency}].",
    ),
    answer="Everybody's share is {share} {currency}.",
)
def settle_shared_expenses(
    payments: Annotated[list[Payment], Size(2, 3)],
    travellers: Annotated[int, Between(3, 9)],
    currency: Annotated[str, Pick("USD", "EUR", "GBP", "CHF", "JPY", "CAD")] = "EUR",
) -> dict[str, Any]:
    """Work out the equal share of every traveller from what some of them have paid.

    Args:
        payments: Who paid how much.
        travellers: Number of people who share the costs.
        currency: ISO code of the currency of all amounts.
    """
    if travellers < 1 or any(payment["amount"] < 0 for payment in payments):
        raise ValueError("travellers must be at least 1 and amounts not negative")
    total = sum(payment["amount"] for payment in payments)
    return {"share": round(total / travellers, 2), "total": round(total, 2), "currency": currency}
