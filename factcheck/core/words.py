"""Splits text into comparable words, in the same way for claims and for search queries.

Spellings that a reader considers equal give the same words: case, accents, letters such as ł and ø, invisible
characters, `356M` and `$356 million` and `356,000,000`, `75 %` and `seventy-five percent` and `٧٥٪`, `866-347-2423` and
`8663472423`, `AR-15` and `AR15`, `#StopTheSteal` and `stop the steal`. All functions are pure. Code that stores their
results must store `VERSION` too, or recompute them when the version changes.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import cache, lru_cache
from gzip import decompress
from pathlib import Path
from zlib import crc32

import Stemmer

VERSION = 4

_COMMON_WORDS = Path(__file__).parent / "common_words"
# Of a text with fewer stop words, the language can't be told.
_LEAST_STOP_WORDS = 2
# The digits of an American phone number with the 1 before it.
_LONG_PHONE = 11
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
# Tags of languages whose words are compared as those of another.
_SAME_LANGUAGE = {"nb": "no", "nn": "no"}

# Words that don't show what a text is about. In a language without a list, only the weight of rare words helps.
_STOP_WORDS = {
    "en": "a about after again all also am an and any are as at be because been before being both but by can "
    "could did didn do does doesn doing don down during each for from further had has have having he her here hers him "
    "his how i if in into is isn it its just ll many me more most much my no nor not of off on once only or "
    "other our out over own re same she should so some such t than that the their them then there these "
    "they this those through to too under until up ve very was wasn we were what when where which while "
    "who whom why will with would you your",
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
# Words that begin with a capital, and the short words between them.
_NAME = r"(?<![^\W\d_])[A-ZÀ-ÞŁŚŻĐ][^\W\d_]++"
_LONG_NAME = re.compile(rf"{_NAME}(?:\s(?:(?:of|the|and|for|des?|del|la|los|y|e|da|do)\s){{0,2}}{_NAME})+")
_INITIALS_OF_A_NAME = range(3, 7)
_INITIALS = re.compile(r"\b(?:[a-z]\.){2,}")
_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ＇`´", "'") | dict.fromkeys("_।॥", " "))
_POSSESSIVE = re.compile(r"'s\b")

# The letters of PostgreSQL's `unaccent` that Unicode doesn't decompose, each before the letters that replace it.
_UNDECOMPOSED = """
æae ðd øo þth đd ħh ıi ĸq ŀl łl ŋn œoe ŧt ƀb ɓb ƃb ƈc ɖd ɗd ƌd ɛe ƒf ɠg ƕhv ɩi ɨi ƙk ƚl ɲn ƞn ƣoi ƥp
ƫt ƭt ʈt ʋv ƴy ƶz ǥg ȡd ȥz ȴl ȵn ȶt ȷj ȸdb ȹqp ⱥa ȼc ⱦt ȿs ɀz ʉu ɇe ɉj ɍr ɏy ɕc ɟj ɡg ɢg ɦh ɧh ɪi ɫl
ɬl ɭl ɱm ɳn ɴn ɶoe ɼr ɽr ɾr ʀr ʂs ʏy ʐz ʑz ʙb ʛg ʜh ʝj ʟl ʠq ʣdz ʥdz ʦts ʪls ʫlz ᴀa ᴁae ᴃb ᴄc ᴅd ᴆd
ᴇe ᴊj ᴋk ᴌl ᴍm ᴏo ᴘp ᴛt ᴜu ᴠv ᴡw ᴢz ᵫue ᵬb ᵭd ᵮf ᵯm ᵰn ᵱp ᵲr ᵳr ᵴs ᵵt ᵶz ᵺth ᵻi ᵽp ᵾu ᶀb ᶁd ᶂf ᶃg ᶄk
ᶅl ᶆm ᶇn ᶈp ᶉr ᶊs ᶌv ᶍx ᶎz ᶏa ᶑd ᶒe ᶓe ᶖi ᶙu ẜs ẝs ỻll ỽv ỿy ⱡl ⱨh ⱪk ⱬz ⱱv ⱳw ⱴv ⱸe ⱺo ꜰf ꜱs ꜳaa
ꜵao ꜷau ꜹav ꜻav ꜽay ꝁk ꝃk ꝅk ꝇl ꝉl ꝋo ꝍo ꝏoo ꝑp ꝓp ꝕp ꝗq ꝙq ꝟv ꝡvy ꝥth ꝧth ꝱd ꝲl ꝳm ꝴn ꝵr ꝶr ꝷt ꝺd
ꝼf ꞇt ꞑn ꞓc ꞡg ꞣk ꞥn ꞧr ꞩs
"""
_LETTERS_FOR = {ord(pair[0]): pair[1:] for pair in _UNDECOMPOSED.split()}
# Combining marks, but not nuktas and viramas (combining classes 7 and 9): they change the letter, not its spelling.
# There are none below the first of these characters nor above the last.
_ACCENTS = dict.fromkeys(sign for sign in range(0x300, 0x1F000) if unicodedata.combining(chr(sign)) not in {0, 7, 9})
_WITHOUT_ACCENTS = _LETTERS_FOR | {ord("٪"): "%", ord("٫"): ".", ord("٬"): ","} | _ACCENTS
# Characters that nobody sees, besides those of Unicode's category Cf: fillers, joiners and variation selectors.
_UNSEEN = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"
_FORMATS = "\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0001-\U000e007f"
_INVISIBLE = re.compile(f"[{_UNSEEN}{_FORMATS}]")
_OTHER_DIGIT = re.compile(r"[^\D0-9]")

# Combining marks inside words, in scripts whose vowels are marks. Python's \w doesn't match them.
_MARKS = "\u0900-\u0963\u0971-\u0dff\u0e31-\u0e4e\u0eb1-\u0ece\u102b-\u103e\u17b4-\u17d3"
_WORD = rf"[^\W_](?:[^\W_]|[{_MARKS}{_UNSEEN}{_FORMATS}])*"
# A model, a bill or a road: AR15 is written AR-15 too, and HR1 is H.R. 1.
_LETTERS_THEN_DIGITS = re.compile(r"([^\W\d_]{1,6})(\d{1,4})")

_THOUSAND, _LAKH, _MILLION, _CRORE, _BILLION, _TRILLION = 10**3, 10**5, 10**6, 10**7, 10**9, 10**12
_FACTORS = {
    _THOUSAND: "k thousand thousands mil mille tausend tsd тысяч тысячи тыс ألف الف हजार हज़ार",
    _LAKH: "lakh lakhs lac lacs लाख",
    _MILLION: "m mn mio mln million millions millionen millon millones milhao milhoes milione milioni miljoen "
    "миллион миллиона миллионов млн مليون ملايين میلیون",
    _CRORE: "crore crores करोड़",
    _BILLION: "b bn mrd billion billions milliard milliards milliarde milliarden miliardo miliardi bilhao bilhoes "
    "miljard миллиард миллиарда миллиардов млрд مليار میلیارد",
    _TRILLION: "t tn trn trillion trillions billon billones billionen trilhao trilhoes триллион триллионов",
}
_LETTERS = "k m b t"  # factors only directly after the digits
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_TENS_ES = "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa"
_ONES = "one two three four five six seven eight nine"
_ONES_ES = "un uno dos tres cuatro cinco seis siete ocho nueve"
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_SPELLED = (
    {word: 10 * number for tens in (_TENS, _TENS_ES) for number, word in enumerate(tens.split(), start=2)}
    | {word: number for number, word in enumerate(f"{_ONES} {_TEENS}".split(), start=1)}
    | {word: max(1, number) for number, word in enumerate(_ONES_ES.split())}
)


def _any(*words: str) -> str:
    """A pattern for any of the words in these texts, the longest first."""
    return "|".join(sorted((word for text in words for word in text.split()), key=len, reverse=True))


_PERCENT = (
    r"[%٪]|percent\b|per\scent\b|pct\b|prozent\b|por\sciento\b|pour\scent\b|por\scento\b|per\scento\b"
    r"|процент(?:а|ов)?\b|प्रतिशत"
)
_PHONE = r"""(?<![\w.,+-])(?P<phone>
    (?:\+?1[-.\s]?)?(?:\(\d{3}\)\s?|\d{3}[-.\s])\d{3}[-.\s]\d{4}  # 1-866-347-2423, (866) 347-2423
    |\+\d{1,3}(?:[-.\s]?\(?\d{2,4}\)?){2,5}
    |\d{2,5}(?:-\d{3,4}){2,3}|\d{3}-\d{4}
    )(?![\w-])"""
_FACTOR = {word: factor for factor, words in _FACTORS.items() for word in words.split()}
_FACTOR_WORDS = _any(*(word for word in _FACTOR if word not in _LETTERS.split()))
_NUMBER = rf"""(?<![\w.,])
    (?:(?:us|usd|eur|gbp)?\s?[$€£¥₹]\s?)?
    (?:(?P<figures>\d{{1,3}}(?:(?P<group>[,.'\x20٬])\d{{3}})(?:(?P=group)\d{{3}})*(?:[.,٫]\d+)?(?!\d)
        |\d{{1,2}}(?:,\d{{2}})+,\d{{3}}(?!\d)(?:\.\d+)?|\d+(?:[.,٫]\d+)?)
      |(?P<spelled>(?:(?:{_any(_ONES, _TEENS)})\shundred(?:\s(?:and\s)?
            (?:(?:{_any(_TENS)})(?:[\s-](?:{_any(_ONES)}))?|{_any(_ONES, _TEENS)}))?
        |(?:{_any(_TENS)})(?:[\s-](?:{_any(_ONES)}))?
        |(?:{_any(_TENS_ES)})(?:\sy\s(?:{_any(_ONES_ES)}))?
        |{_any(_ONES.removeprefix("one "), _TEENS)}|one(?=\s(?:{_FACTOR_WORDS}|percent)\b)
        )(?!\w)))
    (?P<letter>[kmbt](?!\w))?
    (?P<factors>(?:[\s-]?(?:{_FACTOR_WORDS})\b\.?)*)
    (?:\s?(?P<percent>{_PERCENT}))?
    (?:\s?(?:dollars?|usd|euros?|eur)\b|\s?[$€£¥₹])?
    (?!\w)"""
_LIKE_A_GROUP = re.compile(r"[1-9]\d{0,2}\.\d{3}")
# Limits, so that a number can't become an arbitrarily long word.
_MAX_FIGURES, _MAX_FACTORS = 30, 4
_PIECE = re.compile(rf"{_PHONE}|{_NUMBER}|(?P<word>{_WORD})", re.VERBOSE)
_PIECE_AS_TYPED = re.compile(_PIECE.pattern, re.VERBOSE | re.IGNORECASE)
# Scripts without spaces between words. A word of the first kind of these can be a single character.
_SYLLABLES = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)
_CHARACTER = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def folded(text: str) -> str:
    """The text in NFKC, without case, accents, links and invisible characters, with handles and hashtags as words."""
    text = _LINK.sub(" ", unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)))
    text = _OTHER_DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0])), text)
    text = _HASHTAG_OR_HANDLE.sub(lambda tag: " " + _CAMEL_CASE.sub(" ", tag[1]) + " ", text)
    text = text.casefold()
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text).translate(_WITHOUT_ACCENTS)
        text = unicodedata.normalize("NFC", text)
    text = _POSSESSIVE.sub("", text.translate(_APOSTROPHES))
    return _INITIALS.sub(lambda initials: initials[0].replace(".", ""), text)


def plain(text: str) -> list[str]:
    """The normalised words of the text in order, including stop words. A number is one word."""
    return list(_plain(folded(text)))


def pieces(text: str) -> Iterator[tuple[int, int, list[str]]]:
    """The start and end of each word or number in the original text, with its normalised words."""
    for piece in _PIECE_AS_TYPED.finditer(text):
        typed = piece[0]
        yield *piece.span(), list(_plain_piece(typed)) if len(typed) <= LONGEST_WORD else plain(typed)


@lru_cache(maxsize=100_000)
def _plain_piece(typed: str) -> tuple[str, ...]:
    return tuple(plain(typed))


@lru_cache(maxsize=1_000)
def primary(language: str) -> str:
    """The language of a tag without its region: `pt` of `pt-BR`. Words of equal languages are compared."""
    tag = language.partition("-")[0].lower()
    return _SAME_LANGUAGE.get(tag, tag)


def stems(words: Iterable[str], language: str) -> list[str]:
    """The stems of words from `plain` in a language (a tag such as `en` or `pt-BR`), without its stop words.

    In a language without a stemmer, a word gives its n-grams of four characters. In a script without spaces it gives
    those of two, in every language.
    """
    tag = primary(language)
    ignored = _STOP.get(tag, frozenset())
    return [stem for word in words if word not in ignored for stem in _stems_of(word, tag)]


def characters(words: Iterable[str]) -> list[str]:
    """The characters that can be words by themselves, such as 水: a claim is found by each, and `stems` has pairs."""
    return [sign for word in words if len(word) > 1 for sign in _CHARACTER.findall(word)]


def initials(text: str) -> list[str]:
    """The initials of each name of three to six words: `fema` for Federal Emergency Management Agency."""
    found = []
    for name in _LONG_NAME.finditer(text):
        letters = [word[0] for word in name[0].split() if word[0].isupper()]
        if len(letters) in _INITIALS_OF_A_NAME:
            found += plain("".join(letters))
    return found


@lru_cache(maxsize=100_000)
def hashed(stem: str, language: str) -> int:
    """A stem of a language as a non-negative 31-bit integer, which the database stores in arrays instead of text."""
    return crc32(f"{primary(language)} {stem}".encode()) & 0x7FFF_FFFF


def told_language(words: Iterable[str]) -> str:
    """The language whose stop words are most frequent among the words. Empty if that can't be told."""
    words = list(words)
    counts = sorted(((sum(word in stop for word in words), tag) for tag, stop in _STOP.items()), reverse=True)
    (most, language), (second, _other) = counts[:2]
    return language if most >= _LEAST_STOP_WORDS and most > second else ""


def is_stop_word(word: str, language: str) -> bool:
    """True if the word doesn't show what a text in this language is about."""
    return word in _STOP.get(primary(language), frozenset())


def is_common(word: str, language: str) -> bool:
    """True if the word, or another form of it, is one of the 30,000 commonest of the language.

    False in every language without a list: see `factcheck/core/common_words/README.md`.
    """
    tag = primary(language)
    common = _common(tag)
    return word in common or (bool(common) and not common.isdisjoint(_stems_of(word, tag)))


def _plain(text: str) -> Iterator[str]:
    for piece in _PIECE.finditer(text):
        if piece["phone"]:
            digits = re.sub(r"\D", "", piece["phone"])
            yield digits[1:] if len(digits) == _LONG_PHONE and digits.startswith("1") else digits
        elif piece["figures"] or piece["spelled"]:
            yield _plain_number(piece)
        elif piece["word"][-1].isdecimal() and (parts := _LETTERS_THEN_DIGITS.fullmatch(piece["word"])):
            yield from (parts[1], str(int(parts[2])))
        elif len(piece["word"]) <= LONGEST_WORD:
            yield piece["word"]


def _plain_number(number: re.Match[str]) -> str:
    """The number in plain digits: `356000000`, `2.5`, `75%`."""
    figures = number["figures"] or str(_spelled(number["spelled"]))
    if number["group"]:
        head, mark, tail = _split(figures, number["group"])
        figures = f"{head}{'.' if mark else ''}{tail}"
    elif figures.count(",") > 1:  # 1,00,00,000: groups of two
        figures = figures.replace(",", "")
    value = Decimal(figures.replace(",", ".")[:_MAX_FIGURES])
    if number["letter"]:
        value *= _FACTOR[number["letter"]]
    for word in re.findall(rf"{_FACTOR_WORDS}", number["factors"])[:_MAX_FACTORS]:
        value *= _FACTOR[word]
    spelled = f"{value:f}"[:_MAX_FIGURES]
    spelled = spelled.rstrip("0").rstrip(".") if "." in spelled else spelled
    # Three decimals after up to three digits would read as a thousands group, so add a zero: 1.0010 isn't 1001.
    spelled += "0" if _LIKE_A_GROUP.fullmatch(spelled) else ""
    return spelled + ("%" if number["percent"] else "")


def _spelled(number: str) -> int:
    """The value of a number below a thousand in words: `seventy-five`, `two hundred and ten`."""
    value = 0
    for word in re.split(r"[\s-]", number):
        value = value * 100 if word == "hundred" else value + _SPELLED.get(word, 0)
    return value


def _split(figures: str, group: str) -> tuple[str, str, str]:
    """The integer part without group separators, the decimal mark if there is one, and the decimals."""
    for mark in ".,":
        if mark != group and mark in figures:
            head, _, tail = figures.partition(mark)
            return head.replace(group, ""), mark, tail
    if figures.startswith("0"):
        return figures.replace(group, "."), "", ""
    return figures.replace(group, ""), "", ""


@lru_cache(maxsize=100_000)
def _stems_of(word: str, tag: str) -> Sequence[str]:
    if word[0].isdigit():
        return (word,)
    size = _GRAM
    if _SYLLABLES.search(word):
        size = _GRAM_OF_SYLLABLES
    elif stemmer := _stemmer(tag):
        return (stemmer.stemWord(word),)
    return tuple(word[start : start + size] for start in range(max(1, len(word) - size + 1)))


@cache
def _stemmer(tag: str) -> Stemmer.Stemmer | None:
    name = _STEMMERS.get(tag)
    return Stemmer.Stemmer(name, 0) if name else None


@cache
def _common(tag: str) -> frozenset[str]:
    """The common words of a language, with their stems."""
    file = _COMMON_WORDS / f"{tag}.txt.gz"
    if not (tag.isalpha() and file.is_file()):
        return frozenset()
    found = decompress(file.read_bytes()).decode().split()
    return frozenset(found) | {stem for word in found for stem in _stems_of.__wrapped__(word, tag)}
