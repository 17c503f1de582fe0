"""Physics: motion, forces, electricity, waves, heat and optics."""

import math
from datetime import date
from typing import Annotated, Literal, TypedDict

from sftctl.core.tools import Between, Date, Pick, Size, tool

_GRAVITY = {
    "Earth": 9.81,
    "Mercury": 3.7,
    "Mars": 3.71,
    "Venus": 8.87,
    "Jupiter": 24.79,
    "Saturn": 10.44,
    "Titan": 1.35,
}
_SPEED = {"km/h": 1 / 3.6, "m/s": 1.0, "mph": 0.44704, "ft/s": 0.3048}
_LENGTH = {"mm": 0.001, "cm": 0.01, "m": 1.0, "inches": 0.0254}
_EXPANSION = {  # per kelvin, times a million
    "aluminum": 23.1,
    "brass": 19.0,
    "bronze": 18.0,
    "concrete": 12.0,
    "copper": 16.5,
    "glass": 8.5,
    "gold": 14.2,
    "granite": 7.9,
    "invar": 1.2,
    "iron": 11.8,
    "lead": 28.9,
    "nickel": 13.4,
    "quartz": 0.6,
    "silver": 18.9,
    "stainless steel": 17.3,
    "steel": 12.0,
    "titanium": 8.6,
    "zinc": 30.2,
}
_INDEX = {
    "air": 1.0003,
    "ice": 1.31,
    "water": 1.333,
    "ethanol": 1.361,
    "quartz": 1.458,
    "acrylic": 1.491,
    "crown glass": 1.52,
    "flint glass": 1.62,
    "sapphire": 1.77,
    "diamond": 2.417,
}

World = Literal["Earth", "Mercury", "Mars", "Venus", "Jupiter", "Saturn", "Titan"]
SpeedUnit = Literal["km/h", "m/s", "mph", "ft/s"]
Medium = Literal[
    "air", "ice", "water", "ethanol", "quartz", "acrylic", "crown glass", "flint glass", "sapphire", "diamond"
]


class Force(TypedDict):
    newtons: Annotated[float, Between(5, 120)]
    direction: Literal["north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest"]


class Extent(TypedDict):
    value: Annotated[float, Between(2, 500)]
    unit: Literal["mm", "cm", "m", "inches"]


def _positive(**numbers: float) -> None:
    for name, number in numbers.items():
        if number <= 0:
            raise ValueError(f"{name} must be positive")


@tool(
    asks=(
        "How far does a car travel before it stops if it goes {speed} km/h[ with the road being {surface}][ "
        "and the driver needs {reaction_time} s to react]?",
        "I was driving[ at {speed} km/h] when a deer jumped out. What distance did I need to come to a "
        "halt[ if the road was {surface}]?",
        "stopping distance[ {speed} km/h][ {surface}][ reaction {reaction_time}s][ slope {slope_percent}%]",
        "(Calculate|Estimate) the total way to standstill from {speed} km/h[, road: {surface}][, slope in "
        "percent: {slope_percent}].",
        "At {speed} km/h[ and with a reaction time of {reaction_time} seconds], how many meters pass until "
        "the car stands still?",
        "For a driving lesson: someone brakes hard from {speed} km/h[ on {surface} ground]. Reaction and "
        "braking together, how long is the way?",
    ),
    answer="From {speed} km/h the car stops after {total_m} m, of which {braking_m} m are braking.",
)
def braking_distance(
    speed: Annotated[float, Between(25, 180)],
    surface: Literal["dry", "wet", "snowy", "icy"] = "dry",
    reaction_time: Annotated[float, Between(0.5, 2.5)] = 1.0,
    slope_percent: Annotated[float, Between(-5, 6)] = 0.0,
) -> dict[str, float]:
    """Estimate the distance a car covers from seeing an obstacle to standing still.

    Args:
        speed: Initial speed in km/h.
        surface: State of the road.
        reaction_time: Time until the driver brakes, in seconds.
        slope_percent: Slope of the road in percent, positive uphill.
    """
    _positive(speed=speed)
    grip = {"dry": 0.75, "wet": 0.45, "snowy": 0.22, "icy": 0.1}[surface] + slope_percent / 100
    if grip <= 0:
        raise ValueError("on this slope the car does not stop")
    v = speed / 3.6
    braking = v * v / (2 * 9.81 * grip)
    return {"braking_m": round(braking, 2), "total_m": round(braking + v * reaction_time, 2)}


@tool(
    asks=(
        "How long does a stone take to fall {height} m[ on {world}]?",
        "fall time[ from {height} m][, {world}]",
        "I drop a coin into a well that is {height} m deep. After how many seconds does it hit the bottom[ "
        "if I let it go at {initial_speed} m/s downwards]?",
        "Something is released {height} meters above the ground[ of {world}]. When does it arrive?",
        "(Compute|Work out) the seconds until impact for an object[ thrown down with {initial_speed} m/s "
        "and] starting {height} m up, without drag.",
        "A flower pot slips off a balcony[ {height} m up]. How many seconds do people below have?",
    ),
    answer="The fall takes {result} seconds.",
)
def free_fall_time(
    height: Annotated[float, Between(2, 400)],
    world: World = "Earth",
    initial_speed: Annotated[float, Between(1, 20)] = 0.0,
) -> float:
    """Compute how long an object falls from a height, without air resistance.

    Args:
        height: Height of the fall in meters.
        world: Planet or moon on which the object falls.
        initial_speed: Downward speed at the start, in m/s.
    """
    _positive(height=height)
    g = _GRAVITY[world]
    return round((math.sqrt(initial_speed**2 + 2 * g * height) - initial_speed) / g, 3)


@tool(
    asks=(
        "How fast is something when it hits the ground after falling[ {height_m} m][ on {world}]?",
        "impact speed[ {height_m} m drop][, {world}][, {unit}]",
        "A phone slides off a roof {height_m} m high. What speed does it reach just before it lands[, in {unit}]?",
        "(Give me|Find) the velocity on landing for a drop from {height_m} meters[ in {unit}].",
        "On touching down after {height_m} m of free fall[ on {world}], what does the speedometer say[, set "
        "to {unit}]?",
        "A diver steps off a cliff[ that is {height_m} meters above the sea]. With which speed does she "
        "enter the water?",
    ),
    answer="It arrives at {speed} {unit}.",
)
def impact_speed(
    height_m: Annotated[float, Between(2, 400)],
    world: World = "Earth",
    unit: SpeedUnit = "m/s",
) -> dict[str, float | str]:
    """Compute the speed at which an object dropped from a height hits the ground, without air resistance.

    Args:
        height_m: Height of the drop in meters.
        world: Planet or moon on which the object is dropped.
        unit: Unit of the resulting speed.
    """
    _positive(height_m=height_m)
    return {"speed": round(math.sqrt(2 * _GRAVITY[world] * height_m) / _SPEED[unit], 2), "unit": unit}


@tool(
    asks=(
        "How far does a ball fly when kicked at {launch_speed} m/s and {launch_angle} degrees[ from a "
        "height of {launch_height} m]?",
        "range: v0 {launch_speed} m/s[, angle {launch_angle}°][, h0 {launch_height} m][, {world}]",
        "A catapult throws its load at {launch_speed} m/s[ under an angle of {launch_angle} degrees]. Where "
        "does it come down, seen from the start?",
        "At an angle of {launch_angle} degrees, an arrow leaves the bow with {launch_speed} m/s. What "
        "horizontal distance does it cover[ on {world}]?",
        "(Determine|Calculate) the throwing distance[ for a release {launch_height} m above ground,] with "
        "{launch_speed} m/s at {launch_angle} degrees.",
        "I'm hosing water out with {launch_speed} m/s[, nozzle tilted up by {launch_angle} degrees]. How "
        "far away does the jet land?",
    ),
    answer="It lands {result} m away.",
)
def projectile_range(
    launch_speed: Annotated[float, Between(5, 90)],
    launch_angle: Annotated[float, Between(10, 80)],
    launch_height: Annotated[float, Between(0.5, 30)] = 0.0,
    world: World = "Earth",
) -> float:
    """Compute the horizontal distance of a throw, without air resistance.

    Args:
        launch_speed: Speed at the start in m/s.
        launch_angle: Angle above the horizontal in degrees.
        launch_height: Height of the start above the landing level in meters.
        world: Planet or moon on which the throw takes place.
    """
    _positive(launch_speed=launch_speed)
    g, angle = _GRAVITY[world], math.radians(launch_angle)
    up, along = launch_speed * math.sin(angle), launch_speed * math.cos(angle)
    return round(along * (up + math.sqrt(up * up + 2 * g * launch_height)) / g, 2)


@tool(
    asks=(
        "An elevator goes from {start_speed} to {end_speed} {speed_unit} in {duration} seconds. What "
        "acceleration is that?",
        "a = ? v1={start_speed} v2={end_speed} {speed_unit}[ t={duration}s]",
        "My motorbike gets from {start_speed} to {end_speed} {speed_unit}[ in {duration} s]. How hard does "
        "it accelerate?",
        "(Find|Compute) the average acceleration[ over {duration} seconds] if the speed changes from "
        "{start_speed} to {end_speed} {speed_unit}.",
        "Within {duration} seconds the train went[ from {start_speed}] to {end_speed} {speed_unit}. Express "
        "the rate of change in m/s².",
        "The sensor read {start_speed}, and {duration} s later {end_speed} {speed_unit}. (Average|Mean) "
        "acceleration, in SI units?",
    ),
    answer="The average acceleration is {result} m/s².",
)
def acceleration_between_speeds(
    start_speed: Annotated[float, Between(1, 60)],
    end_speed: Annotated[float, Between(1, 150)],
    duration: Annotated[float, Between(1.5, 40)],
    speed_unit: SpeedUnit,
) -> float:
    """Compute the average acceleration in m/s² from the speeds at the start and end of a time span.

    Args:
        start_speed: Speed at the start.
        end_speed: Speed at the end.
        duration: Length of the time span in seconds.
        speed_unit: Unit of both speeds.
    """
    _positive(duration=duration)
    return round((end_speed - start_speed) * _SPEED[speed_unit] / duration, 4)


@tool(
    asks=(
        "These forces, in newtons, pull on a ring: {forces}. What is the resultant?",
        "(sum|add) forces in newtons[: {forces}]",
        "Several ropes are tied to a post.[ They pull like this, in newtons: {forces}.] How strong is the "
        "total pull and where does it point?",
        "(Add up|Combine) the forces {forces}, all in newtons, into a single one.",
        "With forces of {forces}, in newtons, acting on a body[ of {mass} kg], what is the net force?",
        "A crate[ weighing {mass} kg] feels forces of {forces}. Give me magnitude and direction of the "
        "overall force(, please|).",
    ),
    answer="Together they make {newtons} N at a bearing of {bearing} degrees.",
)
def net_force(
    forces: Annotated[list[Force], Size(2, 4)],
    mass: Annotated[float | None, Between(2, 200)] = None,
) -> dict[str, float | None]:
    """Add horizontal forces to one resulting force and its bearing.

    Args:
        forces: Forces, each with its strength in newtons and its compass direction.
        mass: Mass of the body in kg, if its acceleration is wanted too.
    """
    if mass is not None:
        _positive(mass=mass)
    compass = ["east", "northeast", "north", "northwest", "west", "southwest", "south", "southeast"]
    angles = [math.radians(45 * compass.index(f["direction"])) for f in forces]
    x = sum(f["newtons"] * math.cos(angle) for f, angle in zip(forces, angles, strict=True))
    y = sum(f["newtons"] * math.sin(angle) for f, angle in zip(forces, angles, strict=True))
    size, bearing = math.hypot(x, y), round(math.degrees(math.atan2(x, y)) % 360, 2)
    return {"newtons": round(size, 3), "bearing": bearing, "acceleration": mass and round(size / mass, 4)}


@tool(
    asks=(
        "I connect resistors of {resistances} ohms in {arrangement}. What do they add up to?",
        "{resistances} ohm in {arrangement}, total resistance",
        "What's the equivalent resistance[ of {resistances} ohms] if all are wired in {arrangement}?",
        "For my circuit, {resistances} Ω sit in {arrangement}[ across {voltage} V]. (Which|What) overall "
        "resistance does the source see?",
        "In {arrangement}, what total do resistors[ with {resistances} ohms] make?",
        "(Please calculate|Calculate) the combined value of the resistors {resistances}, all in ohms, "
        "joined in {arrangement}[, plus the current if {voltage} volts are applied].",
    ),
    answer="In {arrangement} they make {ohms} ohms.",
)
def combine_resistors(
    resistances: Annotated[list[float], Pick(4.7, 10, 15, 22, 33, 47, 68, 100, 150, 220, 330, 470), Size(2, 4)],
    arrangement: Literal["series", "parallel"],
    voltage: Annotated[float | None, Pick(1.5, 3, 3.3, 5, 6, 9, 12, 24, 48)] = None,
) -> dict[str, float | None]:
    """Compute the equivalent resistance of several resistors.

    Args:
        resistances: Resistances in ohms.
        arrangement: How the resistors are connected.
        voltage: Voltage across them in volts, if the total current is wanted too.
    """
    if not resistances or min(resistances) <= 0:
        raise ValueError("resistances must be positive")
    ohms = sum(resistances) if arrangement == "series" else 1 / sum(1 / r for r in resistances)
    return {"ohms": round(ohms, 4), "amperes": voltage and round(voltage / ohms, 5)}


@tool(
    asks=(
        "How much voltage do I lose[ over {length} m of cable] at {current} A with a cross-section of "
        "{cross_section} mm²[ in {conductor}]?",
        "voltage drop {length}m {current}A[ {cross_section}mm2][ {conductor}]",
        "The shed is {length} m away and the heater there draws {current} A[ through a cable of "
        "{cross_section} mm²]. (What|How big) is the voltage drop[ if the wire is {conductor}]?",
        "(Compute|Calculate) the drop along a[ {conductor}] line of {length} m[ and {cross_section} mm²], "
        "loaded with {current} amps[, on a {supply_voltage} V supply].",
        "With {current} A flowing, wires of {cross_section} mm² and {length} m one way, how many volts get "
        "lost[ of my {supply_voltage} volts]?",
        "I want to run {current} amperes[ over a distance of {length} meters] using {cross_section} square "
        "millimeter wire. What will be missing at the far end, in volts?",
    ),
    answer="The cable drops {volts} V, which is {percent} percent.",
)
def cable_voltage_drop(
    length: Annotated[float, Between(3, 120)],
    current: Annotated[float, Between(0.5, 32)],
    cross_section: Annotated[float, Pick(0.75, 1.5, 2.5, 4, 6, 10, 16)],
    conductor: Literal["copper", "aluminum"] = "copper",
    supply_voltage: Annotated[float, Pick(12, 24, 48, 110, 120, 208, 240, 400)] = 230.0,
) -> dict[str, float]:
    """Compute the voltage lost along a two-wire cable.

    Args:
        length: Length of the cable one way, in meters.
        current: Current in amperes.
        cross_section: Cross-section of one wire in mm².
        conductor: Metal of the wires.
        supply_voltage: Voltage at the feeding end, in volts.
    """
    _positive(length=length, cross_section=cross_section, supply_voltage=supply_voltage)
    volts = 2 * length * current * {"copper": 0.0175, "aluminum": 0.0282}[conductor] / cross_section
    return {"volts": round(volts, 3), "percent": round(100 * volts / supply_voltage, 2)}


@tool(
    asks=(
        "How much electricity does my {appliance} use at {power_w} watts and {hours_per_day} hours a day[ "
        "over {days} days]?",
        "{appliance}, {power_w} W[, {hours_per_day} h/day][, {days} days], kWh?",
        "We run the {appliance}[ for {hours_per_day} hours every day]. It draws {power_w} W. What "
        "consumption does that come to[ in {days} days]?",
        "I suspect the {appliance} eats too much power. It has {power_w} watts and is on {hours_per_day} "
        "hours daily. (Check|Work out) the kilowatt hours[ for {days} days].",
        "With {hours_per_day} hours of use per day, how many kWh does the {appliance}[ with its {power_w} "
        "watts] need[ and how much CO2 is that at {grid_g_per_kwh} g per kWh]?",
        "(Compute|Estimate) the energy for running our {appliance}, rated {power_w} W, {hours_per_day} "
        "hours each day[, with a grid mix of {grid_g_per_kwh} g CO2 per kWh].",
    ),
    answer="The {appliance} uses {kwh} kWh, which causes {co2_kg} kg of CO2.",
)
def appliance_energy_use(
    appliance: Annotated[
        str,
        Pick(
            "dehumidifier",
            "desktop computer",
            "dishwasher",
            "electric oven",
            "fan heater",
            "freezer",
            "fridge",
            "game console",
            "gaming laptop",
            "hair dryer",
            "heat pump",
            "microwave",
            "pool pump",
            "space heater",
            "television",
            "toaster",
            "tumble dryer",
            "vacuum cleaner",
            "washing machine",
            "water kettle",
        ),
    ],
    power_w: Annotated[int, Between(20, 3000)],
    hours_per_day: Annotated[float, Between(0.5, 14)],
    days: Annotated[int, Between(2, 365)] = 30,
    grid_g_per_kwh: Annotated[float, Between(30, 700, 0)] = 400.0,
) -> dict[str, float]:
    """Compute the electric energy an appliance uses and the CO2 emitted for it.

    Args:
        appliance: Name of the appliance.
        power_w: Electric power in watts.
        hours_per_day: Hours of use per day, at most 24.
        days: Number of days.
        grid_g_per_kwh: Emissions of the electricity in grams of CO2 per kWh.
    """
    if not 0 <= hours_per_day <= 24:
        raise ValueError("hours_per_day must be between 0 and 24")
    kwh = power_w / 1000 * hours_per_day * days
    return {"kwh": round(kwh, 2), "co2_kg": round(kwh * grid_g_per_kwh / 1000, 2)}


@tool(
    asks=(
        "What wavelength does a (signal|wave) of {frequency} {frequency_unit} have[ if it is {carrier}]?",
        "wavelength {frequency} {frequency_unit}[, {carrier}]",
        "I'm cutting an antenna for {frequency} {frequency_unit}. How long is one full wave?",
        "(Convert|Translate) a frequency of {frequency}[ {frequency_unit}] into a wavelength[ for {carrier}].",
        "We measured a frequency of {frequency} {frequency_unit}[; it was {carrier}]. How far apart are two crests?",
        "The oscillator runs at {frequency}[ {frequency_unit}]. (Give me|Tell me) the distance between wave "
        "peaks[, assuming {carrier}].",
    ),
    answer="At {frequency} {frequency_unit} the wavelength is {result} m.",
)
def wavelength_from_frequency(
    frequency: Annotated[float, Between(2, 950)],
    frequency_unit: Literal["Hz", "kHz", "MHz", "GHz"],
    carrier: Literal[
        "light in vacuum", "radio in coaxial cable", "sound in air", "sound in water", "sound in steel"
    ] = ("light in vacuum"),
) -> float:
    """Compute the wavelength in meters that belongs to a frequency.

    Args:
        frequency: Frequency of the wave.
        frequency_unit: Unit of the frequency.
        carrier: Kind of wave and the medium it travels in.
    """
    _positive(frequency=frequency)
    speed = {
        "light in vacuum": 299_792_458.0,
        "radio in coaxial cable": 197_863_022.0,
        "sound in air": 343.0,
        "sound in water": 1482.0,
        "sound in steel": 5960.0,
    }[carrier]
    hertz = frequency * {"Hz": 1.0, "kHz": 1e3, "MHz": 1e6, "GHz": 1e9}[frequency_unit]
    return float(f"{speed / hertz:.6g}")


@tool(
    asks=(
        "A siren of {source_frequency} Hz passes by at {source_speed} m/s. What do I hear[ while it is "
        "{approaching:coming closer|moving away}]?",
        "doppler f={source_frequency} Hz[, vs={source_speed} m/s][, vo={observer_speed} m/s][, "
        "{approaching:approaching|receding}]",
        "A train blows its whistle at {source_frequency} Hz[ while going {source_speed} m/s][{approaching: "
        "towards me|, away from me}]. Which pitch reaches my ear?",
        "(Work out|Calculate) the observed frequency when an ambulance at {source_speed} m/s emits "
        "{source_frequency} Hz[ and I drive at {observer_speed} m/s myself].",
        "If something hums at {source_frequency} Hz[ and moves at {source_speed} m/s], what tone does a "
        "listener perceive[ who moves at {observer_speed} m/s]?",
        "At {source_speed} m/s, by how much does the tone of {source_frequency} Hz from a race car shift "
        "for spectators[ it is {approaching:driving towards|driving away from}]?",
    ),
    answer="The listener hears {result} Hz.",
)
def doppler_shift(
    source_frequency: Annotated[float, Between(80, 2500)],
    source_speed: Annotated[float, Between(5, 90)],
    observer_speed: Annotated[float, Between(1, 40)] = 0.0,
    approaching: bool = True,
) -> float:
    """Compute the frequency of a sound that a listener hears from a moving source in air.

    Args:
        source_frequency: Frequency of the source in Hz.
        source_speed: Speed of the source in m/s, below the speed of sound.
        observer_speed: Speed of the listener in m/s, in the same sense as the source: closer or away.
        approaching: Whether source and listener come closer instead of moving apart.
    """
    _positive(source_frequency=source_frequency)
    if not 0 <= source_speed < 343 or not 0 <= observer_speed < 343:
        raise ValueError("speeds must lie below the speed of sound")
    sign = 1 if approaching else -1
    return round(source_frequency * (343 + sign * observer_speed) / (343 - sign * source_speed), 2)


@tool(
    asks=(
        "How much heat do I need to warm {mass} kg of {substance}[ from {start_temperature}] to "
        "{end_temperature} degrees Celsius?",
        "{mass} kg {substance}, {start_temperature} -> {end_temperature} °C, energy[ in {energy_unit}]",
        "I'd like to bring {mass} kg of {substance} from {start_temperature} °C[ up to {end_temperature} "
        "°C]. What energy does it take[, in {energy_unit}]?",
        "(Compute|Find) the heat[ in {energy_unit}] that raises {substance} with a mass of {mass} kg from "
        "{start_temperature} to {end_temperature} °C.",
        "There are {mass} kg of {substance} at {start_temperature} °C in a vessel. What heat must go in[ to "
        "reach {end_temperature} °C]?",
        "To get from {start_temperature} to {end_temperature} degrees Celsius, what does[ a load of {mass} "
        "kg of] {substance} have to absorb?",
    ),
    answer="Warming it from {start_temperature} to {end_temperature} °C takes {energy} {unit}.",
)
def heat_required(
    mass: Annotated[float, Between(0.2, 60)],
    substance: Literal["water", "ethanol", "olive oil", "aluminum", "copper", "iron", "sand", "concrete"],
    start_temperature: Annotated[float, Between(-5, 25)],
    end_temperature: Annotated[float, Between(28, 75)],
    energy_unit: Literal["kJ", "kWh", "kcal"] = "kJ",
) -> dict[str, float | str]:
    """Compute the heat that changes the temperature of a substance.

    Args:
        mass: Mass in kg.
        substance: Substance that is warmed.
        start_temperature: Temperature at the start in °C.
        end_temperature: Temperature at the end in °C.
        energy_unit: Unit of the result.
    """
    _positive(mass=mass)
    capacity = {"water": 4.186, "ethanol": 2.44, "olive oil": 1.97, "aluminum": 0.897, "copper": 0.385}
    capacity |= {"iron": 0.449, "sand": 0.835, "concrete": 0.88}
    energy = mass * capacity[substance] * (end_temperature - start_temperature)
    return {
        "energy": round(energy / {"kJ": 1, "kWh": 3600, "kcal": 4.184}[energy_unit], 4),
        "unit": energy_unit,
    }


@tool(
    asks=(
        "By how much does {length.value} {length.unit} of {material} grow when it warms up by "
        "{temperature_change} degrees Celsius?",
        "expansion {material} {length.value} {length.unit}[, delta T {temperature_change} K]",
        "A part made of {material} measures {length.value} {length.unit}. It gets {temperature_change} °C "
        "hotter. What does that add to its length?",
        "(Calculate|Estimate) the change in length of {material}[ over {length.value} {length.unit}] for "
        "{temperature_change} degrees of warming[; give it in {result_unit}].",
        "When its temperature rises by {temperature_change} K, how much longer does {material}[ measuring "
        "{length.value} {length.unit}] become[, in {result_unit}]?",
        "We need an expansion joint: {material}, {length.value} {length.unit} long[, temperature swing "
        "{temperature_change} degrees]. How wide must the gap be[ in {result_unit}]?",
    ),
    answer="The {material} grows by {growth} {unit}.",
)
def thermal_expansion(
    material: Annotated[str, Pick(*_EXPANSION)],
    length: Extent,
    temperature_change: Annotated[float, Between(5, 120)],
    result_unit: Literal["mm", "cm", "m"] = "mm",
) -> dict[str, float | str]:
    """Compute how much a solid lengthens when it is warmed.

    Args:
        material: Material of the part, e.g. "steel" or "copper".
        length: Length before warming, as a value with its unit.
        temperature_change: Rise in temperature in kelvin or degrees Celsius.
        result_unit: Unit of the change in length.
    """
    if material.lower() not in _EXPANSION:
        raise ValueError(f"no expansion coefficient is known for {material}")
    growth = _EXPANSION[material.lower()] * 1e-6 * length["value"] * _LENGTH[length["unit"]] * temperature_change
    return {"growth": round(growth / _LENGTH[result_unit], 6), "unit": result_unit}


@tool(
    asks=(
        "What's the pressure[ {depth} m] below the surface[ of {fluid}]?",
        "hydrostatic pressure[ at {depth} m][, {fluid}][, {include_atmosphere:absolute|gauge}]",
        "I'm diving down to {depth} m. How much pressure is on me[, {include_atmosphere:air pressure "
        "included|without the air pressure}]?",
        "(Compute|Determine) the pressure on the bottom of a tank[ that is {depth} m deep][, filled with {fluid}].",
        "A submarine sits at {depth} meters. What pressure must its hull withstand[, in {pressure_unit}]?",
        "At a depth of {depth} m[ in {fluid}], what pressure is there[, measured in {pressure_unit}]?",
    ),
    answer="At {depth} m the pressure is {pressure} {unit}.",
)
def pressure_at_depth(
    depth: Annotated[float, Between(2, 900)],
    fluid: Literal["fresh water", "seawater", "diesel", "honey", "mercury"] = "seawater",
    include_atmosphere: bool = True,
    pressure_unit: Literal["bar", "kPa", "psi", "atm"] = "bar",
) -> dict[str, float | str]:
    """Compute the pressure at a depth below the surface of a liquid.

    Args:
        depth: Depth below the surface in meters.
        fluid: Liquid above.
        include_atmosphere: Whether to add the pressure of the air on the surface.
        pressure_unit: Unit of the result.
    """
    if depth < 0:
        raise ValueError("depth must not be negative")
    density = {"fresh water": 998, "seawater": 1025, "diesel": 850, "honey": 1420, "mercury": 13546}[fluid]
    pascal = density * 9.81 * depth + (101_325 if include_atmosphere else 0)
    per_unit = {"bar": 1e5, "kPa": 1e3, "psi": 6894.757, "atm": 101_325}[pressure_unit]
    return {"pressure": round(pascal / per_unit, 3), "unit": pressure_unit}


@tool(
    asks=(
        "A ray of light goes from {from_medium} into {to_medium}[ at {incidence_angle} degrees]. What is "
        "the angle behind the boundary?",
        "refraction {from_medium} -> {to_medium}[, {incidence_angle}°]",
        "Apply Snell's law: incidence {incidence_angle} degrees[, first medium {from_medium}], second "
        "medium {to_medium}.",
        "I shine a laser[ at {incidence_angle} degrees to the normal] out of {from_medium} into "
        "{to_medium}. Where does the beam go?",
        "How strongly is light bent between {from_medium} and {to_medium} if it arrives at {incidence_angle} degrees?",
        "With {incidence_angle} degrees in {from_medium}, (what|which) angle does the beam have[ in {to_medium}]?",
    ),
    answer="The light is {outcome} and leaves at {angle} degrees.",
)
def refraction_angle(
    from_medium: Medium,
    to_medium: Medium,
    incidence_angle: Annotated[float, Between(5, 85)],
) -> dict[str, float | str]:
    """Find the direction of a ray of light after it meets the boundary of two media.

    Args:
        from_medium: Medium from which the light comes.
        to_medium: Medium behind the boundary.
        incidence_angle: Angle between the ray and the normal, in degrees, below 90.
    """
    if not 0 <= incidence_angle < 90:
        raise ValueError("the angle must be at least 0 and below 90 degrees")
    sine = math.sin(math.radians(incidence_angle)) * _INDEX[from_medium] / _INDEX[to_medium]
    if sine > 1:
        return {"outcome": "totally reflected", "angle": incidence_angle}
    return {"outcome": "refracted", "angle": round(math.degrees(math.asin(sine)), 3)}


@tool(
    asks=(
        "How high does the sun stand at noon on {day}[ at latitude {latitude}]?",
        "noon solar elevation, lat {latitude}[, {day}]",
        "I'm mounting solar panels at {latitude} degrees latitude. What is the greatest height of the sun "
        "on {day}[, seen from a slope of {panel_tilt} degrees]?",
        "(Find|Calculate) the midday altitude of the sun[ for {day}] if the latitude is {latitude}.",
        "On {day}, at {latitude} degrees of latitude, which angle above the horizon does the sun reach?",
        "We have a terrace[ at latitude {latitude}]. Where will the sun culminate on {day}, in degrees over "
        "the horizon?",
        "My sundial stands at latitude {latitude}[, its plate tilted by {panel_tilt} degrees]. How high is "
        "the noon sun on {day}?",
    ),
    answer="At noon the sun stands {elevation} degrees high.",
)
def noon_sun_elevation(
    latitude: Annotated[float, Between(-60, 60)],
    day: Date,
    panel_tilt: Annotated[float | None, Between(5, 60, 0)] = None,
) -> dict[str, float | None]:
    """Compute the height of the sun above the horizon at solar noon.

    Args:
        latitude: Geographic latitude in degrees, negative in the south.
        day: Day of the year in question, as YYYY-MM-DD.
        panel_tilt: Tilt of a panel towards the equator in degrees, if the angle of light on it is wanted too.
    """
    if not -90 <= latitude <= 90:
        raise ValueError("latitude must lie between -90 and 90")
    day_of_year = date.fromisoformat(day).timetuple().tm_yday
    declination = -23.44 * math.cos(math.radians(360 / 365.25 * (day_of_year + 10)))
    elevation = 90 - abs(latitude - declination)
    on_panel = None if panel_tilt is None else round(min(90.0, elevation + panel_tilt), 2)
    return {"elevation": round(elevation, 2), "on_panel": on_panel}
