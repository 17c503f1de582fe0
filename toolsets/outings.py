"""Outings and services: finding and booking what a town has to offer."""

from typing import Annotated, Any, Literal
from zlib import crc32

from sftctl.core.tools import Between, Date, Pick, Size, Time, tool

# fmt: off
Place = Annotated[str, Pick(
    "Kreuzberg, Berlin", "Fresno, CA", "Harlem, New York", "Ghent", "Trastevere, Rome", "Leith, Edinburgh",
    "Austin, Texas", "Porto", "St. John's, Newfoundland", "Ottensen, Hamburg", "Bristol", "Santa Fe, NM",
    "Le Marais, Paris", "Stoke-on-Trent", "Fort Collins, Colorado", "Aarhus", "Newtown, Sydney", "Tampere",
    "Bandra West, Mumbai", "Winston-Salem, NC", "Utrecht", "Saint-Denis, Réunion",
)]
Town = Annotated[str, Pick(
    "Ann Arbor, MI", "Queens, New York", "Salamanca", "Portland, Maine", "Neukölln, Berlin", "Galway",
    "Boise, Idaho", "Peckham, London", "Trieste", "Gràcia, Barcelona", "Chapel Hill, NC", "Eindhoven",
    "Ballard, Seattle", "Stratford-upon-Avon", "Baton Rouge, LA", "Cluj-Napoca", "Fitzroy, Melbourne",
    "Lausanne", "Truth or Consequences, NM", "Graz", "Nørrebro, Copenhagen", "Tucson",
)]
Suburb = Annotated[str, Pick(
    "Oak Park, Illinois", "Hackney, London", "Charlottenburg, Berlin", "Pasadena, CA", "Cork", "Silver Spring, MD",
    "Haidhausen, Munich", "Lund", "Brookline, Massachusetts", "Didsbury, Manchester", "Kobe", "Plano, TX",
    "Södermalm, Stockholm", "King's Lynn", "Croix-Rousse, Lyon", "St. Paul, Minnesota", "Wicker Park, Chicago",
    "Bergen", "Richmond, Virginia", "Olten",
)]
Where = Annotated[str, Pick(
    "near Union Station", "near Covent Garden, London", "around Place Bellecour, Lyon", "near the old harbour, Bergen",
    "close to Harvard Square, Cambridge, MA", "next to the Opera House, Sydney", "near Alexanderplatz",
    "around Dolores Park, San Francisco", "near St. Stephen's Green, Dublin", "behind the main station",
    "close to Waterlooplein, Amsterdam", "near Pike Place Market", "around the university", "near 5th and Main",
    "close to Schwedenplatz, Vienna", "near Campo de' Fiori, Rome",
)]
Soon = Annotated[str, Pick(
    "tonight", "tomorrow evening", "this weekend", "Saturday afternoon", "Friday night", "next Tuesday", "tomorrow",
    "this Sunday", "Thursday around noon", "tomorrow at lunchtime", "next weekend", "Sunday morning", "this evening",
    "the day after tomorrow", "late on Friday", "Wednesday after work",
)]
Spell = Annotated[str, Pick(
    "next month", "the week after next", "this weekend", "next weekend", "next week", "over Easter",
    "the last week of August", "all of next week", "the first weekend of June", "over the bank holiday",
    "the week before Christmas", "from Friday to Sunday", "later this month", "this summer", "over New Year's",
)]
Month = Annotated[str, Pick(
    "April 2027", "early May", "mid-October", "late September", "March", "the spring", "November 2026", "July",
    "the second half of June", "early 2027", "late summer", "December 2027", "the autumn", "the first week of August",
    "mid-January",
)]
Subject = Annotated[str, Pick(
    "calculus", "organic chemistry", "Latin", "AP Physics", "essay writing", "Python programming",
    "German as a foreign language", "statistics", "music theory", "world history", "Mandarin Chinese", "biology",
    "accounting", "creative writing",
)]
Garage = Annotated[str, Pick(
    "Miller's Garage", "AutoFix, Leeds", "Werkstatt am Ring", "Quick Lane, Tulsa, OK", "Dr. Diesel",
    "Hansen & Sons", "Bay Area Motors, Oakland", "Taller San Blas", "Grease & Gears", "Pit Stop, Brixton",
    "Carrosserie Dumont", "Route 9 Auto Repair", "J. & R. Motors", "Volta Car Service",
)]
Car = Annotated[str, Pick(
    "Honda Civic", "VW Golf", "Ford F-150", "Toyota Corolla", "Fiat 500", "Subaru Outback", "Škoda Octavia",
    "Renault Clio", "Volvo V60", "Mazda MX-5", "Kia Niro", "Tesla Model 3",
)]
Play = Annotated[str, Pick(
    "Macbeth", "The Cherry Orchard", "A Doll's House", "Waiting for Godot", "The Importance of Being Earnest",
    "Mother Courage", "Death of a Salesman", "Cyrano de Bergerac", "Twelfth Night", "An Inspector Calls",
    "Faust, Part One", "Who's Afraid of Virginia Woolf?", "Antigone", "Tartuffe",
)]
Theatre = Annotated[str, Pick(
    "Shakespeare's Globe", "Schaubühne, Berlin", "Goodman Theatre, Chicago", "Abbey Theatre, Dublin",
    "Teatro Colón", "Burgtheater", "Steppenwolf", "Guthrie Theater, Minneapolis", "Citizens Theatre, Glasgow",
    "Comédie de Genève", "Studio 54", "Lincoln Center, New York", "Lyric Theatre, Belfast", "Dramaten, Stockholm",
)]
Film = Annotated[str, Pick(
    "Metropolis", "The Third Man", "Spirited Away", "Dune: Part Two", "Casablanca", "Paddington 2",
    "Mad Max: Fury Road", "Some Like It Hot", "The Grand Budapest Hotel", "Amélie", "2001: A Space Odyssey",
    "Singin' in the Rain", "Parasite", "The Good, the Bad and the Ugly",
)]
Museum = Annotated[str, Pick(
    "Tate Modern", "MoMA, New York", "Museo Jumex, Mexico City", "Kunsthaus Zürich", "Palazzo Pitti, Florence",
    "Musée d'Orsay, Paris", "Fondation Beyeler", "M+, Hong Kong", "Museum Island, Berlin",
    "Casa Batlló, Barcelona", "Centre Pompidou, Paris", "Ateneum, Helsinki", "Monticello",
    "Moderna Museet, Stockholm",
)]
Venue = Annotated[str, Pick(
    "Riverside Sports Centre", "Lakeview Club, Madison, WI", "Sportpark Süd, Cologne", "Riverview YMCA",
    "Prospect Park Tennis Center, Brooklyn", "St. Mary's Leisure Centre", "Hall 3, Olympic Park", "Club Náutico",
    "Greenfield Courts, Leeds", "Eastside Community Center", "Sporthal Zuid, Amsterdam", "Balboa Park, San Diego",
    "Court House, Bath", "Smash & Co.",
)]
GuideCity = Annotated[str, Pick(
    "Old Delhi", "Fez", "Savannah, Georgia", "Alfama, Lisbon", "New Orleans, LA", "Sarajevo", "Cusco, Peru",
    "Beyoğlu, Istanbul", "Oaxaca", "Charleston, SC", "George Town, Penang", "Granada, Spain", "Higashiyama, Kyoto",
    "Tbilisi", "Philadelphia", "Palermo",
)]
Game = Annotated[str, Pick(
    "Stardew Valley", "The Legend of Zelda: Tears of the Kingdom", "Elden Ring", "Baldur's Gate 3", "Hades II",
    "Mario Kart 8", "It Takes Two", "Disco Elysium", "Cities: Skylines", "Hollow Knight", "Overcooked! 2",
    "No Man's Sky", "Civilization VI", "Portal 2",
)]
Service = Annotated[str, Pick(
    "Netflix", "Disney+", "Apple TV+", "MUBI", "BBC iPlayer", "Prime Video", "Paramount+", "Crunchyroll",
    "Criterion Channel", "ARTE", "Hulu", "Sky Go", "Max", "Peacock",
)]
# fmt: on


def _vary(low: float, high: float, *about: object, decimals: int = 0) -> float:
    """A value from `low` to `high` that depends on nothing but `about`."""
    share = crc32("|".join(map(str, about)).encode()) % 9973 / 9972
    return round(low + (high - low) * share, decimals)


def _count(low: int, high: int, *about: object) -> int:
    return low + crc32("|".join(map(str, about)).encode()) % (high - low + 1)


def _one_of(options: tuple[str, ...], *about: object) -> str:
    return options[crc32("|".join(map(str, about)).encode()) % len(options)]


def _code(prefix: str, *about: object) -> str:
    return f"{prefix}{crc32('|'.join(map(str, about)).encode()) % 1_000_000:06d}"


@tool(
    asks=(
        "(Find|Show me) {cuisines} restaurants[ in {place}][ with {outdoor:outdoor|indoor} seating][, {when}].",
        "Where can we eat {cuisines} food[ in {place}][ {when}][ for under {max_price} dollars a head]?",
        "{cuisines} restaurants, {place}[, {when}][, {diet} menu][, {outdoor:outside|inside}]",
        "We're craving {cuisines} cooking[ and staying in {place}]. Any (idea|suggestion) where to go[ {when}]?["
        " {outdoor:A table outside would be lovely.|We'd rather sit inside.}][ One of us eats {diet} food only.]",
        "I could do with some good {cuisines} food[ {when}][, ideally somewhere in {place}][, with {diet} dishes on"
        " the menu][, for no more than {max_price} dollars per person].",
        "Kindly recommend[ {diet}] places to eat[ in {place}] that serve {cuisines} cuisine[, with"
        " {outdoor:outdoor|indoor} tables][, at most {max_price} dollars per guest].",
        "My sister is visiting me[ in {place}][ {when}] and she loves everything {cuisines}. Which[ {diet}]"
        " restaurants should I take her to?",
    ),
    answer="{count} restaurants in {place} fit, first of all {best}.",
)
def places_to_eat(
    place: Place,
    cuisines: Annotated[
        list[Literal["Thai", "Italian", "Ethiopian", "Lebanese", "Korean", "Mexican", "Georgian", "Indian"]], Size(1, 2)
    ],
    when: Soon | None = None,
    diet: Literal["vegan", "vegetarian", "halal", "kosher", "gluten-free"] | None = None,
    outdoor: bool | None = None,
    max_price: Annotated[int, Between(12, 90)] | None = None,
) -> dict[str, Any]:
    """Find restaurants in a town or a part of it by what they cook.

    Args:
        place: City, or district and city, e.g. 'Soho, London'.
        cuisines: Kinds of cooking to look for.
        when: When the guests want to eat, e.g. 'tomorrow evening'.
        diet: Diet that the menu must cater for.
        outdoor: True for tables outside, False for tables inside.
        max_price: Highest price per person in US dollars.
    """
    best = _one_of(("The Blue Door", "Little Saffron", "Casa Nonna", "Table 12", "The Copper Pot"), place, cuisines)
    price = _vary(14, 60, best, place, diet, outdoor)
    return {"count": _count(2, 30, place, cuisines, when), "best": best, "price": min(price, max_price or price)}


@tool(
    asks=(
        "(Find|Look for) cafés {where} with {offers}[, {late:open late|closing early is fine}].",
        "Is there a café[ {where}] that has {offers}?[ {limit} suggestions will do.]",
        "cafés[ {where}], {offers}[, {limit} results][, {late:open late|any hours}]",
        "I have an hour to kill[ {where}] and need a coffee place with {offers}.[ {late:It has to be open late.|It"
        " needn't be open late.}]",
        "My laptop and I are looking for a coffee shop[ {where}], one that offers {offers}[ and is rated {min_rating}"
        " or better].",
        "Please name[ {limit}] coffee houses[ {where}] offering {offers}[, with a rating of at least {min_rating}].",
    ),
    answer="The best of them is {best}, rated {rating}.",
)
def coffee_stops(
    where: Where,
    offers: Annotated[
        list[
            Literal[
                "wifi",
                "power_sockets",
                "outdoor_seating",
                "homemade_cake",
                "specialty_coffee",
                "oat_milk",
                "board_games",
                "live_music",
            ]
        ],
        Size(1, 2),
    ],
    late: bool = False,
    limit: Annotated[int, Between(2, 9)] = 5,
    min_rating: Annotated[float, Pick(3.5, 4, 4.2, 4.5, 4.7)] | None = None,
) -> dict[str, Any]:
    """List cafés around a spot that offer certain things.

    Args:
        where: Where to look, as the user puts it, e.g. 'near the town hall'.
        offers: What the café must offer.
        late: Whether it must be open late in the evening.
        limit: Most cafés to list.
        min_rating: Lowest average rating, out of 5.
    """
    if limit < 1:
        raise ValueError("limit must be at least 1")
    names = ("Slow Pour", "Café Linde", "The Third Cup", "Bean & Leaf", "Morning Glory")
    rating = max(_vary(3.4, 5, where, offers, late, decimals=1), min_rating or 0)
    return {"best": _one_of(names, where, offers), "rating": rating, "listed": min(limit, _count(1, 9, where))}


@tool(
    asks=(
        "Find[ {language}-speaking] {specialties} doctors[ in {place}][ who are free {when}][ and take {insurance}].",
        "Which {specialties} practices[ in {place}] (accept|are taking) new patients[ {when}]?[ I'm insured with"
        " {insurance}.]",
        "{specialties} doctor {place}[, {when}][, {language}-speaking][, {wheelchair:wheelchair accessible|stairs are"
        " fine}]",
        "My mother has just moved and needs a doctor who specialises in {specialties}[, somewhere in {place}].[ She"
        " only speaks {language}.][ {wheelchair:She uses a wheelchair, so it must be accessible.|Stairs are no problem"
        " for her.}]",
        "I really should get this checked[ {when}]. Who practises {specialties}[ in {place}][ and speaks {language}]?["
        " {wheelchair:I'm in a wheelchair, by the way.|I can climb stairs, by the way.}]",
        "I would be grateful for a list of[ {language}-speaking] physicians[ in {place}] in the field of"
        " {specialties}[, contracted with {insurance}].",
    ),
    answer="Dr. {doctor} can see you in {days} days.",
)
def physicians_taking_patients(
    place: Town,
    specialties: Annotated[
        list[
            Literal[
                "Dermatology",
                "Cardiology",
                "Pediatrics",
                "Orthopedics",
                "Ophthalmology",
                "Neurology",
                "Gynecology",
                "Allergology",
            ]
        ],
        Size(1, 2),
    ],
    when: Soon | None = None,
    insurance: Annotated[
        str, Pick("Aetna", "Blue Cross", "Cigna", "Kaiser Permanente", "AXA", "Bupa", "Medicare", "UnitedHealthcare")
    ]
    | None = None,
    language: Literal["Spanish", "Arabic", "Polish", "French", "Mandarin", "Turkish"] | None = None,
    wheelchair: bool | None = None,
) -> dict[str, Any]:
    """Find doctors who take new patients.

    Args:
        place: Town, or district and town, of the practice.
        specialties: Medical fields to look for.
        when: Date or period of the visit.
        insurance: Health insurance that the practice must accept.
        language: Language that the doctor must speak.
        wheelchair: Whether the practice must be accessible with a wheelchair.
    """
    doctor = _one_of(("Okafor", "Lindgren", "Castellanos", "Meyer", "Rahman", "Novak"), place, specialties, language)
    return {"doctor": doctor, "days": _count(1, 40, doctor, when, insurance), "step_free": bool(wheelchair)}


@tool(
    asks=(
        "Find me {matters} lawyers[ in {place}][ for the {court} court][ charging no more than {max_hourly_fee}"
        " dollars an hour].",
        "Who are the best[ {language}-speaking] attorneys[ in {place}] specialising in {matters}?["
        " {free_first_talk:The first consultation has to be free.|I don't mind paying for the first consultation.}]",
        "{matters} lawyer[ {place}][, {court} court][, up to ${max_hourly_fee}/hour][, {free_first_talk:first talk"
        " free|first talk may cost}]",
        "I'm in a bit of trouble and need legal help with {matters}. [I live in {place}.][ It will go before the"
        " {court} court.][ I can't pay more than {max_hourly_fee} dollars per hour.]",
        "A friend[ in {place}] is looking for someone who handles {matters} cases[ and speaks {language}].["
        " {free_first_talk:She wants a free first consultation.|She would pay for the first consultation.}]",
        "Please provide a list of law firms[ in {place}] practising in the area of {matters}[ and admitted to the"
        " {court} court].",
    ),
    answer="{firm} takes such cases for {fee} dollars an hour.",
)
def counsel_nearby(
    place: Place,
    matters: Annotated[
        list[
            Literal[
                "Divorce",
                "Immigration",
                "Tenancy",
                "Employment",
                "Inheritance",
                "Criminal Defense",
                "Tax",
                "Bankruptcy",
            ]
        ],
        Size(1, 2),
    ],
    court: Literal["state", "federal", "small claims", "appellate"] | None = None,
    max_hourly_fee: Annotated[int, Pick(120, 150, 180, 200, 250, 300, 350, 400, 450, 500)] | None = None,
    free_first_talk: bool = False,
    language: Literal["English", "Spanish", "Vietnamese", "Portuguese", "Russian"] | None = None,
) -> dict[str, Any]:
    """Find lawyers in a place by the matters that they handle.

    Args:
        place: City and state, or district and city.
        matters: Legal matters at hand.
        court: Court before which the lawyer must be able to appear.
        max_hourly_fee: Highest fee per hour in US dollars.
        free_first_talk: Whether the first consultation must be free.
        language: Language of the consultation.
    """
    firms = ("Harlan & Pryce", "Dube Legal", "Whitfield Associates", "Ortiz and Daughters", "Kanzlei Brandt")
    firm = _one_of(firms, place, matters, court, language)
    fee = _vary(110, 480, firm, free_first_talk)
    return {"firm": firm, "fee": min(fee, max_hourly_fee or fee)}


@tool(
    asks=(
        "Find a tutor for {subject}[ in {place}] at {level} level[ on {days}][, {online:online|in person}].",
        "Who teaches {subject}[ {online:online|in person}] to {level} students[ in {place}][ for no more than"
        " {max_price} dollars a lesson]?",
        "{subject} tutor[, {place}], {level}[, {days}][, max ${max_price}]",
        "My daughter struggles with {subject}, she's at {level} level.[ We live in {place}.] Could you look for a"
        " tutor?[ She has time on {days}.][ {online:Online lessons would suit us.|It has to be face to face.}]",
        "I was wondering whether anybody[ in {place}] gives lessons in {subject} at {level} level[, {online:by"
        " video|at home}][, starting {start}].",
        "We request proposals for private tuition in {subject} at {level} level[ in {place}][, commencing {start}][,"
        " {online:held online|held on site}][, on {days}].",
    ),
    answer="{tutor} teaches {subject} for {price} dollars a lesson.",
)
def private_tutors(
    place: Suburb,
    subject: Subject,
    level: Literal["primary school", "high school", "college", "beginner"],
    days: Annotated[
        list[Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]], Size(1, 2)
    ]
    | None = None,
    online: bool | None = None,
    start: Annotated[
        str, Pick("next week", "next month", "right away", "after the holidays", "this Friday", "tomorrow")
    ]
    | None = None,
    max_price: Annotated[int, Between(20, 95)] | None = None,
) -> dict[str, Any]:
    """Search private tutors for a subject.

    Args:
        place: Where the student lives.
        subject: Subject to be taught.
        level: Level of the student.
        days: Days of the week on which lessons can be.
        online: True for lessons by video, False for lessons in person.
        start: When lessons should begin, in the user's words.
        max_price: Highest price per lesson in US dollars.
    """
    tutor = _one_of(("Priya N.", "Tomasz K.", "Helen O.", "Marcus D.", "Yuki S."), place, subject, level, online)
    price = _vary(22, 80, tutor, days, start)
    return {"tutor": tutor, "price": min(price, max_price or price)}


@tool(
    asks=(
        "Look up[ {all_hours:24-hour|daytime}][ {audience}] gyms[ in {place}] with {facilities}[ for less than"
        " {max_price} dollars a month].",
        "Which gyms[ in {place}] offer {facilities}[ and are {all_hours:open around the clock|open in the daytime at"
        " least}]?",
        "gym {place} with {facilities}[, under ${max_price} a month][, {audience}]",
        "New year, new me! I want to join a gym[ in {place}] that offers {facilities}.[ {all_hours:I work shifts, so"
        " it must be open 24 hours.|It needn't be open at night.}][ I can spend {max_price} dollars a month.]",
        "Membership at some[ {audience}] fitness club[ in {place}] would be nice[, with a contract by the {contract}],"
        " as long as they offer {facilities}.",
        "Kindly list[ {audience}] fitness studios located[ in {place}] and offering {facilities}[, with membership by"
        " the {contract}].",
    ),
    answer="{gym} has all that for {price} dollars a month.",
)
def fitness_clubs(
    place: Town,
    facilities: Annotated[
        list[
            Literal["Swimming", "Free Weights", "Yoga Classes", "Personal Training", "Boxing", "Childcare", "Spinning"]
        ],
        Size(1, 2),
    ],
    all_hours: bool = False,
    audience: Literal["women-only", "mixed", "senior-friendly", "family"] = "mixed",
    contract: Literal["day", "month", "year"] = "month",
    max_price: Annotated[int, Between(15, 120)] | None = None,
) -> dict[str, Any]:
    """Find gyms that have certain facilities.

    Args:
        place: Town or part of it.
        facilities: What the gym must offer.
        all_hours: Whether it must be open 24 hours a day.
        audience: For whom the gym is.
        contract: Shortest period of membership.
        max_price: Highest price per month in US dollars.
    """
    gym = _one_of(("Iron Yard", "Pulse Club", "FitHaus", "The Movement Room", "Northside Gym"), place, facilities)
    price = _vary(18, 95, gym, all_hours, audience, contract)
    return {"gym": gym, "price": min(price, max_price or price)}


@tool(
    asks=(
        "Book my {car} in for {jobs}[ at {garage}] {when}[, {loan_car:with a loan car|without a loan car}].",
        "Can {garage} do {jobs} on a {car}[ {when}]?[ {waiting:I'll wait there.|I won't wait there.}]",
        "{garage}: {jobs}, {car}, {when}[, max ${max_price}]",
        "The {car} is making funny noises and I think it needs {jobs}. Could you get me a slot[ at {garage}] {when}?["
        " {loan_car:I'd need a replacement car in the meantime.|I don't need a replacement car.}][ It shouldn't cost"
        " more than {max_price} dollars.]",
        "I'd like to drop off the {car}[ at {garage}][ {when}] to have {jobs} done[ for {max_price} dollars at most].",
        "Please schedule {jobs} for our {car}[ with {garage}] {when}[; the driver {waiting:will wait on the"
        " premises|will come back later}].",
    ),
    answer="{garage} expects the {car}, reference {reference}.",
)
def garage_visit(
    garage: Garage,
    car: Car,
    jobs: Annotated[
        list[
            Literal[
                "engine_diagnostics",
                "brake_repair",
                "tire_rotation",
                "rust_protection",
                "wheel_alignment",
                "battery_replacement",
                "air_conditioning_service",
                "dent_removal",
            ]
        ],
        Size(1, 2),
    ],
    when: Soon,
    loan_car: bool = False,
    waiting: bool = False,
    max_price: Annotated[int, Pick(80, 120, 150, 200, 250, 300, 400, 600)] | None = None,
) -> dict[str, Any]:
    """Book a car in for work at a garage.

    Args:
        garage: Name of the garage, with its town if that is given.
        car: Make and model.
        jobs: What is to be done.
        when: When the car comes in, e.g. 'tomorrow morning'.
        loan_car: Whether a replacement car is needed.
        waiting: Whether the customer waits there.
        max_price: Most that the work may cost in US dollars.
    """
    price = sum(_vary(40, 290, job, car) for job in jobs) + (30 if loan_car else 0)
    hours = _count(1, 6, garage, jobs, waiting)
    reference = _code("G", garage, car, when)
    return {"reference": reference, "price": min(price, max_price or price), "hours": hours}


@tool(
    asks=(
        "(Find|Search) {kind}[ in {place}] {when}[ with {extras}][, with a {view} view][, for up to {max_price}"
        " dollars a night].",
        "Are there any[ {pets:pet-friendly|pet-free}] {kind}[ in {place}] {when}[ with a {view} view]?",
        "{kind} {place}, {when}[, {extras}][, {view} view][, {pets:dog coming along|no pets}]",
        "We're off to see friends {when} and would rather sleep in one of the[ {pets:pet-friendly|pet-free}] {kind}["
        " in {place}].[ There are {guests} of us.][ Something with {extras} would be great.]",
        "I'd love a few days away {when}. Do any {kind}[ in {place}] still have room[ for {guests}][, with a view of"
        " the {view}]?[ No more than {max_price} dollars a night, please.]",
        "Kindly inform me which[ {pets:pet-friendly|pet-free}] {kind}[ in {place}] have vacancies {when}[ for a party"
        " of {guests}][ and provide {extras}].",
    ),
    answer="{count} of the {kind} have room; {best} asks {price} dollars a night.",
)
def beds_for_the_night(
    place: Place,
    kind: Literal["hotels", "hostels", "campsites", "guesthouses", "holiday flats"],
    when: Spell,
    extras: Annotated[
        list[
            Literal[
                "breakfast",
                "parking",
                "air conditioning",
                "laundry",
                "bike storage",
                "late check-in",
                "wifi",
                "airport pick-up",
            ]
        ],
        Size(1, 2),
    ]
    | None = None,
    view: Literal["city", "sea", "garden", "mountain", "river"] | None = None,
    pets: bool | None = None,
    guests: Annotated[int, Between(2, 9)] | None = None,
    max_price: Annotated[int, Pick(60, 75, 90, 110, 140, 180, 220, 300, 400)] | None = None,
) -> dict[str, Any]:
    """Find hotels, hostels, campsites and the like that have room.

    Args:
        place: City, city and state, or district and city.
        kind: Kind of lodging.
        when: Date or period of the stay.
        extras: What the place must offer.
        view: What is seen from the window.
        pets: True if pets must be allowed, False if none may be there.
        guests: Number of people.
        max_price: Highest price per night in US dollars.
    """
    best = _one_of(("The Lantern", "Old Mill", "Green Gate", "Hilltop", "Station House"), place, kind, view, pets)
    price = _vary(25, 260, best, when, guests)
    return {"count": _count(1, 25, place, kind, extras), "best": best, "price": min(price, max_price or price)}


@tool(
    asks=(
        "What {genres} concerts are on[ in {place}] {when}?[ {seated:Seated ones only.|I prefer standing.}]",
        "(Find|List)[ {seated:seated|standing}] {genres} gigs[ in {place}] {when}[ for under {max_price} dollars][,"
        " {limit} at most].",
        "{genres} live, {place}, {when}[, tickets under ${max_price}][, {seated:seats|standing}][, {venue}]",
        "I feel like hearing some {genres}. Is anyone playing[ in {place}] {when}?[ Something in a {venue} would be"
        " perfect.]",
        "A few of us want to go out {when} for live {genres} music, so we need to know what's on[ in {place}][, at a"
        " {venue} if possible][, {seated:with seats|standing}].",
        "Please inform me of {genres} performances[ in {place}] taking place {when}[; {limit} entries suffice].",
    ),
    answer="{act} plays {when} for {price} dollars.",
)
def live_music_nearby(
    place: Town,
    genres: Annotated[
        list[Literal["jazz", "rock", "folk", "classical", "hip-hop", "techno", "blues", "metal", "reggae"]],
        Size(1, 2),
    ],
    when: Spell,
    venue: Literal["club", "concert hall", "pub", "church", "park"] | None = None,
    seated: bool | None = None,
    max_price: Annotated[int, Between(10, 95)] | None = None,
    limit: Annotated[int, Between(2, 12)] = 10,
) -> dict[str, Any]:
    """List concerts by kind of music.

    Args:
        place: Town where to look, with its district or state if given.
        genres: Kinds of music.
        when: The period, as the user says it, e.g. 'next weekend'.
        venue: Kind of venue.
        seated: True for seats, False for standing room.
        max_price: Highest price of a ticket in US dollars.
        limit: Most concerts to list.
    """
    act = _one_of(("The Night Ferry", "Odile Brandt", "Paper Lions", "Quartet Ostrava", "Big Small"), place, genres)
    price = _vary(8, 80, act, venue, seated)
    return {"act": act, "price": min(price, max_price or price), "count": min(limit, _count(1, 12, place, when))}


@tool(
    asks=(
        "(Book|Reserve|Get) {seats} tickets for {play} {when}[ at {theatre}][, in the {section}].",
        "Could you get us {seats} seats for {play} {when}[ at {theatre}][, in the {section}]?[ {wheelchair:One of us"
        " is in a wheelchair.|We need no wheelchair space.}]",
        "{play}, {theatre}, {when}, {seats} tickets[, {section}][, {wheelchair:wheelchair space|no wheelchair}][, up"
        " to ${max_price} each]",
        "My parents have wanted to see {play} for ages. Please reserve {seats} places {when}[ at {theatre}].[ They"
        " can't spend more than {max_price} dollars a seat.][ {wheelchair:A wheelchair-accessible spot,"
        " please.|Ordinary seats are fine.}]",
        "{seats} of us would like to go to the theatre {when}: {play}[ at {theatre}][, and not more than {max_price}"
        " dollars a ticket].",
        "I wish to order {seats} tickets[ at {theatre}] for {play} {when}[, preferably in the {section}][, at no more"
        " than {max_price} dollars each].",
    ),
    answer="{seats} seats for {play} are booked under {reference}, {total} dollars in all.",
)
def stage_tickets(
    play: Play,
    theatre: Theatre,
    when: Soon,
    seats: Annotated[int, Between(2, 8)],
    section: Literal["stalls", "balcony", "gallery", "front row"] | None = None,
    wheelchair: bool = False,
    max_price: Annotated[int, Between(20, 140)] | None = None,
) -> dict[str, Any]:
    """Book seats for a play.

    Args:
        play: Title of the play.
        theatre: Name of the theatre, with its city if given.
        when: When to go, e.g. 'Friday night'.
        seats: Number of seats.
        section: Part of the house.
        wheelchair: Whether a space for a wheelchair is needed.
        max_price: Highest price of a seat in US dollars.
    """
    if seats < 1:
        raise ValueError("seats must be at least 1")
    price = _vary(18, 120, play, theatre, section, wheelchair)
    return {"reference": _code("T", play, theatre, when), "total": seats * min(price, max_price or price)}


@tool(
    asks=(
        "Where is {film} (showing|on)[ in {place}] {when}[, in {version}][ and {subtitles:with subtitles|without"
        " subtitles}]?",
        "(Show|Find) me[ {subtitles:subtitled|unsubtitled}][ {version}] screenings of {film}[ in {place}] {when}[,"
        " from {earliest} on].",
        "{film} cinema {place} {when}[, {version}][, {subtitles:subtitled|no subtitles}]",
        "I still haven't seen {film}! Is it on {when} anywhere[ in {place}]?[ I'd love to see it in {version}.][ I"
        " can't be there before {earliest}.]",
        "The kids want to go to the pictures {when}, it's to be {film}[, and we live in {place}]. What are our"
        " options[ from {earliest} on]?[ {parking:A cinema with parking, please.|We don't need parking.}]",
        "Please state at which cinemas[ in {place}] {film} can be seen {when}[, in {version}][, not before"
        " {earliest}].",
    ),
    answer="{film} is on at the {cinema} at {starts}.",
)
def film_screenings(
    film: Film,
    place: Suburb,
    when: Soon,
    version: Literal["IMAX", "3D", "Dolby Atmos", "35mm"] | None = None,
    subtitles: bool | None = None,
    earliest: Time | None = None,
    parking: bool = False,
) -> dict[str, str]:
    """Find out where and when a film is shown.

    Args:
        film: Title of the film.
        place: City, or part of the city and city.
        when: Day or part of the day, in plain words.
        version: Technical format.
        subtitles: Whether the film has subtitles.
        earliest: Earliest start, 24-hour HH:MM.
        parking: Whether the cinema must have parking.
    """
    cinema = _one_of(("Odeon", "Lichtburg", "Rio", "Picture Palace", "Astor"), place, film, version, parking)
    starts = earliest or f"{_count(14, 21, film, when, subtitles):02d}:30"
    return {"cinema": cinema, "starts": starts}


@tool(
    asks=(
        "Book a[ {private:private|public}] tour of {museum}[ on {date}] for {visitors} people[ about {topics}].",
        "Is there a[ {private:private|public}][ {wheelchair:wheelchair-accessible|regular}] tour[ of {museum}] on"
        " {date} for a group of {visitors}[, in {language}]?",
        "tour {museum}, {date}, {visitors} visitors[, {topics}][, {language}][, {wheelchair:wheelchair"
        " accessible|stairs ok}]",
        "Our class is going[ to {museum}] on {date}, {visitors} of us. Could somebody show us round[ in {language}]?["
        " We're studying {topics}.][ {wheelchair:The route has to be wheelchair accessible.|Steps on the way are no"
        " problem.}]",
        "We'd love to be shown around {museum}[ on {date}], {visitors} people in all[, with a focus on {topics}].[ A"
        " {private:private|public} tour, please.]",
        "I hereby request a[ {wheelchair:step-free|standard}] guided visit[ to {museum}] on {date} for {visitors}"
        " persons[, conducted in {language}].",
    ),
    answer="The tour of {museum} starts at {starts}, reference {reference}.",
)
def museum_tour_booking(
    museum: Museum,
    date: Date,
    visitors: Annotated[int, Between(3, 30)],
    topics: Annotated[
        list[Literal["painting", "sculpture", "archaeology", "photography", "textiles", "design", "dinosaurs"]],
        Size(1, 2),
    ]
    | None = None,
    language: Literal["English", "French", "German", "Italian", "Japanese", "sign language"] = "English",
    private: bool = False,
    wheelchair: bool = False,
) -> dict[str, Any]:
    """Book a guided tour of a museum for a group.

    Args:
        museum: Name of the museum, with the city if it is given.
        date: Day of the visit, as YYYY-MM-DD.
        visitors: Number of people.
        topics: What the tour is about.
        language: Language of the tour.
        private: Whether the group goes alone, not with other visitors.
        wheelchair: Whether the route must be free of steps.
    """
    if visitors < 1:
        raise ValueError("visitors must be at least 1")
    starts = f"{_count(9, 16, museum, date, topics, language):02d}:{30 if private else 15:02d}"
    return {"reference": _code("M", museum, date, visitors, wheelchair), "starts": starts}


@tool(
    asks=(
        "(Book|Reserve) any[ {covered:indoor|outdoor}] {sport} court {when}[ at {venue}][ for {hours} hours].",
        "Is any[ {covered:covered|open-air}] {sport} court free[ at {venue}] {when}?[ We'd have to borrow {hire}.]",
        "{sport} court {venue}, {when}[, {hours} h][, with {hire}][, {covered:indoor|outdoor}]",
        "We fancy a game of {sport} {when}. Can you get us a court[ at {venue}][ with {hire}]?[ {covered:It should be"
        " under a roof.|It should be in the open air.}]",
        "Time to get moving again: {sport} {when}[ at {venue}][ for {hours} hours][, for {players} players]. Please"
        " reserve a court.",
        "I should like to reserve a court for {sport}[ at {venue}] {when}[ for a party of {players}][, including the"
        " hire of {hire}].",
    ),
    answer="Court {court} at {venue} is yours, {price} dollars.",
)
def reserve_court(
    venue: Venue,
    sport: Literal["tennis", "badminton", "squash", "basketball", "volleyball", "padel"],
    when: Soon,
    hours: Annotated[int, Between(2, 4)] = 1,
    covered: bool | None = None,
    hire: Annotated[list[Literal["rackets", "balls", "shoes", "towels", "bibs"]], Size(1, 2)] | None = None,
    players: Annotated[int, Between(2, 10)] | None = None,
) -> dict[str, Any]:
    """Reserve a court for a ball game.

    Args:
        venue: Name of the sports centre, and where it is if that is said.
        sport: Game to be played.
        when: When to play, e.g. 'tomorrow evening'.
        hours: How many hours.
        covered: True for indoors, False for outdoors.
        hire: Equipment to hire.
        players: Number of players.
    """
    if hours < 1:
        raise ValueError("hours must be at least 1")
    price = hours * _vary(9, 40, venue, sport, covered, when) + 5 * len(hire or ())
    return {"court": _count(1, 12, venue, sport, players), "price": price}


@tool(
    asks=(
        "Find a local guide[ in {city}] for {interests}[ in {month}][, {private:just for us|in a group}].",
        "Who can show us around {city}[ in {month}] with {interests} as the theme[, in {language}]?",
        "guide {city}: {interests}[, in {month}][, {private:private|group}][, {language}][, max ${max_price}]",
        "We're visiting {city}[ in {month}] and are mostly into {interests}. Do you know a good guide?"
        "[ {private:We'd like a private tour.|Joining a group is fine.}][ Our budget is {max_price} dollars.]",
        "I'm interested in {interests} and would like a guide[ who speaks {language}] to take me round {city}[, for no"
        " more than {max_price} dollars].",
        "We seek a licensed guide[ for {private:private|group} tours][ in {city}] with expertise in {interests}[,"
        " available in {month}][ and fluent in {language}].",
    ),
    answer="{guide} guides through {city} for {price} dollars a day.",
)
def local_guides(
    city: GuideCity,
    interests: Annotated[
        list[
            Literal[
                "Street Art",
                "Food",
                "Architecture",
                "Jewish History",
                "Birdwatching",
                "Nightlife",
                "Photography",
                "Crafts",
            ]
        ],
        Size(1, 2),
    ],
    month: Month | None = None,
    language: Literal["English", "Spanish", "French", "Korean", "Hebrew"] = "English",
    private: bool | None = None,
    max_price: Annotated[int, Pick(50, 80, 100, 120, 150, 200, 250, 300, 400)] | None = None,
) -> dict[str, Any]:
    """Find people who guide visitors through a city.

    Args:
        city: City to be shown, with district, state or country if said.
        interests: What the tour should be about.
        month: Date or period, e.g. 'April 2027' or 'early May'.
        language: Language that the guide speaks.
        private: True for a tour of one's own, False for one with others.
        max_price: Highest price per day in US dollars.
    """
    guide = _one_of(("Amina", "Giorgi", "Lucía", "Haruto", "Beatriz", "Sam"), city, interests, language)
    price = _vary(60, 280, guide, month, private)
    return {"guide": guide, "price": min(price, max_price or price)}


@tool(
    asks=(
        "(Find|Get) me a {vehicle} to share[ {where}] {when}[ with {features}][ for {hours} hours].",
        "Is there any[ {electric:electric|non-electric}][ {gearbox}] {vehicle} to share[ {where}] {when}?[ It should"
        " have {features}.]",
        "car sharing: {vehicle}[, {where}], {when}[, {gearbox}][, {electric:electric|non-electric}]",
        "I've got furniture to fetch {when} and need a {vehicle}[, somewhere {where}].[ I only drive {gearbox}.]["
        " About {hours} hours will do.][ {electric:Make it an electric one.|No electric one, please.}]",
        "We could use a {vehicle} {when}[ for {hours} hours][, to be picked up {where}][, fitted with {features}].",
        "Please indicate whether a {vehicle}[ with {gearbox} transmission] is available for sharing[ {where}] {when}[,"
        " with {electric:an electric|a combustion} engine][ and for {hours} hours].",
    ),
    answer="A {vehicle} waits for you, {price} dollars an hour.",
)
def shared_car_pickup(
    where: Where,
    vehicle: Literal["small car", "van", "station wagon", "minibus", "convertible"],
    when: Soon,
    features: Annotated[
        list[Literal["child_seat", "roof_rack", "tow_bar", "winter_tires", "navigation", "bike_carrier"]], Size(1, 2)
    ]
    | None = None,
    gearbox: Literal["automatic", "manual"] | None = None,
    electric: bool | None = None,
    hours: Annotated[int, Between(2, 12)] | None = None,
) -> dict[str, Any]:
    """Look for a shared car to pick up.

    Args:
        where: Where to pick it up, as it was said, e.g. 'near the airport'.
        vehicle: Kind of vehicle.
        when: Time of the pick-up in the user's own words.
        features: What the car must have.
        gearbox: Kind of transmission.
        electric: True for an electric car, False for one that burns fuel.
        hours: How long it is needed, in hours.
    """
    price = _vary(6, 24, where, vehicle, when, electric, decimals=1) + len(features or ())
    return {"price": price, "minutes_on_foot": _count(1, 15, where, vehicle, gearbox, hours)}


@tool(
    asks=(
        "Find[ {private:private|shared}] coworking spaces[ in {place}] with {amenities}[ from {start}][ for under"
        " {max_price} dollars a month].",
        "Which coworking places[ in {place}] have {amenities}[ and rent out {private:private offices|shared desks}]?",
        "coworking {place}, {amenities}[, {seats} seats][, {private:private office|shared desk}][, max ${max_price}][,"
        " from {start}]",
        "My start-up has outgrown the kitchen table, so we're after a shared office[ in {place}] with {amenities}.["
        " There are {seats} of us.][ {private:We need a room of our own.|Desks in the open space are fine.}]",
        "I'll be working[ in {place}][ from {start} on] and could do with a desk, as long as the place offers"
        " {amenities}[ and costs no more than {max_price} dollars a month].",
        "We are seeking office space[ in {place}] providing {amenities}[, to be occupied as of {start}][ by {seats}"
        " persons].",
    ),
    answer="{space} in {place} has that for {price} dollars a month.",
)
def coworking_desks(
    place: Suburb,
    amenities: Annotated[
        list[
            Literal[
                "Meeting Rooms",
                "Phone Booths",
                "Bike Parking",
                "Standing Desks",
                "Free Coffee",
                "Childcare",
                "24/7 Access",
                "Podcast Equipment",
            ]
        ],
        Size(1, 2),
    ],
    start: Annotated[
        str,
        Pick(
            "next month", "next week", "early May", "January 2027", "tomorrow", "next Monday", "mid-March", "the summer"
        ),
    ]
    | None = None,
    seats: Annotated[int, Between(2, 12)] | None = None,
    private: bool = False,
    max_price: Annotated[int, Pick(150, 200, 250, 300, 350, 400, 600, 800)] | None = None,
) -> dict[str, Any]:
    """Find shared offices.

    Args:
        place: District and city, city and state, or city alone.
        amenities: What the office must offer.
        start: From when on, e.g. 'next month'.
        seats: Number of people who need a desk.
        private: Whether a closed office is wanted, not a desk among others.
        max_price: Highest price per month in US dollars.
    """
    space = _one_of(("The Loft", "Deskwerk", "Commonplace", "Hive 21", "Studio Nord"), place, amenities)
    price = _vary(140, 600, space, start, seats, private)
    return {"space": space, "price": min(price, max_price or price)}


@tool(
    asks=(
        "Find a[ {licensed:licensed|casual}] babysitter[ good at {skills}] for {children} children[ in {place}]"
        " {when}.",
        "Who could look after {children} kids[ in {place}] {when}?[ {licensed:It must be somebody with a licence.|A"
        " licence isn't necessary.}]",
        "babysitter[, {place}], {when}, {children} kids[, {skills}][, {own_car:own car|no car}][, max ${max_price} an"
        " hour]",
        "We're invited to a wedding {when} and have {children} little ones at home[ in {place}]. Could you find us a"
        " sitter?[ Someone good at {skills} would be a blessing.][ We pay up to {max_price} dollars an hour.]",
        "I need childcare {when}[ in {place}], {children} children[, {own_car:with a sitter who drives|no car"
        " needed}][ and for less than {max_price} dollars an hour].",
        "Kindly suggest a[ {licensed:licensed|casual}] childminder[ in {place}] available {when} for {children}"
        " children[, experienced in {skills}].",
    ),
    answer="{sitter} is free {when} for {price} dollars an hour.",
)
def sitter_for_children(
    place: Town,
    when: Soon,
    children: Annotated[int, Between(2, 6)],
    skills: Annotated[
        list[Literal["cooking", "homework help", "first aid", "infant care", "swimming", "crafts"]], Size(1, 2)
    ]
    | None = None,
    licensed: bool | None = None,
    own_car: bool | None = None,
    max_price: Annotated[int, Between(12, 40)] | None = None,
) -> dict[str, Any]:
    """Find somebody to look after children.

    Args:
        place: Where the family lives.
        when: Date and time, as the user says it.
        children: Number of children.
        skills: What the sitter must be able to do.
        licensed: Whether a licence is needed.
        own_car: Whether the sitter must have a car.
        max_price: Highest pay per hour in US dollars.
    """
    if children < 1:
        raise ValueError("children must be at least 1")
    sitter = _one_of(("Nora", "Elif", "Jamie", "Mateo", "Ingrid", "Thandi"), place, when, skills, licensed)
    price = _vary(12, 30, sitter, children, own_car)
    return {"sitter": sitter, "price": min(price, max_price or price)}


@tool(
    asks=(
        "(Order|Book) cleaners for the {rooms}[ in {place}] on {date}[, using {eco:eco-friendly|standard} products].",
        "Can somebody come and clean the {rooms}[ of my flat in {place}] on {date}?[ {supplies:Bring your own"
        " supplies.|We have all the supplies.}]",
        "cleaning {rooms}, {place}[, {date}][, {hours} h][, {often}][, {eco:eco-friendly|any products}]",
        "The in-laws are coming and I can't face the {rooms}. Please get me cleaning help[ in {place}] for {date}.["
        " {hours} hours should be enough.][ {eco:Only eco-friendly products, please.|Any products will do.}]",
        "I'd like the {rooms} done by a professional[ on {date}] at our home[ in {place}][, then {often}].",
        "We hereby request cleaning of the {rooms}[ at our address in {place}] on {date}[, duration {hours} hours][,"
        " with supplies {supplies:brought by your staff|provided by us}].",
    ),
    answer="The cleaners come on {date}; that is {price} dollars, reference {reference}.",
)
def order_cleaning(
    place: Suburb,
    rooms: Annotated[
        list[Literal["kitchen", "bathroom", "windows", "oven", "basement", "carpets", "balcony", "living room"]],
        Size(1, 2),
    ],
    date: Date,
    hours: Annotated[int, Between(2, 8)] = 3,
    eco: bool = False,
    supplies: bool = True,
    often: Literal["weekly", "monthly", "every two weeks"] | None = None,
) -> dict[str, Any]:
    """Order cleaners for parts of a home.

    Args:
        place: Where the home is.
        rooms: What is to be cleaned.
        date: First day, as YYYY-MM-DD.
        hours: How long the cleaners stay, in hours.
        eco: Whether only eco-friendly products may be used.
        supplies: Whether the cleaners bring the supplies.
        often: How often they come; once if left out.
    """
    if hours < 1:
        raise ValueError("hours must be at least 1")
    price = hours * _vary(18, 42, place, rooms, eco) + (8 if supplies else 0)
    return {"reference": _code("C", place, date, often), "price": price}


@tool(
    asks=(
        "Find someone[ in {place}] who looks after {pets} {when}[ for under {max_price} dollars a day].",
        "Who takes in {pets}[ in {place}] {when}?[ {garden:They need a garden.|A garden isn't necessary.}]",
        "pet sitter {pets}[ {place}] {when}[, {at_home:at our home|at the sitter's}][, max ${max_price} a day]",
        "We're flying out {when} and can't take our {pets} along. Does anyone[ in {place}] do pet sitting?["
        " {at_home:The sitter should come to our house.|They can stay with the sitter.}][ Nobody rated below"
        " {min_rating}, please.]",
        "I don't have a solution for my {pets} {when} yet, and nobody I know[ in {place}] has time. Any sitters[,"
        " {garden:with a garden|with or without a garden}]?",
        "Kindly propose pet sitters[ in {place}] experienced with {pets} and available {when}[, rated {min_rating} or"
        " higher][, at no more than {max_price} dollars per day].",
    ),
    answer="{sitter} takes them {when} for {price} dollars a day.",
)
def pet_sitters(
    place: Place,
    pets: Annotated[
        list[Literal["dogs", "cats", "rabbits", "parrots", "reptiles", "horses", "hamsters", "fish"]], Size(1, 2)
    ],
    when: Spell,
    at_home: bool | None = None,
    garden: bool | None = None,
    min_rating: Annotated[float, Pick(3.5, 4, 4.3, 4.5, 4.8)] | None = None,
    max_price: Annotated[int, Between(15, 70)] | None = None,
) -> dict[str, Any]:
    """Find somebody to look after animals.

    Args:
        place: City, with its district or state if given.
        pets: Kinds of animals.
        when: When the owners are away, e.g. 'over Easter'.
        at_home: True if the sitter comes to the animals, False if they stay with the sitter.
        garden: Whether the sitter must have a garden.
        min_rating: Lowest average rating, out of 5.
        max_price: Highest price per day in US dollars.
    """
    sitter = _one_of(("Olga", "Ben", "Chiara", "Tunde", "Maeve"), place, pets, when, garden)
    price = _vary(14, 55, sitter, at_home, min_rating)
    return {"sitter": sitter, "price": min(price, max_price or price)}


@tool(
    asks=(
        "What's on for {age}-year-olds[ in {place}] {when}[, {indoors:indoors|outdoors}]?",
        "(Find|List)[ {indoors:indoor|outdoor}] events {when}[ in {place}] for children aged {age}[, such as"
        " {activities}].",
        "kids events {place}, {when}, age {age}[, {activities}][, {free:free|paid is ok}]",
        "My nephew is {age} and will be with me {when}. Is there anything fun for him to do[ in {place}]?[ He loves"
        " {activities}.][ {free:It should be free.|It may cost something.}]",
        "We're stuck[ in {place}] {when} with a bored child of {age}[ who'd like {activities}]. Suggestions?[ {limit}"
        " would be plenty.]",
        "Please compile a list of[ {limit}] events suitable for children aged {age}[ in {place}] {when}[,"
        " {free:without an admission fee|with or without an admission fee}].",
    ),
    answer="The best pick is {event}.",
)
def family_outings(
    place: Town,
    when: Spell,
    age: Annotated[int, Between(3, 13)],
    activities: Annotated[
        list[
            Literal[
                "puppet shows",
                "face painting",
                "treasure hunts",
                "science workshops",
                "pony rides",
                "story hours",
                "magic shows",
            ]
        ],
        Size(1, 2),
    ]
    | None = None,
    free: bool | None = None,
    indoors: bool | None = None,
    limit: Annotated[int, Between(2, 10)] = 5,
) -> dict[str, Any]:
    """List events for children of a certain age.

    Args:
        place: Town, or district and town.
        when: Date or period.
        age: Age of the child in years.
        activities: Kinds of events.
        free: True if it must cost nothing, False if it may cost something.
        indoors: True for events inside, False for those in the open air.
        limit: Most events to list.
    """
    if not 0 <= age <= 17:
        raise ValueError("age must be from 0 to 17")
    events = ("the Lantern Parade", "Museum Sleepover", "Little Explorers", "the Bubble Festival", "Robot Day")
    listed = min(limit, _count(1, 10, place, activities, free))
    return {"event": _one_of(events, place, when, age, indoors), "listed": listed}


@tool(
    asks=(
        "(Find|Get) me[ a {used:used|new} copy of] {title} on {platform}[, the {edition} edition][, for {max_price}"
        " dollars at most].",
        "Is {title} out on {platform}[ with {modes}]?[ {used:A used copy is fine.|It has to be a new copy.}]",
        "{title} {platform}[, {edition} edition][, {used:used|new}][, under ${max_price}]",
        "My son wants {title} for his birthday, and it's for {platform}.[ He won't play anything without {modes}.]"
        " Where can I buy it[ for less than {max_price} dollars]?",
        "I've been meaning to play {title}[, the {edition} edition,] on {platform}[, {used:second-hand|brand-new}]."
        " See who sells it[ as a {medium}].",
        "Kindly check the availability of {title} for {platform}[, {edition} edition][, as a {medium}][, featuring"
        " {modes}].",
    ),
    answer="{shop} sells {title} for {price} dollars.",
)
def game_copies(
    title: Game,
    platform: Literal["PC", "PlayStation 5", "Xbox Series X", "Switch", "Mac", "Steam Deck"],
    edition: Literal["standard", "deluxe", "collector's"] = "standard",
    medium: Literal["download", "boxed copy"] | None = None,
    modes: Annotated[
        list[
            Literal[
                "local co-op", "online multiplayer", "split screen", "VR support", "cross-play", "controller support"
            ]
        ],
        Size(1, 2),
    ]
    | None = None,
    used: bool | None = None,
    max_price: Annotated[int, Between(15, 75)] | None = None,
) -> dict[str, Any]:
    """Find where a video game is sold for a platform.

    Args:
        title: Full title of the game.
        platform: What it is played on.
        edition: Edition of the game.
        medium: How the game comes.
        modes: What the game must have.
        used: True for a used copy, False for a new one.
        max_price: Highest price in US dollars.
    """
    price = _vary(12, 70, title, platform, edition, used)
    return {
        "shop": _one_of(("Pixel Cellar", "GameBarn", "Level Up", "Second Quest"), title, platform, medium, modes),
        "price": min(price, max_price or price),
    }


@tool(
    asks=(
        "Find[ {family:family-friendly|grown-up}] {genres} {kind} on {service}[ with {subtitles} subtitles][, {limit}"
        " of them].",
        "Which {genres} {kind} can I watch on {service}[ {when}]?[ {family:The kids are watching too.|No kids will be"
        " watching.}]",
        "{service} {genres} {kind}[, {subtitles} subtitles][, {limit} titles][, {family:family-friendly|for"
        " grown-ups}]",
        "It's a sofa evening and we have {service}. What {genres} {kind} are there[ with {subtitles} subtitles]?["
        " {limit} ideas are enough.]",
        "Some {genres} {kind} on {service} would be just the thing[ for {when}][, {family:suitable for the whole"
        " family|for adults}].",
        "Please suggest[ {limit}] {kind} in the {genres} category that are available on {service}[, subtitled in"
        " {subtitles}][, for {when}].",
    ),
    answer="On {service}, {title} would be a good choice.",
)
def titles_to_stream(
    service: Service,
    genres: Annotated[
        list[
            Literal["Comedy", "Thriller", "Romance", "Science Fiction", "Horror", "Documentary", "Western", "Animation"]
        ],
        Size(1, 2),
    ],
    kind: Literal["films", "series", "short films"],
    when: Annotated[
        str, Pick("tonight", "this weekend", "Friday night", "this evening", "tomorrow evening", "next weekend")
    ]
    | None = None,
    subtitles: Literal["English", "Spanish", "German", "Swedish", "Hindi"] | None = None,
    family: bool | None = None,
    limit: Annotated[int, Between(2, 12)] = 5,
) -> dict[str, Any]:
    """Suggest what to watch on a streaming service.

    Args:
        service: Name of the streaming service.
        genres: Genres to choose from.
        kind: Kind of titles.
        when: For when it is, in the user's words.
        subtitles: Language of the subtitles.
        family: True for what children can watch, False for titles for adults.
        limit: Most titles to suggest.
    """
    titles = ("The Long Corridor", "Sunday Thieves", "Paper Moons", "Northern Exit", "Our Last Goat")
    return {
        "title": _one_of(titles, service, genres, kind, when),
        "listed": limit,
        "subtitled": bool(subtitles or family),
    }
