"""A little English grammar: which words are verbs in the infinitive, and what they are in the third person."""

import re

_VERBS = """
    accept activate add adjust aggregate allow analyze announce answer append apply approve archive arm arrange assess
    assign attach audit average block book build buy calculate call cancel capture carry change check choose classify
    clean clear clone close collect combine compare complete compose compress compute configure confirm connect convert
    copy correct count create cut decode decompose decrease decrypt define delete deliver deploy describe detect
    determine dim disable discard display divide download draft draw duplicate edit email enable encode encrypt end
    enter enumerate estimate evaluate exchange execute expand export express extend extract feed fetch file fill filter
    find fix flag follow forecast format forward generate get give grant group hand heat hide hire identify import
    increase inform initiate insert inspect install invite issue join judge label launch leave let list load locate
    lock log look lower make manage map mark match measure merge modify monitor move multiply mute name notify obtain
    open optimize order organize pack parse pass pause pay perform pick place plan play post predict prepare print
    process produce project provide provision publish pull purchase put query queue quote raise rank rate read receive
    recommend record reduce refresh refund register reject release remind remove rename render renew replace reply
    report request reschedule reserve reset resolve restart restore resume retrieve return reverse rewrite rotate round
    run save say scale scan schedule score search select send set share shift show shuffle simulate smooth solve sort
    specify spell split start stop store submit subscribe suggest sum summarize switch synchronize tag take tell test
    total trace track transcribe transfer transform translate trigger turn unlock unpack unsubscribe update upgrade
    upload validate value verify view visualize watch water withdraw work write
"""
VERBS = frozenset(_VERBS.split())
"""What descriptions of functions and requests begin with."""


def third_person(verb: str) -> str:
    """`carry` → `carries`, `search` → `searches`."""
    if re.search(r"[^aeiou]y$", verb):
        return f"{verb[:-1]}ies"
    return f"{verb}es" if re.search(r"(s|x|z|ch|sh|o)$", verb) else f"{verb}s"


INFINITIVES = {form: verb for verb in VERBS for form in (verb, third_person(verb))}
"""Both forms → the infinitive."""
_OTHERS = """
    a an the this that these those my our your his her its their some all both each every another one someone somebody
    anybody we you they he she it there what how when where which who whose why is are was were am do does did has have
    had can could would will should may might must please kindly if in on at for from by with without to of after
    before between during since until given suppose tell also then
"""
_BEGINNINGS = VERBS.union(_OTHERS.split())
"""What a sentence may begin with, that is no name."""
_FIRST = re.compile(r"([A-Za-z][a-z]*)(?:'[a-z]+)?(?![\w.@/'-])")


def lowered(text: str) -> str:
    """The text with a small first letter, to stand after other words; one that begins with a name stays."""
    return text[:1].lower() + text[1:] if _begins_plainly(text) else text


def words_of(name: str) -> str:
    """An identifier as words: `unit_price`, `unitPrice` → `unit price`."""
    return " ".join(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").replace("-", " ").split()).lower()


def can_follow(text: str) -> bool:
    """Whether the text, lowered, can go on after `Also,`: not if it begins with a name."""
    return not text[:1].isupper() or _begins_plainly(text) or bool(re.match(r"I\b", text))


def _begins_plainly(text: str) -> bool:
    first = _FIRST.match(text)
    return first is not None and first[1].lower() in _BEGINNINGS
