"""E-mail: sending, answering, searching, filters, folders, vacation replies and attachments."""

import datetime as dt
from typing import Annotated, Any, Literal, TypedDict
from zlib import crc32

from sftctl.core.tools import Between, Date, DateTime, Fake, Pick, Size, tool

Email = Annotated[str, Fake("email")]
Subject = Annotated[str, Pick(
    "Invoice for March", "Change of venue", "Lunch on Thursday?", "Minutes of yesterday's meeting",
    "Your application", "New price list", "Car-pool plan", "Server maintenance tonight", "Welcome to the "
    "team",
    "Missing receipt", "Draft contract", "Birthday party", "Offer for the roof repair", "Feedback on "
    "chapter two",
    "Parking permits", "Travel itinerary", "Thank you",
)]  # fmt: skip
Body = Annotated[str, Pick(
    "The figures are attached, please have a look before Friday",
    "I am running ten minutes late, start without me",
    "Could you confirm that the parcel has arrived",
    "We have moved to the second floor, come and say hello",
    "Thanks for your patience, the refund is on its way",
    "Please bring your own laptop and a charger",
    "The heating will be off between nine and noon",
    "Congratulations on the promotion, very well deserved",
    "Here is the address of the restaurant: 14 Mill Lane",
    "I have read the draft and left a few comments",
    "Sorry, I can't make it this time",
    "The keys are with the neighbour downstairs",
    "Everything is signed and ready to be collected",
    "Let me know which size you need",
    "The rehearsal starts at seven sharp",
    "Your order has shipped and should reach you on Monday",
)]  # fmt: skip
Reply = Annotated[str, Pick(
    "Sounds good to me", "I'll get back to you tomorrow", "Thanks, received", "Count me in",
    "Unfortunately I have to decline", "Please send me the details", "Approved", "Let's talk on the phone",
    "That works for us", "I need two more days", "Which version do you mean?", "Happy to help",
    "Not interested, thank you", "See you there", "Can we do it a week later?", "All the best for the move",
)]  # fmt: skip
MessageId = Annotated[str, Pick(*(f"msg-{number}" for number in range(20418, 21400, 53)))]
Folder = Annotated[str, Pick(
    "Receipts", "Travel", "Clients", "Newsletters", "Family", "Taxes 2025", "Recruiting", "Project Orion",
    "Insurance", "School", "Orders", "To read", "Legal", "Suppliers", "Photography club", "House hunt",
)]  # fmt: skip
Attachment = Annotated[str, Pick(
    "contract.pdf", "budget.xlsx", "photo.jpg", "minutes.docx", "slides.pptx", "invoice_0392.pdf", "logo.svg",
    "cv.pdf", "floorplan.png", "timetable.ics", "recording.mp3", "backup.zip", "map.kml", "survey.csv",
    "notes.txt",
)]  # fmt: skip
Keyword = Annotated[str, Pick(
    "boarding pass", "invoice", "password reset", "lease agreement", "Black Friday", "warranty", "tax return",
    "wedding", "job offer", "tracking number", "unsubscribe", "dentist", "concert tickets", "meter reading",
    "quarterly report", "refund",
)]  # fmt: skip
FilterName = Annotated[str, Pick(
    "Clutter", "VIP", "Bills", "Autopilot", "Spring cleaning", "Quiet hours", "Shopping", "Noise",
    "Keepers", "Fast lane",
)]  # fmt: skip
ParentFolder = Annotated[str, Pick(
    "Work", "Private", "Archive", "Finance", "Home", "2026", "Clubs", "Admin", "Reference", "Old stuff",
)]  # fmt: skip
AutoReply = Annotated[str, Pick(
    "I am out of the office and will reply when I return",
    "I am on parental leave, please contact Jonas instead",
    "Thank you for your message, I am travelling with limited access to e-mail",
    "Gone fishing, back soon",
    "For urgent matters call the front desk",
    "I am at a conference and will answer in the evenings",
    "Our shop is closed for the summer",
    "I am on sick leave, my colleagues will help you",
    "Back after the holidays, enjoy the snow",
    "Your mail will not be forwarded, please write again later",
)]  # fmt: skip
DiskFolder = Annotated[str, Pick(
    "Downloads", "Documents", "Desktop", "Pictures", "Dropbox", "USB stick", "Invoices", "Shared",
)]  # fmt: skip
JobTitle = Annotated[str, Pick(
    "architect", "account manager", "head of research", "florist", "data engineer", "violin teacher",
    "paralegal", "chief nurse", "sound designer", "notary", "translator", "site manager", "pastry chef",
    "event planner", "tax adviser",
)]  # fmt: skip
Phone = Annotated[str, Pick(
    "+44 20 7946 0018", "+1 555 0142", "+49 30 901820", "+33 1 70 18 99 00", "+1 555 0177",
    "+61 2 5550 1234", "+353 1 555 0110", "+1 555 0199",
)]  # fmt: skip

_FILE_TYPES = {
    "pdf": ["scan.pdf", "terms.pdf"],
    "image": ["photo.jpg", "logo.png"],
    "spreadsheet": ["costs.xlsx"],
}


class FilterRule(TypedDict):
    """What a message has to look like."""

    field: Literal["subject", "body", "attachment name"]
    contains: Keyword


class Contact(TypedDict):
    """How somebody can be reached."""

    phone: Phone
    website: Annotated[str, Fake("domain_name")]


def _hash(*parts: object) -> int:
    return crc32("|".join(map(str, parts)).encode())


def _check(*addresses: str) -> None:
    for address in addresses:
        user, _, host = address.partition("@")
        if not user or "." not in host:
            raise ValueError(f"not an e-mail address: {address}")


@tool(
    asks=(
        '(Send an e-mail|Write|Shoot a mail) to {to}[ with the subject "{subject}"] saying "{body}".',
        '(Mail|Email) {to}: "{body}"[ Subject: "{subject}".][ Copy in {cc}.]',
        'to: {to}, subject: "{subject}", text: "{body}"[, cc: {cc}][, attach {attachments}]',
        'I want to let {to} know the following[ under the heading "{subject}"]: "{body}"[ Please attach '
        "{attachments}.]",
        'Could you (please |)email {to} about "{subject}"?[ The text should read "{body}".][ '
        "{high_priority:Mark it as urgent|It isn't urgent}.]",
        'Subject line "{subject}", message "{body}": get that out to {to}[, {high_priority:flagged as '
        "important|with normal priority}].",
    ),
    answer='Your message "{subject}" has been sent; its number is {message_id}.',
)
def send_email(
    to: Annotated[list[Email], Size(1, 3)],
    subject: Subject,
    body: Body,
    cc: Annotated[list[Email], Size(1, 2)] | None = None,
    attachments: Annotated[list[Attachment], Size(1, 3)] | None = None,
    high_priority: bool = False,
) -> dict[str, Any]:
    """Send a new e-mail message right away.

    Args:
        to: E-mail addresses of the recipients.
        subject: Subject line.
        body: Text of the message.
        cc: E-mail addresses that get a copy.
        attachments: Names of the files to attach.
        high_priority: Whether the message is marked as important.
    """
    _check(*to, *(cc or []))
    return {
        "message_id": f"msg-{_hash(to, subject, body) % 90000 + 10000}",
        "recipients": len(to) + len(cc or []),
        "attached": len(attachments or []),
        "priority": "high" if high_priority else "normal",
    }


@tool(
    asks=(
        '(Queue|Prepare) a mail to {to} that goes out on {send_at}[ with the subject "{subject}"]: "{body}".',
        'On {send_at}, (not earlier|no sooner), {to} should get "{body}" from me[, titled "{subject}"].',
        'send later: {send_at}, {to}, "{subject}", "{body}"',
        'I\'ll be on a plane then, so deliver this to {to}[ on {send_at}] for me. Subject "{subject}", body "{body}".',
        'Please have "{body}" mailed[ to {to}] on {send_at} under the subject "{subject}"[, time zone {time_zone}].',
        'Write "{body}" to {to}, subject "{subject}", but hold it back[ until {send_at}][ {time_zone} time].',
    ),
    answer='"{subject}" will go to {to} on {send_at}.',
)
def schedule_email(
    to: Email,
    subject: Subject,
    body: Body,
    send_at: DateTime,
    time_zone: Literal["UTC", "local"] = "local",
) -> dict[str, str]:
    """Prepare an e-mail message that is sent automatically at a later date and time.

    Args:
        to: E-mail address of the recipient.
        subject: Subject line.
        body: Text of the message.
        send_at: Date and time of sending, YYYY-MM-DDTHH:MM.
        time_zone: Clock that `send_at` refers to.
    """
    _check(to)
    due = dt.datetime.fromisoformat(send_at).isoformat(timespec="minutes")
    return {"draft_id": f"dft-{_hash(to, subject, due) % 9000 + 1000}", "due": due, "clock": time_zone}


@tool(
    asks=(
        '(Reply|Respond|Write back) to {message_id}[ with "{text}"].',
        'Answer {message_id}: "{text}"[ {reply_all:Everybody on the thread should see it|Only the sender '
        "should see it}.]",
        '{message_id} -> "{text}"',
        'I just read {message_id}. (Tell them|My answer is) "{text}"[, {reply_all:to all|to the sender only}].',
        '(Can|Could) you write "{text}" back on {message_id}[ and {reply_all:keep everyone in the '
        "loop|leave the others out}]?",
        'Please answer the message {message_id}[ by saying "{text}"][ and {quote_original:quote what they '
        "wrote|leave out what they wrote}].",
    ),
    answer="Your answer to {message_id} has been sent.",
)
def reply_to_message(
    message_id: MessageId, text: Reply, reply_all: bool = False, quote_original: bool = True
) -> dict[str, Any]:
    """Answer a received message in the same thread.

    Args:
        message_id: Number of the message to answer, such as msg-20418.
        text: Text of the answer.
        reply_all: Whether the answer goes to all recipients of the original, not just its sender.
        quote_original: Whether the original text is quoted below the answer.
    """
    if not text.strip():
        raise ValueError("the answer must not be empty")
    recipients = 2 + _hash(message_id) % 5 if reply_all else 1
    return {"thread": message_id, "recipients": recipients, "quoted": quote_original}


@tool(
    asks=(
        '(Forward|Pass) {message_id} on to {recipients}[ with the note "{note}"].',
        "{recipients} should see {message_id} too, (please |)forward it[ {keep_attachments:including the "
        "files|without the files}].",
        "fwd {message_id}[ to {recipients}]",
        'Could {recipients} get a copy of {message_id}?[ Add "{note}" on top.]',
        "I think {message_id} concerns[ {recipients}] more than me; send it along to them[, "
        "{keep_attachments:attachments and all|but strip the attachments}].",
        'Kindly relay {message_id} to {recipients}[ and add the remark "{note}"].',
    ),
    answer="{message_id} has been forwarded to {recipients}.",
)
def forward_message(
    message_id: MessageId,
    recipients: Annotated[list[Email], Size(1, 3)],
    note: Reply | None = None,
    keep_attachments: bool = True,
) -> dict[str, Any]:
    """Pass a received message on to other people.

    Args:
        message_id: Number of the message to pass on, such as msg-20418.
        recipients: E-mail addresses to forward it to.
        note: Remark put above the forwarded text.
        keep_attachments: Whether the attachments are forwarded as well.
    """
    _check(*recipients)
    size = 20 + _hash(message_id) % 3000 * keep_attachments
    return {"copies": len(recipients), "size_kb": size + len(note or "") // 100}


@tool(
    asks=(
        '(Search|Look through) my mail[ for "{query}"][ from {sender}][ since {since}].',
        '(Do I have|Are there) any messages about "{query}"[ in the {folder} folder][ from {sender}]?',
        'mail "{query}"[, {folder}][, max {limit}]',
        'I can\'t find the e-mail that mentions "{query}". It came in[ from {sender}][ after {since}] some time ago.',
        'Show me[ the latest {limit}] mails containing "{query}"[, {has_attachment:only those with '
        "attachments|with or without attachments}].",
        'Somebody wrote to me about "{query}"[ after {since}]. Which mails were that?[ Try the {folder} folder.]',
    ),
    answer='{count} messages match "{query}".',
)
def search_mail(
    query: Keyword,
    folder: Literal["inbox", "sent", "archive", "spam", "trash"] = "inbox",
    sender: Email | None = None,
    has_attachment: bool = False,
    since: Date | None = None,
    limit: Annotated[int, Pick(5, 10, 25, 50, 100)] = 20,
) -> dict[str, Any]:
    """Search the messages of a mailbox for words in subject or text.

    Args:
        query: Words to look for.
        folder: Folder to search.
        sender: E-mail address that the messages must come from.
        has_attachment: Whether only messages with an attachment are found.
        since: Earliest date of the messages, YYYY-MM-DD.
        limit: Largest number of messages to return.
    """
    if limit < 1:
        raise ValueError("limit must be at least 1")
    seed = _hash(query.lower(), folder, sender, has_attachment, since)
    found = min(limit, 2 + seed % 7)
    return {"count": found, "messages": [f"msg-{10000 + (seed + 7919 * i) % 90000}" for i in range(found)]}


@tool(
    asks=(
        "How many unread (mails|messages|e-mails) are there[ in {folder}]?",
        "(Count|Tell me the number of) messages I haven't opened yet in {folder}[, "
        "{include_subfolders:subfolders too|not counting subfolders}].",
        "unread in {folder}[, {include_subfolders:with subfolders|without subfolders}]",
        "I've been away for a week. How much is waiting for me in the {folder} folder?",
        "Is there anything new in {folder}?[ Ignore whatever came before {since}.] A number is enough.",
        "What's the unread count of my folder {folder}[ since {since}]?",
    ),
    answer="{folder} holds {result} unread messages.",
)
def unread_count(folder: Folder, include_subfolders: bool = False, since: Date | None = None) -> int:
    """Count the unread messages in one folder.

    Args:
        folder: Name of the folder.
        include_subfolders: Whether messages in its subfolders are counted too.
        since: Only count messages received on or after this date, YYYY-MM-DD.
    """
    total = 8 + _hash(folder.lower()) % 60
    recent = total // 2 if since and dt.date.fromisoformat(since) else total
    return recent + (_hash(folder, "sub") % 20 if include_subfolders else 0)


@tool(
    asks=(
        'Whenever the {rule.field} contains "{rule.contains}", {action} the message[, '
        "{apply_to_existing:including the ones I already have|for future mail only}].",
        '(Make|Create|Add) a filter: {rule.field} has "{rule.contains}"[, then {action}].',
        'filter {rule.field} "{rule.contains}" => {action}[, call it {name}]',
        'I get far too much stuff with "{rule.contains}" in the {rule.field}. Automatically {action} it from now on.',
        'Incoming mail with "{rule.contains}" in the {rule.field} should be handled like this: {action}.[ '
        "Name the rule {name}.]",
        "Could you set things up to {action} any mail whose {rule.field} mentions {rule.contains}[ and "
        "{apply_to_existing:treat old messages the same way|leave old messages alone}]?",
    ),
    answer="The filter {filter_id} is active.",
)
def add_filter_rule(
    rule: FilterRule,
    action: Literal["archive", "delete", "star", "mute"],
    apply_to_existing: bool = False,
    name: FilterName | None = None,
) -> dict[str, Any]:
    """Create a rule that treats matching incoming messages automatically.

    Args:
        rule: Which part of a message to look at (`field`) and the words it must contain (`contains`).
        action: What happens to matching messages.
        apply_to_existing: Whether messages already in the mailbox are treated too.
        name: Display name of the rule.
    """
    if not rule["contains"].strip():
        raise ValueError("the rule needs words to look for")
    key = _hash(rule["field"], rule["contains"], action)
    treated = key % 90 if apply_to_existing else 0
    return {"filter_id": f"flt-{key % 900 + 100}", "name": name or rule["contains"], "treated": treated}


@tool(
    asks=(
        "(Make|Create|Add) a new mail folder[ called {name}][ inside {parent}].",
        "I'd like a place for my {name} mails[, as a subfolder of {parent}].",
        "new folder: {name}[, {color}]",
        "My inbox is a mess. Set up {name} as a folder[ under {parent}][ and give it a {color} label].",
        "Could you (please |)add {name} to my mailbox folders[, colour {color}]?",
    ),
    answer="The folder {path} has been created.",
)
def make_folder(
    name: Folder,
    parent: ParentFolder | None = None,
    color: Literal["red", "green", "blue", "yellow", "gray"] = "gray",
) -> dict[str, str]:
    """Create an empty folder in the mailbox.

    Args:
        name: Name of the new folder.
        parent: Existing folder to create it in; the top level if left out.
        color: Colour of the folder's label.
    """
    if not name.strip() or "/" in name:
        raise ValueError(f"not a folder name: {name!r}")
    return {"path": f"{parent}/{name}" if parent else name, "color": color}


@tool(
    asks=(
        "(Move|Put|File) {message_ids}[ into {folder}].",
        "{message_ids} (belong|should go) in {folder}[, {mark_as_read:and count as read|and stay unread}].",
        "{message_ids} > {folder}",
        "I've dealt with {message_ids}, so please file them under {folder}.",
        "Could you sort {message_ids} into the {folder} folder[ and {mark_as_read:mark them as read|leave "
        "them unread}]?",
        "Take {message_ids} out of the inbox and put them where they belong[: {folder}].",
    ),
    answer="Messages moved to {folder}: {moved}.",
)
def move_to_folder(
    message_ids: Annotated[list[MessageId], Size(2, 4)], folder: Folder, mark_as_read: bool = False
) -> dict[str, Any]:
    """Move messages into an existing folder.

    Args:
        message_ids: Numbers of the messages, such as msg-20418.
        folder: Name of the folder to move them to.
        mark_as_read: Whether the messages are marked as read as well.
    """
    if not message_ids:
        raise ValueError("no message given")
    return {"moved": len(set(message_ids)), "folder": folder, "read": mark_as_read}


@tool(
    asks=(
        'I\'m (away|on holiday) from {start_date} for {days} days. Answer my mail with "{message}".',
        '(Turn on|Activate) the out-of-office[ for {days} days] from {start_date} with the text "{message}".',
        'out of office {start_date}, {days} days: "{message}"[, {contacts_only:contacts only|everyone}]',
        'Starting {start_date}, anyone who writes to me should automatically get "{message}"[ for {days} '
        "days][, but {contacts_only:only if they are in my contacts|even strangers}].",
        'My leave[ begins on {start_date} and] lasts {days} days. Please put up an auto-reply: "{message}".',
        'Set "{message}" as my absence notice. It should run {days} days[ from {start_date} on].',
    ),
    answer="The automatic reply runs from {start_date} until {last_date}.",
)
def vacation_reply_on(
    start_date: Date,
    days: Annotated[int, Between(2, 30)],
    message: AutoReply,
    contacts_only: bool = False,
) -> dict[str, Any]:
    """Switch on the automatic reply for a time of absence.

    Args:
        start_date: First day of absence, YYYY-MM-DD.
        days: Number of days the reply stays on.
        message: Text of the automatic reply.
        contacts_only: Whether only people in the address book get the reply.
    """
    if days < 1:
        raise ValueError("days must be at least 1")
    last = dt.date.fromisoformat(start_date) + dt.timedelta(days=days - 1)
    return {"last_date": str(last), "audience": "contacts" if contacts_only else "everyone"}


@tool(
    asks=(
        "(Which|What) files are attached to the message[ {message_id}]?",
        "(List|Show me) the attachments of {message_id}[, type {file_type}].",
        "attachments {message_id}[ > {min_size_kb} KB]",
        "I remember that {message_id} came with some documents. What exactly was in there[, leaving out "
        "anything below {min_size_kb} KB]?",
        "Does {message_id} carry anything besides text?[ I only care about {file_type} files.]",
        "Before I download anything from {message_id}, tell me what's attached to it.",
    ),
    answer="Number of attachments of {message_id}: {count}.",
)
def list_attachments(
    message_id: MessageId,
    file_type: Literal["pdf", "image", "spreadsheet"] | None = None,
    min_size_kb: Annotated[float, Pick(10, 50, 100, 250, 500)] = 0.0,
) -> dict[str, Any]:
    """List name and size of the files attached to a message.

    Args:
        message_id: Number of the message, such as msg-20418.
        file_type: Kind of file to list; every kind if left out.
        min_size_kb: Smallest size of the files to list, in kilobytes.
    """
    names = [name for kind, group in _FILE_TYPES.items() if file_type in (None, kind) for name in group]
    sizes = {name: 5 + _hash(message_id, name) % 2000 for name in names}
    kept = [{"name": name, "size_kb": size} for name, size in sizes.items() if size >= min_size_kb]
    return {"count": len(kept), "files": kept}


@tool(
    asks=(
        "(Save|Download|Store) {file_name} from {message_id}[ to {target_folder}].",
        "{message_id} has {file_name} attached. I want it on my disk[, in {target_folder}].",
        "get {file_name} out of {message_id}",
        "Could you pull {file_name}[ from the mail {message_id}] and put it on my computer[ under {target_folder}]?",
        "Please fetch {file_name} attached to {message_id}[ and {overwrite:replace any older copy|keep any "
        "older copy}].",
        "I need the file from {message_id}[, the one called {file_name}]. Download it, please.",
    ),
    answer="{file_name} has been saved as {path}.",
)
def save_attachment(
    message_id: MessageId,
    file_name: Attachment,
    target_folder: DiskFolder = "Downloads",
    overwrite: bool = False,
) -> dict[str, Any]:
    """Save one attachment of a message to a folder on disk.

    Args:
        message_id: Number of the message, such as msg-20418.
        file_name: Name of the attached file.
        target_folder: Folder on disk to save it in.
        overwrite: Whether an existing file of the same name is replaced.
    """
    taken = _hash(target_folder, file_name) % 4 == 0 and not overwrite
    stem, _, ending = file_name.rpartition(".")
    name = f"{stem} copy.{ending}" if taken else file_name
    return {"path": f"{target_folder}/{name}", "size_kb": 5 + _hash(message_id, file_name) % 2000}


@tool(
    asks=(
        "How full is the mailbox of {address}[, in {unit}]?",
        "(Check|Look up) how much mail storage is used[ by {address}].",
        "mail quota {address}[ {unit}]",
        "{address} complains that mail is bouncing. How much space does that account have left?",
        "What share of its mail storage has {address} used up?[ Give the sizes in {unit}.]",
    ),
    answer="{address} uses {used} of {limit} {unit_name}, that is {percent} percent.",
)
def mailbox_quota(address: Email, unit: Literal["MB", "GB"] = "GB") -> dict[str, Any]:
    """Report the used and the allowed storage of a mail account.

    Args:
        address: E-mail address of the account.
        unit: Unit of the sizes.
    """
    _check(address)
    factor = 1 if unit == "GB" else 1000
    limit, percent = 15, 5 + _hash(address.lower()) % 95
    used = round(limit * percent / 100 * factor, 1)
    return {"used": used, "limit": limit * factor, "percent": percent, "unit_name": unit}


@tool(
    asks=(
        "(Block|Stop) all mail from {address}.",
        "I never want to hear from {address} again[, block the whole {scope}].",
        "block {address}[, {delete_existing:delete old mails|keep old mails}]",
        "{address} keeps spamming me, please do something about it[ by blocking the {scope}].",
        "Put this sender on the black list[: {address}][ and {delete_existing:throw away what they have "
        "sent so far|keep "
        "what they have sent so far}].",
        "Can you make sure that nothing from {address} reaches my inbox any more?",
    ),
    answer="Mail from {blocked} is now blocked.",
)
def block_sender(
    address: Email, scope: Literal["address", "domain"] = "address", delete_existing: bool = False
) -> dict[str, Any]:
    """Refuse future mail from a sender.

    Args:
        address: E-mail address of the sender.
        scope: Whether only this address or everything from its domain is blocked.
        delete_existing: Whether messages already received from there are deleted.
    """
    _check(address)
    blocked = address if scope == "address" else address.partition("@")[2]
    return {"blocked": blocked, "deleted": _hash(blocked) % 40 if delete_existing else 0}


@tool(
    asks=(
        "(Can I|Is it possible to) mail files of {sizes_mb} MB together[ if the limit is {limit_mb} MB]?",
        "I want to mail several files[ of {sizes_mb} MB]. (Do they fit into one mail|Will they go through)?",
        "files {sizes_mb} MB[, limit {limit_mb} MB], too big for an e-mail?",
        "I'd like to attach files that are {sizes_mb} MB in size[ and the server takes {limit_mb} MB at "
        "most]. What will that come to once encoded?",
        "What's the encoded size of attachments of {sizes_mb} MB?[ Assume the encoding adds "
        "{overhead_percent} percent.]",
        "With {sizes_mb} MB of attachments[ and {overhead_percent} percent encoding overhead], how large "
        "does the message get?",
    ),
    answer="Encoded, the attachments take {encoded_mb} MB: {verdict}.",
)
def encoded_attachment_size(
    sizes_mb: Annotated[list[Annotated[float, Between(0.3, 9.5)]], Size(2, 5)],
    limit_mb: Annotated[float, Pick(10, 20, 30, 50)] = 25.0,
    overhead_percent: Annotated[float, Pick(33, 35, 40)] = 37.0,
) -> dict[str, Any]:
    """Calculate how large attachments become in a message and whether the server will take them.

    Args:
        sizes_mb: Sizes of the files in megabytes.
        limit_mb: Largest message that the server accepts, in megabytes.
        overhead_percent: Growth caused by the e-mail encoding, in percent.
    """
    if not sizes_mb or min(sizes_mb) < 0:
        raise ValueError("sizes_mb needs at least one size, none negative")
    encoded = round(sum(sizes_mb) * (1 + overhead_percent / 100), 2)
    return {"encoded_mb": encoded, "verdict": "they fit" if encoded <= limit_mb else "they are too large"}


@tool(
    asks=(
        "(Make|Write) an e-mail signature[ for {name}], phone {contact.phone}, website {contact.website}[, "
        "{job_title}].",
        "{name}, {contact.phone}, {contact.website}[, {job_title}]: turn that into my mail footer[ in {style} style].",
        "signature: {name} / {contact.phone} / {contact.website}",
        "My name is {name} and I want my contact details below every mail, that is {contact.phone} and "
        "{contact.website}[, in a {style} layout].",
        "Below each message it should say who I am, {name}[, {job_title}], and that people can reach me at "
        "{contact.phone} or via {contact.website}.",
        "Could you update my mail sign-off? It's {name} with the number {contact.phone} and the site "
        "{contact.website}.",
    ),
    answer="This is the new signature: {result}",
)
def signature_block(
    name: Annotated[str, Fake("name")],
    contact: Contact,
    job_title: JobTitle | None = None,
    style: Literal["plain", "compact", "formal"] = "plain",
) -> str:
    """Compose the signature that is put below outgoing messages.

    Args:
        name: Full name.
        contact: Phone number and website to show.
        job_title: Profession or position.
        style: Layout of the signature.
    """
    parts = [name, job_title or "", contact["phone"], contact["website"]]
    opening = "Yours sincerely, " if style == "formal" else ""
    return opening + (" | " if style == "compact" else ", ").join(part for part in parts if part)
