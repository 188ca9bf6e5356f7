"""Splits text into comparable words, in the same way for claims and for search queries.

Spellings that a reader considers equal give the same words: case, accents, `356M` and `$356 million` and
`356,000,000`, `75 %` and `75 percent`, `#StopTheSteal` and `stop the steal`. All functions are pure. Code that stores
their results must store `VERSION` too, or recompute them when the version changes.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import cache, lru_cache
from zlib import crc32

import Stemmer

VERSION = 2

# Longer runs of letters aren't words but keys, hashes and noise.
LONGEST_WORD = 40
# The length of n-grams in a language without a stemmer. Shorter in scripts where a character is a syllable or a word.
_GRAM = 4
_GRAM_OF_SYLLABLES = 2

_STEMMERS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "eo": "esperanto", "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish",
    "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian",
    "it": "italian", "lt": "lithuanian", "nb": "norwegian", "ne": "nepali", "nl": "dutch", "nn": "norwegian",
    "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "st": "sesotho",
    "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip

# Words that don't show what a text is about. In a language without a list, only the weight of rare words helps.
_STOP_WORDS = {
    "en": "a about after again all also am an and any are as at be because been before being both but by can "
    "could did do does doing down during each for from further had has have having he her here hers him "
    "his how i if in into is it its just me more most my no nor not of off on once only or other our out "
    "over own same she should so some such than that the their them then there these they this those "
    "through to too under until up very was we were what when where which while who whom why will with "
    "would you your",
    "es": "a al algo ante antes como con cual cuando de del desde donde durante e el ella ellos en entre era es "
    "esa ese eso esta este esto fue ha han hasta hay la las le les lo los mas me mi mientras muy no nos o "
    "para pero por porque que quien se ser si sin sobre son su sus tambien un una uno unos y ya",
    "fr": "a au aux avec ce ces cette comme d dans de des du elle elles en est et etait ete etre eu fait il ils "
    "j je l la le les leur leurs lui m mais me meme n ne nos notre nous on ont ou par pas plus pour qu "
    "que qui s sa sans se ses son sont sur un une vous y",
    "de": "aber als am an auch auf aus bei bin bis da das dass dem den der des die dies diese dieser dieses "
    "doch du durch ein eine einem einen einer eines er es fur hat hatte haben ich ihr ihre im in ist ja "
    "kein keine mit nach nicht noch nur oder sein seine sich sie sind so uber um und uns unter vom von "
    "vor war waren was wenn wer wie wird wir zu zum zur",
    "pt": "a ao aos as ate com como da das de do dos e ela ele eles em entre era essa esse esta este eu foi ha "
    "isso isto ja la lhe mais mas me mesmo muito na nao nas nem no nos o os ou para pela pelo por qual "
    "quando que quem se sem ser seu sua sao so tambem tem um uma",
    "it": "a ad ai al alla alle anche c che chi ci come con cui d da dal dalla degli dei del della delle di e "
    "ed era gli ha hanno i il in io l la le lo loro ma mi ne negli nel nella no noi non o per perche piu "
    "quale quando questa questo se si sia sono su sua sue sul sulla suo tra un una uno",
}  # fmt: skip
_STOP = {language: frozenset(words.split()) for language, words in _STOP_WORDS.items()}

# Short posts have many links, which say where something was read and not what it says.
_LINK = re.compile(r"(?:https?://|www\.|pic\.twitter\.com/|t\.co/)[^\s<>()\[\]]*", re.IGNORECASE)
_HASHTAG_OR_HANDLE = re.compile(r"[#@](\w+)")
_CAMEL_CASE = re.compile(r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)")
_INITIALS = re.compile(r"\b(?:[a-z]\.){2,}")
_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ＇`´", "'") | dict.fromkeys("_।॥", " "))
_POSSESSIVE = re.compile(r"'s\b")

# Combining marks inside words, in scripts whose vowels are marks. Python's \w doesn't match them.
_MARKS = "\u0900-\u0963\u0971-\u0dff\u0e31-\u0e4e\u0eb1-\u0ece\u102b-\u103e\u17b4-\u17d3"
_WORD = rf"[^\W_](?:[^\W_]|[{_MARKS}])*"

_THOUSAND, _MILLION, _BILLION, _TRILLION = 10**3, 10**6, 10**9, 10**12
_FACTORS = {
    _THOUSAND: "k thousand thousands mil mille tausend tsd",
    _MILLION: "m mn mio mln million millions millionen millon millones milhao milhoes milione milioni miljoen",
    _BILLION: "b bn mrd billion billions milliard milliards milliarde milliarden miliardo miliardi bilhao bilhoes "
    "miljard",
    _TRILLION: "t tn trn trillion trillions billon billones billionen trilhao trilhoes",
}
_FACTOR = {word: factor for factor, words in _FACTORS.items() for word in words.split()}
_LETTERS = "k m b t"  # factors only directly after the digits
_FACTOR_WORDS = "|".join(sorted((word for word in _FACTOR if word not in _LETTERS.split()), key=len, reverse=True))
_NUMBER = re.compile(
    rf"""(?<![\w.,])
    (?:(?:us|usd|eur|gbp)?\s?[$€£¥₹]\s?)?
    (?P<figures>\d{{1,3}}(?:(?P<group>[,.'\x20])\d{{3}})(?:(?P=group)\d{{3}})*(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)?)
    (?P<letter>[kmbt](?!\w))?
    (?P<factors>(?:[\s-]?(?:{_FACTOR_WORDS})\b\.?)*)
    (?:\s?(?P<percent>%|percent\b|per\scent\b|pct\b|prozent\b|por\sciento\b|pour\scent\b|por\scento\b|per\scento\b))?
    (?:\s?(?:dollars?|usd|euros?|eur)\b|\s?[$€£¥₹])?
    (?!\w)""",
    re.VERBOSE,
)
_LIKE_A_GROUP = re.compile(r"[1-9]\d{0,2}\.\d{3}")
# Limits, so that a number can't become an arbitrarily long word.
_MAX_FIGURES, _MAX_FACTORS = 30, 4
_PIECE = re.compile(rf"{_NUMBER.pattern}|(?P<word>{_WORD})", re.VERBOSE)
_PIECE_AS_TYPED = re.compile(_PIECE.pattern, re.VERBOSE | re.IGNORECASE)
_SYLLABLES = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)


def folded(text: str) -> str:
    """The text in NFKC, without case, accents and links, with handles and hashtags as words."""
    text = _LINK.sub(" ", unicodedata.normalize("NFKC", text))
    text = _HASHTAG_OR_HANDLE.sub(lambda tag: " " + _CAMEL_CASE.sub(" ", tag[1]) + " ", text)
    text = "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if not _is_accent(sign))
    text = unicodedata.normalize("NFC", text).translate(_APOSTROPHES)
    return _INITIALS.sub(lambda initials: initials[0].replace(".", ""), _POSSESSIVE.sub("", text))


def plain(text: str) -> list[str]:
    """The normalised words of the text in order, including stop words. A number is one word."""
    return list(_plain(folded(text)))


def pieces(text: str) -> Iterator[tuple[int, int, list[str]]]:
    """The start and end of each word or number in the original text, with its normalised words."""
    for piece in _PIECE_AS_TYPED.finditer(text):
        yield *piece.span(), plain(piece[0])


def stems(words: Iterable[str], language: str) -> list[str]:
    """The stems of words from `plain` in a language (a tag such as `en` or `pt-BR`), without its stop words.

    In a language without a stemmer, a word gives its n-grams of four characters, or two in syllabic scripts.
    """
    primary = language.partition("-")[0].lower()
    ignored = _STOP.get(primary, frozenset())
    return [stem for word in words if word not in ignored for stem in _stems_of(word, primary)]


def hashed(stem: str) -> int:
    """The stem as a non-negative 31-bit integer, which the database stores in arrays instead of text."""
    return crc32(stem.encode()) & 0x7FFF_FFFF


def _is_accent(sign: str) -> bool:
    # Nuktas and viramas (combining classes 7 and 9) change the letter, not just its spelling.
    return unicodedata.combining(sign) not in {0, 7, 9}


def _plain(text: str) -> Iterator[str]:
    for piece in _PIECE.finditer(text):
        if piece["figures"]:
            yield _plain_number(piece)
        elif len(piece["word"]) <= LONGEST_WORD:
            yield piece["word"]


def _plain_number(number: re.Match[str]) -> str:
    """The number in plain digits: `356000000`, `2.5`, `75%`."""
    figures = number["figures"]
    if number["group"]:
        head, mark, tail = _split(figures, number["group"])
        figures = f"{head}{'.' if mark else ''}{tail}"
    value = Decimal(figures.replace(",", ".")[:_MAX_FIGURES])
    if number["letter"]:
        value *= _FACTOR[number["letter"]]
    for word in re.findall(r"[^\W\d]+", number["factors"])[:_MAX_FACTORS]:
        value *= _FACTOR[word]
    spelled = f"{value:f}"[:_MAX_FIGURES]
    spelled = spelled.rstrip("0").rstrip(".") if "." in spelled else spelled
    # Three decimals after up to three digits would read as a thousands group, so add a zero: 1.0010 isn't 1001.
    spelled += "0" if _LIKE_A_GROUP.fullmatch(spelled) else ""
    return spelled + ("%" if number["percent"] else "")


def _split(figures: str, group: str) -> tuple[str, str, str]:
    """The integer part without group separators, the decimal mark if there is one, and the decimals."""
    for mark in ".,":
        if mark != group and mark in figures:
            head, _, tail = figures.partition(mark)
            return head.replace(group, ""), mark, tail
    if figures.startswith("0"):
        return figures.replace(group, "."), "", ""
    return figures.replace(group, ""), "", ""


@lru_cache(maxsize=50_000)
def _stems_of(word: str, primary: str) -> Sequence[str]:
    if word[0].isdigit():
        return (word,)
    if stemmer := _stemmer(primary):
        return (stemmer.stemWord(word),)
    size = _GRAM_OF_SYLLABLES if _SYLLABLES.search(word) else _GRAM
    return tuple(word[start : start + size] for start in range(max(1, len(word) - size + 1)))


@cache
def _stemmer(primary: str) -> Stemmer.Stemmer | None:
    name = _STEMMERS.get(primary)
    return Stemmer.Stemmer(name, 0) if name else None
