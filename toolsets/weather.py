"""Weather: current conditions, forecasts, warnings, air quality, pollen, tides, sun and weather formulas."""

import math
from datetime import date as _date
from typing import Annotated, Any, Literal, TypedDict
from zlib import crc32

from sftctl.core.tools import Between, Date, Fake, Pick, Size, Time, tool

# fmt: off
City = Annotated[str, Pick(
    "London", "Tokyo", "New York", "Nairobi", "São Paulo", "Mumbai", "Berlin", "Toronto", "Sydney", "Oslo",
    "Mexico City", "Seoul", "Denver", "Lisbon", "Jakarta", "Reykjavik", "Cape Town", "Chicago", "Cairo",
    "Vancouver", "Bangkok", "Warsaw", "Manchester", "San Diego", "Auckland", "Lagos", "Lima",
)]
Region = Annotated[str, Pick(
    "Bavaria", "Queensland", "Texas", "Tuscany", "Brittany", "Hokkaido", "Florida", "Andalusia", "Cornwall",
    "Ontario", "Kerala", "Patagonia", "Scotland", "Oregon", "Normandy", "Catalonia", "Vermont", "Kansas",
)]
Harbour = Annotated[str, Pick(
    "Plymouth", "Halifax", "Boston Harbor", "Saint-Malo", "Cuxhaven", "Darwin", "Seattle", "Cardiff",
    "Anchorage", "Bergen", "Vancouver", "Liverpool", "Savannah", "Galway", "Monterey", "Esbjerg",
)]
Station = Annotated[str, Pick(
    "Heathrow", "Kew Gardens", "O'Hare", "Tempelhof", "De Bilt", "Ben Nevis", "Boulder", "Mount Washington",
    "Sonnblick", "Armagh", "Uccle", "Blue Hill", "Key West", "Zugspitze", "Eskdalemuir", "Cherrapunji",
)]
Pollutant = Literal["PM2.5", "PM10", "ozone", "nitrogen dioxide", "sulfur dioxide", "carbon monoxide"]
Month = Literal[
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
]
# fmt: on


class Position(TypedDict):
    latitude: Annotated[float, Between(-60, 65, 2)]
    longitude: Annotated[float, Between(-170, 170, 2)]


def _vary(low: float, high: float, *about: object, decimals: int = 1) -> float:
    """A value from `low` to `high` that depends on nothing but `about`."""
    share = crc32("|".join(map(str, about)).encode()) % 9973 / 9972
    return round(low + (high - low) * share, decimals)


def _choice(options: tuple[str, ...], *about: object) -> str:
    return options[crc32("|".join(map(str, about)).encode()) % len(options)]


def _clock(hours: float) -> str:
    minutes = round(hours * 60) % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


_SKIES = ("clear", "partly cloudy", "overcast", "light rain", "heavy rain", "fog", "thunderstorms", "drizzle")


@tool(
    asks=(
        "(How is|How's) the weather (right now|at the moment|now)[ in {city}]?[ Use {units}.]",
        "(Tell me|Let me know) how warm it is outside[ in {city}] at this moment[, in {units}].",
        "weather[ {city}] now[ {units}]",
        "Do I need a (jacket|coat|jumper) today? I'm about to step outside[ in {city}].",
        "My sister (just landed|has just arrived)[ in {city}] and wants to know what it's like out there[,"
        " {include_wind:wind included|never mind the wind}].",
        "Please report present conditions[ for {city}][ in degrees {units}][ {include_wind:together"
        " with|but without} wind].",
        "(Is it cold|Is it raining|Is it sunny)[ in {city}] as we speak?",
    ),
    answer="In {city} it is {temperature} {unit} with {sky}.",
)
def get_current_conditions(
    city: City, units: Literal["celsius", "fahrenheit"] = "celsius", include_wind: bool = False
) -> dict[str, Any]:
    """Get the temperature and sky that a city has at this moment.

    Args:
        city: Name of the city, e.g. "Lisbon".
        units: Temperature scale of the reading.
        include_wind: Whether to add wind speed in km/h to the reading.
    """
    celsius = _vary(-8, 34, city, "now")
    reading: dict[str, Any] = {
        "temperature": celsius if units == "celsius" else round(celsius * 1.8 + 32, 1),
        "unit": f"degrees {units}",
        "sky": _choice(_SKIES, city, "sky"),
    }
    return reading | ({"wind_kmh": _vary(0, 55, city, "wind")} if include_wind else {})


@tool(
    asks=(
        "What('s| is) the weather going to be[ in {place}][ over the next {days} days]?",
        "{days}-day forecast[ for {place}][, {measures} units](, please|).",
        "(I'm packing for a trip|We're off on holiday)[ to {place}]. (What weather should I expect|What"
        " will it be like)[ in the coming {days} days]?",
        "Show me the outlook[ for {place}][ for the next {days} days][ in {measures} units].",
        "how will the weather develop[ in {place}] during the next {days} days",
        "Could you look (ahead|up) {days} days and tell me whether it will stay dry[ in {place}]?",
        "I need a forecast[ for {place}] covering {days} days[; give {measures} figures].",
    ),
    answer="The next {days} days in {place} bring {summary}, with highs of up to {warmest} {unit}.",
)
def daily_forecast(
    place: Annotated[str, Fake("city")],
    days: Annotated[int, Between(2, 14)],
    measures: Literal["metric", "imperial"] = "metric",
) -> dict[str, Any]:
    """Forecast sky and highest temperature of each of the coming days for a place.

    Args:
        place: City, town or village.
        days: How many days to look ahead, starting tomorrow (1 to 14).
        measures: System of units for temperatures.
    """
    if not 1 <= days <= 14:
        raise ValueError("days must be between 1 and 14")
    highs = [_vary(2, 33, place, day) for day in range(days)]
    highs = highs if measures == "metric" else [round(high * 1.8 + 32, 1) for high in highs]
    unit = "°C" if measures == "metric" else "°F"
    return {
        "summary": f"mostly {_choice(_SKIES, place)}",
        "highs": highs,
        "warmest": max(highs),
        "unit": unit,
    }


@tool(
    asks=(
        "(How likely is rain|What are the odds of rain)[ in {city}][ on {date}][ between {start_time}][ and"
        " {end_time}]?",
        "We have a (barbecue|garden party|picnic) on {date} from {start_time} to {end_time}. Will we get"
        " wet[ in {city}]?",
        "rain probability[ {city}] {date}, {start_time} until {end_time}",
        "(Could|Can) you check if it will rain[ in {city}] from {start_time} to {end_time}[ on {date}]?",
        "I'd like to (cycle|run|walk the dog)[ on {date}], leaving at {start_time} and back by {end_time}."
        " What's the chance of a shower[ in {city}]?",
        "Please give the precipitation probability[ for {city}] on {date}, starting at {start_time} and"
        " ending at {end_time}.",
    ),
    answer="The chance of rain in {city} in those hours is {result} %.",
)
def chance_of_rain(city: City, date: Date, start_time: Time, end_time: Time) -> int:
    """Give the probability of rain in percent for a stretch of hours on one day.

    Args:
        city: Name of the city.
        date: Day of interest, as YYYY-MM-DD.
        start_time: Beginning of the stretch, 24-hour HH:MM local time.
        end_time: End of the stretch, 24-hour HH:MM local time; earlier than start_time means the next day.
    """
    return int(_vary(0, 100, city, date, start_time, end_time, decimals=0))


@tool(
    asks=(
        "(How's|How is) the air( quality|)[ in {city}]( today|)?",
        "Is it safe to (jog|exercise|open the windows)[ in {city}], or is the air too (dirty|polluted)?[ I"
        " mostly care about {pollutants}.]",
        "AQI[ {city}]( please| today|)",
        "My (son|daughter|husband) has asthma. How polluted is it[ in {city}][, especially {pollutants}]?",
        "Report the air quality index[ for {city}][, calculated by the {standard} standard].",
        "How clean is the air I'm breathing[ here in {city}]?[ Give me the {standard} number.][ Count only"
        " {pollutants}.]",
        "What are smog levels like[ in {city}]?",
    ),
    answer="The air quality index of {city} is {index}, which counts as {grade}.",
)
def air_quality_index(
    city: City,
    pollutants: Annotated[list[Pollutant], Size(1, 3)] | None = None,
    standard: Literal["US EPA", "European", "Chinese"] = "US EPA",
) -> dict[str, Any]:
    """Return the air quality index of a city and what it means for health.

    Args:
        city: Name of the city.
        pollutants: Pollutants to base the index on; all of them if left out.
        standard: Whose scale to use for the index.
    """
    index = int(_vary(8, 190, city, sorted(pollutants or ()), standard, decimals=0))
    grade = ("good", "moderate", "unhealthy for sensitive groups", "unhealthy")[min(index // 50, 3)]
    return {"index": index, "grade": grade}


@tool(
    asks=(
        "How (bad|high) is the {plant} pollen[ in {region}][ on {date}]?",
        "I have hay fever and react to {plant}. What's the count[ in {region}]?",
        "{plant} pollen count[, {region}][, {date}]",
        "(Can|Could) you check whether {plant} pollen will bother me[ in {region}][ on {date}]?",
        "We're hiking[ in {region}][ on {date}] and my wife is allergic to {plant} pollen - how much is in the air?",
        "Please state the concentration of {plant} pollen[ for {region}].",
        "should I take my antihistamine[ in {region}]? {plant} is what gets me",
    ),
    answer="The {plant} pollen level in {region} is {level}, about {grains} grains per cubic metre.",
)
def pollen_count(
    region: Region,
    plant: Literal["grass", "birch", "ragweed", "oak", "olive", "mugwort", "hazel"],
    date: Date | None = None,
) -> dict[str, Any]:
    """Look up how much pollen of one plant is in the air of a region.

    Args:
        region: State, province or landscape.
        plant: Plant that sheds the pollen.
        date: Day as YYYY-MM-DD; today if left out.
    """
    grains = int(_vary(0, 160, region, plant, date, decimals=0))
    return {"grains": grains, "level": ("low", "moderate", "high", "very high")[grains // 41]}


@tool(
    asks=(
        "When is (high|low) (tide|water)[ at {harbour}][ on {date}]?",
        "We want to (go out sailing|launch the boat|walk on the mudflats)[ at {harbour}][ on {date}]. What"
        " do the tides do?",
        "tides[ {harbour}] {date}",
        "(Give|Show) me the tide table[ of {harbour}][ for {date}][ with heights in {height_unit}].",
        "I need the times of high and low water[ for {harbour}] on {date}[, heights above {datum}].",
        "What time does the sea come in[ at {harbour}][ on {date}]?[ Heights in {height_unit}, please.]",
    ),
    answer="At {harbour} the water is high at {high_water} and low at {low_water}.",
)
def tide_times(
    harbour: Harbour,
    date: Date,
    height_unit: Literal["metres", "feet"] = "metres",
    datum: Literal["chart datum", "mean sea level"] = "chart datum",
) -> dict[str, Any]:
    """List the times and heights of high and low water in a harbour on one day.

    Args:
        harbour: Harbour or port.
        date: Day as YYYY-MM-DD.
        height_unit: Unit of the water heights.
        datum: Level that heights are measured from.
    """
    first = _vary(0, 6.2, harbour, date, decimals=3)
    height = _vary(2.5, 9, harbour, date, "height") - (3 if datum == "mean sea level" else 0)
    height = round(height * (3.281 if height_unit == "feet" else 1), 1)
    high, low = [_clock(first), _clock(first + 12.42)], [_clock(first + 6.21), _clock(first + 18.63)]
    return {"high_water": high, "low_water": low, "high_water_height": height}


@tool(
    asks=(
        "(Sign me up|Put me down) for storm (alerts|messages)[ in {region}], my address is {email}[; only"
        " {min_severity} ones or worse].",
        "Whenever a warning is issued[ for {region}], write to {email}[ if it is at least {min_severity}].",
        "I'd like to be notified (about|of) dangerous weather[ in {region}][ at {email}].",
        "alert[ {email}] about severe weather[ in {region}][, threshold {min_severity}]",
        "(Please|Kindly) register[ {email}] for weather warnings[ concerning {region}][ and"
        " {night_messages:also send them at night|send nothing at night}].",
        "My parents live in {region} and never hear about storms coming. Can you have warnings sent[ to"
        " {email}][, {night_messages:day and night|but not while they sleep}]?",
    ),
    answer="{email} will be told of weather warnings for {region}, subscription {subscription}.",
)
def subscribe_weather_alerts(
    region: Region,
    email: Annotated[str, Fake("email")],
    min_severity: Literal["minor", "moderate", "severe", "extreme"] = "moderate",
    night_messages: bool = True,
) -> dict[str, Any]:
    """Have future weather warnings for a region sent to an e-mail address.

    Args:
        region: State, province or landscape to watch.
        email: Address that receives the warnings.
        min_severity: Least severity that is worth a message.
        night_messages: Whether to send messages between 22:00 and 06:00 too.
    """
    if "@" not in email:
        raise ValueError("email is not an address")
    number = crc32(f"{region}{email}".encode()) % 100_000
    return {"subscription": f"WA-{number:05d}", "min_severity": min_severity, "at_night": night_messages}


@tool(
    asks=(
        "Are there any (weather warnings|alerts) (out|in force)[ for {region}]( right now|)?",
        "Which[ {hazard}] warnings are active[ in {region}]?",
        "active alerts[ {region}][ {hazard}]",
        "I heard there('s| is) something nasty coming[ to {region}]. Has the met office issued anything?["
        " I'm mainly worried about {hazard}.]",
        "Please list (current|all current) severe weather warnings[ for {region}][, at most {limit}].",
        "We're driving[ through {region}] tonight - is there any official notice in force[ of {hazard}]?",
        "Show[ up to {limit}] warnings that are in force[ across {region}].",
    ),
    answer="Warnings now in force for {region}: {result}.",
)
def list_active_warnings(
    region: Region,
    hazard: Literal["wind", "flooding", "heat", "snow", "ice", "fog", "thunderstorms", "wildfire"] | None = None,
    limit: Annotated[int, Between(2, 10)] = 5,
) -> list[str]:
    """List the weather warnings that are in force for a region at the moment.

    Args:
        region: State, province or landscape.
        hazard: Only warnings of this kind; all kinds if left out.
        limit: Most warnings to return.
    """
    if limit < 1:
        raise ValueError("limit must be at least 1")
    kinds = (hazard,) if hazard else ("wind", "flooding", "ice", "fog")
    return [f"{_choice(('yellow', 'orange', 'red'), region, kind)} {kind} warning" for kind in kinds][:limit]


@tool(
    asks=(
        "It's {temperature_c} degrees (Celsius|C) and the wind blows at {wind_speed_kmh} (km/h|kilometres"
        " per hour). What does it feel like?",
        "(Calculate|Work out) the wind chill[ for {temperature_c} °C][ with a wind of {wind_speed_kmh} km/h].",
        "wind chill[ {temperature_c} C][, {wind_speed_kmh} km/h wind]",
        "How cold does {temperature_c} °C feel[ with {wind_speed_kmh} km/h of wind]?",
        "We're going skiing: {temperature_c} °C at the top, gusts of {wind_speed_kmh} km/h. What will it"
        " feel like on the face?",
        "With {wind_speed_kmh} km/h winds, how cold would {temperature_c} degrees Celsius feel on bare skin?",
    ),
    answer="It feels like {result} °C.",
)
def wind_chill(
    temperature_c: Annotated[float, Between(-30, 9)], wind_speed_kmh: Annotated[float, Between(6, 90)]
) -> float:
    """Calculate how cold it feels in the wind.

    Args:
        temperature_c: Air temperature in degrees Celsius, at most 10.
        wind_speed_kmh: Wind speed in km/h, at least 5.
    """
    if temperature_c > 10 or wind_speed_kmh < 5:
        raise ValueError("wind chill is defined up to 10 °C and from 5 km/h")
    power = math.pow(wind_speed_kmh, 0.16)
    return round(13.12 + 0.6215 * temperature_c - 11.37 * power + 0.3965 * temperature_c * power, 1)


@tool(
    asks=(
        "How hot does {temperature_f} (°F|degrees Fahrenheit) feel[ at {humidity} percent humidity]?",
        "It's {temperature_f} °F[ with {humidity}% humidity] (here|out here), what's the real feel?[ I'm"
        " {in_sun:in full sun|in the shade}.]",
        "heat index[ {temperature_f} F][ {humidity}% RH]",
        "Our crew works outdoors[ {in_sun:in direct sun|in the shade}] today at {temperature_f} °F and"
        " {humidity}% humidity. What apparent temperature do they face?",
        "Determine the apparent temperature[ for {temperature_f} degrees Fahrenheit][ and a relative"
        " humidity of {humidity} percent].",
        "Humidity is {humidity}% and the thermometer (says|reads|shows) {temperature_f} °F. How hot does"
        " that feel[ {in_sun:in the sun|in the shade}]?",
    ),
    answer="It feels like {result} °F.",
)
def heat_index(
    temperature_f: Annotated[float, Between(80, 102)],
    humidity: Annotated[int, Between(40, 70)],
    in_sun: bool = False,
) -> float:
    """Calculate how hot it feels in humid air.

    Args:
        temperature_f: Air temperature in degrees Fahrenheit, at least 80.
        humidity: Relative humidity in percent.
        in_sun: Whether the person is in full sun rather than in shade.
    """
    if temperature_f < 80 or not 0 <= humidity <= 100:
        raise ValueError("the heat index needs at least 80 °F and a humidity from 0 to 100")
    t, h = temperature_f, humidity
    felt = -42.379 + 2.04901523 * t + 10.14333127 * h - 0.22475541 * t * h - 0.00683783 * t * t
    felt += -0.05481717 * h * h + 0.00122874 * t * t * h + 0.00085282 * t * h * h - 0.00000199 * t * t * h * h
    return round(felt + (13 if in_sun else 0), 1)


@tool(
    asks=(
        "What('s| is) the dew point[ of air at {temperature} °C][ with {humidity}% relative humidity]?",
        "At what temperature will (condensation|dew) form if the room is at {temperature} °C[ with"
        " {humidity} percent humidity]?",
        "dew point[ {temperature} C][ {humidity}%][, {decimals} decimals]",
        "My cellar has {temperature} degrees Celsius and {humidity}% humidity. When would the walls start to sweat?",
        "Compute the dew point[ for {humidity}% humidity][ at {temperature} degrees Celsius][, rounded to"
        " {decimals} decimal places].",
        "I'm painting a steel hull tomorrow, air at {temperature} °C, humidity {humidity}%. How cold may"
        " the metal get before moisture settles on it?",
    ),
    answer="Moisture condenses at {result} °C.",
)
def dew_point_from_humidity(
    temperature: Annotated[float, Between(1, 35)],
    humidity: Annotated[float, Between(20, 95, 0)],
    decimals: Annotated[int, Between(2, 4)] = 1,
) -> float:
    """Compute the temperature at which water condenses from air of a given humidity.

    Args:
        temperature: Air temperature in degrees Celsius.
        humidity: Relative humidity in percent, above 0.
        decimals: Decimal places of the result.
    """
    if not 0 < humidity <= 100:
        raise ValueError("humidity must be above 0 and at most 100")
    gamma = math.log(humidity / 100) + 17.62 * temperature / (243.12 + temperature)
    return round(243.12 * gamma / (17.62 - gamma), decimals)


@tool(
    asks=(
        "How long can I stay in the sun[ with UV index {uv_index}] (and|if I have) skin type {skin_type}[,"
        " wearing SPF {spf}]?",
        "UV is {uv_index} today. My skin is type {skin_type}[ and I use factor {spf} sunscreen]. When do I burn?",
        "sunburn time[, UV {uv_index}], Fitzpatrick type {skin_type}[, SPF {spf}]",
        "(Estimate|Tell me) how many minutes someone with skin type {skin_type} can be outside[ at a UV"
        " index of {uv_index}].",
        "We're on the beach, index {uv_index}[, sunscreen factor {spf}]. The kids are skin type"
        " {skin_type}. After how many minutes should they go (inside|into the shade)?",
        "State the safe exposure time[ for a UV index of {uv_index}] given Fitzpatrick skin type {skin_type}.",
    ),
    answer="Skin of type {skin_type} can be exposed for about {result} minutes.",
)
def safe_sun_minutes(
    uv_index: Annotated[int, Between(2, 11)],
    skin_type: Literal[1, 2, 3, 4, 5, 6],
    spf: Annotated[int, Pick(6, 10, 15, 20, 30, 50)] = 1,
) -> int:
    """Estimate how many minutes skin can be in the sun before it burns.

    Args:
        uv_index: UV index, 1 or more.
        skin_type: Fitzpatrick skin type, from 1 (very pale) to 6 (very dark).
        spf: Sun protection factor of the sunscreen; 1 is none.
    """
    if uv_index < 1 or spf < 1:
        raise ValueError("uv_index and spf must be at least 1")
    return round((0, 67, 100, 200, 300, 400, 500)[skin_type] / uv_index * spf)


@tool(
    asks=(
        "(Which is warmer|Where is it warmer) in {month}: {cities}?",
        "Compare the (usual|typical) temperatures of {cities}[ in {month}][, in {unit}].",
        "average {month} temperatures for {cities}[ in {unit}]",
        "We can't decide between {cities} for our holiday[ in {month}]. How warm do they usually get?",
        "Put {cities} side by side[ for {month}] - (climate averages|mean temperatures|normal"
        " temperatures), please[, {unit}].",
        "How does the climate[ in {month}] differ between {cities}?",
    ),
    answer="In {month} the warmest of them is {warmest}, with {highest_mean} {unit} on average.",
)
def compare_monthly_climate(
    cities: Annotated[list[City], Size(2, 4)],
    month: Month,
    unit: Literal["celsius", "fahrenheit"] = "celsius",
) -> dict[str, Any]:
    """Compare the long-term mean temperatures of some cities in one month.

    Args:
        cities: Names of the cities to compare, at least one.
        month: English name of the month.
        unit: Temperature scale.
    """
    if not cities:
        raise ValueError("cities is empty")
    means = {city: _vary(-4, 31, city, month) for city in cities}
    means = means if unit == "celsius" else {city: round(mean * 1.8 + 32, 1) for city, mean in means.items()}
    warmest = max(means, key=lambda city: means[city])
    return {"means": means, "warmest": warmest, "highest_mean": means[warmest], "unit": f"degrees {unit}"}


@tool(
    asks=(
        "(When|What time) does the sun (rise and set|come up and go down)[ on {date}] at latitude"
        " {latitude} and longitude {longitude}?",
        "sunrise sunset, lat {latitude} lon {longitude}[, {date}]",
        "I'm camping at latitude {latitude}, longitude {longitude}[ on {date}]. How long do I have"
        " daylight?[ My clock is {utc_offset} hours off UTC.]",
        "Find sunrise and sunset times[ for {date}] at the coordinates {latitude}, {longitude}[, using a"
        " UTC offset of {utc_offset} hours].",
        "For a photo shoot[ on {date}] I need to know when it gets light and dark. The spot is at"
        " {latitude}, {longitude}.",
        "Given latitude {latitude} and longitude {longitude}, at what times will the sun appear and"
        " disappear[ on {date}]?",
    ),
    answer="The sun rises at {sunrise} and sets at {sunset}, {zone}.",
)
def sun_times(
    latitude: Annotated[float, Between(-55, 58, 2)],
    longitude: Annotated[float, Between(-170, 170, 2)],
    date: Date,
    utc_offset: Annotated[float, Pick(-8.0, -7.0, -5.0, -3.0, 1.0, 2.0, 3.0, 5.5, 8.0, 9.0)] = 0.0,
) -> dict[str, str]:
    """Compute when the sun rises and sets at a pair of coordinates.

    Args:
        latitude: Latitude in decimal degrees, north positive, between -65 and 65.
        longitude: Longitude in decimal degrees, east positive.
        date: Day as YYYY-MM-DD.
        utc_offset: Offset of the wanted times from UTC in hours.
    """
    if not -65 <= latitude <= 65:
        raise ValueError("latitude must lie between -65 and 65")
    day = _date.fromisoformat(date).timetuple().tm_yday
    tilt = math.radians(-23.44) * math.cos(math.tau * (day + 10) / 365)
    half = math.degrees(math.acos(max(-1.0, min(1.0, -math.tan(math.radians(latitude)) * math.tan(tilt))))) / 15
    noon = 12 - longitude / 15 + utc_offset
    return {"sunrise": _clock(noon - half), "sunset": _clock(noon + half), "zone": f"UTC{utc_offset:+g}"}


@tool(
    asks=(
        "How much did it rain[ at {station}] between {from_year} and {to_year}?",
        "(Give me|I need) the rainfall[ at {station}] from {from_year} to {to_year}[, only {season}].",
        "rainfall record[ {station}] {from_year}-{to_year}[ {season}]",
        "For my (thesis|report) I (need|want) the mean precipitation[ recorded at {station}][ from"
        " {from_year}][ through {to_year}].",
        "Was it getting wetter[ at {station}] from {from_year} until {to_year}?[ I only look at {season}.]",
        "Look up how much rain fell per year[ at the {station} weather station][ since {from_year}], ending"
        " with {to_year}.",
    ),
    answer="From {from_year} to {to_year} the station {station} measured {mean_mm} mm a year on average.",
)
def historical_rainfall(
    station: Station,
    from_year: Annotated[int, Between(1950, 1985)],
    to_year: Annotated[int, Between(1986, 2024)],
    season: Literal["spring", "summer", "autumn", "winter"] | None = None,
) -> dict[str, Any]:
    """Look up the measured rainfall of a weather station over a range of past years.

    Args:
        station: Name of the weather station.
        from_year: First year of the range.
        to_year: Last year of the range, included.
        season: Only this season of every year; whole years if left out.
    """
    if to_year < from_year:
        raise ValueError("to_year lies before from_year")
    mean = _vary(350, 1900, station, from_year, to_year) / (4 if season else 1)
    return {"mean_mm": round(mean, 1), "total_mm": round(mean * (to_year - from_year + 1), 1)}


@tool(
    asks=(
        "What will the sea be like[ in {hours_ahead} hours] at {position.latitude}, {position.longitude}?",
        "(Skipper here|Captain speaking), we sail at latitude {position.latitude}, longitude"
        " {position.longitude}. How high will the waves be[ {hours_ahead} hours from now]?",
        "sea state, lat {position.latitude} lon {position.longitude}[, +{hours_ahead} h]",
        "Provide the wave and wind outlook for position {position.latitude}, {position.longitude}[,"
        " {hours_ahead} hours ahead][, for a vessel of {vessel_length_m} metres].",
        "Our boat is at {position.latitude} and {position.longitude}, decimal degrees. Is it going to be"
        " rough[ in {hours_ahead} hours]?",
        "Waves and wind[ {hours_ahead} hours out] for latitude {position.latitude} and longitude"
        " {position.longitude}, (please|thanks)[; our yacht is {vessel_length_m} m long].",
    ),
    answer="Expect waves of {wave_height_m} m and a wind of {wind_knots} knots, {advice}.",
)
def marine_outlook(
    position: Position,
    hours_ahead: Annotated[int, Pick(3, 6, 12, 18, 24, 36, 48)],
    vessel_length_m: Annotated[float, Between(6, 40)] | None = None,
) -> dict[str, Any]:
    """Predict wave height and wind at a position at sea.

    Args:
        position: Latitude and longitude in decimal degrees.
        hours_ahead: How many hours from now.
        vessel_length_m: Length of the vessel in metres, for advice on its safety.
    """
    waves = _vary(0.2, 6, position["latitude"], position["longitude"], hours_ahead)
    advice = "safe to sail" if waves < (vessel_length_m or 15) / 5 else "better stay in port"
    return {
        "wave_height_m": waves,
        "wind_knots": round(6 + waves * 6),
        "advice": advice,
    }
