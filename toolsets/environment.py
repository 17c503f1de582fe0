"""Environment: carbon footprints, recycling, solar power, water, species, soils, crops and livestock."""

import math
from typing import Annotated, Any, Literal, TypedDict
from zlib import crc32

from sftctl.core.tools import Between, Date, Fake, Pick, Size, tool

# Crop: yield in tonnes per hectare, months of sowing, kilograms of nitrogen per tonne of yield.
_CROPS: dict[str, tuple[float, str, float]] = {
    "wheat": (7.2, "October", 24),
    "maize": (9.1, "April", 20),
    "barley": (6.1, "March", 21),
    "potatoes": (38.0, "April", 4.5),
    "soybeans": (3.1, "May", 12),
    "rice": (4.7, "June", 18),
    "sugar beet": (72.0, "March", 2.2),
    "sunflowers": (2.4, "April", 40),
    "rapeseed": (3.4, "August", 50),
    "oats": (5.2, "March", 20),
    "tomatoes": (60.0, "May", 3),
    "onions": (42.0, "March", 3.2),
    "cotton": (2.2, "May", 55),
    "carrots": (55.0, "April", 2.5),
    "lentils": (1.6, "March", 10),
}
# Item: the bin it goes into, and what to do first.
_WASTE: dict[str, tuple[str, str]] = {
    "pizza boxes": ("paper bin", "remove the leftovers"),
    "yoghurt pots": ("plastics bin", "take off the lid"),
    "broken mirrors": ("residual waste", "wrap them"),
    "light bulbs": ("collection point", "keep them whole"),
    "wine bottles": ("glass bank", "sort them by colour"),
    "old batteries": ("collection point", "tape the poles"),
    "coffee grounds": ("compost", "let them cool"),
    "paint cans": ("hazardous waste", "close them tightly"),
    "aerosol cans": ("metals bin", "empty them fully"),
    "milk cartons": ("plastics bin", "rinse and flatten them"),
    "newspapers": ("paper bin", "bundle them"),
    "egg shells": ("compost", "crush them"),
    "cooking oil": ("collection point", "fill it into a bottle"),
    "worn-out jeans": ("textile bank", "wash them"),
    "smartphones": ("electronics collection", "erase your data"),
    "jam jars": ("glass bank", "empty them"),
}
_STATUS = ("least concern", "near threatened", "vulnerable", "endangered", "critically endangered")
# Tree: kilograms of CO₂ that one takes up in a year.
_TREES = {
    "oak": 24.0,
    "beech": 22.5,
    "pine": 18.0,
    "birch": 14.0,
    "maple": 19.5,
    "spruce": 17.0,
    "willow": 21.0,
}

# fmt: off
Species = Annotated[str, Pick(
    "snow leopard", "Iberian lynx", "African elephant", "giant panda", "blue whale", "red squirrel", "koala",
    "hawksbill turtle", "polar bear", "grey wolf", "Sumatran tiger", "kakapo", "mountain gorilla",
    "sea otter", "axolotl", "monarch butterfly", "pangolin", "European hedgehog",
)]
Sighted = Annotated[str, Pick(
    "red kites", "grey seals", "roe deer", "kingfishers", "bumblebees", "fire salamanders", "barn owls",
    "beavers", "humpback whales", "wild boar", "puffins", "swallowtails", "stag beetles", "lynxes", "cranes",
    "otters",
)]
Habitat = Annotated[str, Pick(
    "Lake Windermere", "the Black Forest", "Yellowstone", "the Camargue", "Kruger Park", "the Wadden Sea",
    "Snowdonia", "the Everglades", "Białowieża", "Point Reyes", "the Danube Delta", "Fraser Island",
    "Doñana", "the Lake District", "Cape Cod",
)]
Region = Annotated[str, Pick(
    "Kenya", "Spain", "Madagascar", "Brazil", "Norway", "Indonesia", "Nepal", "Canada", "Chile", "Italy",
    "India", "Mongolia", "Australia", "Poland", "Costa Rica",
)]
# fmt: on
Crop = Annotated[str, Pick(*_CROPS)]


class Address(TypedDict):
    street: Annotated[str, Fake("street_address")]
    city: Annotated[str, Fake("city")]


class Household(TypedDict):
    people: Annotated[int, Between(2, 7)]
    electricity_kwh: Annotated[int, Between(1200, 9000)]


class Planting(TypedDict):
    count: Annotated[int, Between(2, 60)]
    species: Literal["oak", "beech", "pine", "birch", "maple", "spruce", "willow"]


def _vary(low: float, high: float, *about: object) -> int:
    """A whole number from `low` to `high` that depends on nothing but `about`."""
    return round(low + (high - low) * (crc32("|".join(map(str, about)).encode()) % 9973 / 9972))


def _crop(name: str) -> tuple[float, str, float]:
    if name not in _CROPS:
        raise ValueError(f"no data about the crop {name!r}")
    return _CROPS[name]


@tool(
    asks=(
        "How much CO2 does a flight of {distance_km} km (cause|produce)[ in {cabin} class][,"
        " {return_trip:there and back|one way}]?",
        "(Estimate|Work out) the emissions of flying {distance_km} kilometres[ for {passengers} people].",
        "carbon footprint flight {distance_km} km[, {cabin}][, {passengers} passengers]",
        "We (feel|are feeling) guilty about our trip by plane, {distance_km} km of flying. How much carbon"
        " dioxide is that[ for the {passengers} of us][ in {cabin} class]?",
        "I want to offset my flight[ of {distance_km} kilometres][, {return_trip:return trip|one way}]. How"
        " many kilograms of CO2 do I have to compensate?",
        "Please quantify the greenhouse gases[ released on an air journey of {distance_km} km][ in {cabin} class].",
    ),
    answer="The flight causes about {result} kg of CO₂.",
)
def flight_emissions_kg(
    distance_km: Annotated[int, Between(300, 14_000)],
    passengers: Annotated[int, Between(2, 6)] = 1,
    cabin: Literal["economy", "business", "first"] = "economy",
    return_trip: bool = False,
) -> float:
    """Estimate the carbon dioxide that a flight causes, in kilograms.

    Args:
        distance_km: Distance of one direction in kilometres.
        passengers: Number of people to account for.
        cabin: Class in which they travel.
        return_trip: Whether the way back is counted too.
    """
    if distance_km < 0 or passengers < 1:
        raise ValueError("distance_km must not be negative and passengers at least 1")
    per_km = {"economy": 0.15, "business": 0.43, "first": 0.6}[cabin]
    return round(distance_km * per_km * passengers * (2 if return_trip else 1), 1)


@tool(
    asks=(
        "I drive {km} km, my car runs on {fuel} and uses {litres_per_100km} litres per 100 km. How much CO2 is that?",
        "CO2 of driving {km} km, {fuel}[, {litres_per_100km} l/100 km]",
        "My {fuel} van burns {litres_per_100km} l per hundred kilometres. What does it emit[ over {km} km]?",
        "(Calculate|Estimate) the emissions[ for {km} kilometres by road][ at {litres_per_100km} litres per"
        " 100 km], fuel {fuel}[, {riders} people on board].",
        "How climate-friendly is car pooling? We'd do {km} km with {litres_per_100km} litres of {fuel} per"
        " 100 km[, {riders} of us].",
        "For the sustainability report: company car, {fuel}, {km} km last year[, average consumption"
        " {litres_per_100km} litres per 100 km]. Give me its carbon dioxide.",
    ),
    answer="Driving {km} km emits {result} kg of CO₂ per person.",
)
def car_trip_co2(
    km: Annotated[float, Between(20, 30_000, 0)],
    fuel: Literal["petrol", "diesel", "LPG"],
    litres_per_100km: Annotated[float, Between(3.5, 15)],
    riders: Annotated[int, Between(2, 5)] = 1,
) -> float:
    """Calculate the carbon dioxide per person that driving a car causes, in kilograms.

    Args:
        km: Distance in kilometres.
        fuel: Fuel of the car.
        litres_per_100km: Fuel consumption in litres per 100 km.
        riders: Number of people in the car.
    """
    if km < 0 or litres_per_100km < 0 or riders < 1:
        raise ValueError("km and litres_per_100km must not be negative and riders at least 1")
    return round(km * litres_per_100km / 100 * {"petrol": 2.31, "diesel": 2.68, "LPG": 1.51}[fuel] / riders, 1)


@tool(
    asks=(
        "What's the yearly footprint of a household of {household.people} that uses"
        " {household.electricity_kwh} kWh[, with a {diet} diet]?",
        "We are {household.people} people at home and use {household.electricity_kwh} kWh of power a year."
        " How large is our carbon footprint?[ Heating: {heating}.]",
        "home footprint: {household.people} persons, {household.electricity_kwh} kWh[, {heating} heating][, {diet}]",
        "(Assess|Rate) the climate impact of our home: {household.people} residents,"
        " {household.electricity_kwh} kWh per year[, heating: {heating}].",
        "Is my family greener than average?[ There are {household.people} of us and the meter counts"
        " {household.electricity_kwh} kWh a year.][ The food is {diet}.]",
        "Determine annual greenhouse gas emissions for {household.people} persons who consume"
        " {household.electricity_kwh} kWh of electricity[, {diet} nutrition assumed].",
    ),
    answer="That household causes {tonnes} tonnes of CO₂ a year, which is {rating} the average.",
)
def household_footprint(
    household: Household,
    heating: Literal["gas", "oil", "wood", "heat pump", "district heat"] = "gas",
    diet: Literal["vegan", "vegetarian", "mixed"] = "mixed",
) -> dict[str, Any]:
    """Estimate the yearly carbon footprint of a household in tonnes of carbon dioxide.

    Args:
        household: Number of people and yearly use of electricity in kilowatt-hours.
        heating: How the home is heated.
        diet: What the people mostly eat.
    """
    people = household["people"]
    if people < 1 or household["electricity_kwh"] < 0:
        raise ValueError("people must be at least 1 and electricity_kwh not negative")
    heat = {"gas": 1.1, "oil": 1.6, "wood": 0.2, "heat pump": 0.4, "district heat": 0.7}[heating]
    food = {"vegan": 0.9, "vegetarian": 1.2, "mixed": 1.8}[diet]
    tonnes = round(household["electricity_kwh"] * 0.00035 + people * (heat + food + 2.5), 1)
    return {"tonnes": tonnes, "rating": "below" if tonnes / people < 5.5 else "above"}


@tool(
    asks=(
        "(Which bin do|Where do) {item} go[ in {city}]?",
        "How (do|should) I (get rid of|dispose of) {item} (properly|correctly)[ in {city}]?",
        "{item} which bin[, {city}]",
        "Can I recycle {item}, or is (that|it all) rubbish?[ I have {quantity} of them.]",
        "I'm clearing out the kitchen. What must I do before I throw things away[, {item} for example]?",
        "Our new flatmate puts everything into one bin. What is the right way[ to treat {item}][ here in {city}]?",
    ),
    answer="Put {item} into the {bin}; first {preparation}.",
)
def how_to_recycle(
    item: Annotated[str, Pick(*_WASTE)],
    city: Annotated[str, Fake("city")] | None = None,
    quantity: Annotated[int, Between(5, 40)] | None = None,
) -> dict[str, Any]:
    """Say where a piece of waste belongs and how to prepare it.

    Args:
        item: Thing to dispose of, in the plural where there is one.
        city: City whose rules apply.
        quantity: Number of pieces, where large amounts need special treatment.
    """
    if item not in _WASTE:
        raise ValueError(f"no advice on {item!r}")
    place, preparation = _WASTE[item]
    return {
        "bin": "bulk container" if (quantity or 0) > 30 else place,
        "preparation": preparation,
        "city": city,
    }


@tool(
    asks=(
        "Where's the (nearest|closest) place to hand in {material}? I'm at {address.street} in {address.city}.",
        "Find a recycling centre[ that takes {material}] near {address.street}, {address.city}[, within"
        " {radius_km} km].",
        "drop-off point[ for {material}], {address.street}, {address.city}[, {open_sunday:open|closed} on Sundays]",
        "I (live|work) at {address.street}, {address.city} and have a trunk full of {material}. Who takes"
        " that[ within {radius_km} kilometres]?",
        "We've moved to {address.city}, {address.street} to be exact. Where can we bring {material}[,"
        " {open_sunday:on Sundays as well|Sundays don't matter}]?",
        "Please indicate collection points[ for {material}] around {address.street} in {address.city}[ up"
        " to {radius_km} km away].",
    ),
    answer="Take {material} to {name}, {distance_km} km away.",
)
def find_recycling_centre(
    address: Address,
    material: Literal["glass", "paper", "metal", "electronics", "textiles", "garden waste", "rubble"],
    radius_km: Annotated[float, Between(2, 25)] = 5.0,
    open_sunday: bool = False,
) -> dict[str, Any]:
    """Find the nearest recycling centre that accepts a material.

    Args:
        address: Street and city to start from.
        material: Material to bring.
        radius_km: Greatest distance in kilometres.
        open_sunday: Whether it must be open on Sundays.
    """
    if radius_km <= 0:
        raise ValueError("radius_km must be above 0")
    away = round(radius_km * _vary(10, 95, address["street"], material, open_sunday) / 100, 1)
    return {"name": f"the {address['city']} {material} depot", "distance_km": away}


@tool(
    asks=(
        "How much (electricity|power) will {panel_count} solar panels of {panel_watts} watts (make|give) a"
        " year[ with {sun_hours} hours of sun a day]?",
        "(Estimate|Predict) the yearly yield[ of {panel_count} panels][ rated {panel_watts} W][ at"
        " {sun_hours} sun hours daily][ and {losses_percent}% losses].",
        "PV output: {panel_count} x {panel_watts} W, {sun_hours} h/day[, losses {losses_percent}%]",
        "There's room for {panel_count} modules on our roof, {panel_watts} watts each. We get {sun_hours}"
        " hours of sun per day. What would they produce?",
        "My installer offers {panel_watts} watt panels, {panel_count} of them. What annual output can I"
        " count on[ given {sun_hours} sun hours a day]?[ Some {losses_percent} percent is lost.]",
        "With an average of {sun_hours} hours of sunshine a day, what do {panel_count} modules[ of"
        " {panel_watts} watts each] generate per year?",
    ),
    answer="These panels make about {result} kWh a year.",
)
def solar_panel_output_kwh(
    panel_count: Annotated[int, Between(4, 48)],
    panel_watts: Annotated[int, Pick(300, 320, 350, 375, 400, 410, 425, 440, 455)],
    sun_hours: Annotated[float, Between(2, 7)],
    losses_percent: Annotated[float, Between(8, 30)] = 14.0,
) -> float:
    """Estimate how much electricity solar panels make in a year, in kilowatt-hours.

    Args:
        panel_count: Number of panels.
        panel_watts: Rated power of one panel in watts.
        sun_hours: Hours of full sun on an average day.
        losses_percent: Share lost to wiring, dirt and heat, in percent.
    """
    if not 0 <= losses_percent < 100 or min(panel_count, panel_watts, sun_hours) < 0:
        raise ValueError("losses_percent must be from 0 to below 100, the rest not negative")
    return round(panel_count * panel_watts / 1000 * sun_hours * 365 * (1 - losses_percent / 100), 1)


@tool(
    asks=(
        "When will my solar panels have paid for themselves if they cost {cost} euros, make {annual_kwh}"
        " kWh a year and power costs {price_per_kwh} a kWh?",
        "The quote for our roof is {cost} euros[, yield {annual_kwh} kWh per year]. At {price_per_kwh}"
        " euros per kWh, how many years until break-even?",
        "PV payback: {cost} EUR, {annual_kwh} kWh/a[, {price_per_kwh} EUR/kWh][, subsidy {subsidy}]",
        "(Compute|Work out) the amortisation time of a photovoltaic system of {cost} euros[ producing"
        " {annual_kwh} kWh a year][ at an electricity price of {price_per_kwh} euros][ after a grant of"
        " {subsidy} euros].",
        "Is solar worth it? {cost} euros to buy, {annual_kwh} kWh each year, electricity at {price_per_kwh}"
        " euros.[ The state adds {subsidy} euros.]",
        "Electricity costs me {price_per_kwh} euros per kWh and the system would give {annual_kwh} kWh per"
        " annum[ for an investment of {cost} euros]. After how long do I make a profit?",
    ),
    answer="The system pays for itself after {result} years.",
)
def solar_payback_years(
    cost: Annotated[float, Between(4000, 30_000, 0)],
    annual_kwh: Annotated[int, Between(1500, 16_000)],
    price_per_kwh: Annotated[float, Between(0.15, 0.45, 2)],
    subsidy: Annotated[float, Between(300, 3500, 0)] = 0.0,
) -> float:
    """Calculate after how many years a solar power system has paid for itself.

    Args:
        cost: Price of the system in euros.
        annual_kwh: Electricity it makes in a year, in kilowatt-hours.
        price_per_kwh: Price of a kilowatt-hour from the grid in euros.
        subsidy: Grant that lowers the price, in euros.
    """
    if annual_kwh <= 0 or price_per_kwh <= 0:
        raise ValueError("annual_kwh and price_per_kwh must be above 0")
    return round(max(cost - subsidy, 0) / (annual_kwh * price_per_kwh), 1)


@tool(
    asks=(
        "How much rain(water|) can I collect from a roof of {roof_area_m2} square metres[ with"
        " {rainfall_mm} mm of rain]?",
        "{roof_area_m2} m2 roof, {rainfall_mm} mm rain, how many litres[ with a {surface} roof]?",
        "We're thinking of a cistern. The roof has {roof_area_m2} m²[ and it rains {rainfall_mm} mm a"
        " month]. What size of harvest can we expect?",
        "(Calculate|Estimate) the rainwater yield[ for {rainfall_mm} mm][ off {roof_area_m2} square"
        " metres][ of {surface}].",
        "It rained {rainfall_mm} millimetres last month. What would our barn roof[ of {roof_area_m2} square"
        " metres] have yielded?",
        "I want to water the garden off the roof only: {roof_area_m2} m², {rainfall_mm} mm of"
        " precipitation[, surface: {surface}]. How many litres does that make?",
    ),
    answer="About {result} litres can be collected.",
)
def rainwater_harvest_litres(
    roof_area_m2: Annotated[float, Between(15, 400)],
    rainfall_mm: Annotated[float, Between(10, 220)],
    surface: Literal["tile", "metal", "green", "gravel"] = "tile",
) -> float:
    """Estimate how many litres of rainwater run off a roof.

    Args:
        roof_area_m2: Ground area of the roof in square metres.
        rainfall_mm: Rainfall in millimetres.
        surface: Surface of the roof.
    """
    if roof_area_m2 < 0 or rainfall_mm < 0:
        raise ValueError("roof_area_m2 and rainfall_mm must not be negative")
    return round(roof_area_m2 * rainfall_mm * {"tile": 0.8, "metal": 0.9, "green": 0.3, "gravel": 0.6}[surface], 1)


@tool(
    asks=(
        "Is the {species} (endangered|threatened)[ in {region}]?",
        "What's the conservation status[ of the {species}][ in {region}]?",
        "red list {species}[ {region}]",
        "My class is raising money for the {species}. How is the species doing in the wild?",
        "Are there many specimens of the {species} left[ in {region}]?[ {with_trend:Add the trend,"
        " please.|No need for the trend.}]",
        "Please state the threat category[ assigned to the {species}][, {with_trend:with|without} the"
        " population trend].",
    ),
    answer="The {species} is listed as {status}.",
)
def species_status(species: Species, region: Region | None = None, with_trend: bool = False) -> dict[str, Any]:
    """Look up how threatened a species is.

    Args:
        species: Common English name of the species in the singular.
        region: Country to look at; worldwide if left out.
        with_trend: Whether to add how the population develops.
    """
    status = {"species": species, "status": _STATUS[_vary(0, 4, species, region)]}
    trend = ("falling", "stable", "rising")[_vary(0, 2, species, "trend")]
    return status | ({"trend": trend} if with_trend else {})


@tool(
    asks=(
        "I saw {count} {species}[ near {location}][ on {date}]. Please (record|log) it.[ Note: {remark}.]",
        "(Record|Enter|Add) a sighting of {count} {species}[ at {location}][, dated {date}].",
        "sighting: {count} {species}[, {location}][, {date}][, {remark}]",
        "Guess what, there were {count} {species}[ around {location}][ on {date}]! Can you put that into"
        " the wildlife database?[ Remark: {remark}.]",
        "During our count of {date} we observed {count} {species}[ in the area of {location}]. Kindly file"
        " the observation.",
        "Please enter my observation from {date}[ at {location}]: {species}, {count} in number[; {remark}].",
    ),
    answer="The sighting of {count} {species} is recorded under {record}.",
)
def report_wildlife_sighting(
    species: Sighted,
    count: Annotated[int, Between(2, 40)],
    location: Habitat,
    date: Date,
    remark: Annotated[
        str,
        Pick(
            "two of them were young",
            "seen through binoculars",
            "they were feeding",
            "photos available",
            "heading north",
            "one was injured",
            "close to the water",
        ),
    ]
    | None = None,
) -> dict[str, Any]:
    """Record an observation of wild animals in the sightings database.

    Args:
        species: Common English name of the animals in the plural.
        count: Number of animals seen.
        location: Where they were seen.
        date: Day of the observation, as YYYY-MM-DD.
        remark: Anything else worth noting.
    """
    if count < 1:
        raise ValueError("count must be at least 1")
    return {"record": f"WS{_vary(10_000, 99_999, species, count, location, date)}", "remark": remark or ""}


@tool(
    asks=(
        "We counted {counts} individuals of the different species. How diverse is (this|our) meadow?",
        "Shannon index of {counts}[, log base {log_base}]",
        "(Calculate|Compute) the biodiversity[ for the abundances {counts}][ with logarithms to base {log_base}].",
        "Our moth trap caught these numbers per species: {counts}. What's the diversity index[,"
        " {evenness:with evenness|just the index}]?",
        "Here are my plot counts by species, {counts}. I need their Shannon diversity[ to the base {log_base}].",
        "Given species counts of {counts}, how varied is the community[, {evenness:evenness"
        " included|evenness not needed}]?",
    ),
    answer="The diversity index is {index} over {species} species.",
)
def shannon_diversity(
    counts: Annotated[list[Annotated[int, Between(2, 90)]], Size(3, 6)],
    log_base: Annotated[float, Pick(2.0, 10.0)] = math.e,
    evenness: bool = False,
) -> dict[str, Any]:
    """Compute the Shannon diversity index of a community from counts of its species.

    Args:
        counts: Number of individuals of every species.
        log_base: Base of the logarithm; the natural one if left out.
        evenness: Whether to add Pielou's evenness.
    """
    if not counts or min(counts) <= 0 or log_base <= 1:
        raise ValueError("counts must be above 0 and log_base above 1")
    shares = [count / sum(counts) for count in counts]
    natural = -sum(share * math.log(share) for share in shares)
    result: dict[str, Any] = {"index": round(natural / math.log(log_base), 4), "species": len(counts)}
    return result | ({"evenness": round(natural / math.log(max(len(counts), 2)), 4)} if evenness else {})


@tool(
    asks=(
        "How much CO2 do these trees take up: {plantings}?[ Over {years} years.]",
        "We planted {plantings}. How much carbon will they (bind|store)[ within {years} years]?",
        "CO2 uptake of {plantings}[ over {years} years]",
        "(Estimate|Project) the carbon sequestration of the following trees: {plantings}[, survival rate"
        " {survival_percent}%].",
        "Our village put in trees along the brook[, namely {plantings}]. What's that worth to the climate["
        " after {years} years][ if {survival_percent} percent survive]?",
        "For a certificate I must state how much carbon dioxide[ in {years} years] is removed by {plantings}.",
    ),
    answer="These trees take up about {result} kg of CO₂.",
)
def tree_co2_uptake(
    plantings: Annotated[list[Planting], Size(2, 3)],
    years: Annotated[int, Between(2, 50)] = 1,
    survival_percent: Annotated[float, Between(50, 98)] = 100.0,
) -> float:
    """Estimate how much carbon dioxide planted trees take up, in kilograms.

    Args:
        plantings: Number and species of the trees.
        years: Period in years.
        survival_percent: Share of the trees that survive, in percent.
    """
    if years < 1 or not 0 <= survival_percent <= 100:
        raise ValueError("years must be at least 1 and survival_percent from 0 to 100")
    return round(sum(p["count"] * _TREES[p["species"]] for p in plantings) * years * survival_percent / 100, 1)


@tool(
    asks=(
        "What harvest can I expect from {area_ha} hectares of {crop}[ with {rainfall_mm} mm of rain]?",
        "(Forecast|Predict|Estimate) the yield[ of {area_ha} ha] of {crop}[ for a season with {rainfall_mm}"
        " mm of rain][, {irrigated:irrigated|not irrigated}].",
        "{crop}, {area_ha} ha, {rainfall_mm} mm: expected tonnes?",
        "We're farming {area_ha} hectares and grow {crop}. The season brought {rainfall_mm} mm of rain. How"
        " many tonnes will that be?[ The fields are {irrigated:irrigated|rain-fed}.]",
        "The co-operative wants a number: how many tonnes of {crop} will come off my {area_ha} hectares[ in"
        " a season of {rainfall_mm} mm of rain]?",
        "Assuming seasonal rainfall of {rainfall_mm} mm, what crop of {crop} may be expected[ on {area_ha}"
        " hectares][ in {soil} soil]?",
    ),
    answer="About {tonnes} tonnes of {crop} can be expected.",
)
def crop_yield_forecast(
    crop: Crop,
    area_ha: Annotated[float, Between(1.5, 240)],
    rainfall_mm: Annotated[int, Between(150, 900)],
    soil: Literal["sandy", "loamy", "clay", "peaty"] = "loamy",
    irrigated: bool = False,
) -> dict[str, Any]:
    """Forecast the harvest of a crop from area and rainfall.

    Args:
        crop: Name of the crop, e.g. "wheat".
        area_ha: Area in hectares.
        rainfall_mm: Rainfall of the season in millimetres.
        soil: Kind of soil.
        irrigated: Whether the fields are irrigated.
    """
    if area_ha <= 0 or rainfall_mm < 0:
        raise ValueError("area_ha must be above 0 and rainfall_mm not negative")
    water = 1.0 if irrigated else min(1.0, 0.35 + rainfall_mm / 800)
    per_ha = _crop(crop)[0] * water * {"sandy": 0.8, "loamy": 1, "clay": 0.92, "peaty": 0.85}[soil]
    return {"tonnes": round(per_ha * area_ha, 1), "tonnes_per_ha": round(per_ha, 2)}


@tool(
    asks=(
        "How much nitrogen do I have to spread for {crop} on {area_ha} hectares if I aim for {target_yield}"
        " tonnes per hectare?",
        "(Work out|Calculate) the fertiliser[ for {area_ha} ha] of {crop}[, target {target_yield} t/ha][,"
        " {soil_nitrogen} kg/ha of nitrogen in the soil already].",
        "N demand {crop}[, {area_ha} ha][, {target_yield} t/ha]",
        "My soil test shows the ground is poor. I'm growing {crop}[ on {area_ha} hectares] and want"
        " {target_yield} tonnes from each. How many kilos of nitrogen are needed?",
        "To reach {target_yield} tonnes per hectare of {crop}[ on my {area_ha} hectares], what do I have to"
        " feed the plants?[ The soil holds {soil_nitrogen} kg of nitrogen per hectare.]",
        "State the nitrogen requirement of {area_ha} hectares of {crop}[ at an intended yield of"
        " {target_yield} tonnes per hectare].",
    ),
    answer="For {crop} on {area_ha} hectares, {result} kg of nitrogen are needed.",
)
def nitrogen_requirement_kg(
    crop: Crop,
    area_ha: Annotated[float, Between(1.5, 120)],
    target_yield: Annotated[float, Between(2, 12)],
    soil_nitrogen: Annotated[float, Between(10, 60, 0)] = 0.0,
) -> float:
    """Calculate how much nitrogen fertiliser a crop needs, in kilograms.

    Args:
        crop: Name of the crop.
        area_ha: Area in hectares.
        target_yield: Wanted yield in tonnes per hectare.
        soil_nitrogen: Nitrogen that the soil already offers, in kg per hectare.
    """
    if min(area_ha, target_yield, soil_nitrogen) < 0:
        raise ValueError("no value may be negative")
    return round(max(_crop(crop)[2] * target_yield - soil_nitrogen, 0) * area_ha, 1)


@tool(
    asks=(
        "My soil, {soil}, has a pH of {current_ph} and I want {target_ph}. How much lime do I need[ for"
        " {area_m2} square metres]?",
        "How do I get {soil} soil from pH {current_ph} to pH {target_ph}?[ The plot has {area_m2} m².]",
        "lime for {soil} soil[, pH {current_ph}][ to {target_ph}][, {area_m2} m2]",
        "The lawn is sour, pH {current_ph}[, on {soil} soil]. The grass wants {target_ph}. How many kilos"
        " of lime shall I buy?",
        "(Calculate|Determine) the lime needed to raise the pH[ of {soil} soil] from {current_ph}[ to"
        " {target_ph}][ on {area_m2} m²].",
        "Soil test says {current_ph}, the cabbages need {target_ph}. What amount of lime does my {soil} bed take?",
    ),
    answer="Spread {result} kg of lime.",
)
def lime_to_raise_ph(
    current_ph: Annotated[float, Between(4.5, 5.8)],
    target_ph: Annotated[float, Between(6.0, 7.2)],
    soil: Literal["sandy", "loamy", "clay"],
    area_m2: Annotated[float, Between(10, 900, 0)] = 100.0,
) -> float:
    """Calculate how much lime raises the pH of a soil, in kilograms.

    Args:
        current_ph: Measured pH of the soil.
        target_ph: Wanted pH, above the current one.
        soil: Kind of soil.
        area_m2: Area in square metres.
    """
    if not 0 < current_ph <= target_ph <= 14:
        raise ValueError("the pH values must satisfy 0 < current_ph <= target_ph <= 14")
    return round((target_ph - current_ph) * {"sandy": 0.25, "loamy": 0.4, "clay": 0.55}[soil] * area_m2, 1)


@tool(
    asks=(
        "How many {animal} can {pasture_ha} hectares of pasture feed[ for {months} months]?",
        "(Work out|Find) the stocking rate[ of {animal}] on {pasture_ha} ha[, grass growth {grass_t_per_ha} t/ha].",
        "grazing capacity {pasture_ha} ha {animal}[, {grass_t_per_ha} t/ha][, {months} months]",
        "I've inherited {pasture_ha} hectares of meadow and would like to keep {animal}. How many would that carry?",
        "Our grassland[ of {pasture_ha} hectares] is in good shape[ and grows {grass_t_per_ha} tonnes per"
        " hectare]. What's the greatest number of {animal} we may graze[ over {months} months]?",
        "Please advise on the maximum herd size[ of {animal}] for {pasture_ha} hectares[ and a season of"
        " {months} months].",
    ),
    answer="The pasture feeds {result} {animal}.",
)
def grazing_capacity(
    animal: Literal["cattle", "sheep", "goats", "horses", "alpacas"],
    pasture_ha: Annotated[float, Between(2, 90)],
    grass_t_per_ha: Annotated[float, Between(3, 12)] = 6.0,
    months: Annotated[int, Between(3, 11)] = 6,
) -> int:
    """Estimate how many animals a pasture can feed.

    Args:
        animal: Kind of animal.
        pasture_ha: Area of the pasture in hectares.
        grass_t_per_ha: Dry matter that grows in the season, in tonnes per hectare.
        months: Length of the grazing season in months.
    """
    if pasture_ha < 0 or grass_t_per_ha < 0 or months < 1:
        raise ValueError("pasture_ha and grass_t_per_ha must not be negative and months at least 1")
    daily_kg = {"cattle": 14, "sheep": 2, "goats": 1.8, "horses": 11, "alpacas": 1.5}[animal]
    return int(pasture_ha * grass_t_per_ha * 700 / (daily_kg * months * 30.4))
