"""The user's own phone, laptop or tablet: battery, storage, apps, networks, sound, screen, calls and alarms."""

import zlib
from typing import Annotated, Any, Literal

from sftctl.core.tools import Between, Date, Pick, Size, Time, tool

_APPS = (
    ("Browser", 912, 14, False), ("Camera", 388, 9, False), ("Chat", 301, 6, True), ("Cloud Sync", 244, 5, True),
    ("Maps", 533, 11, False), ("Music", 276, 4, True), ("Notes", 97, 1, False), ("Photo Backup", 418, 8, True),
    ("Podcasts", 189, 3, True), ("Video Editor", 1460, 22, False), ("Weather", 64, 1, True), ("Mail", 203, 2, True),
)  # fmt: skip
"""Name, memory in MB, battery use in percent, and whether it is in the background."""
_NETWORKS = (
    ("Blue Heron Guest", "2.4 GHz", 78, False), ("Casa Moreno", "5 GHz", 64, True), ("Flat 12", "5 GHz", 91, True),
    ("Library Free", "5 GHz", 43, False), ("Nest of Owls", "6 GHz", 57, True), ("Tram Stop", "2.4 GHz", 22, False),
    ("printer-4471", "2.4 GHz", 35, True),
)  # fmt: skip
"""Name, band, strength of the signal in percent, and whether it asks for a password."""
_ALARMS = (
    ("05:50", "rowing", ("Tuesday", "Thursday"), True), ("06:45", "work", ("Monday", "Tuesday", "Wednesday"), True),
    ("07:15", "school run", ("Thursday", "Friday"), True), ("08:30", "market", ("Saturday",), False),
    ("09:00", "call Grandma", ("Sunday",), True), ("21:30", "wind down", ("Friday", "Sunday"), False),
)  # fmt: skip
"""Time, label, days, and whether it is switched on."""
_UPDATES = (
    ("system 17.4", "system", False), ("system 18.0 beta", "system", True), ("Maps 9.2", "app", False),
    ("Chat 5.1 beta", "app", True), ("June patch", "security", False), ("graphics 31.2", "driver", False),
)  # fmt: skip
"""Name, kind, and whether it is a beta version."""

App = Annotated[str, Pick(
    "Chat", "Mail", "Calendar", "the bank app", "Photos", "Messages", "the weather app", "Podcasts", "the news app",
    "the train app", "Notes", "the fitness app", "the parcel app", "Slack",
)]  # fmt: skip
Contact = Annotated[str, Pick(
    "Mum", "Dad", "Leila", "Jonas", "the dentist", "Priya", "Aunt Rosa", "my landlord", "Tomasz", "the garage",
    "Ingrid", "Dr. Okafor", "the school", "Marcus",
)]  # fmt: skip
Gadget = Annotated[str, Pick(
    "kitchen speaker", "grey headphones", "car stereo", "running earbuds", "living room TV", "desk keyboard",
    "game controller", "hearing aids", "soundbar", "smartwatch", "travel mouse", "bathroom radio",
)]  # fmt: skip
Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
Channel = Literal["media", "ringtone", "alarm", "call"]


def _stable(low: int, high: int, *parts: object) -> int:
    """A whole number from `low` to `high` that depends on `parts` alone."""
    return low + zlib.crc32("|".join(str(part).lower() for part in parts).encode()) % (high - low + 1)


def _within(low: float, high: float, **numbers: float) -> None:
    for name, number in numbers.items():
        if not low <= number <= high:
            raise ValueError(f"{name} must be from {low} to {high}")


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"


# ---------------------------------------------------------------- without any parameter


@tool(
    asks=(
        "(Get|Check|Tell me) the battery level.",
        "How much (battery|charge) do I have left?",
        "battery?",
        "I'm about to leave, is my phone charged enough? (Check|Have a look at) the battery.",
        "Would you kindly tell me how far the battery is charged?",
        "how long till my (phone|laptop|tablet) dies on me",
        "Is this thing charging, and what percentage is it at?",
        "My (laptop|tablet) has been unplugged since breakfast. How much juice is left?",
    ),
    answer="The battery is at {percent}% and should last for about {hours_left} hours.",
)
def battery_level() -> dict[str, Any]:
    """Get the battery level of the device and whether it is charging."""
    return {"percent": 63, "charging": False, "hours_left": 6.5}


@tool(
    asks=(
        "(Show|Give me) the storage summary.",
        "How much (space|storage) is left on my (phone|laptop|tablet)?",
        "storage?",
        "free space on this device, pls",
        "It won't let me save the video. How much room do I have left, and what takes up the rest?",
        "Could you please report how the internal storage is used?",
        "what's eating all the space on my (phone|laptop)",
        "I'd like to download a few films for the flight. (Do I have|Is there) enough storage?",
    ),
    answer="{free_gb} of {total_gb} GB are free; most of the rest is taken up by {largest}.",
)
def storage_summary() -> dict[str, Any]:
    """Show how much storage of the device is used and what takes up most of it."""
    return {"total_gb": 128, "used_gb": 97.4, "free_gb": 30.6, "largest": "photos and videos"}


@tool(
    asks=(
        "(Show|Get) the device info.",
        "What (phone|computer|model) is this, exactly?",
        "model + os version?",
        "Support wants my serial number. (Look it up|Can you find it), please.",
        "Please state the model, the system version and the serial number of this device.",
        "what am i even running here, which model and which os",
        "I'm selling this tablet and need its exact model and serial number for the ad.",
    ),
    answer="It is a {model} with {system}, serial number {serial_number}.",
)
def get_device_info() -> dict[str, str]:
    """Get the model, the operating system and the serial number of the device."""
    return {"model": "Halden Nova 8", "system": "Aster OS 17.3", "serial_number": "HN8-40277-LQ"}


@tool(
    asks=(
        "Lock (my screen|the screen|my phone).",
        "(Could|Can) you lock this (device|laptop), please?",
        "lock screen now",
        "I'm stepping away from my desk for a minute. Lock the (laptop|computer).",
        "Kindly secure this device with the lock screen.",
        "my little brother is coming, quick, lock my (phone|tablet)",
        "Nobody should be able to use my (phone|tablet) while it lies here, so put the lock screen on.",
    ),
    answer="The screen is locked; unlock it with {unlock_with}.",
)
def lock_screen() -> dict[str, Any]:
    """Lock the screen of the device right away."""
    return {"locked": True, "unlock_with": "your fingerprint or PIN"}


@tool(
    asks=(
        "(Clear|Empty|Wipe) the clipboard.",
        "Can you empty my clipboard(, please|)?",
        "clipboard: clear it",
        "I've just copied a password. Make sure nothing (stays|is left) on the clipboard.",
        "Please remove everything that is currently on the clipboard.",
        "get rid of the stuff i copied, clipboard should be empty",
        "I'm about to share this laptop with a colleague, so delete whatever I have copied, please.",
    ),
    answer="The clipboard is empty now, {removed} entries were removed.",
)
def clear_clipboard() -> dict[str, int]:
    """Clear the clipboard of the device."""
    return {"removed": 4}


@tool(
    asks=(
        "Is do-not-disturb (on|active|enabled)?",
        "(Check|Tell me) whether do not disturb is (on|switched on).",
        "dnd status",
        "My phone has been silent all day. Do I have do-not-disturb on?",
        "Would you please verify whether the do-not-disturb mode is enabled?",
        "am i on dnd or what",
        "Until when am I in do not disturb?",
    ),
    answer="Do-not-disturb is {state} until {until}, with calls from {exceptions} let through.",
)
def get_dnd_state() -> dict[str, str]:
    """Check whether do-not-disturb is on and until when."""
    return {"state": "on", "until": "07:00", "exceptions": "favourites"}


@tool(
    asks=(
        "Stop (the screen recording|recording my screen).",
        "Can you stop filming my screen now and save (it|the video)?",
        "screen recording off",
        "That's all I wanted to demonstrate. You can (end|stop) the screen recording.",
        "Please finish the recording of my screen.",
        "ok cut, stop recording the screen",
        "The tutorial is done, so the screen doesn't have to be recorded any longer.",
    ),
    answer="The recording of {seconds} seconds has been saved as {file}.",
)
def stop_screen_recording() -> dict[str, Any]:
    """Stop the screen recording that is running and save it."""
    return {"file": "Recordings/screen-0412.mp4", "seconds": 184}


# ---------------------------------------------------------------- with optional parameters only


@tool(
    asks=(
        "(List|Show) the (running|open) apps[, sorted by {sort_by}].",
        "Which apps are (running|open) right now?[ {include_background_apps:Those in the background count, too|Leave "
        "out those in the background}.][ Sort them by {sort_by}.]",
        "running apps[, top {limit}][, by {sort_by}]",
        "My (phone|laptop) is getting (slow|hot). What is running on it?[ The first {limit} will do.]",
        "Please provide an overview of the apps in use[, limited to {limit} entries][ and ordered by {sort_by}].",
        "what's hogging this thing, show me the apps that are open[, {include_background_apps:background stuff "
        "included|no background stuff}]",
        "I may have forgotten to close a few programs. What's still open[, ordered by {sort_by}]?",
    ),
    answer="Running apps: {names}.",
)
def list_running_apps(
    sort_by: Literal["memory", "battery use", "name"] = "memory",
    limit: Annotated[int, Pick(3, 4, 5, 6, 8)] = 10,
    include_background_apps: bool = True,
) -> dict[str, Any]:
    """List the apps that are running on the device.

    Args:
        sort_by: What to sort the apps by; the largest user comes first.
        limit: Largest number of apps to list.
        include_background_apps: Whether apps that run in the background are listed as well.
    """
    _within(1, 100, limit=limit)
    apps = [app for app in _APPS if include_background_apps or not app[3]]
    if sort_by == "name":
        apps.sort()
    else:
        apps.sort(key=lambda app: app[1] if sort_by == "memory" else app[2], reverse=True)
    return {"running": len(apps), "names": [app[0] for app in apps[:limit]]}


@tool(
    asks=(
        "(Scan for|List|Show) the wifi networks nearby[ on {band}][ with a signal of at least {min_signal_percent} "
        "percent].",
        "Which (wifi|wireless) networks can I reach from here?[ Only those on {band}, please.]",
        "wifi nearby[, {band}][, {include_secured_networks:locked ones too|open ones only}]",
        "I'm in a café and need to get online. What wifi is in range[, {include_secured_networks:with or without a "
        "password|without a password}]?",
        "Kindly search for wireless networks in the vicinity[ with a signal strength of at least "
        "{min_signal_percent}%].",
        "any wifi around here[ that's {min_signal_percent}% or better]?",
        "The hotel's network isn't in the list yet. Look for wifi again[, this time on {band}].",
    ),
    answer="Wifi networks in range: {networks}.",
)
def scan_wifi_networks(
    band: Literal["2.4 GHz", "5 GHz", "6 GHz"] | None = None,
    include_secured_networks: bool = True,
    min_signal_percent: Annotated[int, Pick(20, 25, 30, 40, 50, 60)] = 0,
) -> dict[str, Any]:
    """Scan for wifi networks in range of the device.

    Args:
        band: Frequency band to scan; all bands if omitted.
        include_secured_networks: Whether networks that need a password are listed as well.
        min_signal_percent: Weakest signal to list, in percent.
    """
    _within(0, 100, min_signal_percent=min_signal_percent)
    found = [
        name
        for name, on, signal, is_secured in _NETWORKS
        if band in (None, on) and signal >= min_signal_percent and (include_secured_networks or not is_secured)
    ]
    return {"count": len(found), "networks": _listed(found)}


@tool(
    asks=(
        "Take a screenshot[ of the {area}][ in {delay_seconds} seconds].",
        "(Could|Can) you capture what's on my screen[ as a {file_format}][, {include_cursor:including the mouse "
        "pointer|but not the mouse pointer}]?",
        "screenshot[, {area}][, {file_format}][, {delay_seconds} sec delay]",
        "I have to show this error to support. Make a screenshot, please[, {include_cursor:with the cursor in "
        "it|without the cursor}].",
        "Please save an image of the screen as it is now[, covering the {area}][, in {file_format} format].",
        "gotta open a menu first, then snap my screen[ in {delay_seconds} seconds]",
        "This high score won't be believed without proof, so grab a picture of my screen[, a {file_format} file].",
    ),
    answer="The screenshot has been saved as {file}.",
)
def take_screenshot(
    area: Literal["whole desktop", "active window", "selection"] = "whole desktop",
    delay_seconds: Annotated[int, Pick(3, 5, 8, 10, 15)] = 0,
    include_cursor: bool = False,
    file_format: Literal["png", "jpg", "pdf"] = "png",
) -> dict[str, Any]:
    """Take a screenshot of the device's screen.

    Args:
        area: Part of the screen to capture.
        delay_seconds: Seconds to wait before it is taken.
        include_cursor: Whether the mouse pointer is part of the picture.
        file_format: Format of the file.
    """
    _within(0, 60, delay_seconds=delay_seconds)
    number = _stable(100, 999, area, delay_seconds, include_cursor)
    return {"file": f"Pictures/screenshot-{number}.{file_format}", "taken_after_seconds": delay_seconds}


@tool(
    asks=(
        "(Show|List|Read me) my unread notifications[ from {app}][ since {since}].",
        "Did I miss anything[ on {app}]? Show the notifications that I haven't read.",
        "unread notifications[, {app}][, last {limit}]",
        "I've just come out of a meeting. Which notifications are waiting[, only those from {app}]?",
        "Please list the notifications I have not opened yet[, no more than {limit}][, starting at {since}].",
        "whats new on my phone, check the notifications[, just {app}][, max {limit}]",
        "My phone kept buzzing[ from {since} on] and I couldn't look. Read out what notifications came in.",
    ),
    answer="Unread notifications: {count}, the newest of them from {newest}.",
)
def show_unread_notifications(
    app: App | None = None, since: Time | None = None, limit: Annotated[int, Pick(3, 5, 8, 10, 15)] = 20
) -> dict[str, Any]:
    """Show the notifications on the device that have not been read.

    Args:
        app: App whose notifications are shown; all apps if omitted.
        since: Time of day from which they are shown (24-hour HH:MM).
        limit: Largest number of notifications to show.
    """
    _within(1, 100, limit=limit)
    waiting = _stable(1, 24, app, since)
    others = [name for name, *_ in _APPS]
    return {"count": min(waiting, limit), "newest": app or others[_stable(0, len(others) - 1, since)]}


@tool(
    asks=(
        "What is the volume[ of the {channel} channel] set to?",
        "Get the current[ {channel}] volume.",
        "volume level?[ {channel}]",
        "I can hardly hear anything. How loud is my (phone|tablet) set[, I mean the {channel} volume]?",
        "Kindly report the present sound level[ of the {channel} channel].",
        "how loud is it set rn[, {channel}]",
        "The film is about to start and the baby is asleep. Check how high my volume is[, the {channel} one].",
    ),
    answer="The {channel} volume is at {percent}%.",
)
def get_volume(channel: Channel = "media") -> dict[str, Any]:
    """Get the current volume of the device.

    Args:
        channel: Kind of sound whose volume is asked for.
    """
    return {"channel": channel, "percent": _stable(0, 20, channel) * 5}


@tool(
    asks=(
        "(Which|What) alarms are set[ for {weekday}]?",
        "(List|Show) my alarms[ for {weekday}][ before {before}].",
        "alarms[, {weekday}][, {include_disabled_alarms:off ones too|active ones only}]?",
        "I have an early train to catch[ on {weekday}]. Which alarms have I set[ before {before}]?",
        "Please give me an overview of the alarms on this device[, {include_disabled_alarms:also those that are "
        "switched off|without those that are switched off}].",
        "did i set an alarm or not[, for {weekday} i mean]? show me",
        "When is my phone going to wake me[ on {weekday}]?",
    ),
    answer="Alarms found: {alarms}.",
)
def list_alarms(
    weekday: Weekday | None = None, before: Time | None = None, include_disabled_alarms: bool = False
) -> dict[str, Any]:
    """List the alarms that are set on the device.

    Args:
        weekday: Day of the week on which they ring; every day if omitted.
        before: Time of day before which they ring (24-hour HH:MM).
        include_disabled_alarms: Whether alarms that are switched off are listed as well.
    """
    found = [
        f"{time} {label}"
        for time, label, days, is_on in _ALARMS
        if weekday in (None, *days) and time < (before or "24:00") and (is_on or include_disabled_alarms)
    ]
    return {"count": len(found), "alarms": _listed(found)}


@tool(
    asks=(
        "(Show|List) my recent calls[ with {contact}][ since {since}].",
        "What calls have there been on my phone lately?[ Just the {kinds} ones.]",
        "call log[, {kinds}][, last {limit}]",
        "I forgot to save a number and need it again. Go through my call history[ since {since}][, {kinds} calls "
        "only].",
        "Please display the call history of this phone[, restricted to {kinds} calls][, at most {limit} entries].",
        "pull up my last calls[ w/ {contact}][, {limit} is enough]",
        "I can't remember who I was on the phone with. Open the call list[ from {since} on].",
    ),
    answer="Calls listed: {count}; the latest was with {latest} at {time}.",
)
def recent_phone_calls(
    kinds: Annotated[list[Literal["missed", "incoming", "outgoing"]], Size(1, 2)] | None = None,
    contact: Contact | None = None,
    since: Date | None = None,
    limit: Annotated[int, Pick(3, 5, 10, 15, 25)] = 20,
) -> dict[str, Any]:
    """List the recent calls made and received on the phone.

    Args:
        kinds: Kinds of calls to list; all kinds if omitted.
        contact: Person on the other end; everybody if omitted.
        since: First day of which calls are listed (YYYY-MM-DD).
        limit: Largest number of calls to list.
    """
    _within(1, 200, limit=limit)
    key = (*sorted(kinds or []), contact, since)
    people = ("Leila", "Tomasz", "Priya", "Jonas", "Ingrid")
    latest = contact or people[_stable(0, len(people) - 1, *key)]
    time = f"{_stable(8, 21, *key):02d}:{_stable(0, 59, 'minute', *key):02d}"
    return {"count": min(_stable(1, 40, *key), limit), "latest": latest, "time": time}


@tool(
    asks=(
        "(Check|Look) for updates[, {kind} updates only].",
        "Are there any[ {kind}] updates for my (phone|laptop|tablet)?",
        "updates?[ {kind}]",
        "Everything keeps crashing, maybe the software is too old. See if there is an update[, "
        "{include_beta_versions:beta versions included|but no beta versions}].",
        "Please verify whether this device is up to date[ as far as {kind} updates are concerned].",
        "is there smth new to install on this (phone|laptop)[, {include_beta_versions:betas are fine|no betas}]",
        "I have good wifi for once, so find out which[ {kind}] updates are available.",
    ),
    answer="Updates available: {updates}.",
)
def check_software_updates(
    kind: Literal["system", "app", "security", "driver"] | None = None, include_beta_versions: bool = False
) -> dict[str, Any]:
    """Check which software updates are available for the device.

    Args:
        kind: Kind of update to look for; all kinds if omitted.
        include_beta_versions: Whether versions that are still being tested count as well.
    """
    found = [name for name, of, is_beta in _UPDATES if kind in (None, of) and (include_beta_versions or not is_beta)]
    return {"count": len(found), "updates": _listed(found)}


@tool(
    asks=(
        "Start recording (my|the) screen[ in {quality}][ for at most {max_minutes} minutes].",
        "(Begin|Start) a screen recording[, {include_microphone:with my voice|without my voice}].",
        "screen recording on[, {quality}][, {max_minutes} min]",
        "I want to show my dad how to set this up, so (film|record) my screen[ and "
        "{include_microphone:what I say|mute my microphone}].",
        "Would you please record what happens on the screen[, stopping after {max_minutes} minutes][, with a quality "
        "of {quality}]?",
        "record my screen pls[, {quality}]",
        "The bug only shows now and then. Start capturing a video of the screen[, {max_minutes} minutes at most].",
    ),
    answer="The screen is being recorded in {quality} to {file}.",
)
def start_screen_recording(
    max_minutes: Annotated[int, Pick(2, 5, 10, 15, 20, 30, 45)] | None = None,
    quality: Literal["720p", "1080p", "4K"] = "1080p",
    include_microphone: bool = False,
) -> dict[str, Any]:
    """Start a video recording of the device's screen.

    Args:
        max_minutes: Minutes after which it ends by itself; it goes on until stopped if omitted.
        quality: Resolution of the video.
        include_microphone: Whether the microphone is recorded as well.
    """
    if max_minutes is not None:
        _within(1, 240, max_minutes=max_minutes)
    number = _stable(1000, 9999, max_minutes, quality, include_microphone)
    return {"file": f"Recordings/screen-{number}.mp4", "quality": quality, "ends_after_minutes": max_minutes}


# ---------------------------------------------------------------- with a required parameter


@tool(
    asks=(
        "(Set|Turn|Change) the volume to {percent}%[ for the {channel} channel].",
        "Can you put the[ {channel}] volume at {percent} percent?",
        "volume {percent}%[, {channel}]",
        "We have visitors and the sound isn't right. Adjust the volume[ to {percent} percent].",
        "Please adjust the sound level[ of the {channel} channel][ to {percent} percent].",
        "thats not the loudness i want, volume to {percent} percent[, the {channel} one]",
    ),
    answer="The {channel} volume is now at {percent}%, it was at {before_percent}%.",
)
def set_volume(percent: Annotated[int, Between(5, 100)], channel: Channel = "media") -> dict[str, Any]:
    """Set the volume of the device.

    Args:
        percent: Volume from 0 (silent) to 100 percent.
        channel: Kind of sound whose volume is set.
    """
    _within(0, 100, percent=percent)
    return {"channel": channel, "before_percent": _stable(0, 20, channel) * 5}


@tool(
    asks=(
        "Connect (my phone |)to the {gadget}[ and {disconnect_others:drop every other connection|keep the other "
        "connections}].",
        "Can you pair the {gadget} over Bluetooth?",
        "bluetooth: {gadget}[, {disconnect_others:only that one|keep the others}]",
        "I'd like to use my Bluetooth accessory[, the {gadget}]. Connect it, please.",
        "Kindly establish a Bluetooth connection[ with the {gadget}].",
        "the {gadget} isn't linked yet, hook it up via bluetooth[ and {disconnect_others:kick off the rest|leave the "
        "rest alone}]",
    ),
    answer="Connected: {gadget}, with its battery at {battery_percent}%.",
)
def connect_bluetooth(gadget: Gadget, disconnect_others: bool = False) -> dict[str, Any]:
    """Connect the device to a Bluetooth accessory.

    Args:
        gadget: Name of the accessory.
        disconnect_others: Whether other accessories are disconnected.
    """
    if not gadget.strip():
        raise ValueError("the accessory needs a name")
    return {
        "battery_percent": _stable(8, 100, gadget),
        "connections": 1 if disconnect_others else _stable(1, 4, gadget),
    }
