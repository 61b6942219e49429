"""What the words in a subtitle file's name say: languages, and kinds such as "forced".

The names of languages, in English, in each language itself and in that of a page, and their codes by ISO 639-2 are
those of Unicode's CLDR, as Babel has them. Only what CLDR does not know is written down here.
"""

import pickle
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from babel import Locale, localedata
from babel.core import get_global

# The languages that a word in a file's name may mean. Not all that CLDR knows: "new", "man" and "vo" are codes as well,
# and more often words.
_LANGUAGES = """
af am ar as az be bg bn bo br bs ca cs cy da de el en eo es et eu fa fi fil fo fr fy ga gd gl gu ha haw he hi hr ht hu
hy id ig is it ja jv ka kk km kn ko ku ky la lb lo lt lv mg mi mk ml mn mr ms mt mul my nb ne nl nn no oc or pa pl ps
pt rm ro ru rw sa sd se sh si sk sl sm so sq sr su sv sw ta te tg th ti tk tl tr tt ug uk ur uz vi wo xh yi yo yue zh
zu
"""
# What people write beside the names and codes of CLDR: older names and spellings, codes of countries for languages.
_OTHER_WORDS = """
ar: عربي; az: Azərbaycanca, Azeri; bn: Bengali; zh: cn, Mandarin, cmn; cs: cz, Česky; da: dk; nl: Flemish; tl: tgl;
fy: Frisian; el: gr; ht: Haitian; he: iw; hi: हिंदी; id: Bahasa Indonesia; ja: jp; kk: Қазақ; ko: kr; ku: Kurdî;
ms: Bahasa Melayu; mi: Maori; nb: Bokmål; nn: Nynorsk; fa: Farsi; sr: Srpski; sh: hbs; sl: Slovene;
es: Castellano, Castilian; uk: ua; uz: Oʻzbekcha; vi: vn; mul: Several languages;
pt-br: pt-br, pob, pb, ptbr, Brazilian, Brazilian Portuguese, Português Brasileiro, Português do Brasil;
zh-hans: zh-hans, chs, sc, Simplified Chinese, 简体中文, 简体;
zh-hant: zh-hant, cht, tc, Traditional Chinese, 繁體中文, 繁體;
es-419: es-419, Latin American Spanish, Español Latino, Latino
"""
_REGIONS = """
419: Latin America, Latinoamérica, Latin American; ar: Argentina; at: Austria; au: Australia; be: Belgium;
br: Brazil, Brasil, Brazilian; ca: Canada, Canadian;
ch: Switzerland; cl: Chile; cn: China; co: Colombia; cyrl: Cyrillic; de: Germany;
es: Spain, España; fr: France; gb: United Kingdom, UK; hans: Simplified; hant: Traditional; hk: Hong Kong;
ie: Ireland; in: India; ir: Iran; it: Italy; latn: Latin script; mx: Mexico, México; nl: Netherlands; nz: New Zealand;
pt: Portugal, European; sg: Singapore; tw: Taiwan; us: United States, USA; za: South Africa
"""
# "hi" is not here: it is Hindi, unless another language is named beside it. What says nothing is empty.
_FLAGS = {
    "forced": "forced", "foreign": "forced", "sdh": "SDH", "cc": "SDH", "hoh": "SDH", "hearing-impaired": "SDH",
    "closed-captions": "SDH", "captions": "SDH", "signs": "signs", "songs": "songs", "lyrics": "songs",
    "commentary": "commentary", "orig": "original", "original": "original", "auto": "automatic",
    "automatic": "automatic", "default": "", "full": "", "sub": "", "subs": "", "subtitle": "", "subtitles": "",
    "track": "", "und": "", "utf8": "", "utf-8": "", "ansi": "", "text": "",
}  # fmt: skip
_BETWEEN_WORDS = re.compile(r"[\s_()\[\]&+-]+")


def phrase(text: str) -> str:
    return "-".join(word for word in _BETWEEN_WORDS.split(unicodedata.normalize("NFC", text).casefold()) if word)


def _table(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield (code, words) of "code: word, word; …"."""
    for entry in text.split(";"):
        code, _, words = entry.partition(":")
        yield code.strip(), [word.strip() for word in words.split(",")]


@lru_cache(maxsize=1)
def _language_codes() -> dict[str, str]:
    """Return {phrase: code}, of what CLDR says and of what is written down here. Takes a quarter of a second."""
    codes: dict[str, str] = {}
    english = Locale("en").languages
    listed = _LANGUAGES.split()
    for code in listed:
        for word in (code, english.get(code, ""), _own_name(code)):
            codes.setdefault(phrase(word), code)
    # {"ger": "de", "fre": "fr"}; what is two codes in CLDR, "sh" as "sr_Latn", is one of those here.
    for alias, code in get_global("language_aliases").items():
        if len(alias) == 3 and code in listed:
            codes.setdefault(alias, code)
    codes.update((phrase(word), code) for code, words in _table(_OTHER_WORDS) for word in words)
    codes.pop("", None)
    return codes


def _own_name(code: str) -> str:
    """Return what a language is called in itself, "Deutsch", or "" where CLDR does not say."""
    if not localedata.exists(code):
        return ""
    # localedata.load() keeps what it loads: a megabyte for each of a hundred languages.
    with open(localedata.resolve_locale_filename(code), "rb") as file:
        names = pickle.load(file).get("languages", {})  # noqa: S301  a file of the package itself
    return names.get(code, "")


_REGION_CODES = {phrase(word): code for code, words in _table(_REGIONS) for word in (code, *words)}
_REGION_NAMES = {code: words[0] for code, words in _table(_REGIONS)}
_WORDS_OF_THE_LONGEST_PHRASE = 3


@dataclass
class Said:
    """What the words between a stem and an extension say."""

    languages: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    free: str = ""


def understand(part: str, said: Said) -> bool:
    """Add what the part says: "English (SDH)", "pt-BR", "forced", "2". Return False, adding nothing, if unknown."""
    words = phrase(part).split("-")
    codes = _language_codes()
    languages: list[str] = []
    flags: list[str] = []
    numbers: list[str] = []
    while words:
        for length in range(_WORDS_OF_THE_LONGEST_PHRASE, 0, -1):
            these = "-".join(words[:length])
            if languages and these in _REGION_CODES:
                languages[-1] += f"-{_REGION_CODES[these]}"
            elif these in codes:
                languages.append(codes[these])
            elif these in _FLAGS:
                flags.append(_FLAGS[these])
            elif re.fullmatch("[0-9]{1,2}", these):
                numbers.append(str(int(these)))
            elif languages and re.fullmatch("[a-z]{2}", these):
                # A country that is not in the table.
                languages[-1] += f"-{these}"
            else:
                continue
            del words[:length]
            break
        else:
            return False
    said.languages += languages
    said.flags += flags
    said.numbers += numbers
    return True


def label_of(said: Said, locale: str = "en") -> str:
    """Return "Portuguese (Brazil, forced)", with the names in the language of the locale."""
    names = []
    notes = []
    for language in said.languages:
        code, *regions = language.split("-")
        names.append(language_name(code, locale))
        notes += [_region_name(region, locale) for region in regions]
    if names and said.free:
        notes.append(said.free)
    notes += [*filter(None, said.flags), *said.numbers]
    label = " + ".join(dict.fromkeys(names)) or said.free or "Subtitles"
    return f"{label} ({', '.join(dict.fromkeys(notes))})" if notes else label


def language_name(code: str, locale: str) -> str:
    """Return "German" for "de", in the language of the locale; the code where CLDR has no name for it."""
    return Locale(locale).languages.get(code.replace("-", "_"), code)


def _region_name(region: str, locale: str) -> str:
    if locale == "en":
        # Shorter than CLDR's: it has "Hong Kong SAR China".
        return _REGION_NAMES.get(region, region.upper())
    names = Locale(locale)
    return names.territories.get(region.upper()) or names.scripts.get(region.title()) or region.upper()
