"""Entities: what composed tools are about, from many walks of life, each with attributes of its own."""

import random
import re
from dataclasses import dataclass

from sftctl.core.tools import Pick
from sftctl.plugins.toolcall.composed.attributes import (
    ADDRESS,
    CITY,
    COMPANY,
    COUNTRY,
    PERSON,
    Attribute,
    choice,
    choices,
    clock,
    count,
    day,
    flag,
    measure,
    money,
    numbers,
    several,
    text,
    words,
)


@dataclass(frozen=True)
class Entity:
    """A kind of thing."""

    singular: str
    domain: str
    key: str
    """What tells one from another: a number, a name, a title."""
    keys: Pick | str
    """What that looks like: a source of names, or a pattern in which `#` is a digit and `?` a letter."""
    attributes: tuple[Attribute, ...]
    estimates: tuple[str, ...] = ()
    """What can be estimated of one."""
    plural: str = ""

    @property
    def many(self) -> str:
        return self.plural or f"{self.singular}s"

    def some_key(self, rng: random.Random) -> str:
        """What one of them is told by: a name, or a number in the pattern."""
        if isinstance(self.keys, str):
            letters = re.sub(r"\?", lambda _: rng.choice("ABCDEFHKLMNPRSTX"), self.keys)
            digits = re.sub("#", lambda _: rng.choice("0123456789"), letters)
            return re.sub(r"^0", lambda _: rng.choice("123456789"), digits)
        return str(rng.choice(self.keys.options))


def entity(
    domain: str, singular: str, key: str, keys: str, *attributes: Attribute, estimates: str = "", plural: str = ""
) -> Entity:
    """An entity; `keys` is a pattern if it has a `#`, else a list of names."""
    source = keys if "#" in keys else PERSON if keys == "person" else Pick(*words(keys))
    return Entity(singular, domain, key, source, attributes, words(estimates) if estimates else (), plural)


ENTITIES = (
    # ------------------------------------------------------------ accounting and law
    entity(
        "accounting", "invoice", "number", "INV-#####",
        text("customer", COMPANY, "for {}"), money("amount", 50, 9000, "over {} dollars", 2),
        day("due date", "due on {}"), choice("status", "draft, sent, paid, overdue"),
        choice("currency", "USD, EUR, GBP, CHF", "in {}"), flag("recurring", "that repeats monthly", "that is one-off"),
        count("payment installments", 2, 12), estimates="payment date, late fee",
    ),
    entity(
        "accounting", "expense report", "number", "EXP-####",
        text("employee", PERSON, "from {}"), money("total", 20, 3000, "totalling {} dollars", 2),
        choices("categories", "travel, meals, lodging, equipment, training", "covering {}"),
        text("cost center", "Marketing, Field Sales, R&D, Facilities, Support", "booked on {}"),
        day("submission date", "submitted on {}"), flag("receipts attached", "with receipts", "without receipts"),
        estimates="reimbursement date",
    ),
    entity(
        "accounting", "budget", "name", "Spring Campaign, Office Move, Fleet Renewal, Summer School, Website Relaunch",
        text("department", "Sales, Engineering, Human Resources, Logistics, Design", "for the {} department"),
        money("ceiling", 1000, 90000, "capped at {} dollars"), measure("fiscal year", 2019, 2030, "", "for {}"),
        measure("reserve", 2, 25, "percent", "with a reserve of {} percent"),
        text("approver", PERSON, "approved by {}"), numbers("quarterly amounts", 500, 20000, "split into {} dollars"),
        estimates="shortfall",
    ),
    entity(
        "law", "contract", "number", "C-####-??",
        text("counterparty", COMPANY, "with {}"), day("signing date", "signed on {}"),
        measure("term", 3, 60, "months", "running for {} months"), money("value", 2000, 250000, "worth {} dollars"),
        choice("kind", "service, supply, licence, employment, confidentiality", "of type {}"),
        flag("auto renewal", "with automatic renewal", "without automatic renewal"),
        text("governing law", COUNTRY, "under the law of {}"), estimates="termination cost",
    ),
    entity(
        "law", "court hearing", "case number", "##-CV-####",
        text("judge", PERSON, "before judge {}"),
        text("court", "District Court, High Court, Labour Court, Family Court", "at the {}"), day("date", "on {}"),
        clock("start time", "starting at {}"), text("room", "2B, 114, 301, A7, Hall 3", "in room {}"),
        flag("public", "open to the public", "behind closed doors"),
        several("witnesses", PERSON, "with {} as witnesses"), estimates="duration",
    ),
    entity(
        "law", "patent", "number", "US#######",
        text("inventor", PERSON, "by {}"), text("assignee", COMPANY, "held by {}"), day("filing date", "filed on {}"),
        text(
            "field", "battery storage, optics, water treatment, speech coding, drone navigation", "in the field of {}",
        ),
        count("claims", 3, 40), choice("legal state", "pending, granted, lapsed, withdrawn", "that is {}"),
        estimates="annual fee, expiry date",
    ),
    # ------------------------------------------------------------ shop and logistics
    entity(
        "shop", "product", "SKU", "SKU-####-?",
        text("brand", COMPANY, "made by {}"), money("price", 3, 800, "priced at {} dollars", 2),
        choice("category", "kitchen, garden, toys, clothing, electronics, books", "in the category {}"),
        text("color", "red, navy, olive, sand, charcoal, teal", "in {}"),
        measure("weight", 0.1, 25, "kg", "weighing {} kg", 1), count("units in stock", 2, 500),
        flag("discontinued", "out of production", "in production"), estimates="demand, margin",
    ),
    entity(
        "shop", "coupon", "code", "SAVE##??",
        measure("discount", 5, 60, "percent", "for {} percent off"), day("expiry date", "expiring on {}"),
        money("minimum order", 10, 150, "from an order value of {} dollars"), count("uses", 2, 500, "good for {} uses"),
        text("campaign", "Back to School, Mother's Day, Loyal Friends, Black Friday", "from the {} campaign"),
        flag("first order only", "for first orders only", "for all orders"), estimates="revenue effect",
    ),
    entity(
        "shop", "customer return", "number", "RMA-#####",
        text("customer", PERSON, "from {}"),
        text("item", "rain jacket, desk lamp, yoga mat, blender, headset", "of a {}"),
        choice("reason", "damaged, wrong_size, not_needed, late, wrong_item", "with the reason {}"),
        money("refund", 5, 300, "with a refund of {} dollars", 2), day("arrival date", "received on {}"),
        choice("condition", "new, opened, used, broken", "in {} condition"), estimates="processing time",
    ),
    entity(
        "logistics", "shipment", "tracking number", "TRK########",
        text("origin", CITY, "from {}"), text("destination", CITY, "to {}"),
        measure("weight", 1, 900, "kg", "weighing {} kg", 1),
        choice("carrier service", "economy, express, overnight, freight", "by {} service"),
        day("pickup date", "picked up on {}"), flag("insured", "with insurance", "without insurance"),
        numbers("package weights", 1, 40, "with packages of {} kg", 1), estimates="cost, delivery date, transit time",
    ),
    entity(
        "logistics", "delivery route", "name", "North Loop, Harbor Run, Airport Shuttle, Old Town Tour, Valley Line",
        text("driver", PERSON, "driven by {}"), count("stops", 3, 40), measure("length", 8, 300, "km", "over {} km"),
        choice("vehicle type", "van, truck, cargo_bike, car", "by {}"), clock("departure time", "leaving at {}"),
        choices("weekdays", "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday", "on {}"),
        estimates="fuel use, duration",
    ),
    entity(
        "logistics", "pallet", "label", "PAL-###-?",
        text("warehouse", "Hamburg 2, Rotterdam East, Newark, Dock 9, Leeds North", "in the {} warehouse"),
        text("goods", "ceramic tiles, bottled water, printer paper, tinned tomatoes, engine oil", "of {}"),
        measure("height", 60, 220, "cm", "stacked {} cm high"), count("boxes", 4, 96, "with {} boxes"),
        flag("fragile", "marked fragile", "not marked fragile"),
        measure("storage temperature", 2, 22, "degrees", "kept at {} degrees"), estimates="storage cost",
    ),
    # ------------------------------------------------------------ health
    entity(
        "clinic", "patient record", "number", "PT-######",
        text("patient", PERSON, "of {}"), day("birth date", "born on {}"),
        choice("blood type", "A+, A-, B+, B-, AB+, 0+, 0-", "with blood type {}"),
        several("allergies", "penicillin, latex, peanuts, pollen, aspirin, shellfish", "with an allergy to {}"),
        text("physician", PERSON, "in the care of {}"), measure("weight", 45, 120, "kg", "with a weight of {} kg", 1),
        flag("smoker", "marked as smoker", "marked as non-smoker"),
    ),
    entity(
        "clinic", "appointment", "number", "AP-####",
        text("patient", PERSON, "for {}"), text("doctor", "Okafor, Lindqvist, Marchetti, Sato, Delgado", "with Dr. {}"),
        day("date", "on {}"), clock("time", "at {}"), measure("duration", 10, 90, "minutes", "lasting {} minutes"),
        choice("kind", "check-up, vaccination, consultation, follow-up", "of type {}"),
        flag("remote", "by video", "in person"), estimates="waiting time, cost",
    ),
    entity(
        "clinic", "prescription", "number", "RX#######",
        text("patient", PERSON, "for {}"),
        text("drug", "amoxicillin, ibuprofen, metformin, salbutamol, omeprazole", "of {}"),
        measure("dose", 5, 800, "mg", "at a dose of {} mg"), count("tablets", 6, 90, "over {} tablets"),
        count("refills", 2, 6), day("expiry date", "valid until {}"),
        flag("generic allowed", "allowing generics", "excluding generics"), estimates="price",
    ),
    entity(
        "pets", "pet", "name", "Biscuit, Nala, Pepper, Rex, Olive, Figaro, Luna, Bruno, Maple",
        choice("species", "dog, cat, rabbit, parrot, hamster", "of the species {}"),
        text("owner", PERSON, "belonging to {}"), measure("age", 2, 17, "years", "aged {} years"),
        measure("weight", 0.2, 45, "kg", "weighing {} kg", 1), flag("neutered", "already neutered", "not neutered"),
        several("vaccinations", "rabies, distemper, parvo, flu", "vaccinated against {}"),
        text("color", "black, tabby, white, golden, spotted", "with {} fur"), estimates="daily food, boarding cost",
    ),
    # ------------------------------------------------------------ software
    entity(
        "code", "pull request", "id", "PR-####",
        text("author", PERSON, "by {}"),
        text("repository", "billing-api, web-shop, mobile-app, data-lake, docs", "in {}"),
        text("branch", "main, develop, release-2.4, hotfix-login", "against {}"), count("changed files", 2, 60),
        choice("state", "open, merged, closed, draft", "in state {}"), several("reviewers", PERSON, "reviewed by {}"),
        flag("squash", "with squashed commits", "with all commits kept"), estimates="review time",
    ),
    entity(
        "code", "bug ticket", "id", "BUG-####",
        text("reporter", PERSON, "reported by {}"),
        choice("severity", "minor, major, critical, blocker", "of severity {}"),
        text("component", "checkout, login page, search index, push service, importer", "in the {}"),
        choices("platforms", "ios, android, windows, linux, web", "on {}"),
        text("version", "4.2.1, 3.0, 5.1.0, 2.8.4", "in version {}"), day("report date", "reported on {}"),
        flag("reproducible", "that can be reproduced", "not reproduced yet"), estimates="fixing time",
    ),
    entity(
        "code", "database backup", "name", "nightly-orders, weekly-crm, pre-migration, users-eu, archive-logs",
        text("server", "db-east-1, db-west-2, replica-7, staging", "of {}"), measure("size", 2, 900, "GB", "of {} GB"),
        choice("compression", "gzip, zstd, lz4, none", "compressed with {}"),
        count("days of retention", 3, 365, "kept for {} days"),
        flag("encrypted", "with encryption", "without encryption"), clock("start time", "started at {}"),
        estimates="restore time, storage cost",
    ),
    entity(
        "code", "virtual machine", "name", "web-01, build-agent, gpu-box, mail-relay, test-bench",
        text("region", "eu-west, us-east, ap-south, sa-east", "in {}"), count("CPU cores", 2, 64),
        measure("memory", 4, 256, "GB", "with {} GB of memory"),
        choice("operating system", "debian, ubuntu, fedora, windows_server", "running {}"),
        numbers("open ports", 22, 9000, "with the ports {} open"),
        flag("public", "reachable from the internet", "inside the private network"),
        estimates="monthly cost, power use",
    ),
    # ------------------------------------------------------------ hotel, travel, transit
    entity(
        "hotel", "hotel room", "number", "###",
        choice("bed type", "single, double, twin, king", "with bed type {}"), count("guests", 2, 6, "for {} guests"),
        choice("view", "sea, garden, courtyard, city", "with {} view"),
        money("nightly rate", 60, 500, "at {} dollars a night"),
        flag("breakfast", "with breakfast", "without breakfast"),
        several("amenities", "bathtub, balcony, minibar, desk, kitchenette", "with {}"),
        measure("floor", 2, 30, "", "on floor {}"), estimates="price, cleaning time",
    ),
    entity(
        "hotel", "reservation", "confirmation code", "??-#####",
        text("guest", PERSON, "for {}"), day("arrival date", "arriving on {}"), count("nights", 2, 21, "for {} nights"),
        choice("board", "none, breakfast, half_board, full_board", "with board type {}"),
        text("special request", "quiet room, late checkout, baby cot, feather-free pillows", "with the request {}"),
        flag("prepaid", "already paid", "to be paid on arrival"), count("rooms", 2, 8),
        estimates="total price, city tax",
    ),
    entity(
        "transit", "bus line", "number", "##",
        text("first stop", "Central Station, Harbor, University, Market Square, Airport", "from {}"),
        text("last stop", "Hillside, Stadium, West Park, General Hospital, Old Mill", "to {}"),
        measure("interval", 5, 60, "minutes", "running every {} minutes"), clock("first departure", "starting at {}"),
        choices("service days", "weekdays, saturdays, sundays, holidays", "running on {}"),
        flag("accessible", "with step-free access", "without step-free access"), text("operator", COMPANY, "run by {}"),
        estimates="travel time, ridership",
    ),
    entity(
        "transit", "train ticket", "booking code", "??####",
        text("departure station", CITY, "from {}"), text("arrival station", CITY, "to {}"), day("travel date", "on {}"),
        choice("class", "first, second, sleeper", "in {} class"), text("passenger", PERSON, "for {}"),
        choice("railcard", "none, senior, youth, family", "with railcard {}"),
        flag("seat reservation", "with a reserved seat", "without a reserved seat"), estimates="price, refund",
    ),
    entity(
        "transit", "bike station", "name", "Old Bridge, City Hall, Botanical Garden, Pier 3, Library Square",
        text("district", "Riverside, Old Town, Northfield, Docklands", "in {}"), count("docks", 8, 60),
        count("electric bikes", 2, 30), measure("battery level", 10, 100, "percent", "with batteries at {} percent"),
        flag("covered", "under a roof", "in the open"), day("inspection date", "inspected on {}"),
        estimates="daily rentals",
    ),
    entity(
        "aviation", "flight", "number", "?? ###",
        text("origin", CITY, "from {}"), text("destination", CITY, "to {}"), day("date", "on {}"),
        clock("departure time", "departing at {}"),
        choice("cabin", "economy, premium_economy, business, first", "in cabin {}"), count("stops", 2, 3),
        several("airlines", "Norse Wings, Aurora Air, Pacific Blue, Iberica", "operated by {}"),
        estimates="fare, emissions, delay",
    ),
    entity(
        "aviation", "aircraft", "tail number", "D-A???#",
        text("model", "A320, 737-800, ATR 72, Dash 8, E190", "of model {}"), count("seats", 40, 380),
        text("airline", COMPANY, "of {}"), measure("range", 900, 14000, "km", "with a range of {} km"),
        day("overhaul date", "last overhauled on {}"), flag("grounded", "currently grounded", "in service"),
        estimates="fuel burn, lease price", plural="aircraft",
    ),
    entity(
        "harbor", "marina berth", "number", "B-##",
        measure("length", 6, 40, "meters", "{} meters long", 1), measure("depth", 2, 9, "meters", "{} meters deep", 1),
        text("boat", "Sea Lark, Blue Heron, Calypso, Windward, Marigold", "for the boat {}"),
        flag("shore power", "with shore power", "without shore power"),
        money("daily fee", 15, 200, "at {} dollars a day"), day("availability date", "free from {}"),
        estimates="seasonal fee",
    ),
    entity(
        "harbor", "cargo ship", "name", "Nordic Star, Ever Bright, Santa Clara, Maru Bay, Baltic Trader",
        text("flag state", COUNTRY, "under the flag of {}"), count("containers", 80, 9000, "with {} containers"),
        text("next port", "Rotterdam, Durban, Busan, Santos, Piraeus", "bound for {}"),
        measure("speed", 8, 24, "knots", "sailing at {} knots"),
        measure("draft", 5, 16, "meters", "with a draft of {} meters", 1), day("arrival date", "arriving on {}"),
        estimates="port dues, arrival time",
    ),
    # ------------------------------------------------------------ property, building, energy
    entity(
        "property", "lease", "number", "L-####",
        text("tenant", PERSON, "of {}"), money("monthly rent", 400, 4500, "at {} dollars a month"),
        day("start date", "starting on {}"), measure("term", 3, 48, "months", "for {} months"),
        money("deposit", 400, 6000, "with a deposit of {} dollars"),
        flag("pets allowed", "with pets allowed", "without pets"), ADDRESS, estimates="break fee, rent increase",
    ),
    entity(
        "property", "apartment", "listing number", "APT-#####",
        text("neighborhood", "Riverside, Old Town, Northfield, Docklands, Greenhill", "in {}"), count("bedrooms", 2, 6),
        measure("floor area", 25, 240, "square meters", "of {} square meters"),
        money("rent", 500, 5000, "for {} dollars a month"),
        choice("energy class", "A, B, C, D, E", "in energy class {}"),
        flag("furnished", "with furniture", "without furniture"),
        several("extras", "elevator, balcony, cellar, garage, dishwasher", "with {}"),
        estimates="market value, heating cost",
    ),
    entity(
        "property", "repair request", "number", "REP-####",
        text("problem", "leaking tap, broken heater, jammed door, flickering light, blocked drain", "about a {}"),
        text("unit", "4B, 12, 7C, Basement, Penthouse", "in unit {}"), text("tenant", PERSON, "from {}"),
        day("report date", "reported on {}"), choice("trade", "plumbing, electrical, carpentry, painting", "in {}"),
        choice("urgency", "low, normal, emergency", "of urgency {}"), estimates="cost, repair time",
    ),
    entity(
        "building", "building permit", "number", "BP-##-####",
        text("applicant", PERSON, "for {}"), text("parcel", "Lot 14, Lot 203, Plot 7A, Parcel 88", "on {}"),
        count("storeys", 2, 30), choice("use", "residential, commercial, mixed, industrial", "for {} use"),
        measure("height", 4, 90, "meters", "{} meters high", 1), day("decision date", "decided on {}"),
        flag("heritage zone", "inside a heritage zone", "outside any heritage zone"), estimates="fee, decision date",
    ),
    entity(
        "building", "construction site", "name", "Harbor Tower, Elm Street School, Ring Road Bridge, Solar Park South",
        text("contractor", COMPANY, "run by {}"), text("city", CITY, "in {}"), count("workers", 5, 300),
        money("budget", 50000, 9000000, "with a budget of {} dollars"), day("completion date", "to be finished on {}"),
        choices("machines", "crane, excavator, loader, paver", "with machines of type {}"),
        estimates="completion date, concrete need",
    ),
    entity(
        "energy", "solar installation", "name", "Barn Roof, School Annex, Carport 2, South Field, Town Hall",
        measure("peak power", 3, 200, "kW", "with a peak power of {} kW", 1), count("panels", 6, 400),
        measure("tilt", 5, 60, "degrees", "tilted by {} degrees"),
        choice("orientation", "south, east, west, east_west", "facing {}"),
        flag("battery", "with a battery", "without a battery"), text("installer", COMPANY, "installed by {}"),
        numbers("monthly yields", 80, 900, "yielding {} kWh"), estimates="yearly yield, payback time",
    ),
    entity(
        "energy", "meter reading", "id", "MR-######",
        choice("meter type", "electricity, gas, water, heat", "of type {}"),
        measure("consumption", 40, 9000, "kWh", "of {} kWh"), day("reading date", "taken on {}"),
        text("household", "Miller, Osei, Park, Lindgren, Costa", "for the {} household"),
        flag("estimated", "that was estimated", "read on site"),
        measure("tariff", 0.1, 0.6, "dollars", "at {} dollars per unit", 2), estimates="monthly bill",
    ),
    entity(
        "energy", "charging station", "id", "CHG-###",
        measure("power", 11, 350, "kW", "with {} kW"),
        choices("plug types", "CCS, CHAdeMO, Type 2", "with plug type {}"), text("town", CITY, "in {}"),
        measure("price", 0.2, 0.9, "dollars per kWh", "at {} dollars per kWh", 2), count("bays", 2, 24),
        text("provider", COMPANY, "run by {}"), flag("available", "free right now", "in use"),
        estimates="charging time, charging cost",
    ),
    # ------------------------------------------------------------ work, school, public life
    entity(
        "hiring", "job opening", "reference", "JOB-####",
        text("role", "welder, data analyst, nurse, chef, bus driver, graphic artist", "for a {}"),
        text("location", CITY, "in {}"), money("salary", 25000, 150000, "paying {} dollars"),
        choice("contract type", "full_time, part_time, temporary, internship", "of type {}"),
        flag("remote", "with remote work", "on site"),
        several("skills", "SQL, Spanish, first aid, forklift, Photoshop, welding", "asking for {}"),
        day("application deadline", "open until {}"), estimates="number of applicants, time to hire",
    ),
    entity(
        "hiring", "candidate", "name", "person",
        text("position", "accountant, carpenter, UX designer, lab technician, pilot", "for the {} position"),
        measure("experience", 2, 30, "years", "with {} years of experience"),
        choice("stage", "applied, interview, offer, hired, rejected", "at stage {}"),
        several("languages", "German, Arabic, Hindi, Portuguese, Korean", "with {} among the languages"),
        money("expected salary", 25000, 140000, "expecting {} dollars"), day("availability date", "available from {}"),
    ),
    entity(
        "school", "course", "code", "??-###",
        text("teacher", PERSON, "taught by {}"),
        text("subject", "algebra, pottery, marine biology, French, welding, ethics", "in {}"), count("credits", 2, 12),
        count("seats", 8, 200), choice("level", "beginner, intermediate, advanced", "at {} level"),
        choices("weekdays", "Monday, Tuesday, Wednesday, Thursday, Friday", "on {}"),
        flag("online", "held online", "held on campus"), estimates="workload, enrolment",
    ),
    entity(
        "school", "exam", "number", "EX-###",
        text("subject", "chemistry, history, Latin, statistics, geography", "in {}"), day("date", "on {}"),
        clock("start time", "at {}"), measure("duration", 30, 240, "minutes", "lasting {} minutes"),
        text("room", "Aula, 204, Lab 3, Gym", "in room {}"), text("examiner", PERSON, "supervised by {}"),
        flag("open book", "with books allowed", "without books"), estimates="passing rate, grading time",
    ),
    entity(
        "library", "library book", "title",
        "The Salt Road, Clouds at Noon, A Field of Bees, Northern Lights, The Quiet Engine",
        text("author", PERSON, "by {}"), measure("publication year", 1920, 2025, "", "from {}"),
        choice("genre", "novel, biography, poetry, travel, crime", "of genre {}"),
        text("branch", "Eastside, Central, Hillcrest, Seaview", "at the {} branch"), count("copies", 2, 12),
        flag("large print", "in large print", "in normal print"), estimates="waiting time",
    ),
    entity(
        "events", "conference talk", "title",
        "Cheaper Batteries, Bees in the City, Maps Without Borders, Testing in Space",
        text("speaker", PERSON, "by {}"), text("track", "Science, Industry, Design, Community", "in the {} track"),
        clock("start time", "at {}"), measure("length", 10, 90, "minutes", "of {} minutes"),
        text("hall", "Hall A, Blue Room, Auditorium, Dome", "in the {}"),
        flag("recorded", "with a recording", "without a recording"), estimates="attendance",
    ),
    entity(
        "events", "wedding", "name", "Garcia-Lund, Okoye-Smith, Petrov-Hall, Kim-Dubois",
        text("venue", "Lakeside Barn, Villa Rosa, City Hall, Olive Grove", "at {}"), day("date", "on {}"),
        count("guests", 20, 300, "with {} guests"),
        choice("catering", "buffet, plated, food_truck, family_style", "with catering of type {}"),
        text("band", "The Brass Cats, Moonrise Trio, DJ Lena", "with {} playing"),
        text("theme color", "ivory, sage, burgundy, dusty blue", "with {} as the color"),
        money("budget", 3000, 60000, "on a budget of {} dollars"), estimates="catering cost, total cost",
    ),
    entity(
        "charity", "donation", "receipt number", "DN-#####",
        text("donor", PERSON, "from {}"), money("amount", 5, 5000, "of {} dollars"),
        text("cause", "clean water, animal shelter, flood relief, school meals", "for {}"),
        choice("frequency", "once, monthly, yearly", "given {}"),
        flag("anonymous", "without the donor's name", "with the donor's name"), day("date", "made on {}"),
        estimates="tax deduction",
    ),
    entity(
        "charity", "volunteer shift", "number", "SH-###",
        text("volunteer", PERSON, "for {}"),
        text("task", "soup kitchen, beach cleanup, reading hour, phone line", "at the {}"), day("date", "on {}"),
        clock("start time", "from {}"), measure("length", 2, 8, "hours", "of {} hours"),
        several("languages", "English, Arabic, Spanish, Ukrainian", "for speakers of {}"), estimates="helpers needed",
    ),
    entity(
        "insurance", "insurance claim", "number", "CLM-######",
        text("policyholder", PERSON, "from {}"),
        choice("damage type", "fire, water, theft, storm, collision", "for damage of type {}"),
        money("amount", 100, 40000, "over {} dollars"), day("incident date", "for an incident on {}"),
        choice("status", "open, under_review, approved, denied"), text("adjuster", PERSON, "handled by {}"),
        flag("police report", "with a police report", "without a police report"), estimates="payout, settlement time",
    ),
    entity(
        "vehicles", "rental car", "plate", "??-###-?",
        choice("category", "compact, sedan, suv, van, convertible", "of category {}"),
        text("pickup city", CITY, "picked up in {}"), money("daily rate", 20, 220, "at {} dollars a day"),
        choice("transmission", "manual, automatic", "with {} transmission"), count("seats", 2, 9),
        day("pickup date", "from {}"), flag("child seat", "with a child seat", "without a child seat"),
        estimates="rental price, fuel cost",
    ),
    entity(
        "vehicles", "parking space", "number", "P-###",
        text("garage", "Opera, Central Station, Mall West, Harbor", "in the {} garage"),
        measure("level", 2, 9, "", "on level {}"), money("hourly rate", 1, 9, "at {} dollars an hour", 2),
        measure("width", 2, 4, "meters", "{} meters wide", 1), flag("electric", "with a charger", "without a charger"),
        text("vehicle", "blue Corolla, white van, motorbike, red Fiat", "for the {}"), estimates="parking fee",
    ),
)  # fmt: skip
