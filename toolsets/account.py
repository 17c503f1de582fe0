"""The user's own account at a service: profile, orders, invoices, subscription, sessions, team, support and data."""

import zlib
from datetime import date
from typing import Annotated, Any, Literal

from sftctl.core.tools import Between, Date, Fake, Pick, Size, tool

_ADDRESSES = (
    ("home", "Portugal", "Rua das Flores 18, Porto"), ("work", "Portugal", "Avenida Central 4, Braga"),
    ("billing", "Ireland", "9 Harbour Row, Cork"), ("home", "Canada", "212 Maple Crescent, Halifax"),
    ("work", "Ireland", "3 Tannery Lane, Galway"), ("billing", "Canada", "77 Dock Street, Saint John"),
)  # fmt: skip
"""Kind, country and the address itself."""
_MEMBERS = (
    ("Amara", "owner", False), ("Bastien", "admin", False), ("Chiyo", "editor", False), ("Dmitri", "viewer", True),
    ("Elif", "editor", True), ("Farid", "viewer", False), ("Greta", "admin", True), ("Hugo", "editor", False),
)  # fmt: skip
"""Name, role, and whether the invitation is still open."""
_SESSIONS = (
    ("Firefox in Porto", "laptop", 0), ("phone app in Porto", "phone", 1), ("Chrome in Cork", "laptop", 9),
    ("tablet app in Halifax", "tablet", 16), ("phone app in Lisbon", "phone", 34), ("TV app in Porto", "TV", 61),
)  # fmt: skip
"""Where it is, what it runs on, and how many days ago it was last used."""
_WATCHED = (
    ("canvas tent", "sports", 189.0, False), ("desk lamp", "home", 42.5, True), ("e-reader", "electronics", 99.0, True),
    ("rain jacket", "clothing", 88.0, False), ("noise meter", "electronics", 35.9, False),
    ("wool blanket", "home", 64.0, False), ("yoga mat", "sports", 24.0, True), ("linen shirt", "clothing", 49.0, True),
)  # fmt: skip
"""Name, category, price, and whether it is on sale."""

KeyName = Annotated[str, Pick(
    "ci-runner", "mobile-prod", "staging-2", "billing-export", "old-laptop", "webhook-relay", "metrics-bot",
    "partner-sandbox", "nightly-sync", "zapier-link", "intern-test", "store-front",
)]  # fmt: skip
Year = Annotated[int, Between(2019, 2025)]


def _stable(low: int, high: int, *parts: object) -> int:
    """A whole number from `low` to `high` that depends on `parts` alone."""
    return low + zlib.crc32("|".join(str(part).lower() for part in parts).encode()) % (high - low + 1)


def _within(low: float, high: float, **numbers: float) -> None:
    for name, number in numbers.items():
        if not low <= number <= high:
            raise ValueError(f"{name} must be from {low} to {high}")


def _listed(names: list[str]) -> str:
    return "; ".join(names) or "none"


# ---------------------------------------------------------------- without any parameter


@tool(
    asks=(
        "(Show|Get|Open) my profile.",
        "What (name|e-mail address) do you have on file for me?",
        "my profile data?",
        "I think I mistyped my name when I registered. What does my profile say?",
        "Would you kindly show me the personal details stored in my account?",
        "who am i logged in as",
        "Since when have I been a member? It should be in my profile.",
    ),
    answer="You are registered as {name} with {email}, a member since {member_since}.",
)
def get_my_profile() -> dict[str, str]:
    """Get the name, the e-mail address and the date of registration in the account's profile."""
    return {"name": "Noor Vandale", "email": "noor.vandale@example.com", "member_since": "2019-05-23"}


@tool(
    asks=(
        "(Which|What) plan am I on?",
        "(Show|Look up) my subscription plan.",
        "current plan + renewal date?",
        "I want to know if the next fee is due soon. When does my subscription renew, and what does it cost?",
        "Please state the terms of my present subscription.",
        "what am i paying for this subscription every month",
        "A colleague says she has the bigger plan. Tell me which one I'm subscribed to.",
    ),
    answer="You have the {plan} plan for {price} {currency} a month; it renews on {renews_on}.",
)
def subscription_plan() -> dict[str, Any]:
    """Look up the subscription plan of the account, its price and when it renews."""
    return {"plan": "Plus", "price": 11.9, "currency": "EUR", "renews_on": "2026-09-14"}


@tool(
    asks=(
        "How many (loyalty|bonus|reward) points do I have?",
        "(Check|Show) my loyalty points.",
        "points balance",
        "I'd love to pay for the next one with points. (Do I have any|How many have I collected) by now?",
        "Could you please inform me of my current balance of bonus points?",
        "got any reward points left or did they expire",
        "Some of my bonus points must be expiring soon. How many are there and when do they lapse?",
    ),
    answer="You have {points} points, of which {expiring} expire on {expires_on}.",
)
def loyalty_balance() -> dict[str, Any]:
    """Check how many loyalty points have been collected and when they expire."""
    return {"points": 2460, "expiring": 310, "expires_on": "2026-12-31", "tier": "silver"}


@tool(
    asks=(
        "(List|Show) my payment methods.",
        "Which (cards|payment methods) are saved in my account?",
        "saved cards?",
        "My bank has sent me a new card and I can't tell which one you have. What payment methods are stored?",
        "Kindly list the means of payment on file for my account.",
        "how am i set up to pay, card or what",
        "My last payment was declined. Which ways to pay have I saved?",
    ),
    answer="Saved payment methods: {methods}. The standard one is {default}.",
)
def list_payment_methods() -> dict[str, Any]:
    """List the payment methods saved in the account."""
    return {"methods": ["Visa ending in 4417", "direct debit", "PayPal"], "default": "direct debit"}


@tool(
    asks=(
        "(Sign|Log) me out (everywhere|on all devices).",
        "Can you end all my sessions at once?",
        "log out all devices",
        "My phone was stolen this morning! Sign me out of my account wherever I'm still logged in.",
        "Please terminate every active session of my account.",
        "kick everyone off my account, all devices",
        "I used my account on several computers at the library, so log it out on every single one of them.",
    ),
    answer="You have been signed out of {sessions_ended} sessions.",
)
def end_all_sessions() -> dict[str, int]:
    """Sign out of the account on all devices."""
    return {"sessions_ended": 6}


@tool(
    asks=(
        "How much of my (quota|allowance) have I used?",
        "(Show|Check) the usage quota of my account.",
        "quota left?",
        "My requests started to fail an hour ago. Have I (hit the usage limit|used up my quota)?",
        "Would you please report the usage of my account against its limit?",
        "am i close to my monthly limit or still good",
        "We are planning a big import. How much is left of this month's quota?",
    ),
    answer="You have used {used} of {limit} requests; the quota starts anew on {resets_on}.",
)
def usage_quota() -> dict[str, Any]:
    """Check how much of the monthly usage quota has been used."""
    return {"used": 41870, "limit": 60000, "resets_on": "2026-08-01"}


@tool(
    asks=(
        "(Regenerate|Renew) my backup codes.",
        "Can you make me (new|a fresh set of) backup codes for two-step login?",
        "new backup codes pls",
        "I can't find the sheet with my recovery codes any more. Issue new ones for the two-factor login.",
        "Please invalidate my old two-factor backup codes and issue new ones.",
        "lost my 2fa backup codes, need a fresh batch",
        "Somebody may have seen my backup codes, so replace them all.",
    ),
    answer="These are the new backup codes: {codes}. The old ones no longer work.",
)
def replace_backup_codes() -> dict[str, list[str]]:
    """Replace the backup codes for two-step login with new ones."""
    return {"codes": ["7Q4M-22LX", "K9RD-81TV", "H3WZ-56PA", "B0NE-94CY"]}


# ---------------------------------------------------------------- with optional parameters only


@tool(
    asks=(
        "List my orders[ from {year}][ that are {status}].",
        "What have I ordered[ in {year}]?[ Only what is {status}, please.][ Sort it by {sort_by}.]",
        "my orders[, {status}][, {year}][, max {limit}]",
        "I'm going through my spending. Show me all orders I have placed[ in {year}][, sorted by {sort_by}].",
        "Please provide my order history[ for the year {year}][, no more than {limit} entries].",
        "pull up my orders real quick[, just the {status} ones][, the first {limit}]",
        "Did I buy the same thing twice? Let me see my orders[, by {sort_by}].",
    ),
    answer="Orders found: {count}; the latest is {latest} for {amount} euros.",
)
def list_my_orders(
    status: Literal["open", "shipped", "delivered", "cancelled", "returned"] | None = None,
    year: Year | None = None,
    sort_by: Literal["date", "price", "status"] = "date",
    limit: Annotated[int, Pick(3, 5, 10, 15, 25)] = 50,
) -> dict[str, Any]:
    """List the orders placed with the account.

    Args:
        status: Status of the orders to list; any status if omitted.
        year: Year in which they were placed; all years if omitted.
        sort_by: What to sort the orders by.
        limit: Largest number of orders to list.
    """
    _within(1, 500, limit=limit)
    if year is not None:
        _within(2000, 2100, year=year)
    found = _stable(1, 30, status, year)
    return {
        "count": min(found, limit),
        "latest": f"order {_stable(40000, 79999, status, year)}",
        "amount": _stable(900, 19999, status, year, "amount") / 100,
        "sorted_by": sort_by,
    }


@tool(
    asks=(
        "(Show|List|Get) my invoices[ since {since}][ until {until}].",
        "Which invoices (are in my account|have you issued to me)[ since {since}]?[ {unpaid_only:Only unpaid ones|Paid "
        "ones as well}, please.]",
        "invoices[, {unpaid_only:unpaid only|paid and unpaid}][, from {since}]",
        "My accountant needs the paperwork by tonight. Get me all my invoices[ from {since} to {until}].",
        "Kindly compile a list of the invoices issued to my account[ up to {until}].",
        "gimme my bills[, {unpaid_only:just the ones i still owe|paid or not}]",
        "The tax return is due. What invoices do I have here[, starting {since}]?",
    ),
    answer="Invoices found: {count}, with a total of {total} euros.",
)
def list_invoices(since: Date | None = None, until: Date | None = None, unpaid_only: bool = False) -> dict[str, Any]:
    """List the invoices issued to the account.

    Args:
        since: First day of the period (YYYY-MM-DD).
        until: Last day of the period (YYYY-MM-DD).
        unpaid_only: Whether to leave out invoices that have been paid.
    """
    first, last = (date.fromisoformat(day) if day else None for day in (since, until))
    if first and last and first > last:
        raise ValueError("since must not be after until")
    count = _stable(1, 14, since, until) // (4 if unpaid_only else 1)
    return {"count": count, "total": round(count * _stable(1150, 5990, since, until, "each") / 100, 2)}


@tool(
    asks=(
        "(List|Show) the active sessions of my account[ on a {device_type}].",
        "Where am I logged in (right now|at the moment)?[ I only mean on a {device_type}.]",
        "active logins[, {device_type}][, last {used_within_days} days]",
        "I got a warning about a strange login. Which sessions are open[, of those used in the last "
        "{used_within_days} days]?",
        "Please enumerate the devices that are signed in to my account[ and were used within {used_within_days} days].",
        "who's logged in as me[, on a {device_type}]? show the sessions",
        "I've left my account open somewhere, I just don't know where. Show me each login that is still active.",
    ),
    answer="Active sessions: {sessions}.",
)
def active_sessions(
    device_type: Literal["phone", "tablet", "laptop", "TV"] | None = None,
    used_within_days: Annotated[int, Pick(2, 3, 7, 10, 14, 30, 60)] | None = None,
) -> dict[str, Any]:
    """List the sessions in which somebody is logged in to the account.

    Args:
        device_type: Type of device of the sessions; every type if omitted.
        used_within_days: Days within which they were last used; at any time if omitted.
    """
    if used_within_days is not None:
        _within(1, 3650, used_within_days=used_within_days)
    found = [
        place
        for place, device, days in _SESSIONS
        if device_type in (None, device) and (used_within_days is None or days <= used_within_days)
    ]
    return {"count": len(found), "sessions": _listed(found)}


@tool(
    asks=(
        "(Show|List) my saved addresses[ in {country}].",
        "Which addresses are stored in my account?[ I need the {kind} ones.]",
        "my addresses[, {kind}][, {country}]",
        "We moved last month and I may not have updated everything. What addresses do you have for me[, {kind} "
        "addresses in particular]?",
        "Please retrieve the address book of my account[, limited to {country}].",
        "where does my stuff get sent, show the saved addresses[, {kind} only]",
        "Before I check out: let me see all the addresses I've saved[, those in {country}].",
    ),
    answer="Saved addresses: {addresses}.",
)
def saved_addresses(
    kind: Literal["home", "work", "billing"] | None = None,
    country: Annotated[str, Pick("Portugal", "Ireland", "Canada", "Spain", "Norway")] | None = None,
) -> dict[str, Any]:
    """List the addresses saved in the account.

    Args:
        kind: Kind of address to list; all kinds if omitted.
        country: Country of the addresses; all countries if omitted.
    """
    found = [
        text
        for what, where, text in _ADDRESSES
        if kind in (None, what) and (country is None or country.casefold() == where.casefold())
    ]
    return {"count": len(found), "addresses": _listed(found)}


@tool(
    asks=(
        "Export my (account |)data[ as {file_format}].",
        "Can I get a copy of everything you have stored about me[ in {file_format} format]?",
        "data export[, {file_format}][: {parts}]",
        "I'm thinking of switching to another service. Prepare an export of my data[, just the {parts}].",
        "Under data protection law I request a copy of my personal data[, namely {parts}][, as a {file_format} file][, "
        "{include_deleted_items:including deleted items|without deleted items}].",
        "dump all my data pls[, {include_deleted_items:deleted stuff too|no deleted stuff}]",
        "Start a download of my account's data[ from {since} on][, {parts} only].",
    ),
    answer="The export {export_id} of {size_mb} MB will be ready in {minutes} minutes.",
)
def export_account_data(
    parts: Annotated[list[Literal["orders", "messages", "photos", "reviews", "payments"]], Size(1, 3)] | None = None,
    file_format: Literal["json", "csv", "zip"] = "zip",
    since: Date | None = None,
    include_deleted_items: bool = False,
) -> dict[str, Any]:
    """Export the data stored in the account.

    Args:
        parts: Parts of the data to export; everything if omitted.
        file_format: Format of the export.
        since: First day of which data is exported (YYYY-MM-DD).
        include_deleted_items: Whether items in the bin are exported as well.
    """
    if parts is not None and not parts:
        raise ValueError("parts must not be empty")
    size = _stable(20, 90, since, include_deleted_items) * (len(set(parts)) if parts else 5)
    number = _stable(1000, 9999, *sorted(parts or []), file_format, since, include_deleted_items)
    return {"export_id": f"exp-{number}", "size_mb": size, "minutes": 2 + size // 40}


@tool(
    asks=(
        "(List|Show) the members of my team[ with the role {role}].",
        "Who is (on|in) my team?[ Just those with the role {role}.]",
        "team members[, role {role}][, {include_invited_members:invited ones too|without open invitations}]",
        "We pay per seat and the bill has gone up. Who has access to our team account[, "
        "{include_invited_members:pending invitations included|not counting pending invitations}]?",
        "Kindly provide the list of people who belong to my team[, sorted by {sort_by}].",
        "whos in our workspace[, by {sort_by}]? need the names",
        "A new colleague starts on the first. Get me the current team list[, only the role {role}].",
    ),
    answer="Team members found: {members}.",
)
def team_members(
    role: Literal["owner", "admin", "editor", "viewer"] | None = None,
    include_invited_members: bool = True,
    sort_by: Literal["name", "role"] = "name",
) -> dict[str, Any]:
    """List the members of the team that shares the account.

    Args:
        role: Role of the members to list; every role if omitted.
        include_invited_members: Whether people who have not yet accepted their invitation are listed as well.
        sort_by: What to sort the members by.
    """
    found = [m for m in _MEMBERS if role in (None, m[1]) and (include_invited_members or not m[2])]
    found.sort(key=lambda member: member[1 if sort_by == "role" else 0])
    return {"count": len(found), "members": _listed([f"{name} ({of})" for name, of, _ in found])}


@tool(
    asks=(
        "(Show|List) my support tickets[ that are {state}].",
        "What has become of my requests to support?[ Look at the {state} ones only.]",
        "my tickets[, {state}][, {priority} priority]",
        "I wrote to customer service and never heard back. Check my support tickets[, {priority} priority].",
        "Please list the support cases I have opened[ since {opened_since}][, {newest_first:newest|oldest} first].",
        "any news on my support stuff?[ just the {state} tickets]",
        "Nobody has called me back yet. How do my help desk tickets stand[, from {opened_since} on]?",
    ),
    answer="Support tickets found: {count}; {ticket} was answered last, {hours_ago} hours ago.",
)
def my_support_tickets(
    state: Literal["open", "waiting", "solved", "closed"] | None = None,
    priority: Literal["low", "normal", "urgent"] | None = None,
    opened_since: Date | None = None,
    newest_first: bool = True,
) -> dict[str, Any]:
    """List the support tickets opened from the account.

    Args:
        state: State of the tickets to list; any state if omitted.
        priority: Priority of the tickets to list; any priority if omitted.
        opened_since: First day on which they were opened (YYYY-MM-DD).
        newest_first: Whether the newest ticket comes first.
    """
    key = (state, priority, opened_since)
    ticket = f"T-{_stable(2000, 8999, newest_first, *key)}"
    return {"count": _stable(1, 9, "count", *key), "ticket": ticket, "hours_ago": _stable(2, 70, *key)}


@tool(
    asks=(
        "(Show|Open) my watch list[, {category} only].",
        "What is on my watch list[ for less than {max_price} euros]?",
        "watch list[, {category}][, under {max_price} euros]",
        "Payday! (Let me see|Show me) the things I've been watching[, "
        "{include_full_price_items:at whatever price|just what is on sale}].",
        "Kindly display the items I have put on my watch list[, from the category {category}].",
        "what was that stuff i saved for later on my watchlist[, max {max_price} euros]?",
        "My sister asked what I'd like for my birthday. Read me my watch list[, "
        "{include_full_price_items:reduced or not|reduced items only}].",
    ),
    answer="On the watch list: {items}.",
)
def watch_list(
    category: Literal["electronics", "clothing", "home", "sports"] | None = None,
    max_price: Annotated[float, Pick(30, 45, 50, 75, 90, 120, 150)] | None = None,
    include_full_price_items: bool = True,
) -> dict[str, Any]:
    """Show the items on the watch list.

    Args:
        category: Category of the items to show; all categories if omitted.
        max_price: Highest price of the items to show, in euros.
        include_full_price_items: Whether items that are not on sale are shown as well.
    """
    if max_price is not None and max_price <= 0:
        raise ValueError("max_price must be positive")
    found = [
        f"{name} for {price:.2f} euros"
        for name, of, price, is_on_sale in _WATCHED
        if category in (None, of) and price <= (max_price or price) and (is_on_sale or include_full_price_items)
    ]
    return {"count": len(found), "items": _listed(found)}


@tool(
    asks=(
        "Pause my subscription[ for {weeks} weeks][ from {start_date}].",
        "Can you put my subscription on hold[ starting {start_date}]?",
        "subscription: pause[, {weeks} weeks][, {reason}]",
        "I don't want to cancel for good. Please just suspend my subscription[ for {weeks} weeks].",
        "I kindly ask you to interrupt my subscription[ as of {start_date}][; the reason is {reason}].",
        "freeze my sub[ for {weeks} weeks][, reason {reason}]",
        "I'll come back, that much is certain, so let my subscription rest for now[, {weeks} weeks][, beginning "
        "{start_date}].",
    ),
    answer="The subscription is paused for {weeks_paused} weeks, beginning {begins}.",
)
def pause_subscription(
    weeks: Annotated[int, Between(2, 12)] = 4,
    start_date: Date | None = None,
    reason: Literal["holiday", "too expensive", "not used", "moving house"] | None = None,
) -> dict[str, Any]:
    """Pause the subscription of the account for a while.

    Args:
        weeks: Number of weeks for which it is paused.
        start_date: First day of the pause (YYYY-MM-DD); right away if omitted.
        reason: Reason for the pause.
    """
    _within(1, 26, weeks=weeks)
    begins = date.fromisoformat(start_date).isoformat() if start_date else "today"
    return {"weeks_paused": weeks, "begins": begins, "note": reason or ""}


# ---------------------------------------------------------------- with a required parameter


@tool(
    asks=(
        "(Revoke|Delete) the API key {key_name}[ in {grace_hours} hours].",
        "The key {key_name} has leaked! Revoke it[, {notify_team:and tell the team|without telling the team}].",
        "revoke key {key_name}[, {grace_hours} hours grace]",
        "Could you please disable one of my API keys[, {key_name}][, with a grace period of {grace_hours} hours]?",
        "An intern has left, so the API key[ {key_name}] has to be revoked.",
        "kill api key {key_name}[, {notify_team:ping the team|no need to ping the team}]",
    ),
    answer="The key {key_name} has been revoked and stops working {stops}; it is {age_days} days old.",
)
def revoke_api_key(
    key_name: KeyName, grace_hours: Annotated[int, Pick(2, 6, 12, 24, 48)] = 0, notify_team: bool = True
) -> dict[str, Any]:
    """Revoke an API key of the account.

    Args:
        key_name: Name of the key.
        grace_hours: Hours for which it still works.
        notify_team: Whether the team is told by e-mail.
    """
    _within(0, 720, grace_hours=grace_hours)
    stops = f"in {grace_hours} hours" if grace_hours else "at once"
    return {"stops": stops, "age_days": _stable(20, 900, key_name), "team_notified": notify_team}


@tool(
    asks=(
        "Change the e-mail address of my account to {new_email}.",
        "My new e-mail address is {new_email}. (Can|Could) you update my account[, {notify_old_address:with a note to "
        "the old address|without a note to the old address}]?",
        "account email -> {new_email}",
        "I'm losing access to my old mailbox. Please switch my account to another e-mail address[: {new_email}].",
        "I'd like to log in with a different e-mail from now on[, {new_email}].",
        "switch my login mail to {new_email}[, {notify_old_address:tell the old address|don't mail the old address}]",
    ),
    answer="A link to confirm {new_email} has been sent; it works for {link_valid_hours} hours.",
)
def change_account_email(new_email: Annotated[str, Fake("email")], notify_old_address: bool = True) -> dict[str, Any]:
    """Change the e-mail address of the account.

    Args:
        new_email: New e-mail address.
        notify_old_address: Whether a note is sent to the old address.
    """
    name, _, domain = new_email.partition("@")
    if not name or "." not in domain:
        raise ValueError(f"not an e-mail address: {new_email!r}")
    return {"confirmed": False, "link_valid_hours": 24, "old_address_notified": notify_old_address}
