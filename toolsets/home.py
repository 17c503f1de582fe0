"""Smart home: lights, heating, vacuum, locks, blinds, cameras, appliances and energy."""

import zlib
from datetime import date, timedelta
from typing import Annotated, Any, Literal, TypedDict

from sftctl.core.tools import Between, Date, Fake, Pick, Size, Time, tool

_ROOMS = (
    "living room", "kitchen", "bedroom", "bathroom", "hallway", "office", "dining room", "garage", "nursery",
    "guest room", "basement", "attic", "laundry room", "playroom", "sunroom", "library",
)  # fmt: skip
_DOORS = (
    "front door", "back door", "garage door", "patio door", "side gate", "cellar door", "balcony door",
    "shed door",
)  # fmt: skip
_CAMERAS = (
    "driveway camera", "porch camera", "backyard camera", "nursery camera", "garage camera",
    "hallway camera", "pool camera", "doorbell camera", "gate camera", "garden camera",
)  # fmt: skip
_DEVICES = (
    "dishwasher", "washing machine", "dryer", "coffee maker", "oven", "dehumidifier", "air conditioner",
    "space heater", "TV", "fridge", "freezer", "water heater", "fan", "rice cooker", "robot mower",
    "wine cooler",
)  # fmt: skip
_TIMED = (
    "dishwasher", "washing machine", "dryer", "coffee maker", "oven", "dehumidifier", "air conditioner",
    "rice cooker", "space heater", "water heater", "slow cooker", "bread maker", "towel warmer",
    "robot mower", "humidifier",
)  # fmt: skip
_ACTIONS = (
    "turn on the hallway light", "close all blinds", "send me a message", "lock every door", "start the fan",
    "turn off the heating", "play an alarm sound", "open the garage", "switch on the porch light",
    "pause the robot mower", "announce it on the speakers", "turn everything off", "start recording",
    "lower the awning", "water the lawn",
)  # fmt: skip

Room = Annotated[str, Pick(*_ROOMS)]
Door = Annotated[str, Pick(*_DOORS)]
Camera = Annotated[str, Pick(*_CAMERAS)]
Device = Annotated[str, Pick(*_DEVICES)]
Celsius = Annotated[float, Pick(16.0, 17.5, 18.0, 19.0, 19.5, 20.0, 20.5, 21.0, 22.0, 22.5, 23.0, 24.0)]


class Trigger(TypedDict):
    sensor: Annotated[
        str,
        Pick(
            "front door sensor", "smoke detector", "motion sensor", "rain sensor", "window sensor",
            "leak sensor", "doorbell", "mailbox sensor", "light sensor", "freezer thermometer",
        ),
    ]  # fmt: skip
    event: Literal["triggered", "idle", "offline", "low on battery"]


def _stable(low: int, high: int, *parts: object) -> int:
    """A whole number from `low` to `high` that depends on `parts` alone."""
    return low + zlib.crc32("|".join(str(part).lower() for part in parts).encode()) % (high - low + 1)


def _within(low: float, high: float, **numbers: float) -> None:
    for name, number in numbers.items():
        if not low <= number <= high:
            raise ValueError(f"{name} must be from {low} to {high}")


@tool(
    asks=(
        "(Turn|Switch) {on:on|off} the {room} (lights|lamps).",
        "Lights {on:on|off}[ in the {room}], please.",
        "{room} lights {on:on|off}",
        "I'm (in bed already|on my way). (Could|Can) you turn the lights[ in the {room}] {on:on|off} for me?",
        "Kindly see to it that the lighting[ of the {room}] is switched {on:on|off}[, with effect in "
        "{delay_minutes} minutes].",
        "{on:It's too dark, lights on|Nobody needs the light, switch it off}[ in the {room}][ after "
        "{delay_minutes} minutes].",
    ),
    answer="Done, the light in the {room} is now switched {state}.",
)
def switch_lights(
    room: Room, on: bool, delay_minutes: Annotated[int, Pick(2, 5, 10, 15, 20, 30, 45)] = 0
) -> dict[str, Any]:
    """Switch all lights of a room on or off.

    Args:
        room: Room whose lights are switched.
        on: True to switch on, false to switch off.
        delay_minutes: Minutes to wait before switching.
    """
    return {
        "room": room,
        "state": "on" if on else "off",
        "lamps": _stable(1, 6, room),
        "delay": delay_minutes,
    }


@tool(
    asks=(
        "Dim the {room} (lights|light) to {percent}%[ over {fade_seconds} seconds].",
        "Set the brightness[ in the {room}] to {percent} percent[ with a {color} tone].",
        "{room} {percent}%[ {color}]",
        "We're about to watch a movie, (take|bring) the light in the {room} to (a lower level|something "
        "cozy)[, {percent} percent].",
        "Please adjust the luminosity of the lamps[ in the {room}][ to {percent} percent][, color "
        "temperature {color}].",
        "my eyes hurt, could the {room} be at {percent} percent brightness[, {color}][, fading within "
        "{fade_seconds} seconds]?",
    ),
    answer="The {room} is lit at {percent}% now.",
)
def set_brightness(
    room: Room,
    percent: Annotated[int, Between(5, 100)],
    color: Literal["warm white", "cool white", "daylight", "red", "blue"] = "warm white",
    fade_seconds: Annotated[int, Pick(3, 5, 10, 20, 30, 60)] | None = None,
) -> dict[str, Any]:
    """Dim or brighten the lights of a room.

    Args:
        room: Room whose lights are changed.
        percent: Brightness from 1 to 100 percent.
        color: Color of the light.
        fade_seconds: Duration of the transition in seconds; instant if omitted.
    """
    _within(1, 100, percent=percent)
    return {"room": room, "percent": percent, "color": color, "fade_seconds": fade_seconds or 0}


@tool(
    asks=(
        "(Set|Turn) the thermostat to {temperature_c} degrees( Celsius|)[ in the {room}][ for {hold_hours} hours].",
        "I'm (freezing|too warm|not comfortable). Change the (heating|temperature)[ to {temperature_c} °C][ "
        "in the {room}].",
        "heat {temperature_c}C[ {room}][ {hold_hours}h]",
        "Make it {temperature_c} degrees in here[, just the {room}][, hold it for {hold_hours} hours].",
        "Kindly regulate the room temperature[ to {temperature_c} degrees Celsius][ for the next "
        "{hold_hours} hours][, in {mode} mode].",
        "Grandma is visiting and she likes it at {temperature_c} degrees, can you do that[ for {hold_hours} hours]?",
        "Adjust the climate control[ to {temperature_c} degrees][ using {mode} mode].",
    ),
    answer="The target temperature is now {temperature_c} °C; it is currently {current_c} °C.",
)
def thermostat_set(
    temperature_c: Celsius,
    room: Room | None = None,
    hold_hours: Annotated[float, Pick(1.5, 2.0, 2.5, 3.0, 4.0, 6.0, 8.0)] | None = None,
    mode: Literal["heat", "cool", "auto"] = "auto",
) -> dict[str, Any]:
    """Set the target temperature right now.

    Args:
        temperature_c: Target temperature in degrees Celsius.
        room: Room to regulate; the whole home if omitted.
        hold_hours: Hours to hold the temperature; until the next change if omitted.
        mode: Whether to heat, to cool, or to do whichever is needed.
    """
    _within(5, 35, temperature_c=temperature_c)
    return {
        "current_c": _stable(160, 240, room) / 10,
        "zone": room or "whole home",
        "hold": hold_hours,
        "mode": mode,
    }


@tool(
    asks=(
        "Heat the {room} to {temperature_c} degrees from {start_time} to {end_time}[ {days}].",
        "(Program|Plan) the heating: {temperature_c} degrees[ starting at {start_time}][ until {end_time}], "
        "{room}[, {days}].",
        "{room} {start_time}-{end_time} {temperature_c}C[ {days}]",
        "I get up before everyone else. (Can|Could) the {room} be {temperature_c} degrees[ from "
        "{start_time}][ until {end_time}]?",
        "Please enter a heating schedule for the {room}: target {temperature_c} °C[, begin {start_time}][, "
        "end {end_time}][, repeat {days}].",
        "It's wasteful to heat all day. Only (warm up|heat) the {room} at {start_time}[, to {temperature_c} "
        "degrees,] and stop at {end_time}.",
    ),
    answer="The {room} will be heated to {temperature_c} °C from {start_time} to {end_time}.",
)
def heating_schedule_add(
    room: Room,
    temperature_c: Celsius,
    start_time: Time,
    end_time: Time,
    days: Literal["every day", "on weekdays", "on weekends"] = "every day",
) -> dict[str, Any]:
    """Add a recurring period to the heating schedule of a room.

    Args:
        room: Room to heat.
        temperature_c: Target temperature in degrees Celsius.
        start_time: Start of the period (24-hour HH:MM).
        end_time: End of the period (24-hour HH:MM); the next day if earlier than the start.
        days: Days on which the period applies.
    """
    _within(5, 35, temperature_c=temperature_c)
    start, end = (int(t[:2]) * 60 + int(t[3:5]) for t in (start_time, end_time))
    return {"schedule_id": _stable(100, 999, room, start_time), "minutes": (end - start) % 1440, "days": days}


@tool(
    asks=(
        "(Vacuum|Clean) the {rooms}[ on {power} power].",
        "Send the robot (out|off) to (do|clean) the {rooms}[, {passes} times over].",
        "vacuum {rooms}[ {power}][ x{passes}]",
        "The dog (made a mess|has been shedding again). Can you get the robot vacuum going[ in the "
        "{rooms}][, {mop:with mopping|vacuuming only}]?",
        "Please initiate floor cleaning[ in the {rooms}][ at {power} suction][ and {mop:mop as well|do not mop}].",
        "Guests at eight and the floor is a disgrace. Robot, (please start|off you go)[: {rooms}]!",
    ),
    answer="The robot is cleaning {room_count} rooms and will be done in {minutes} minutes.",
)
def start_vacuum(
    rooms: Annotated[list[Room], Size(2, 4)],
    power: Literal["quiet", "normal", "turbo"] = "normal",
    passes: Annotated[int, Between(2, 3)] = 1,
    mop: bool = False,
) -> dict[str, Any]:
    """Send the robot vacuum to clean some rooms.

    Args:
        rooms: Rooms to clean, in order.
        power: Suction power.
        passes: How often each room is cleaned.
        mop: Whether to mop after vacuuming.
    """
    if not rooms:
        raise ValueError("rooms must not be empty")
    minutes = len(rooms) * passes * {"quiet": 16, "normal": 12, "turbo": 10}[power] * (2 if mop else 1)
    return {"room_count": len(rooms), "minutes": minutes}


@tool(
    asks=(
        "(Lock|Please lock) the {door}.",
        "Did I lock up? (Do it|Take care of it) now[, the {door}], please.",
        "lock {door}[ in {delay_seconds} sec]",
        "I'm already in the car and left something open[, the {door}]. Secure it[ after {delay_seconds} "
        "seconds][ and {notify:tell me when it's done|don't message me}].",
        "The {door} (should|must) be locked[, {delay_seconds} seconds from now][, {notify:with a "
        "notification|no notification}].",
        "Time for bed, throw the deadbolt[ on the {door}].",
    ),
    answer="The {door} is locked; the lock's battery is at {battery}%.",
)
def lock_door(
    door: Door, delay_seconds: Annotated[int, Pick(10, 15, 20, 30, 45, 60, 90)] = 0, notify: bool = True
) -> dict[str, Any]:
    """Lock a door with its smart lock.

    Args:
        door: Door to lock.
        delay_seconds: Seconds to wait before locking.
        notify: Whether to send a message once it is locked.
    """
    return {"battery": _stable(20, 100, door), "delay_seconds": delay_seconds, "notify": notify}


@tool(
    asks=(
        "(Create|Make) an access code[ for {guest}][ for the {door}] valid {days} days from {first_day}.",
        "{guest} is staying with us from {first_day}, {days} days. (Please give them|They need) a code[ for "
        "the {door}].",
        "guest code {guest}, {door}, {first_day}, {days} days[, from {daily_from}][ until {daily_until}]",
        "The cleaner starts soon. The lock is the {door}[ and the name is {guest}]. Let them in for {days} "
        "days[ from {first_day}][, not before {daily_from}].",
        "Please issue a temporary entry code[ to {guest}] for the {door}[, beginning {first_day}][, "
        "expiring after {days} days].",
        "I won't be home, but {guest} has to get through the {door}. Set up a pin for {days} days[ starting "
        "{first_day}][, not later than {daily_until} each day].",
    ),
    answer="{guest} can open the {door} with code {code} until {last_day}.",
)
def guest_access_code(
    guest: Annotated[str, Fake("first_name")],
    door: Door,
    first_day: Date,
    days: Annotated[int, Between(2, 21)],
    daily_from: Time | None = None,
    daily_until: Time | None = None,
) -> dict[str, Any]:
    """Create a temporary door code for a guest.

    Args:
        guest: Name of the guest.
        door: Door the code opens.
        first_day: First day on which the code works (YYYY-MM-DD).
        days: Number of days for which it works.
        daily_from: Time of day from which it works (24-hour HH:MM).
        daily_until: Time of day until which it works (24-hour HH:MM).
    """
    _within(1, 365, days=days)
    last = (date.fromisoformat(first_day) + timedelta(days=days - 1)).isoformat()
    hours = f"{daily_from or '00:00'}-{daily_until or '24:00'}"
    return {"code": str(_stable(100000, 999999, guest, door, first_day)), "last_day": last, "hours": hours}


@tool(
    asks=(
        "(Open|Move) the {room} blinds to {percent_open}%[ and tilt the slats by {tilt_degrees} degrees].",
        "The sun is blinding me[ in the {room}]. Put the blinds at {percent_open} percent( open|).",
        "blinds {room} {percent_open}%[ tilt {tilt_degrees}]",
        "I'd like some (privacy|daylight), so (adjust|set) the shades[ in the {room}][ to {percent_open} "
        "percent open].",
        "Kindly position the window blinds of the {room}[ at {percent_open} percent][ with a slat angle of "
        "{tilt_degrees} degrees].",
        "window shades, {room}, {percent_open} percent[, {tilt_degrees} degree angle] pls",
    ),
    answer="The blinds in the {room} are {percent_open}% open.",
)
def blinds_position(
    room: Room,
    percent_open: Annotated[int, Pick(0, 10, 15, 20, 25, 30, 40, 50, 60, 65, 70, 75, 80, 90, 100)],
    tilt_degrees: Annotated[int, Pick(15, 20, 30, 45, 60)] = 0,
) -> dict[str, Any]:
    """Move the blinds of a room to a position.

    Args:
        room: Room whose blinds are moved.
        percent_open: Position from 0 (closed) to 100 (fully open).
        tilt_degrees: Angle of the slats in degrees.
    """
    _within(0, 100, percent_open=percent_open)
    return {"windows": _stable(1, 4, room), "percent_open": percent_open, "tilt_degrees": tilt_degrees}


@tool(
    asks=(
        "(Show|Get) me what the {camera} recorded on {day}[ after {from_time}][ (before|until) {to_time}].",
        "Are there any clips[ from the {camera}] of {day}[, starting at {from_time}]?",
        "{camera} footage {day}[ from {from_time}][ to {to_time}]",
        "My parcel (was stolen|disappeared) on {day}. (Pull up|Find) the video[ of the {camera}][, only "
        "scenes with a {subject}].",
        "Please retrieve the recordings made by the {camera}[ on {day}][ from {from_time}][ up to {to_time}].",
        "who was at the house[ on {day}]? check the {camera}[ for any {subject}]",
    ),
    answer="The {camera} has {clip_count} clips from {day}.",
)
def camera_recordings(
    camera: Camera,
    day: Date,
    from_time: Time | None = None,
    to_time: Time | None = None,
    subject: Literal["person", "vehicle", "animal", "package"] | None = None,
) -> dict[str, Any]:
    """Find past video clips of a camera.

    Args:
        camera: Camera that recorded.
        day: Day of the recording (YYYY-MM-DD).
        from_time: Earliest time of day (24-hour HH:MM).
        to_time: Latest time of day (24-hour HH:MM).
        subject: What the clips must show.
    """
    return {
        "clip_count": _stable(1, 14, camera, day, from_time, to_time, subject),
        "first_clip": f"{day}-001.mp4",
    }


@tool(
    asks=(
        "(Turn|Switch) motion alerts {enabled:on|off} for the {camera}[ with {sensitivity} sensitivity].",
        "{enabled:I want to be notified|Stop notifying me} when something moves[ in front of the {camera}].",
        "{camera} alerts {enabled:on|off}[, {sensitivity}]",
        "{enabled:There were burglars in our street, so warn me of any movement|The cat keeps setting it "
        "off, so no more movement warnings}[, {camera}][, sensitivity {sensitivity}].",
        "Please {enabled:activate|deactivate} motion detection[ of the {camera}][, at {sensitivity} "
        "sensitivity][, quiet after {quiet_from}].",
        "from now on {enabled:ping|don't ping} me about movement at the {camera}[ and keep quiet after {quiet_from}]",
    ),
    answer="Motion alerts of the {camera} are now {state}.",
)
def motion_alerts(
    camera: Camera,
    enabled: bool,
    sensitivity: Literal["low", "medium", "high"] = "medium",
    quiet_from: Time | None = None,
) -> dict[str, Any]:
    """Turn future alerts about movement seen by a camera on or off.

    Args:
        camera: Camera to configure.
        enabled: Whether alerts are sent.
        sensitivity: How little movement causes an alert.
        quiet_from: Time of day after which no alert is sent (24-hour HH:MM).
    """
    return {
        "state": "on" if enabled else "off",
        "sensitivity": sensitivity,
        "quiet_from": quiet_from or "never",
    }


@tool(
    asks=(
        "How much (electricity|power) did (we|the house) use in the {days} days (from|since) {start_date}[, "
        "only the {device}]?",
        "Give me (a|the) consumption report for {days} days[ starting {start_date}][, grouped {grouping}].",
        "kwh {start_date} +{days}d[ {device}][ {grouping}]",
        "Our bill (seems way too high|went through the roof). Show the meter data[ from {start_date}] for "
        "{days} days[, just for the {device}].",
        "Please provide the measured energy usage beginning {start_date}[ over a period of {days} days][, "
        "grouped {grouping}].",
        "{days} days of energy data[ as of {start_date}] please[, {device} only]",
    ),
    answer="In those {days} days {total_kwh} kWh were used, at most on {peak_day}.",
)
def energy_usage_report(
    start_date: Date,
    days: Annotated[int, Between(3, 90)],
    device: Device | None = None,
    grouping: Literal["hourly", "daily", "weekly"] = "daily",
) -> dict[str, Any]:
    """Report how much electricity the home or one device used in a past period.

    Args:
        start_date: First day of the period (YYYY-MM-DD).
        days: Length of the period in days.
        device: Device to report on; the whole home if omitted.
        grouping: Interval by which the figures are grouped.
    """
    _within(1, 3660, days=days)
    per_day = _stable(80, 160, start_date) / 10 if device is None else _stable(2, 30, device, start_date) / 10
    peak = date.fromisoformat(start_date) + timedelta(days=_stable(0, days - 1, start_date, device))
    return {"total_kwh": round(per_day * days, 1), "peak_day": peak.isoformat(), "grouping": grouping}


@tool(
    asks=(
        "What does it cost to run a {watts} watt (device|appliance) {hours_per_day} hours a day for {days} "
        "days[ at {price_per_kwh} dollars per kWh]?",
        "My (heater|computer|aquarium) draws {watts} W and is on (daily|every day)[, {hours_per_day} "
        "hours]. What's the cost[ over {days} days]?",
        "cost {watts}W x {hours_per_day}h x {days} days[ @ {price_per_kwh}]",
        "Thinking of buying an appliance[ with {watts} watts]. If it runs {hours_per_day} hours daily, what "
        "would I pay[ in {days} days][, electricity being {price_per_kwh} dollars a kilowatt-hour]?",
        "Please calculate the running cost of a consumer rated {watts} watts[, operated {hours_per_day} "
        "hours per day][ during {days} days].",
        "{days} days, {hours_per_day} hours each[, {watts} watts]. How many dollars is that on the power bill?",
    ),
    answer="That uses {kwh} kWh and costs ${cost}.",
)
def appliance_running_cost(
    watts: Annotated[int, Pick(15, 40, 60, 85, 120, 250, 400, 650, 800, 1200, 1500, 1800, 2000, 2400)],
    hours_per_day: Annotated[float, Pick(0.5, 1.5, 2.0, 2.5, 3.0, 4.5, 6.0, 8.0, 12.0, 16.0)],
    days: Annotated[int, Between(5, 365)],
    price_per_kwh: Annotated[float, Between(0.11, 0.44, 2)] = 0.3,
) -> dict[str, float]:
    """Calculate the electricity cost of running an appliance.

    Args:
        watts: Power draw in watts.
        hours_per_day: Hours of use per day.
        days: Number of days.
        price_per_kwh: Electricity price in dollars per kilowatt-hour.
    """
    _within(0, 24, hours_per_day=hours_per_day)
    kwh = watts * hours_per_day * days / 1000
    return {"kwh": round(kwh, 2), "cost": round(kwh * price_per_kwh, 2)}


@tool(
    asks=(
        "How much (power|energy) would {panel_count} panels of {panel_watts} watts (make|give us) with "
        "{sun_hours} hours of sun a day[ and {efficiency_percent}% efficiency]?",
        "We want to put {panel_count} solar panels on the roof. They have {panel_watts} watts each[, sun "
        "{sun_hours} hours daily]. (What's the yield|How many kWh is that)?",
        "solar {panel_count} x {panel_watts}W, {sun_hours} sun hours[, eff {efficiency_percent}%]",
        "{sun_hours} hours of sun per day on average here, a module delivers {panel_watts} W peak. Yield of "
        "the plant[ with {panel_count} modules]?",
        "Please estimate the output of a photovoltaic system comprising {panel_count} modules[ rated "
        "{panel_watts} watts][ at {sun_hours} peak sun hours per day][, system efficiency "
        "{efficiency_percent} percent].",
        "is it worth it? {panel_count} panels[, {panel_watts} watts each], {sun_hours} hours of sunshine, "
        "what comes out",
    ),
    answer="The panels yield about {daily_kwh} kWh a day, or {yearly_kwh} kWh a year.",
)
def estimate_solar_output(
    panel_count: Annotated[int, Between(4, 36)],
    panel_watts: Annotated[int, Pick(280, 310, 330, 350, 375, 400, 410, 430, 450)],
    sun_hours: Annotated[float, Between(2, 7)],
    efficiency_percent: Annotated[int, Between(65, 95)] = 80,
) -> dict[str, float]:
    """Estimate the yield of rooftop solar panels.

    Args:
        panel_count: Number of panels.
        panel_watts: Peak power of one panel in watts.
        sun_hours: Peak sun hours per day.
        efficiency_percent: Efficiency of the whole system in percent.
    """
    _within(1, 100, efficiency_percent=efficiency_percent)
    daily = panel_count * panel_watts * sun_hours * efficiency_percent / 100 / 1000
    return {"daily_kwh": round(daily, 2), "yearly_kwh": round(daily * 365)}


@tool(
    asks=(
        "When the {trigger.sensor} is {trigger.event}, {action}.",
        "(Make a rule|Set up an automation): if the {trigger.sensor} is {trigger.event} then {action}[, but "
        "only after {active_after}].",
        "if {trigger.sensor} {trigger.event} -> {action}",
        "I'd like my house to be smarter.[ Watch the {trigger.sensor}, and when it's {trigger.event},] {action}.",
        "Please define an automatic reaction[ to the {trigger.sensor} being {trigger.event}]: {action}[, at "
        "most every {cooldown_minutes} minutes].",
        "{action} (every time|whenever) the {trigger.sensor} is {trigger.event}[, but wait "
        "{cooldown_minutes} minutes between two runs]",
    ),
    answer="The rule {rule_id} is active.",
)
def add_when_then_rule(
    trigger: Trigger,
    action: Annotated[str, Pick(*_ACTIONS)],
    active_after: Time | None = None,
    cooldown_minutes: Annotated[int, Pick(5, 10, 15, 30, 60)] = 0,
) -> dict[str, Any]:
    """Create an automation that reacts to a sensor.

    Args:
        trigger: Sensor and the event it has to report.
        action: What is to be done, in words.
        active_after: Time of day from which the rule is active (24-hour HH:MM).
        cooldown_minutes: Shortest time between two runs in minutes.
    """
    if not action.strip():
        raise ValueError("action must not be empty")
    return {
        "rule_id": f"rule-{_stable(100, 999, trigger['sensor'], trigger['event'], action)}",
        "after": active_after,
    }


@tool(
    asks=(
        "(Arm|Set) the alarm[ in {mode} mode][ with a delay of {entry_delay} seconds].",
        "Can you please activate the (alarm|security) system[, mode {mode}]?",
        "arm {mode}[ {entry_delay}s][, skip {bypass}]",
        "I feel safer that way. (Turn|Switch) the burglar alarm on[, {mode} mode][ and leave out the {bypass}].",
        "Please put the intrusion detection into operation[, mode {mode}][, with an entry delay of "
        "{entry_delay} seconds].",
        "Alarm to {mode}[, but ignore the {bypass} because it's open]!",
    ),
    answer="The alarm is armed in {mode} mode.",
)
def arm_alarm(
    mode: Literal["home", "away", "night", "vacation"],
    entry_delay: Annotated[int, Pick(15, 20, 45, 60, 90, 120)] = 30,
    bypass: Door | None = None,
) -> dict[str, Any]:
    """Arm the burglar alarm.

    Args:
        mode: Protection mode.
        entry_delay: Seconds to disarm the alarm after coming in.
        bypass: Door that is left out.
    """
    _within(0, 600, entry_delay=entry_delay)
    return {"mode": mode, "entry_delay": entry_delay, "sensors": 12 - (1 if bypass else 0)}


@tool(
    asks=(
        "(Start|Run) the {device} at {start_time}[ on the {program} program][ for {duration_minutes} minutes].",
        "Power is cheap at {start_time}, so have the {device} (begin|start) then[, program {program}].",
        "{device} @ {start_time}[ {program}][ {duration_minutes}min]",
        "I've already prepared everything. Could you (switch on|turn on) the {device} (later|for me)[, at "
        "{start_time}]?",
        "Please program the {device} for a delayed start[ at {start_time}][, run time {duration_minutes} minutes].",
        "set a timer[ for the {device}], it should go on at {start_time}[ and off after {duration_minutes} minutes]",
    ),
    answer="The {device} will start at {start_time} with the {program} program.",
)
def appliance_timer(
    device: Annotated[str, Pick(*_TIMED)],
    start_time: Time,
    program: Literal["eco", "normal", "quick", "intensive"] = "normal",
    duration_minutes: Annotated[int, Pick(15, 20, 30, 45, 60, 90, 120)] | None = None,
) -> dict[str, Any]:
    """Let an appliance start later by itself.

    Args:
        device: Appliance to start.
        start_time: Time of the start (24-hour HH:MM).
        program: Program to run.
        duration_minutes: Run time in minutes; as long as the program takes if omitted.
    """
    minutes = duration_minutes or {"eco": 150, "normal": 90, "quick": 30, "intensive": 120}[program]
    return {"program": program, "minutes": minutes}
