"""Calendar: meetings, reminders, availability, recurring events and date arithmetic."""

import calendar
import datetime as dt
from typing import Annotated, Any, Literal, TypedDict
from zlib import crc32

from sftctl.core.tools import Between, Date, DateTime, Fake, Pick, Size, Time, tool

Title = Annotated[str, Pick(
    "sprint planning", "quarterly review", "budget sync", "design critique", "onboarding session",
    "client kickoff", "board meeting", "product demo", "team retrospective", "hiring debrief",
    "yoga class", "marketing stand-up", "security audit review", "roadmap workshop", "press briefing",
    "contract negotiation", "team lunch", "piano lesson", "parents' evening",
)]  # fmt: skip
Errand = Annotated[str, Pick(
    "call the dentist", "renew my passport", "pay the electricity bill", "water the plants",
    "pick up the dry cleaning", "submit the expense report", "take my medication",
    "book the ferry tickets", "send Grandma a birthday card", "return the library books",
    "defrost the turkey", "back up my laptop", "cancel the gym trial", "feed the neighbour's cat",
    "order new contact lenses", "move the car before street cleaning",
)]  # fmt: skip
Location = Annotated[str, Pick(
    "room 4B", "the boardroom", "meeting room 2", "the cafeteria", "the annex", "Building 7", "the rooftop "
    "terrace",
    "Maria's office", "the canteen", "the coffee corner", "the west foyer", "the north wing", "the lobby",
    "lab 12", "the Berlin office",
)]  # fmt: skip
Reason = Annotated[str, Pick(
    "illness", "a scheduling conflict", "low attendance", "the budget freeze", "travel delays", "a fire "
    "drill",
    "a public holiday", "bad weather", "a power cut", "an urgent client visit", "missing documents",
    "the train strike", "a family emergency", "overlapping deadlines", "a reorganisation",
)]  # fmt: skip
Room = Annotated[str, Pick(
    "Room 101", "Room 3.14", "the Atrium", "the Fishbowl", "the Ada Lovelace room", "Conference Room B",
    "the training lab", "the Curie room", "Studio 2", "the library", "the Turing room", "the Garden Hall",
    "Room 208", "the Everest room", "the basement studio",
)]  # fmt: skip
EventId = Annotated[str, Pick(*(f"evt-{number}" for number in range(1042, 1990, 47)))]
Zone = Annotated[str, Pick("UTC", "PST", "MST", "CST", "EST", "AST", "BRT", "CET", "EET", "MSK", "EAT", "GST",
                           "IST", "ICT", "SGT", "HKT", "JST", "AEST", "NZST")]  # fmt: skip
Month = Literal[
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
]  # fmt: skip
Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

_OFFSETS = {
    "UTC": 0, "PST": -8, "MST": -7, "CST": -6, "EST": -5, "AST": -4, "BRT": -3, "CET": 1, "EET": 2, "MSK": 3,
    "EAT": 3, "GST": 4, "IST": 5.5, "ICT": 7, "SGT": 8, "HKT": 8, "JST": 9, "AEST": 10, "NZST": 12,
}  # fmt: skip
_WEEKDAYS = {
    "English": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    "German": ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
    "French": ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
    "Spanish": ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
}


class Slot(TypedDict):
    """A stretch of time on one day."""

    date: Date
    start: Time
    hours: Annotated[float, Pick(0.5, 1.5, 2, 2.5, 3, 4)]


def _hash(*parts: object) -> int:
    return crc32("|".join(map(str, parts)).encode())


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")[:2]
    return int(hours) * 60 + int(minutes)


def _clock(minutes: float) -> str:
    return f"{int(minutes) // 60 % 24:02d}:{int(minutes) % 60:02d}"


def _plus_months(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _step(day: dt.date, amount: int, unit: str) -> dt.date:
    if unit in ("days", "weeks"):
        return day + dt.timedelta(days=amount * (7 if unit == "weeks" else 1))
    return _plus_months(day, amount * (12 if unit == "years" else 1))


@tool(
    asks=(
        "(Schedule|Set up|Book) {title} on {date}[ at {start}][ for {duration_minutes} minutes][ with {attendees}].",
        "(Can|Could) you put {title} on my calendar[ for {date}], starting at {start}[ and lasting "
        "{duration_minutes} minutes]?",
        "{title}, {date}[, {start}][, {location}]",
        "I need {title} on the calendar[ on {date}][ at {start}].[ Please invite {attendees}.][ It will be "
        "in {location}.]",
        "We agreed on {date} for {title}, so (please |)send out the invite[ for {start}][, "
        "{duration_minutes} minutes long].",
        "Kindly arrange {title}[ on {date}] at {start}[ in {location}][ and invite {attendees}].",
    ),
    answer="Done: {title} is on the calendar for {date} until {ends}, under the number {event_id}.",
)
def schedule_meeting(
    title: Title,
    date: Date,
    start: Time,
    duration_minutes: Annotated[int, Pick(15, 20, 30, 45, 60, 90, 120)] = 30,
    attendees: Annotated[list[Annotated[str, Fake("email")]], Size(1, 3)] | None = None,
    location: Location | None = None,
) -> dict[str, Any]:
    """Put a single meeting on the calendar and invite the attendees.

    Args:
        title: Title of the meeting.
        date: Day of the meeting, YYYY-MM-DD.
        start: Start time, 24-hour HH:MM.
        duration_minutes: Length in minutes.
        attendees: E-mail addresses of the people to invite.
        location: Room or building where it takes place.
    """
    begin = _minutes(start)
    return {
        "event_id": f"evt-{_hash(title, date, start) % 9000 + 1000}",
        "starts": f"{_day(date)}T{_clock(begin)}",
        "ends": _clock(begin + duration_minutes),
        "invited": len(attendees or []),
        "location": location or "",
    }


@tool(
    asks=(
        "(Add|Create) {title} as a {repeat} event[ from {first_date}][ for {occurrences} occurrences].",
        "We do {title} {repeat}, (the first one is|beginning) on {first_date}. Put[ {occurrences} of] them "
        "in my calendar.",
        "{title}, {repeat}, first time {first_date}[, {occurrences} times][, {skip_weekends:skip "
        "weekends|weekends included}]",
        "Starting {first_date}, I want {title} to repeat {repeat}[ for {occurrences} times].",
        "Could you block time for {title}[ {repeat}][ beginning on {first_date}]?[ {skip_weekends:Leave out "
        "Saturdays and Sundays|Saturdays and Sundays are fine too}.]",
        "From {first_date} on, {title} should happen {repeat}[ and stop after {occurrences} sessions].",
    ),
    answer="{title} now repeats {repeat} from {first_date}, the last time on {last_date}.",
)
def create_recurring_event(
    title: Title,
    first_date: Date,
    repeat: Literal["daily", "weekly", "monthly", "yearly"],
    occurrences: Annotated[int, Between(2, 24)] = 10,
    skip_weekends: bool = False,
) -> dict[str, Any]:
    """Create a series of calendar events that repeats at a fixed interval.

    Args:
        title: Title of every event in the series.
        first_date: Day of the first event, YYYY-MM-DD.
        repeat: How often the event repeats.
        occurrences: Number of events in the series.
        skip_weekends: Whether events that fall on a Saturday or Sunday are left out.
    """
    if occurrences < 1:
        raise ValueError("occurrences must be at least 1")
    unit = {"daily": "days", "weekly": "weeks", "monthly": "months", "yearly": "years"}[repeat]
    days = [_step(_day(first_date), index, unit) for index in range(occurrences)]
    kept = [day for day in days if day.weekday() < 5 or not skip_weekends]
    series = f"ser-{_hash(title, first_date, repeat) % 9000 + 1000}"
    return {"series_id": series, "count": len(kept), "last_date": str((kept or days)[-1])}


@tool(
    asks=(
        "Remind me to {task}[ on {when}][ via {channel}].",
        "(Can|Could|Would) you make sure I don't forget to {task}[ on {when}]?[ Alert me by {channel}.]",
        "reminder: {task}, {when}[, {channel}]",
        "I have to {task} on {when}. (Please give me a nudge|Ping me)[ {nudge_minutes_before} minutes earlier].",
        "For {when}: {task}. (Don't let me forget|I keep forgetting this)![ A heads-up by {channel} would be best.]",
        "Set an alert[ for {when}] so that I {task}[, with an early warning {nudge_minutes_before} minutes ahead].",
    ),
    answer="The reminder is set for {when}: {task}.",
)
def set_reminder(
    task: Errand,
    when: DateTime,
    channel: Literal["push", "email", "sms"] = "push",
    nudge_minutes_before: Annotated[int, Pick(5, 10, 15, 30, 45, 60)] | None = None,
) -> dict[str, Any]:
    """Set a reminder for something to do at a given date and time.

    Args:
        task: What to be reminded of.
        when: Date and time of the reminder, YYYY-MM-DDTHH:MM.
        channel: How the reminder is delivered.
        nudge_minutes_before: Minutes before `when` at which an additional early alert is sent.
    """
    moment = dt.datetime.fromisoformat(when)
    early = moment - dt.timedelta(minutes=nudge_minutes_before or 0)
    return {
        "reminder_id": f"rem-{_hash(task, when) % 900 + 100}",
        "first_alert": early.isoformat(timespec="minutes"),
        "channel": channel,
    }


@tool(
    asks=(
        "Alert me[ {lead_time} {unit}] before {event} starts.",
        "(Give me|I'd like) a heads-up {lead_time} {unit} ahead of {event}.",
        "{event}: notify me {lead_time} {unit} in advance",
        "I always arrive late for {event}. (Warn|Notify) me[ {lead_time} {unit} beforehand], please.",
        "Can I get an alert for {event}[ {lead_time} {unit} prior]?[ {repeat:Keep doing that for later "
        "dates too|Only this once}.]",
        "Add a notification to {event}, {lead_time} {unit} before it begins[, {repeat:every time|just for "
        "the next one}].",
    ),
    answer="You will be notified {lead_time} {unit} before {event}.",
)
def event_alert(
    event: Title,
    lead_time: Annotated[int, Between(2, 50)],
    unit: Literal["minutes", "hours", "days"],
    repeat: bool = False,
) -> dict[str, Any]:
    """Attach an alert to an event that is already on the calendar, some time before it starts.

    Args:
        event: Title of the existing event.
        lead_time: How long before the start the alert fires, in `unit`.
        unit: Unit of the lead time.
        repeat: Whether the alert also applies to later occurrences of the event.
    """
    if lead_time < 0:
        raise ValueError("lead_time must not be negative")
    minutes = lead_time * {"minutes": 1, "hours": 60, "days": 1440}[unit]
    return {"event_id": f"evt-{_hash(event) % 9000 + 1000}", "minutes_before": minutes, "repeat": repeat}


@tool(
    asks=(
        "How many days (are there between|lie between) {start_date} and {end_date}?",
        "(Count|Work out) the days from {start_date}[ to {end_date}][, {include_end:counting the last "
        "day|not counting the last day}].",
        "days {start_date} - {end_date}",
        "We got married on {start_date}. How many days had passed[ by {end_date}]?",
        "I moved in on {start_date} and out on {end_date}: how many days is that[, {include_end:move-out "
        "day included|move-out day excluded}]?",
        "What's the distance in days[ from {start_date}] to {end_date}?",
    ),
    answer="There are {result} days between {start_date} and {end_date}.",
)
def days_between(start_date: Date, end_date: Date, include_end: bool = False) -> int:
    """Count the calendar days from one date to another.

    Args:
        start_date: First date, YYYY-MM-DD.
        end_date: Second date, YYYY-MM-DD.
        include_end: Whether the second date itself is counted as a day too.
    """
    return abs((_day(end_date) - _day(start_date)).days) + include_end


@tool(
    asks=(
        "How many (working|business) days are there between {from_date} and {to_date}[, given that "
        "{holidays} are off]?",
        "(Count|Tell me) the weekdays from {from_date}[ through {to_date}].",
        "business days {from_date} to {to_date}[, holidays {holidays}]",
        "The contract runs[ from {from_date}] until {to_date}. How many work days does that give us[ if we "
        "close on {holidays}]?",
        "I'd like to know how many days people actually work between {from_date} and {to_date}, weekends excluded.",
        "Number of working days in the period that starts on {from_date}[ and ends on {to_date}], please.",
    ),
    answer="There are {result} working days from {from_date} to {to_date}.",
)
def count_business_days(
    from_date: Date, to_date: Date, holidays: Annotated[list[Date], Size(2, 3)] | None = None
) -> int:
    """Count the days from Monday to Friday in a period, both ends included, less holidays.

    Args:
        from_date: First day of the period, YYYY-MM-DD.
        to_date: Last day of the period, YYYY-MM-DD.
        holidays: Public holidays to leave out, each YYYY-MM-DD.
    """
    first, last = sorted((_day(from_date), _day(to_date)))
    off = {_day(holiday) for holiday in holidays or []}
    days = (first + dt.timedelta(days=index) for index in range((last - first).days + 1))
    return sum(day.weekday() < 5 and day not in off for day in days)


@tool(
    asks=(
        "(What date is|Which day is|What will the date be) {amount} {unit} {direction} {date}?",
        "{amount} {unit} {direction} {date} = ?",
        "The warranty was issued on {date}. I need the date {amount} {unit} {direction} that.",
        "(Take|Start from) {date} and tell me the date {amount} {unit} {direction} it.",
        "My deadline is[ {amount} {unit}] {direction} {date}, what day does that land on?",
        "Please compute the calendar date that lies[ {amount} {unit}] {direction} {date}.",
    ),
    answer="{amount} {unit} {direction} {date} is {result}.",
)
def date_offset(
    date: Date,
    amount: Annotated[int, Between(2, 60)],
    unit: Literal["days", "weeks", "months", "years"],
    direction: Literal["after", "before"],
) -> str:
    """Calculate the date that lies a given time span after or before a date.

    Args:
        date: Date to start from, YYYY-MM-DD.
        amount: Length of the time span, in `unit`.
        unit: Unit of the time span.
        direction: Whether to go forward or back in time.
    """
    return str(_step(_day(date), amount if direction == "after" else -amount, unit))


@tool(
    asks=(
        "(What day of the week|Which weekday) is it[ on {date}]?",
        "On what weekday (does|did) {date} fall?[ Answer in {language}.]",
        "weekday {date}[ {language}]",
        "I was told to come on {date}. Is that a Monday, a Tuesday or what?",
        "My grandfather says it was a Sunday, but what day of the week was {date} really?[ Tell me its "
        "{language} name.]",
        "Give me the[ {language}] name of the weekday for {date}.",
    ),
    answer="{date} is a {result}.",
)
def weekday_of(date: Date, language: Literal["English", "German", "French", "Spanish"] = "English") -> str:
    """Tell the day of the week of a date.

    Args:
        date: Date in question, YYYY-MM-DD.
        language: Language of the weekday's name.
    """
    return _WEEKDAYS[language][_day(date).weekday()]


@tool(
    asks=(
        "When (is|does) the {position} {weekday} of {month}[ {year}] (fall|come)?",
        "(Give me|Tell me) the date of the {position} {weekday} in {month}[ {year}].",
        "{position} {weekday} of {month} {year}, which date?",
        "Our club meets on the {position}[ {weekday}] of {month}. What's the date in {year}?",
        "For the {year} calendar I need the {position} {weekday} in {month}.",
        "In {year}, on which day of the month is the {position} {weekday} of {month}?",
    ),
    answer="The {position} {weekday} of {month} {year} is {result}.",
)
def nth_weekday_of_month(
    year: Annotated[int, Between(2019, 2039)],
    month: Month,
    weekday: Weekday,
    position: Literal["first", "second", "third", "fourth", "last"],
) -> str:
    """Find the date of, for example, the third Thursday of a month.

    Args:
        year: Four-digit year.
        month: Name of the month.
        weekday: Day of the week to look for.
        position: Which of the month's weekdays of that name is meant.
    """
    number = list(calendar.month_name).index(month)
    days = [
        day
        for day in calendar.Calendar().itermonthdates(year, number)
        if day.month == number and calendar.day_name[day.weekday()] == weekday
    ]
    return str(days[["first", "second", "third", "fourth"].index(position) if position != "last" else -1])


@tool(
    asks=(
        "(Find|Look for)[ {duration_minutes}] free minutes in {person}'s calendar on {date}[, preferably in "
        "the {part_of_day}].",
        "When on {date} could I get {duration_minutes} minutes with {person}?",
        "I need to talk to {person} for {duration_minutes} minutes[ on {date}]. When is there a gap?",
        "{person}, {date}, {duration_minutes} minutes: any gap[ in the {part_of_day}]?",
        "Does {person} have an opening of {duration_minutes} minutes[ on {date}][ in the {part_of_day}]?",
        "Suggest a time on {date} when {person} has {duration_minutes} minutes to spare.",
    ),
    answer="{person} has a free slot on {date} at {start}.",
)
def find_free_slot(
    person: Annotated[str, Fake("first_name")],
    date: Date,
    duration_minutes: Annotated[int, Pick(15, 20, 30, 40, 45, 60, 75, 90)],
    part_of_day: Literal["morning", "afternoon", "evening"] = "morning",
) -> dict[str, str]:
    """Find an open slot of a given length in one person's calendar on a given day.

    Args:
        person: First name of the person.
        date: Day to search, YYYY-MM-DD.
        duration_minutes: Length of the slot in minutes.
        part_of_day: Part of the day in which the slot should start.
    """
    opening = {"morning": 8, "afternoon": 13, "evening": 17}[part_of_day] * 60
    start = opening + _hash(person, _day(date), part_of_day) % 12 * 15
    return {"start": _clock(start), "end": _clock(start + duration_minutes)}


@tool(
    asks=(
        "Are {people} (all |)free on {date}[ at {time}]?",
        "Who of {people} (has time|is available) on {date} at {time}?",
        "availability of {people}[ on {date}] at {time}",
        "I'm thinking of {date}, {time}, for the offsite. Would that work for {people}?",
        "Before I send the invite: check whether {people} can make it on {date}[ at {time}][ for {hours} hours].",
        "Please verify that {people} have nothing else on {date} at {time}[, for the next {hours} hours].",
    ),
    answer="Free at that time: {free_count}; busy: {busy_count}.",
)
def check_availability(
    people: Annotated[list[Annotated[str, Fake("first_name")]], Size(2, 4)],
    date: Date,
    time: Time,
    hours: Annotated[float, Pick(1.5, 2, 2.5, 3, 4)] = 1.0,
) -> dict[str, Any]:
    """Check which of several people are free at a given date and time.

    Args:
        people: First names of the people.
        date: Day to check, YYYY-MM-DD.
        time: Start of the time in question, 24-hour HH:MM.
        hours: How long they have to be free, in hours.
    """
    busy = [name for name in people if _hash(name, _day(date), _minutes(time)) % 12 < 1 + hours]
    free = [name for name in people if name not in busy]
    return {"free": free, "busy": busy, "free_count": len(free), "busy_count": len(busy)}


@tool(
    asks=(
        "(Cancel|Call off|Delete) my event[ {event_id}][, {notify_attendees:and let everyone know|but do it quietly}].",
        "{event_id} is not happening[ because of {reason}]. (Take it off|Remove it from) the calendar.",
        "drop {event_id}[, reason: {reason}]",
        "Could you get rid of {event_id} on my calendar?[ The reason is {reason}.]",
        "Please strike {event_id} from the schedule[ owing to {reason}][ and {notify_attendees:inform the "
        "guests|do not inform the guests}].",
    ),
    answer="{event_id} has been cancelled.",
)
def cancel_event(
    event_id: EventId,
    reason: Reason | None = None,
    notify_attendees: bool = True,
) -> dict[str, Any]:
    """Cancel an event and take it off the calendar.

    Args:
        event_id: Number of the event, such as evt-1042.
        reason: Why it is cancelled, as told to the attendees.
        notify_attendees: Whether the attendees get a cancellation notice.
    """
    return {"event_id": event_id, "status": "cancelled", "reason": reason or "", "notified": notify_attendees}


@tool(
    asks=(
        "(Move|Push|Shift) {event_id} to {new_date}[ at {new_time}].",
        "{event_id} doesn't work for me any more. Can we do it on {new_date}[ at {new_time}] instead?",
        "{event_id} -> {new_date}[ {new_time}]",
        "We need another date for {event_id}[, make it {new_date}].",
        "Please reschedule {event_id}[ for {new_date}][, {keep_room:same room|a different room is fine}].",
        "The client asked to have {event_id} on {new_date}[, starting {new_time}]. Update the calendar.",
    ),
    answer="{event_id} now takes place on {new_date}.",
)
def reschedule_event(
    event_id: EventId, new_date: Date, new_time: Time | None = None, keep_room: bool = True
) -> dict[str, Any]:
    """Move an existing event to another day, and to another time if one is given.

    Args:
        event_id: Number of the event, such as evt-1042.
        new_date: New day, YYYY-MM-DD.
        new_time: New start time, 24-hour HH:MM; the old one stays if it is left out.
        keep_room: Whether the room booking moves along with the event.
    """
    start = _clock(_minutes(new_time) if new_time else 480 + _hash(event_id) % 36 * 15)
    return {"event_id": event_id, "starts": f"{_day(new_date)}T{start}", "keep_room": keep_room}


@tool(
    asks=(
        "(What time is it|What's the time) in {target_zone} when it's {time} in {source_zone}?",
        "Convert {time} {source_zone} to {target_zone}.",
        "{time} {source_zone} in {target_zone}?",
        "The webinar starts at {time} {source_zone}. When is that[ in {target_zone}]?",
        "My colleagues are on {target_zone} and I'm on {source_zone}; if I call[ at {time}], what does "
        "their clock say?",
        "Express {time}[ from {source_zone}] in {target_zone}[, using a {clock_format} clock].",
    ),
    answer="{time} {source_zone} is {converted} {target_zone}.",
)
def convert_time_zone(
    time: Time, source_zone: Zone, target_zone: Zone, clock_format: Literal["12-hour", "24-hour"] = "24-hour"
) -> dict[str, Any]:
    """Convert a time of day from one time zone to another, by standard time.

    Args:
        time: Time in the source zone, 24-hour HH:MM.
        source_zone: Abbreviation of the zone that `time` is in, such as CET.
        target_zone: Abbreviation of the zone to convert to, such as JST.
        clock_format: Format of the converted time.
    """
    if source_zone not in _OFFSETS or target_zone not in _OFFSETS:
        raise ValueError(f"unknown time zone: {source_zone} or {target_zone}")
    shift, minutes = divmod(_minutes(time) + (_OFFSETS[target_zone] - _OFFSETS[source_zone]) * 60, 1440)
    converted = dt.time.fromisoformat(_clock(minutes))
    pattern = "%I:%M %p" if clock_format == "12-hour" else "%H:%M"
    return {"converted": converted.strftime(pattern), "day_shift": int(shift)}


@tool(
    asks=(
        "If we start at {start} and the agenda items take {item_minutes} minutes, when are we done[, with "
        "{break_minutes} minutes of break in between]?",
        "(Work out|Tell me) when a session that begins at {start} ends. The parts last {item_minutes} minutes.",
        "start {start}, items {item_minutes} min[, breaks {break_minutes} min], end?",
        "I have talks of {item_minutes} minutes planned[ from {start}]. What time will it be over?",
        "Our workshop blocks are {item_minutes} minutes long and the first begins[ at {start}][, each "
        "followed by a pause of {break_minutes} minutes]; please give the finishing time.",
    ),
    answer="The last item ends at {result}.",
)
def agenda_end_time(
    start: Time,
    item_minutes: Annotated[list[Annotated[int, Pick(5, 10, 15, 20, 25, 30, 40, 45, 60)]], Size(2, 5)],
    break_minutes: Annotated[int, Pick(5, 10, 15)] = 0,
) -> str:
    """Calculate at what time an agenda ends, given when it starts and how long its items take.

    Args:
        start: Start time, 24-hour HH:MM.
        item_minutes: Length of each agenda item in minutes.
        break_minutes: Length of the break between two items in minutes.
    """
    if not item_minutes or min(item_minutes) < 0:
        raise ValueError("item_minutes needs at least one length, none negative")
    return _clock(_minutes(start) + sum(item_minutes) + break_minutes * (len(item_minutes) - 1))


@tool(
    asks=(
        "(Reserve|Get me|Book) {room} on {slot.date} from {slot.start} for {slot.hours} hours[, we're "
        "{headcount} people].",
        "Is {room} bookable on {slot.date} at {slot.start}? I want it for {slot.hours} hours[ and need {equipment}].",
        "{room} / {slot.date} / {slot.start} / {slot.hours} h[ / {headcount} seats]",
        "We'll be {slot.hours} hours in {room} on {slot.date}, starting at {slot.start}, so (please "
        "hold|hold) it for us[ with {equipment}].",
        "A workshop is coming up on {slot.date} at {slot.start} and takes {slot.hours} hours. (Please "
        "reserve|Reserve) {room}[ for {headcount} attendees][, equipped with {equipment}].",
        "I hereby request the use of a meeting room[, namely {room},] on {slot.date}, {slot.start}, for the "
        "duration of {slot.hours} "
        "hours.",
    ),
    answer="{room} is yours until {until}; the confirmation is {confirmation}.",
)
def room_booking(
    room: Room,
    slot: Slot,
    headcount: Annotated[int, Between(3, 40)] | None = None,
    equipment: Annotated[list[Literal["projector", "whiteboard", "microphone", "webcam"]], Size(1, 2)] | None = None,
) -> dict[str, Any]:
    """Reserve a meeting room for a stretch of time.

    Args:
        room: Name of the room.
        slot: When the room is needed: date (YYYY-MM-DD), start (24-hour HH:MM) and length in hours.
        headcount: Number of people expected.
        equipment: Equipment to be provided in the room.
    """
    if slot["hours"] <= 0:
        raise ValueError("the slot must last longer than 0 hours")
    until = _clock(_minutes(slot["start"]) + slot["hours"] * 60)
    confirmation = f"RB{_hash(room, _day(slot['date']), slot['start']) % 90000 + 10000}"
    return {"confirmation": confirmation, "until": until, "seats": headcount or 0, "extras": equipment or []}
