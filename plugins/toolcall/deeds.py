"""Deeds: what somebody's description of a function says is done, as a clause that can follow `I need you to`."""

import re

from sftctl.plugins.toolcall.english import INFINITIVES, VERBS

_RARER_VERBS = """
    abort accept access acknowledge acquire alert align allocate annotate anonymize appoint authenticate authorize
    await ban benchmark bind blend boost bump charge chat claim clone commit confiscate consume contact crawl
    create_or_update crop debit debug decline deduct demote depart deposit derive detach dial dismiss dispatch
    dispute dock donate drop embed emit empty enqueue enroll ensure escalate establish execute exit expire explain
    explore extract finalize flush fork freeze fulfill geocode guess handle have highlight hold host import index
    infer initialize inject install instantiate interpolate invoke kill lease lend like link listen locate login
    logout map mark mask match mention migrate mint mirror mix mount navigate normalize nudge obtain offer onboard
    override page paginate paint patch peek pin ping poll populate prioritize promote prompt propose prune purge
    push reactivate rebook reboot rebuild recall reconcile recover redeem redirect refresh refuse regenerate
    register reindex relay reload remap render renew repair repeat resample resend resize respond retry revert
    revoke ring route sample sanitize save scale scrape seed segment sell serve settle ship sign simplify skip
    snapshot snooze spawn stack stake stop stream suspend swap swipe sync tail text throttle toggle tokenize tune
    type undo uninstall unmute unpin upsert use validate void vote wake warn whitelist wipe wire zip zoom
"""
_ANY_VERB = VERBS.union(_RARER_VERBS.split())

_LEAD_INS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?:(?:this|the|an?) )?(?:\w+ )?(?:function|tool|method|endpoint|api|operation|utility|helper|command|service)"
        r"(?: call)?(?: (?:is |can be )?used| lets (?:you|users?)| allows (?:you|users?)| helps(?: you)?)?"
        r" (?:to|that|which|can|will) ",
        r"(?:use|call) (?:this(?: \w+)?|it) (?:to|when you want to|if you want to) ",
        r"(?:is |can be )?used to ",
        r"(?:it |this )?(?:lets|allows|enables|helps)(?: (?:you|users?|the user|clients?))?(?: to)? (?=[a-z]+ )",
        r"(?:this|the) (?:function|tool|method|endpoint|api|operation|utility|helper|command|service) (?=[a-z]+s )",
        r"(?:this|it) (?=[a-z]+s )",
    )
)
_DETERMINERS = frozenset("a an the all any one two your my our this these that each every its their".split())  # noqa: SIM905
_QUESTIONS = ("whether ", "if ", "how ", "what ", "which ", "who ", "where ", "when ")
_PATH = re.compile(r"(?:GET|PUT|POST|PATCH|DELETE|HEAD) /", re.IGNORECASE)


def deed(description: str) -> str:
    """What a description says is done, in the infinitive: `Searches for flights` → `search for flights`.

    What is only named is to be got: `Weather forecast for a city` → `get weather forecast for a city`. Nothing where
    it tells of no deed.
    """
    text = description.strip()
    if not text or _PATH.match(text):
        return ""
    for lead in _LEAD_INS:
        text = text[found.end() :] if (found := lead.match(text)) else text
    first, space, rest = text.partition(" ")
    if text.lower().startswith(_QUESTIONS):
        return f"find out {text[:1].lower()}{text[1:]}"
    verb = _infinitive(first, rest.partition(" ")[0].lower())
    if not verb:
        return f"get {text if first[1:2].isupper() else text[:1].lower() + text[1:]}"
    if verb != first.lower():
        rest = _AND_DOES.sub(
            lambda also: f"{also[1]} {INFINITIVES[also[2]]}" if also[2] in INFINITIVES else also[0], rest
        )
    return f"{verb}{space}{rest}"


_AND_DOES = re.compile(r"\b(and|or|then) ([a-z]+s)\b")


def _infinitive(first: str, second: str) -> str:
    """The verb that a description begins with; nothing if it begins with none."""
    word = first.lower()
    if word in _ANY_VERB or not re.fullmatch(r"[a-z]+(?:[-/][a-z]+)?", word):
        return word
    if word in INFINITIVES:
        return INFINITIVES[word]
    for ending, instead in (("s", ""), ("es", ""), ("ies", "y"), ("ing", ""), ("ing", "e")):
        bare = word.removesuffix(ending) + instead
        if word.endswith(ending) and (bare in _ANY_VERB or (bare[:-1] in _ANY_VERB and bare[-2:-1] == bare[-1:])):
            return bare if bare in _ANY_VERB else bare[:-1]
    if second in _DETERMINERS and not first.isupper():  # whatever it is, it is done to something
        return re.sub(r"(?<=[^s\W])s$", "", word)
    return ""
