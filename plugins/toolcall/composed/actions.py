"""Actions: what composed tools do with an entity, and how people ask for it.

Templates are in the language of `core.tools.functions`, after these marks have been replaced:

    <s> <a> <p>     the entity: `invoice`, `an invoice`, `invoices`
    <key> <keys>    which one: `the invoice {number}`; which ones: `the invoices {numbers}`
    <what>          its attributes as phrases: `[ for {customer}][ due on {due_date}]`
    <terse>         the same in note form: `[, customer {customer}][, due {due_date}]`
    <set> <now>     changes: `the due date to {due_date}`; `the due date is now {due_date}`
    <e>             what is estimated, aggregated or arranged

Slots are named after the nouns of `extras`; those that a tool does not have vanish together with their `[…]`.
"""

from dataclasses import dataclass

from sftctl.core.tools import Pick, Size
from sftctl.plugins.toolcall.composed.attributes import (
    EMAIL,
    PERSON,
    Attribute,
    choice,
    clock,
    count,
    day,
    flag,
    measure,
    several,
    text,
)


@dataclass(frozen=True)
class Action:
    """Something that can be done with an entity."""

    verbs: tuple[str, ...]
    """For the name of the function."""
    family: str
    """Of two tools over the same entity and of one family, one can do what is asked of the other, or part of it."""
    describes: tuple[str, ...]
    deeds: tuple[str, ...]
    """Infinitive clauses, said in the way of `OPENINGS`."""
    asks: tuple[str, ...]
    """Whole requests that are said in no such way: questions, notes, hints."""
    plural: bool = False
    """Whether the function is named after many things (`find_invoices`) or after one (`create_invoice`)."""
    takes: str = ""
    """`limits` or `fields` of the entity's attributes, `changes` of its plain ones, `numbers`: the names of its
    numeric ones, `nouns`: of all."""
    points: str = ""
    """`key` or `keys`: whether it is about one thing that exists, or several."""
    needs: tuple[Attribute, ...] = ()
    """Settings that are always required."""
    extras: tuple[Attribute, ...] = ()
    """Settings of which a tool has some, all optional."""
    objects: tuple[str, ...] = ()
    """What `<e>` may be; `*` stands for the entity's `estimates`, `#` for its numeric attributes."""


OPENINGS = (
    "{Deed}.", "{Deed}.", "{deed}", "{Deed}, please.", "Please {deed}.", "Could you {deed}?",
    "Can you (please |){deed}?", "I'd like (you |)to {deed}.", "I need to {deed}.", "I want to {deed}.",
    "(Hi|Hello|Hey), (can|could) you {deed}? Thanks!", "My (boss|manager|colleague) asked me to {deed}.",
    "We (have|need) to {deed}.", "Would it be possible to {deed}?", "Kindly {deed}.",
    "I was hoping you could {deed}.", "Time to {deed}.", "Let's {deed}.", "Next task: {deed}.",
)  # fmt: skip

_LIMIT = count("results", 3, 50, default=10)
_NOTIFY = flag("notify", "and let everyone involved know", "but don't notify anyone", default=False)
_COMMENT = text(
    "comment", Pick(
        "agreed on the phone", "see yesterday's mail", "waiting for a reply", "second attempt", "checked twice",
        "as discussed", "not final yet", "please double-check",
    ),
)  # fmt: skip
_FORMAT = choice("format", "csv, pdf, xlsx, json, xml, html")
_CHANNEL = choice("channel", "email, sms, push, phone", default="email")
_REASON = choice("reason", "duplicate, mistake, outdated, no_longer_needed, requested_by_owner")

ACTIONS = (
    Action(
        ("find", "search", "list", "query", "get", "lookup"),
        "search",
        (
            "Find <p> by <nouns>", "Search for <p>", "List all <p> that match the given criteria",
            "Get the <p> with the given <nouns>",
        ),
        (
            "find <p><what>", "list[ up to {results}] <p><what>", "look up <p><what>[, sorted {order}]",
            "search for <p><what>[ and show at most {results} of them]",
        ),
        (
            "(Which|What) <p><what> (do we have|are there)?[ {results} (are enough|will do).]",
            "<p><terse>[, max {results}]", "I'm looking for <p><what>.[ Not more than {results}, please.]",
            "Someone just asked about <p><what>. What have we got?",
            "Are there any <p><what>?[ {archived:Include the archive|Leave out the archive}.]",
            "Show me <p><what>[, at most {results}][, {order}].",
        ),
        plural=True,
        takes="limits",
        extras=(
            _LIMIT, choice("order", "newest first, oldest first, alphabetically", default="newest first"),
            flag("archived", "include", "exclude", default=False),
        ),
    ),
    Action(
        ("count", "tally", "get_number_of", "total"),
        "statistics",
        ("Count <p>", "Count the <p> that match the given <nouns>", "Get the number of <p>"),
        ("count the <p><what>[, grouped by {group_by}]", "work out the number of <p><what>"),
        (
            "How many <p><what> (are there|do we have)[, broken down by {group_by}]?", "number of <p><terse>",
            "I wonder how many <p><what> we have.", "For my report I need the number of <p><what>[, per {group_by}].",
            "What's the count of <p><what>?",
        ),
        plural=True,
        takes="limits",
        extras=(choice("group by", "month, owner, status, region"),),
    ),
    Action(
        ("aggregate", "summarize", "get_statistics_of", "analyze"),
        "statistics",
        (
            "Compute a statistic of the <e> of <p>", "Aggregate the <e> over all <p> that match",
            "Calculate average, total or extremes of the <e> of <p>",
        ),
        ("compute the {statistic} <e> of <p><what>", "work out the {statistic} <e> of the <p><what>"),
        (
            "What is the {statistic} <e> of <p><what>?", "{statistic} <e>, <p><terse>",
            "I'm curious about the {statistic} <e> of our <p><what>.", "Do you know the {statistic} <e> for <p><what>?",
        ),
        plural=True,
        takes="limits",
        needs=(choice("statistic", "average, median, highest, lowest, total"),),
        objects=("#",),
    ),
    Action(
        ("create", "add", "register", "new", "open"),
        "create",
        ("Create <a>", "Register a new <s>", "Add a new <s> to the system", "Enter <a> with its <nouns>"),
        (
            "create <a><what>[ {notify:and let everyone involved know|but don't notify anyone}]",
            "add <a><what>[, with the comment \"{comment}\"]", "register <a><what>", "enter a new <s><what>",
        ),
        (
            "new <s><terse>", "We've got a new <s><what>. Put it in the system.[ Comment: {comment}.]",
            "There's <a><what> to be entered.[ {notify:Notify the team|No need to notify the team}.]",
            "Set up <a> for me. It's one<what>.", "<s><terse>, create it",
        ),
        takes="fields",
        extras=(_NOTIFY, _COMMENT),
    ),
    Action(
        ("update", "edit", "change", "modify", "set"),
        "change",
        ("Update <a>", "Change the <nouns> of an existing <s>", "Modify the data of <a>"),
        (
            "change <set> for <key>",
            "set <set> for <key>[ {notify:and let everyone involved know|but don't notify anyone}]",
            "update <key> and set <set>",
        ),
        (
            "<key><terse>", "Something changed about <key>: <now>.",
            "There's a mistake in our data on <key>. Set <set>.",
            "For <key>, <now>. Please correct that.[ Comment: {comment}.]", "Can you switch <set> for <key>?",
        ),
        takes="changes",
        points="key",
        extras=(_NOTIFY, _COMMENT),
    ),
    Action(
        ("delete", "remove", "drop", "purge"),
        "remove",
        ("Delete <a>", "Remove <a> from the system", "Delete an existing <s>"),
        (
            "delete <key>[, {permanent:for good|but keep it in the trash}]", "remove <key>[, reason: {reason}]",
            "get rid of <key>[ {permanent:permanently|but leave a copy in the trash}]",
        ),
        (
            "We don't need <key> anymore. Delete it[, {permanent:and no backup please|but keep a backup}].",
            "delete <s> {key}", "<key> was entered by accident. Take it out[, reason {reason}].",
            "<key> can go.[ Put down {reason} as the reason.]",
        ),
        points="key",
        extras=(flag("permanent", "for good", "into the trash", default=False), _REASON),
    ),
    Action(
        ("archive", "retire", "close"),
        "remove",
        ("Archive <a>", "Move <a> to the archive", "Put <a> away in the archive"),
        (
            "archive <key>[ for {years} years]",
            "move <key> to the archive[ {read_only:as read-only|and keep it editable}]",
        ),
        (
            "<key> is done, archive it[ for {years} years].", "archive <s> {key}",
            "Into the archive with <key>[, {read_only:read-only|still editable}].",
            "We're finished with <key>. Can it go to the archive?",
        ),
        points="key",
        extras=(count("years", 2, 12), flag("read only", "read-only", "editable", default=True)),
    ),
    Action(
        ("get", "show", "fetch", "read", "lookup"),
        "look",
        ("Get one detail of <a>", "Look up a single field of <a>", "Read the value of one field of <a>"),
        ("look up the {field} of <key>", "check the {field} of <key>", "find out the {field} of <key>"),
        (
            "What('s| is) the {field} of <key>?", "{field} of <s> {key}", "<key>: {field}?",
            "I can't remember the {field} of <key>.", "Someone needs the {field} of <key>. Can you tell me?",
        ),
        takes="nouns",
        points="key",
    ),
    Action(
        ("schedule", "plan", "arrange", "book"),
        "schedule",
        ("Schedule <ae> of <a>", "Plan <ae> for <a>", "Put <ae> of <a> on the calendar"),
        (
            "schedule <ae> of <key> on {date}[ at {time}][ for {minutes} minutes]",
            "plan <ae> of <key> for {date}[, starting at {time}]",
            "arrange <ae> of <key> on {date}[ with {participants}]",
        ),
        (
            "<e> of <key>, {date}[, {time}]",
            "Is it possible to do <ae> of <key> on {date}[ at {time}]? Then schedule it.",
            "<key> needs <ae>. Let's say {date}[, {time}][, {minutes} minutes].",
            "On {date}[ at {time}] we do <ae> of <key>[, {participants} will join]. Put it on the calendar.",
        ),
        points="key",
        needs=(day("date"),),
        extras=(clock("time"), measure("minutes", 10, 120, "minutes"), several("participants", PERSON, "with {}")),
        objects=("review", "inspection", "discussion", "quality check", "walk-through"),
    ),
    Action(
        ("remind", "set_reminder", "add_reminder"),
        "remind",
        ("Set a reminder about <a>", "Set a reminder for <a> on a given day", "Create a reminder that is tied to <a>"),
        (
            "set a reminder about <key> for {date}[ at {time}]",
            "set up a reminder for {date} about <key>[ by {channel}]",
        ),
        (
            "Remind me about <key> on {date}[ at {time}].",
            "I'm afraid I'll forget <key>. Ping me on {date}[ by {channel}].", "reminder: <s> {key}, {date}[ {time}]",
            "Don't let me forget <key>, say on {date}[ around {time}].",
        ),
        points="key",
        needs=(day("date"),),
        extras=(clock("time"), _CHANNEL),
    ),
    Action(
        ("compare", "contrast", "diff"),
        "compare",
        ("Compare two <p>", "Compare <a> with another one", "Show how two <p> differ"),
        (
            "compare <s> {first} with {second}[ by {aspect}]",
            "compare the <p> {first} and {second}[, looking at the {aspect}]",
        ),
        (
            "How do the <p> {first} and {second} differ[ in {aspect}]?", "<p>: {first} vs {second}[, {aspect}]",
            "I can't decide between the <p> {first} and {second}. Put them side by side[, {aspect} matters most].",
            "What's different about the <p> {first} and {second}[ when it comes to {aspect}]?",
        ),
        plural=True,
        takes="aspect",
        points="pair",
    ),
    Action(
        ("rank", "sort", "order"),
        "compare",
        ("Rank several <p>", "Sort <p> by one of their properties", "Put a number of <p> in order"),
        (
            "rank <keys> by {criterion}[, {descending:highest first|lowest first}]",
            "sort <keys> by {criterion}[ in {descending:descending|ascending} order]",
            "put <keys> in order of {criterion}",
        ),
        (
            "{keys} by {criterion}", "Which of <keys> comes out on top by {criterion}? Rank them.",
            "I'd like to see <keys> sorted, {criterion} (counts|decides)[, {descending:highest first|lowest first}].",
            "In which order do <keys> come if you go by {criterion}?",
        ),
        plural=True,
        takes="numbers",
        points="keys",
        extras=(flag("descending", "highest first", "lowest first", default=True),),
    ),
    Action(
        ("estimate", "predict", "forecast", "calculate"),
        "estimate",
        (
            "Estimate the <e> of <a>", "Predict the <e> of <a> from its <nouns>",
            "Give a rough figure for the <e> of <a>",
        ),
        (
            "estimate the <e> of <a><what>",
            "work out the likely <e> of <a><what>[, {cautious:on the cautious side|on the optimistic side}]",
            "predict the <e> of <a><what>",
        ),
        (
            "What('s| is) the likely <e> of <a><what>?", "<e>, <s><terse>",
            "Suppose we have <a><what>. What would be the <e>?[ {cautious:Rather too high than too low|Be "
            "optimistic}.]",
            "I'm thinking about <a><what>. Roughly, what should I expect for the <e>?",
            "Any idea of the <e> of <a><what>?",
        ),
        takes="fields",
        extras=(flag("cautious", "cautious", "optimistic"),),
        objects=("*",),
    ),
    Action(
        ("export", "download", "dump", "save"),
        "export",
        ("Export <p> to a file", "Write all <p> that match to a file", "Save <p> by <nouns> in a file format"),
        (
            "export <p><what> as {format}[ and send the file to {email}]",
            "save <p><what> to a file in {format} format",
            "put <p><what> into a file of type {format}[, {compressed:zipped|not zipped}]",
        ),
        (
            "I need <p><what> as {format}.", "{format} export: <p><terse>",
            "Our auditor wants <p><what> in a file, {format} would be best[, {compressed:zipped|unzipped}].",
            "Can I get <p><what> in {format} format[, mailed to {email}]?",
        ),
        plural=True,
        takes="limits",
        needs=(_FORMAT,),
        extras=(text("email", EMAIL), flag("compressed", "zipped", "unzipped", default=False)),
    ),
    Action(
        ("share", "send", "forward", "grant_access_to"),
        "share",
        ("Share <a> with other people", "Give people access to <a>", "Send <a> to one or more people"),
        (
            "share <key> with {recipients}[ with {permission} permission]",
            "give {recipients}[ {permission}] access to <key>",
            "send <key> to {recipients}[ with the message \"{message}\"]",
        ),
        (
            "{recipients} should see <key>[, permission {permission}].", "<key> -> {recipients}[, {permission}]",
            "I promised {recipients} a look at <key>. Can you share it[ until {expiry_date}]?",
            "Let {recipients} have <key>[ until {expiry_date}].[ Tell them: {message}.]",
        ),
        points="key",
        needs=(several("recipients", EMAIL, "with {}", Size(1, 3)),),
        extras=(
            choice("permission", "view, comment, edit", default="view"), day("expiry date"),
            text("message", "for your information, what do you think?, as promised, please have a look"),
        ),
    ),
    Action(
        ("subscribe_to", "watch", "notify_about", "follow"),
        "subscribe",
        ("Subscribe to news about <p>", "Get notified when <a> is added that matches", "Watch for new <p>"),
        ("set up an alert for new <p><what>[ by {channel}]", "subscribe to new <p><what>[ with a {frequency} digest]"),
        (
            "Let me know whenever there's <a><what>[, by {channel}].", "alert: <p><terse>[, {channel}]",
            "I'd hate to miss new <p><what>. Notify me[ by {channel}].",
            "Keep me posted on <p><what>[, a {frequency} summary is fine].",
            "From now on I want to hear about every new <s><what>.",
        ),
        plural=True,
        takes="limits",
        extras=(_CHANNEL, choice("frequency", "daily, weekly, monthly, quarterly")),
    ),
    Action(
        ("assign", "hand_over", "delegate"),
        "assign",
        ("Assign <a> to a person", "Make somebody responsible for <a>", "Hand <a> over to a colleague"),
        (
            "assign <key> to {person}[ until {until}]", "hand <key> over to {person}",
            "make {person} responsible for <key>[ until {until}]",
        ),
        (
            "{person} takes over <key>[ until {until}].", "<s> {key} -> {person}",
            "From now on {person} looks after <key>.[ {notify:Send a notice|No notice needed}.]",
            "I'm on holiday, can {person} get <key>[ until {until}]?",
        ),
        points="key",
        needs=(text("person", PERSON),),
        extras=(day("until"), _NOTIFY),
    ),
    Action(
        ("tag", "label", "mark"),
        "tag",
        ("Add tags to <a>", "Label <a> with one or more tags", "Put labels on <a>"),
        (
            "tag <key> with {labels}",
            "label <key> as {labels}[ {replace:and drop all other labels|and keep the other labels}]",
            "add {labels} as tags to <key>",
        ),
        (
            "{labels} for <key>", "<key> should be filed under {labels}.",
            "Put {labels} on <key>[ and {replace:remove|keep} its other tags].",
            "So that I find <key> again, label it {labels}.",
        ),
        points="key",
        needs=(
            several("labels", "urgent, reviewed, favorite, follow up, confidential, 2026, spare, top pick, vip", ""),
        ),
        extras=(flag("replace", "replace", "keep", default=False),),
    ),
    Action(
        ("rate", "review", "score", "give_feedback_on"),
        "rate",
        ("Rate <a>", "Leave a rating for <a>", "Give <a> a score"),
        (
            "rate <key> with {stars} (stars|out of 5)[ and the comment \"{comment}\"]",
            "give <key> {stars} stars[, {anonymous:anonymously|under my name}]",
        ),
        (
            "{stars} stars for <key>[, {anonymous:anonymous|signed}].", "<s> {key}: {stars}/5",
            "I'd say <key> deserves {stars} stars.[ My comment: {comment}.]",
            "Put down {stars} out of 5 for <key>[, {anonymous:without my name|with my name}].",
        ),
        points="key",
        needs=(count("stars", 2, 5),),
        extras=(_COMMENT, flag("anonymous", "anonymously", "with my name", default=False)),
    ),
    Action(
        ("convert", "render", "generate_file_of", "print"),
        "convert",
        ("Convert <a> to a file format", "Render <a> as a document", "Turn <a> into a file"),
        (
            "convert <key> to {format}[ on {paper_size} paper]",
            "turn <key> into a file in {format} format[, {with_cover:with a cover page|without a cover page}]",
            "render <key> as {format}",
        ),
        (
            "<s> {key} as {format}[, {paper_size}]", "I need a version of <key> in {format}.",
            "Can I have <key> in {format} format[, {with_cover:with a cover page|no cover page}]?",
            "The other side can only open {format}. Make one of <key>.",
        ),
        points="key",
        needs=(_FORMAT,),
        extras=(
            choice("paper size", "A3, A4, A5, letter, legal", default="A4"),
            flag("with cover", "with a cover page", "without a cover page"),
        ),
    ),
    Action(
        ("copy", "duplicate", "clone"),
        "copy",
        ("Copy <a>", "Make copies of an existing <s>", "Duplicate <a>"),
        (
            "copy <key>[ {copies} times]", "duplicate <key>[, {with_history:history included|without its history}]",
            "make[ {copies}] (copies|duplicates) of <key>",
        ),
        (
            "I need[ {copies}] duplicates of <key>.", "copy <s> {key}[, {copies} times]",
            "Use <key> as a model and clone it[ {copies} times][, {with_history:with its history|without its "
            "history}].",
            "Before I touch <key>, make a copy[, {with_history:with its history|without its history}].",
        ),
        points="key",
        extras=(count("copies", 2, 9), flag("with history", "with its history", "without its history", default=False)),
    ),
    Action(
        ("get_history_of", "audit", "track_changes_of", "trace"),
        "history",
        ("List the changes that were made to <a>", "Get the history of <a>", "Show who changed <a>"),
        (
            "list the changes to <key>[ since {since}]", "trace who changed <key>[ after {since}]",
            "pull up the history of <key>[, only changes by {editor}]",
        ),
        (
            "Who changed <key>[ since {since}]?", "history of <s> {key}[, since {since}]",
            "<key> looks odd. What has been done to it[ since {since}][ by {editor}]?",
            "Has anybody touched <key>[ since {since}]?",
        ),
        points="key",
        extras=(day("since"), text("editor", PERSON)),
    ),
)  # fmt: skip
