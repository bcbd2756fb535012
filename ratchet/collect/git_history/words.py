"""Words of English and of programming languages that the reading of commits needs to know."""

from __future__ import annotations


def word_set(text: str) -> frozenset[str]:
    """The words of a text.

    >>> sorted(word_set("b a b"))
    ['a', 'b']
    """
    return frozenset(text.split())


VERBS = word_set(
    "abort accept add adjust adopt align allow annotate append apply assert assign avoid "
    "backport block break bring build bump cache call capture catch change check clarify clean "
    "clear close collect combine compare compile complete compute configure consider "
    "consolidate constrain construct convert copy correct count cover create cut deduplicate "
    "default define delegate delete demonstrate deprecate derive describe detect disable "
    "disallow display document drop emit enable encode enforce ensure escape exclude execute "
    "expand explain export expose extend extract fail filter find finish fix flush forbid force "
    "format forward freeze generate give group guard handle hash hide honor honour ignore "
    "implement import improve include increase index infer inherit initialize inline insert "
    "inspect install integrate introduce invalidate isolate join keep label launch limit link "
    "list load lock log lower make map mark match measure mention merge migrate mock modify "
    "monitor move name narrow normalize notify obey omit open optimise optimize order override "
    "parametrize parse pass patch perform permit persist pick pin populate port prefer prepare "
    "preserve prevent print process prohibit propagate protect provide publish pull push put "
    "quote raise read rebuild recognize reconcile record redirect reduce refactor refer refuse "
    "register reject relax release reload remove rename render reorder repair replace report "
    "request require reset resolve respect restore restrict retain retry return reuse revert "
    "rewrite round run save scan select send separate serialize serve set share show simplify "
    "skip sort specify speed split start stop store stream strip support suppress swap switch "
    "synchronize tell terminate test throw tighten track translate treat trigger trim turn "
    "unify unpin unset update upgrade use validate verify wait warn wrap write yield"
)
"""What commit messages tell a program, or themselves, to do."""

STOP_WORDS = word_set(
    "the and for with from into that this when which while are was were has have had not but "
    "its all any only also than then them they their there these those will would should must "
    "shall can could may might been being does did doing use used using new now more most other "
    "some such via per one two too out off over under after before between about instead longer "
    "same each way make made work works working properly correctly better case cases thing "
    "things code change changes line lines file files self none true false return def class "
    "func function functions method methods value values name names type str int bool args "
    "kwargs etc still just like add adds added fix fixes fixed remove removed update updated "
    "support supported allow ensure need needs get set test tests testing assert import imports "
    "raise raises"
)
"""Words that are in every message or every file, and so are evidence of nothing."""

KEYWORDS = word_set(
    "and as assert async await break case catch class const continue def default del do elif "
    "else enum except export extends final finally fn for from func function global if "
    "implements import in interface is lambda let match mod mut new nil none nonlocal not null "
    "or package pass private protected pub public raise return self static struct super switch "
    "this throw trait true false try type typing undefined use var void where while with yield "
    "str int bool float list dict set tuple object any optional union cls args kwargs len print "
    "isinstance pytest test tests the that have will when which your into only also are you can"
)
"""Words of programming languages and of prose that name nothing."""

IRREGULAR_FORMS = {
    "built": "build",
    "broke": "break",
    "brought": "bring",
    "caught": "catch",
    "cut": "cut",
    "found": "find",
    "froze": "freeze",
    "gave": "give",
    "hid": "hide",
    "kept": "keep",
    "made": "make",
    "put": "put",
    "read": "read",
    "ran": "run",
    "sent": "send",
    "set": "set",
    "split": "split",
    "told": "tell",
    "threw": "throw",
    "wrote": "write",
    "rewrote": "rewrite",
    "running": "run",
    "set-up": "set",
}


def base_verb(word: str) -> str:
    """The imperative of a verb that messages use, or an empty text.

    >>> base_verb("Added"), base_verb("caches"), base_verb("stopping"), base_verb("table")
    ('add', 'cache', 'stop', '')
    """
    return _FORMS.get(word.lower(), "")


def _forms(verb: str) -> list[str]:
    stem = verb.removesuffix("e")
    doubled = verb + verb[-1]
    plural = verb + ("es" if verb.endswith(("s", "x", "ch", "sh", "z")) else "s")
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return [verb, verb[:-1] + "ies", verb[:-1] + "ied", verb + "ing"]
    return [verb, plural, stem + "ed", stem + "ing", doubled + "ed", doubled + "ing"]


_FORMS = {form: verb for verb in sorted(VERBS) for form in _forms(verb)} | IRREGULAR_FORMS
