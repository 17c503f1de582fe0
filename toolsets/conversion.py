"""Conversion: lengths, weights, temperatures, currencies, number bases, clock times, sizes and speeds."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, TypedDict
from zlib import crc32

from sftctl.core.tools import Between, Date, DateTime, Pick, Size, Time, tool

_METRES = {
    "millimetres": 0.001,
    "centimetres": 0.01,
    "metres": 1.0,
    "kilometres": 1000.0,
    "inches": 0.0254,
    "feet": 0.3048,
    "yards": 0.9144,
    "miles": 1609.344,
    "nautical miles": 1852.0,
}
_GRAMS = {
    "grams": 1.0,
    "kilograms": 1000.0,
    "tonnes": 1e6,
    "ounces": 28.349523125,
    "pounds": 453.59237,
    "stone": 6350.29318,
    "milligrams": 0.001,
}
_USD = {
    "USD": 1.0,
    "EUR": 1.16,
    "GBP": 1.33,
    "JPY": 0.0066,
    "CHF": 1.25,
    "CAD": 0.72,
    "AUD": 0.65,
    "INR": 0.0114,
}
_USD |= {"CNY": 0.14, "SEK": 0.106, "MXN": 0.054, "BRL": 0.185, "PLN": 0.274, "ZAR": 0.057, "KRW": 0.0007}
_OFFSETS: dict[str, float] = {
    "UTC": 0,
    "CET": 1,
    "EET": 2,
    "EST": -5,
    "CST": -6,
    "MST": -7,
    "PST": -8,
    "JST": 9,
    "AEST": 10,
}
_OFFSETS |= {"IST": 5.5, "SGT": 8, "BRT": -3, "NZST": 12, "HST": -10, "WIB": 7, "GST": 4}
_KMH = {"km/h": 1.0, "mph": 1.609344, "m/s": 3.6, "knots": 1.852, "feet per second": 1.09728}
_BYTES = {"kilobytes": 1, "megabytes": 2, "gigabytes": 3, "terabytes": 4, "petabytes": 5}
_CUP_GRAMS = {
    "flour": 125,
    "sugar": 200,
    "butter": 227,
    "rice": 185,
    "honey": 340,
    "cocoa powder": 85,
    "milk": 245,
}
_CUP_GRAMS |= {
    "rolled oats": 90,
    "olive oil": 216,
    "salt": 288,
    "icing sugar": 120,
    "yoghurt": 245,
    "lentils": 192,
}
_CUP_GRAMS |= {"almond flour": 96, "maple syrup": 322}
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

LengthUnit = Literal[
    "millimetres", "centimetres", "metres", "kilometres", "inches", "feet", "yards", "miles", "nautical miles"
]
MassUnit = Literal["grams", "kilograms", "tonnes", "ounces", "pounds", "stone", "milligrams"]
Scale = Literal["Celsius", "Fahrenheit", "Kelvin"]
SpeedUnit = Literal["km/h", "mph", "m/s", "knots", "feet per second"]
DataUnit = Literal["kilobytes", "megabytes", "gigabytes", "terabytes", "petabytes"]
FromZone = Annotated[str, Pick(*list(_OFFSETS)[::2])]
ToZone = Annotated[str, Pick(*list(_OFFSETS)[1::2])]
Ingredient = Annotated[str, Pick(*_CUP_GRAMS)]
FromCurrency = Annotated[str, Pick(*list(_USD)[::2])]
ToCurrency = Annotated[str, Pick(*list(_USD)[1::2])]


class Piece(TypedDict):
    value: Annotated[float, Between(2, 90)]
    unit: Literal["centimetres", "metres", "inches", "feet", "yards"]


class Stature(TypedDict):
    feet: Annotated[int, Between(4, 6)]
    inches: Annotated[int, Between(2, 11)]


def _rate(base: str, quote: str, day: str | None = None) -> float:
    """Units of `quote` for one unit of `base`; it drifts a little from day to day."""
    if base not in _USD or quote not in _USD:
        raise ValueError(f"no rate for {base}/{quote}")
    drift = 1 if day is None or base == quote else 0.95 + crc32(f"{base}{quote}{day}".encode()) % 1000 / 10_000
    return _USD[base] / _USD[quote] * drift


def _written(number: int, base: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, base)
        digits = _DIGITS[rest] + digits
    return digits or "0"


@tool(
    asks=(
        "(Convert|Change) {value} {from_unit}[ to {to_unit}].",
        "How (many|much) {to_unit} (is|are|make) {value} {from_unit}?",
        "{value} {from_unit} in {to_unit}",
        "What's {value} {from_unit}[ expressed in {to_unit}]?",
        "The plan says {value} {from_unit}, but I think in {to_unit}. Can you translate (that|it)?",
        "I measured {value} {from_unit} and the (shop|supplier) wants to know the length[ in {to_unit}].",
        "Kindly give the equivalent[ in {to_unit}] of a length of {value} {from_unit}.",
    ),
    answer="{value} {from_unit} are {result} {to_unit}.",
)
def convert_length(value: Annotated[float, Between(2, 5000)], from_unit: LengthUnit, to_unit: LengthUnit) -> float:
    """Convert a length from one unit to another.

    Args:
        value: Length in from_unit.
        from_unit: Unit to convert from.
        to_unit: Unit to convert to.
    """
    return float(f"{value * _METRES[from_unit] / _METRES[to_unit]:.6g}")


@tool(
    asks=(
        "What's the total length of my pieces[ of {pieces}]?[ Give it in {total_unit}.]",
        "I've got rope left over[: {pieces}]. How (long|much) is that together[ in {total_unit}]?",
        "add up {pieces}[, answer in {total_unit}]",
        "(Sum|Add) the lengths {pieces}[ and state the total in {total_unit}].",
        "(We need|I'm buying) skirting board for several walls, measuring {pieces}. How much altogether[,"
        " in {total_unit}]?",
        "The stages of our walk are {pieces}. What do they come to[ in {total_unit}]?",
    ),
    answer="Together they are {total} {unit}.",
)
def total_of_lengths(pieces: Annotated[list[Piece], Size(2, 4)], total_unit: LengthUnit = "metres") -> dict[str, Any]:
    """Add lengths that are given in different units.

    Args:
        pieces: Lengths, each with its value and unit.
        total_unit: Unit of the total.
    """
    metres = sum(piece["value"] * _METRES[piece["unit"]] for piece in pieces)
    return {"total": float(f"{metres / _METRES[total_unit]:.6g}"), "unit": total_unit, "pieces": len(pieces)}


@tool(
    asks=(
        "I'm {stature.feet} foot {stature.inches}. How tall is that in centimetres?",
        "{stature.feet} feet {stature.inches} inches in cm",
        "My passport form asks for my height in centimetres, and all I know is {stature.feet} ft {stature.inches} in.",
        "(Convert|Turn) a body height of {stature.feet} feet and {stature.inches} inches into cm.",
        "How many centimetres tall is somebody[ of {stature.feet} ft {stature.inches}]?",
        "The new (goalkeeper|striker|recruit) is listed at {stature.feet} feet {stature.inches}. What's"
        " that in centimetres?",
        "What is my height in cm?[ It's {stature.feet} foot {stature.inches} in the old money.]",
    ),
    answer="That is a height of {result} cm.",
)
def body_height_to_cm(stature: Stature) -> float:
    """Convert a person's height from feet and inches to centimetres.

    Args:
        stature: Height as whole feet and the inches on top of them.
    """
    if stature["feet"] < 0 or stature["inches"] < 0:
        raise ValueError("feet and inches must not be negative")
    return round((stature["feet"] * 12 + stature["inches"]) * 2.54, 1)


@tool(
    asks=(
        "How (heavy|much) is {amount} {unit}[ in {target}]?",
        "{amount} {unit}[ to {target}]",
        "The parcel weighs {amount} {unit}. What would that be[ in {target}]?",
        "(Convert|Change) a weight of {amount} {unit}[ to {target}][, {decimals} decimals].",
        "I bought {amount} {unit} of (apples|gravel|coffee) abroad and can't picture it. Put that weight in"
        " terms I understand[, namely {target}].",
        "Express a mass of {amount} {unit}[ in {target}][ with {decimals} decimal places].",
    ),
    answer="That is {value} {unit}.",
)
def weight_converter(
    amount: Annotated[float, Between(2, 900)],
    unit: MassUnit,
    target: MassUnit = "kilograms",
    decimals: Annotated[int, Between(2, 5)] = 3,
) -> dict[str, Any]:
    """Convert a weight from one unit of mass to another.

    Args:
        amount: Weight in the given unit.
        unit: Unit to convert from.
        target: Unit to convert to.
        decimals: Decimal places of the result.
    """
    return {"value": round(amount * _GRAMS[unit] / _GRAMS[target], decimals), "unit": target}


@tool(
    asks=(
        "What('s| is) {degrees} degrees {from_scale}[ in {to_scale}]?",
        "(Convert|Change) {degrees}° {from_scale} to {to_scale}.",
        "{degrees} {from_scale} to {to_scale}",
        "The recipe says {degrees} degrees[ {from_scale}] but my oven is marked in {to_scale}. Where do I"
        " set the dial?",
        "A thermometer (reads|shows) {degrees} degrees {from_scale}. What would mine, a different model[ in"
        " {to_scale}], show?",
        "State the temperature of {degrees} degrees {from_scale}[ on the {to_scale} scale].",
    ),
    answer="{degrees} degrees {from_scale} are {result} {to_scale}.",
)
def convert_temperature(degrees: Annotated[float, Between(2, 450)], from_scale: Scale, to_scale: Scale) -> float:
    """Convert a temperature reading from one scale to another.

    Args:
        degrees: Reading on the scale to convert from.
        from_scale: Scale to convert from.
        to_scale: Scale to convert to.
    """
    kelvin = {"Celsius": degrees + 273.15, "Fahrenheit": (degrees + 459.67) / 1.8, "Kelvin": degrees}[from_scale]
    if kelvin < 0:
        raise ValueError("the temperature lies below absolute zero")
    return round({"Celsius": kelvin - 273.15, "Fahrenheit": kelvin * 1.8 - 459.67, "Kelvin": kelvin}[to_scale], 2)


@tool(
    asks=(
        "It got warmer by {difference} degrees[ {scale}]. How big a rise is that[ expressed in {target}]?",
        "A temperature difference of {difference} degrees {scale} equals how many degrees[ {target}]?",
        "delta of {difference} deg {scale}[ as {target}]",
        "Our climate goal is a rise of no more than {difference} degrees {scale}. What increase is that[ in {target}]?",
        "The night is {difference} degrees[ {scale}] cooler than the day. Express the gap[ in {target}].",
        "(Convert|Translate) a temperature change of {difference} degrees {scale}[ to {target}].",
    ),
    answer="A difference of {difference} degrees {scale} is one of {value} degrees {target}.",
)
def convert_temperature_difference(
    difference: Annotated[float, Between(1.5, 60)],
    scale: Literal["Celsius", "Fahrenheit"],
    target: Literal["Celsius", "Fahrenheit", "Kelvin"] = "Kelvin",
) -> dict[str, Any]:
    """Convert the difference between two temperatures, ignoring where the scales begin.

    Args:
        difference: Size of the rise or fall, in degrees of the given scale.
        scale: Scale of the given difference.
        target: Scale to express the difference in.
    """
    kelvin = difference / (1.8 if scale == "Fahrenheit" else 1)
    return {"value": round(kelvin * (1.8 if target == "Fahrenheit" else 1), 2), "target": target}


@tool(
    asks=(
        "How (many|much) {to_currency} (do|will|would) I get for {amount} {from_currency}?[ The bureau"
        " takes {fee_percent}%.]",
        "(Convert|Change|Exchange) {amount} {from_currency}[ to {to_currency}].",
        "{amount} {from_currency} in {to_currency}[ on {on_date}][, fee {fee_percent}%]",
        "My hotel bill was {amount} {from_currency}[ on {on_date}]. What's that[ in {to_currency}]?",
        "I was paid {amount} {from_currency} and am moving it to an account[ held in {to_currency}]. What"
        " arrives[ after a charge of {fee_percent} percent]?",
        "For our bookkeeping, please (translate|convert) the amount of {amount} {from_currency}[ into"
        " {to_currency}][ as of {on_date}].",
        "If I swap {amount} {from_currency} for {to_currency}[ at a commission of {fee_percent}%], what will I have?",
    ),
    answer="{amount} {from_currency} give {result} {to_currency}.",
)
def exchange_currency(
    amount: Annotated[float, Between(10, 5000, 2)],
    from_currency: FromCurrency,
    to_currency: ToCurrency,
    fee_percent: Annotated[float, Between(0.5, 6)] = 0.0,
    on_date: Date | None = None,
) -> float:
    """Convert a sum of money from one currency to another.

    Args:
        amount: Sum in from_currency.
        from_currency: ISO code of the currency to change, e.g. "EUR".
        to_currency: ISO code of the currency to get.
        fee_percent: Commission in percent of the result.
        on_date: Day whose rate to use, as YYYY-MM-DD; the latest rate if left out.
    """
    if not 0 <= fee_percent < 100:
        raise ValueError("fee_percent must be from 0 to below 100")
    return round(amount * _rate(from_currency, to_currency, on_date) * (1 - fee_percent / 100), 2)


@tool(
    asks=(
        "What's the (exchange rate|rate) (of|for) {base}[ against {quote}][ on {on_date}]?",
        "How does {base} stand[ against {quote}]( now| today|)?",
        "{base}/{quote} rate[ {on_date}][, {inverse:inverted|not inverted}]",
        "I follow the currency markets. Where was {base}[ to {quote}] trading[ on {on_date}]?",
        "(Look up|Quote) the {base} {quote} rate[ for {on_date}][, {inverse:the other way round|the usual way round}].",
        "Is {base} strong[ against {quote}] at present? One unit buys how much?",
        "Our accountants require the official rate[ of {quote}] per {base}[ as at {on_date}].",
    ),
    answer="The rate of {pair} is {rate}.",
)
def lookup_exchange_rate(
    base: FromCurrency, quote: ToCurrency, on_date: Date | None = None, inverse: bool = False
) -> dict[str, Any]:
    """Look up the exchange rate of a pair of currencies, without converting an amount.

    Args:
        base: ISO code of the currency whose unit is priced.
        quote: ISO code of the currency that the price is given in.
        on_date: Day of the rate, as YYYY-MM-DD; the latest if left out.
        inverse: Whether to give the price of one unit of quote in base instead.
    """
    rate = _rate(base, quote, on_date)
    rate, pair = (1 / rate, f"{quote} to {base}") if inverse else (rate, f"{base} to {quote}")
    return {"pair": pair, "rate": float(f"{rate:.5g}")}


@tool(
    asks=(
        "(Write|Show|Express) {number} in base {base}[ with at least {min_digits} digits].",
        "What's the base-{base} representation of {number}?[ Use {lowercase:lower-case|upper-case} letters.]",
        "{number} to base {base}[, pad to {min_digits} digits]",
        "What does {number} look like[ in the number system with base {base}]?",
        "My son asks how one would count to {number} if people had {base} fingers. Which digits would that"
        " number have?",
        "Convert the decimal number {number}[ to radix {base}][, padded with zeros to {min_digits}"
        " places][, letters in {lowercase:small|capital} type].",
    ),
    answer="In base {base} the number {number} is written {result}.",
)
def int_to_base(
    number: Annotated[int, Between(12, 99_999)],
    base: Annotated[int, Pick(2, 3, 5, 7, 8, 12, 16, 20, 36)],
    min_digits: Annotated[int, Pick(8, 10, 12, 16, 20)] | None = None,
    lowercase: bool = False,
) -> str:
    """Write a whole decimal number in another base.

    Args:
        number: Number to write, 0 or more.
        base: Base of the notation, from 2 to 36.
        min_digits: Pad with leading zeros to this many digits.
        lowercase: Whether digits above 9 are small letters.
    """
    if number < 0 or not 2 <= base <= 36:
        raise ValueError("number must not be negative and base must be from 2 to 36")
    digits = _written(number, base).zfill(min_digits or 0)
    return digits.lower() if lowercase else digits


@tool(
    asks=(
        "What is {digits} in base {base} as a (normal|decimal|plain) number?",
        "(Decode|Read) {digits}[ as a base {base} number].",
        "{digits} base {base} to decimal",
        "I found the digits {digits} in a puzzle; they're[ in base {base}, and] supposed to be a number."
        " Which one in decimal?",
        "The value {digits} isn't decimal[ but radix {base}]. What's that in ordinary decimal notation?",
        "Please convert {digits}[ from base {base}] to decimal.",
    ),
    answer="{digits} in base {base} is {result} in decimal.",
)
def base_n_to_decimal(
    digits: Annotated[
        str,
        Pick(
            *[
                "755",
                "1234",
                "2201",
                "6017",
                "1000",
                "3344",
                "10110",
                "7231",
                "4702",
                "1567",
                "11011",
                "2067",
                "356",
                "421",
                "7070",
            ]
        ),
    ],
    base: Annotated[int, Pick(8, 9, 11, 12, 16, 20, 36)],
) -> int:
    """Read digits written in some base and give the number in decimal.

    Args:
        digits: The digits, with letters for values above 9.
        base: Base in which the digits are written, from 2 to 36.
    """
    return int(digits, base)


@tool(
    asks=(
        "What time is it in {to_zone} when it's {time} {from_zone}?",
        "(Convert|Translate) {time} {from_zone}[ to {to_zone}].",
        "{time} {from_zone} -> {to_zone}[, {twelve_hour:am/pm format|24-hour format}]",
        "The (webinar|stream|call) starts at {time}[ {from_zone}]. When do I have to be there[ on {to_zone}]?",
        "My flight ticket says {time} {from_zone}, my watch is set differently[, to {to_zone}]. What will it show?",
        "Please restate {time} {from_zone}[ in {to_zone}][ using {twelve_hour:am and pm|the 24-hour clock}].",
    ),
    answer="It is then {result} in {to_zone}.",
)
def shift_clock_time(time: Time, from_zone: FromZone, to_zone: ToZone, twelve_hour: bool = False) -> str:
    """Convert a time of day from one time zone to another, in standard time.

    Args:
        time: Time of day in from_zone, 24-hour HH:MM.
        from_zone: Abbreviation of the time zone to convert from, e.g. "CET".
        to_zone: Abbreviation of the time zone to convert to.
        twelve_hour: Whether to give the result with am and pm.
    """
    if from_zone not in _OFFSETS or to_zone not in _OFFSETS:
        raise ValueError("unknown time zone")
    there = datetime.strptime(time, "%H:%M") + timedelta(hours=_OFFSETS[to_zone] - _OFFSETS[from_zone])
    return there.strftime("%I:%M %p" if twelve_hour else "%H:%M")


@tool(
    asks=(
        "What's the Unix timestamp (for|of) {moment}?[ The UTC offset is {utc_offset} hours.]",
        "(Turn|Convert) {moment} into epoch time[, counted in {precision}].",
        "epoch[ {precision}] for {moment}[, UTC offset {utc_offset}]",
        "Our log files count seconds since 1970. Which number corresponds[ to {moment}][ at an offset of"
        " {utc_offset} hours from UTC]?",
        "A cookie of ours expires on {moment}. I must enter that as epoch time[ in {precision}].",
        "Give me the POSIX time[ of {moment}][ in {precision}].",
    ),
    answer="The timestamp is {result}.",
)
def unix_timestamp(
    moment: DateTime,
    precision: Literal["seconds", "milliseconds"] = "seconds",
    utc_offset: Annotated[float, Pick(-8.0, -5.0, -3.0, 1.0, 2.0, 3.0, 5.5, 8.0, 9.0)] = 0.0,
) -> int:
    """Convert a date and time to the time elapsed since 1970-01-01 UTC.

    Args:
        moment: Date and time, as YYYY-MM-DDTHH:MM.
        precision: Unit of the timestamp.
        utc_offset: Offset of the given time from UTC in hours.
    """
    utc = datetime.fromisoformat(moment).replace(tzinfo=UTC) - timedelta(hours=utc_offset)
    return round(utc.timestamp()) * (1000 if precision == "milliseconds" else 1)


@tool(
    asks=(
        "I wear a {system} size {size}. What('s| is) (that|my size) in European sizes?[ They're {wearer}'s shoes.]",
        "{system} {size} to EU shoe size[, {wearer}]",
        "(Which|What) European shoe size is {system} {size}[ for {wearer}]?",
        "I want to order sneakers from Spain. At home I take size {size}, {system} sizing[, {wearer}'s]."
        " Which EU number should I (pick|choose)?",
        "(Convert|Translate) shoe size {size}[ from the {system} system] to European sizing[ for {wearer}].",
        "My pen friend asked for boots in size {size}[, {system} that is]. Which EU size do I look for[ in"
        " the {wearer}'s department]?",
    ),
    answer="{system} size {size} is EU {result}.",
)
def shoe_size_to_eu(
    size: Annotated[float, Pick(3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 6.5, 7.0, 7.5, 8.5, 9.0, 9.5, 10.0, 10.5, 12.0)],
    system: Literal["UK", "US"],
    wearer: Literal["men", "women", "children"] = "men",
) -> float:
    """Convert a British or American shoe size to the European system.

    Args:
        size: Size in the given system; halves are allowed.
        system: System of the given size.
        wearer: Whom the shoes are made for.
    """
    if not 0 < size < 20:
        raise ValueError("size must be above 0 and below 20")
    british = size if system == "UK" else size - {"men": 0.5, "women": 2, "children": 0.5}[wearer]
    return round((british + (10 if wearer == "children" else 23)) * 1.27 + 1.5) + 0.0


@tool(
    asks=(
        "How fast is {speed} {unit} in {targets}?",
        "{speed} {unit} as {targets}",
        "(Convert|Change) a speed of {speed} {unit}[ to {targets}].",
        "The ferry does {speed} {unit}. My readers want that[ in {targets}].",
        "Wind gusts reached {speed} {unit} last night. How would you put it[ in {targets}]?",
        "State the velocity of {speed} {unit}[ in these units: {targets}][, rounded to {decimals} decimals].",
        "(Our treadmill is|My speedometer is) set to {speed} {unit}; what does that mean[ in {targets}]?",
    ),
    answer="A speed of {speed} {unit} is {summary}.",
)
def speed_in_units(
    speed: Annotated[float, Between(3, 140)],
    unit: SpeedUnit,
    targets: Annotated[list[SpeedUnit], Size(1, 3)],
    decimals: Annotated[int, Between(2, 4)] = 1,
) -> dict[str, Any]:
    """Express one speed in several units at once.

    Args:
        speed: Speed in the given unit.
        unit: Unit of the given speed.
        targets: Units to express it in.
        decimals: Decimal places of the results.
    """
    values = {target: round(speed * _KMH[unit] / _KMH[target], decimals) for target in targets}
    return {"values": values, "summary": " or ".join(f"{value} {target}" for target, value in values.items())}


@tool(
    asks=(
        "How many {to_unit} are (there in |in |){size} {from_unit}?[ {binary:1024-based, please.|1000-based, please.}]",
        "{size} {from_unit} to {to_unit}[, {binary:binary|decimal} prefixes]",
        "My download is {size} {from_unit}. What's that[ in {to_unit}]?",
        "(Convert|Change) a file size of {size} {from_unit}[ to {to_unit}][, counting {binary:1024|1000} per step].",
        "The provider sells disk space in {to_unit}, and my photo archive has {size} {from_unit}. How much do I need?",
        "A backup takes up {size} {from_unit}. Express its volume[ in {to_unit}][ with"
        " {binary:binary|decimal} multiples].",
    ),
    answer="{size} {from_unit} are {result} {to_unit}.",
)
def convert_data_size(
    size: Annotated[float, Between(2, 4000)], from_unit: DataUnit, to_unit: DataUnit, binary: bool = True
) -> float:
    """Convert an amount of computer data from one unit to another.

    Args:
        size: Amount in from_unit.
        from_unit: Unit to convert from.
        to_unit: Unit to convert to.
        binary: Whether a kilobyte has 1024 bytes rather than 1000.
    """
    if size < 0:
        raise ValueError("size must not be negative")
    return float(f"{size * (1024 if binary else 1000) ** (_BYTES[from_unit] - _BYTES[to_unit]):.6g}")


@tool(
    asks=(
        "How many grams (is|are) {amount} {measure} of {ingredient}?",
        "{amount} {measure} {ingredient} in grams",
        "The American recipe calls for {amount} {measure} of {ingredient}, and I only have a kitchen scale."
        " What do I weigh out?[ {packed:It says packed.|Loosely filled.}]",
        "I need the weight of {amount} {measure}[ of {ingredient}][, {packed:packed|loosely filled}].",
        "(Convert|Change) {amount} {measure}[ of {ingredient}] to grams, please.",
        "I'm baking with grandma's notes. Next comes {ingredient}, {amount} {measure} of it. How many grams is that?",
    ),
    answer="{amount} {measure} of {ingredient} weigh {result} grams.",
)
def kitchen_measure_to_grams(
    ingredient: Ingredient,
    amount: Annotated[float, Pick(1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)],
    measure: Literal["cups", "tablespoons", "teaspoons"],
    packed: bool = False,
) -> float:
    """Convert a kitchen measure of an ingredient to its weight in grams.

    Args:
        ingredient: Name of the ingredient, e.g. "flour".
        amount: How many cups or spoons.
        measure: Kind of measure.
        packed: Whether the ingredient is pressed down.
    """
    if ingredient not in _CUP_GRAMS or amount < 0:
        raise ValueError("unknown ingredient or negative amount")
    share = {"cups": 1, "tablespoons": 1 / 16, "teaspoons": 1 / 48}[measure]
    return round(_CUP_GRAMS[ingredient] * amount * share * (1.15 if packed else 1), 1)
