"""Subtitle files: the video that one belongs to, by its name, and its text as WebVTT, the form that browsers show.

A person waits while a file is converted, and anybody may have written it. So every reader takes a time in proportion
to the file's size, whatever it holds, and skips a line that it cannot read instead of giving up the file.
"""

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice, pairwise
from typing import NamedTuple

import charset_normalizer

EXTENSIONS = frozenset(["ass", "dfxp", "sami", "smi", "srt", "ssa", "sub", "ttml", "vtt"])
MOST_BYTES = 10 << 20
# A film has two thousand cues; a concert with karaoke effects twenty thousand, with ten marks in each.
MOST_CUES = 50_000
MOST_MARKS = 300_000
_LONGEST_CUE = 4000


class UnreadableSubtitles(Exception):
    """The file cannot be shown as subtitles; str() says why."""


# Names: trips/Sea.pt-BR.forced.srt lies beside trips/Sea.mp4


@dataclass(frozen=True)
class Sidecar:
    """What a subtitle file's name says: "Sea.pt-BR.forced.srt" is ("Sea", "pt-br", "Portuguese (Brazil, forced)").

    The stem is spelled as in the stems that were given. The language is a lower-case code (BCP 47), "" when it is not
    said; the label is what a player's menu shows.
    """

    stem: str
    language: str
    label: str
    is_forced: bool
    is_for_the_deaf: bool


# ISO 639-1, 639-2/T and /B: the English name, then other names. The first code is the one that is kept.
_LANGUAGES = """
af afr: Afrikaans; sq sqi alb: Albanian, Shqip; am amh: Amharic, አማርኛ; ar ara: Arabic, العربية, عربي;
hy hye arm: Armenian, Հայերեն; as asm: Assamese; az aze: Azerbaijani, Azərbaycanca, Azeri; eu eus baq: Basque, Euskara;
be bel: Belarusian, Беларуская; bn ben: Bengali, Bangla, বাংলা; bs bos: Bosnian, Bosanski; br bre: Breton, Brezhoneg;
bg bul: Bulgarian, Български; my mya bur: Burmese; ca cat: Catalan, Català; zh zho chi cn cmn: Chinese, Mandarin, 中文;
yue: Cantonese, 粵語; hr hrv scr: Croatian, Hrvatski; cs ces cze cz: Czech, Čeština, Česky; da dan dk: Danish, Dansk;
nl nld dut: Dutch, Nederlands, Flemish; en eng: English; eo epo: Esperanto; et est: Estonian, Eesti;
fo fao: Faroese, Føroyskt; fil: Filipino; tl tgl: Tagalog; fi fin: Finnish, Suomi; fr fra fre: French, Français;
fy fry: Frisian, Frysk; gl glg: Galician, Galego; ka kat geo: Georgian, ქართული; de deu ger: German, Deutsch;
el ell gre gr: Greek, Ελληνικά; gu guj: Gujarati, ગુજરાતી; ht hat: Haitian; ha hau: Hausa; haw: Hawaiian;
he heb iw: Hebrew, עברית; hi hin: Hindi, हिन्दी, हिंदी; hu hun: Hungarian, Magyar; is isl ice: Icelandic, Íslenska;
ig ibo: Igbo; id ind: Indonesian, Bahasa Indonesia; ga gle: Irish, Gaeilge; it ita: Italian, Italiano;
ja jpn jp: Japanese, 日本語; jv jav: Javanese; kn kan: Kannada, ಕನ್ನಡ; kk kaz: Kazakh, Қазақ; km khm: Khmer, ខ្មែរ;
rw kin: Kinyarwanda; ko kor kr: Korean, 한국어; ku kur: Kurdish, Kurdî; ky kir: Kyrgyz, Кыргызча; lo lao: Lao, ລາວ;
la lat: Latin; lv lav: Latvian, Latviešu; lt lit: Lithuanian, Lietuvių; lb ltz: Luxembourgish, Lëtzebuergesch;
mk mkd mac: Macedonian, Македонски; mg mlg: Malagasy; ms msa may: Malay, Bahasa Melayu, Melayu; ml mal: Malayalam;
mt mlt: Maltese, Malti; mi mri mao: Maori; mr mar: Marathi, मराठी; mn mon: Mongolian, Монгол; ne nep: Nepali, नेपाली;
no nor: Norwegian, Norsk; nb nob: Norwegian Bokmål, Bokmål; nn nno: Norwegian Nynorsk, Nynorsk; oc oci: Occitan;
or ori: Odia; ps pus: Pashto; fa fas per: Persian, Farsi, فارسی; pl pol: Polish, Polski; pt por: Portuguese, Português;
pa pan: Punjabi, ਪੰਜਾਬੀ; ro ron rum: Romanian, Română; rm roh: Romansh; ru rus: Russian, Русский; sm smo: Samoan;
sa san: Sanskrit; gd gla: Scottish Gaelic; sr srp scc: Serbian, Srpski, Српски; sh hbs: Serbo-Croatian; sd snd: Sindhi;
si sin: Sinhala, සිංහල; sk slk slo: Slovak, Slovenčina; sl slv: Slovenian, Slovene, Slovenščina; so som: Somali;
es spa: Spanish, Español, Castellano, Castilian; su sun: Sundanese; sw swa: Swahili, Kiswahili;
sv swe: Swedish, Svenska; ta tam: Tamil, தமிழ்; tt tat: Tatar; te tel: Telugu, తెలుగు; th tha: Thai, ไทย;
bo bod tib: Tibetan; tg tgk: Tajik; ti tir: Tigrinya; tr tur: Turkish, Türkçe; tk tuk: Turkmen;
uk ukr ua: Ukrainian, Українська; ur urd: Urdu, اردو;
uz uzb: Uzbek, Oʻzbekcha; ug uig: Uyghur; vi vie vn: Vietnamese, Tiếng Việt; cy cym wel: Welsh, Cymraeg; wo wol: Wolof;
xh xho: Xhosa; yi yid: Yiddish; yo yor: Yoruba; zu zul: Zulu; mul: Several languages; se sme: Northern Sami;
pt-br pob pb ptbr brazilian: Brazilian Portuguese, Português Brasileiro, Português do Brasil;
zh-hans chs sc: Simplified Chinese, 简体中文, 简体; zh-hant cht tc: Traditional Chinese, 繁體中文, 繁體;
es-419: Latin American Spanish, Español Latino, Latino
"""
_REGIONS = """
419: Latin America, Latinoamérica, Latin American; ar: Argentina; at: Austria; au: Australia; be: Belgium;
br: Brazil, Brasil; ca: Canada; ch: Switzerland; cl: Chile; cn: China; co: Colombia; cyrl: Cyrillic; de: Germany;
es: Spain, España; fr: France; gb uk: United Kingdom, UK; hans: Simplified; hant: Traditional; hk: Hong Kong;
ie: Ireland; in: India; ir: Iran; it: Italy; latn: Latin script; mx: Mexico, México; nl: Netherlands; nz: New Zealand;
pt: Portugal, European; sg: Singapore; tw: Taiwan; us: United States, USA; za: South Africa
"""
# "hi" is not here: it is Hindi, unless another language is named beside it.
_FLAGS = {
    "forced": "forced",
    "foreign": "forced",
    "sdh": "SDH",
    "cc": "SDH",
    "hoh": "SDH",
    "signs": "signs",
    "songs": "songs",
    "commentary": "commentary",
    "default": "",
    "full": "",
}
_BETWEEN_WORDS = re.compile(r"[\s_()\[\]&+-]+")


def _phrase(text: str) -> str:
    return "-".join(word for word in _BETWEEN_WORDS.split(unicodedata.normalize("NFC", text).casefold()) if word)


def _table(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return ({phrase: code}, {code: English name})."""
    codes, names = {}, {}
    for entry in text.split(";"):
        spelled, _, named = entry.partition(":")
        code, *others = spelled.split()
        names[code] = named.split(",")[0].strip()
        codes.update(dict.fromkeys(map(_phrase, (code, *others, *named.split(","))), code))
    return codes, names


_LANGUAGE_CODES, _LANGUAGE_NAMES = _table(_LANGUAGES)
_REGION_CODES, _REGION_NAMES = _table(_REGIONS)
_WORDS_OF_THE_LONGEST_PHRASE = 3


def match(subtitle_filename: str, stems: Container[str]) -> Sidecar | None:
    """Return which video's stem the file belongs to and what its name says, or None when it belongs to none.

    A stem is a video's filename without its extension, its folder included. The longest one that fits is taken. A stem
    may be spelled in any Unicode form, so that it is found although one of the two files came from another system.
    """
    name, _, extension = subtitle_filename.rpartition(".")
    if extension.lower() not in EXTENSIONS:
        return None
    end = len(name)
    while end > name.rfind("/") + 1:
        stem = _as_spelled(name[:end], stems)
        if stem is not None:
            return _sidecar(stem, name[end + 1 :].split(".") if end < len(name) else [])
        end = name.rfind(".", 0, end)
    return None


def _as_spelled(stem: str, stems: Container[str]) -> str | None:
    forms = [stem] if stem.isascii() else [stem, *(unicodedata.normalize(form, stem) for form in ("NFC", "NFD"))]
    return next((form for form in forms if form in stems), None)


@dataclass
class _Said:
    """What the words between a stem and an extension say."""

    languages: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    free: str = ""


def _sidecar(stem: str, parts: list[str]) -> Sidecar | None:
    said = _Said()
    for part in parts:
        if _understand(part, said):
            continue
        # A digit tells of another episode or release ("Show.S01E02.srt" beside "Show.mkv"), not of a label.
        if said.free or not part.strip() or any(character.isdigit() for character in part):
            return None
        said.free = unicodedata.normalize("NFC", part.strip())
    if len(said.languages) > 1 and "hi" in said.languages:
        said.languages.remove("hi")
        said.flags.append("SDH")
    language = said.languages[0] if said.languages else ""
    return Sidecar(stem, language, _label(said), "forced" in said.flags, "SDH" in said.flags)


def _understand(part: str, said: _Said) -> bool:
    """Add what the part says: "English (SDH)", "pt-BR", "forced", "2". Return False, adding nothing, if unknown."""
    words = _phrase(part).split("-")
    languages: list[str] = []
    flags: list[str] = []
    numbers: list[str] = []
    while words:
        for length in range(_WORDS_OF_THE_LONGEST_PHRASE, 0, -1):
            phrase = "-".join(words[:length])
            if languages and phrase in _REGION_CODES:
                languages[-1] += f"-{_REGION_CODES[phrase]}"
            elif phrase in _LANGUAGE_CODES:
                languages.append(_LANGUAGE_CODES[phrase])
            elif phrase in _FLAGS:
                flags.append(_FLAGS[phrase])
            elif re.fullmatch("[0-9]{1,2}", phrase):
                numbers.append(str(int(phrase)))
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


def _label(said: _Said) -> str:
    names = []
    notes = []
    for language in said.languages:
        code, *regions = language.split("-")
        names.append(_LANGUAGE_NAMES[code])
        notes += [_REGION_NAMES[region] for region in regions]
    if names and said.free:
        notes.append(said.free)
    notes += [*filter(None, said.flags), *said.numbers]
    label = " + ".join(dict.fromkeys(names)) or said.free or "Subtitles"
    return f"{label} ({', '.join(dict.fromkeys(notes))})" if notes else label


# Encodings: bytes -> text


def _decoded(content: bytes) -> str:
    """Return the text, its lines ending in "\\n", without byte order mark and NULs. Raises UnreadableSubtitles."""
    encoding = _marked_encoding(content) or _unmarked_utf_16(content[:4096])
    if not encoding:
        content = content.replace(b"\0", b"")
        _refuse_binary(content)
        encoding = _encoding(content)
    text = content.decode(encoding, errors="replace").removeprefix("\ufeff").replace("\0", "")
    # "\r\r\n" is what a text-mode copy of a Windows file leaves.
    return text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")


def _marked_encoding(content: bytes) -> str:
    marks = {
        b"\xef\xbb\xbf": "utf-8",
        b"\xff\xfe\0\0": "utf-32",
        b"\0\0\xfe\xff": "utf-32",
        b"\xff\xfe": "utf-16",
        b"\xfe\xff": "utf-16",
    }
    return next((encoding for mark, encoding in marks.items() if content.startswith(mark)), "")


def _unmarked_utf_16(start: bytes) -> str:
    """Return the encoding that the NULs tell: times and line ends are ASCII in every language."""
    even, odd = start[::2].count(0), start[1::2].count(0)
    many = len(start) // 10
    if odd > many and odd > 20 * even:
        return "utf-16-le"
    if even > many and even > 20 * odd:
        return "utf-16-be"
    return ""


_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a")) + b"\x7f"


def _refuse_binary(content: bytes) -> None:
    if not content.strip():
        raise UnreadableSubtitles("the file is empty")
    # The start of an MPEG program stream, after its NULs are gone, and of the index beside it.
    if content.startswith((b"\x01\xba", b"# VobSub")):
        raise UnreadableSubtitles("it holds pictures of text (VobSub), which cannot be made into text")
    if len(content) - len(content.translate(None, _CONTROLS)) > len(content) / 50:
        raise UnreadableSubtitles("it is not a text file")


# What the letters beyond ASCII are in the languages of Europe, by code page: the common ones first, so that they win
# when a text has too few such letters to tell.
_LATIN_ALPHABETS = (
    ("cp1252", "àâæçèéêëîïôœùûüÿ"),  # French
    ("cp1252", "äöüßé"),  # German
    ("cp1252", "áéíñóúü¿¡"),  # Spanish
    ("cp1252", "àáâãçéêíóôõúü"),  # Portuguese
    ("cp1252", "àèéìíîòóùú"),  # Italian
    ("cp1252", "áèéêëïíóöúü"),  # Dutch
    ("cp1252", "äåöé"),  # Swedish, Finnish
    ("cp1252", "åæøéèêòóô"),  # Danish, Norwegian
    ("cp1252", "áæðéíóöúýþ"),  # Icelandic
    ("cp1252", "àçèéíïòóúü·"),  # Catalan
    ("cp1250", "ąćęłńóśźż"),  # Polish
    ("cp1250", "áčďéěíňóřšťúůýž"),  # Czech
    ("cp1250", "áäčďéíĺľňóôŕšťúýž"),  # Slovak
    ("cp1250", "áéíóöőúüű"),  # Hungarian
    ("cp1250", "ćčđšž"),  # Croatian, Bosnian, Serbian, Slovenian
    ("cp1250", "ăâîşţ"),  # Romanian
    ("cp1254", "âçğıîöşûüİ"),  # Turkish
    ("cp1257", "ąčėęįšūųž"),  # Lithuanian
    ("cp1257", "āčēģīķļņšūž"),  # Latvian
    ("cp1257", "äõöüšž"),  # Estonian
    ("cp1258", "àáâăđèéêíóôơùúüư\u0300\u0301\u0303\u0309\u0323"),  # Vietnamese
    ("iso8859_2", "ąćęłńóśźż"),
    ("iso8859_2", "áčďéěíňóřšťúůýž"),
    ("iso8859_2", "áäčďéíĺľňóôŕšťúýž"),
    ("iso8859_2", "ćčđšž"),
)
_PUNCTUATION = "«»‹›„“”‚‘’…–—•·°§©®™€£´\u00a0\u00ad"
_OTHER_SCRIPTS = [
    "cp1251", "cp1253", "cp1255", "cp1256", "cp874", "koi8_r",
    "cp932", "euc_jp", "gb18030", "big5", "cp949",
]  # fmt: skip
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_SAMPLE_BYTES = 16 << 10
_LONGEST_LINE = 4096


def _encoding(content: bytes) -> str:
    """Return UTF-8 where it fits, else the likeliest code page, Windows' own before the exotic."""
    text = content.decode(errors="replace")
    if "\ufffd" not in text or _is_damaged_utf_8(text):
        return "utf-8"
    sample = _telling_part(content)
    return _latin_encoding(sample) if _is_latin(sample) else _encoding_of_another_script(sample)


def _is_damaged_utf_8(text: str) -> bool:
    """Return whether all but few of the characters beyond ASCII are sound, as in a file that was cut or mended."""
    damaged = text.count("\ufffd")
    sound = len(text) - len(text.encode("ascii", "ignore")) - damaged
    return damaged * 20 < sound


def _telling_part(content: bytes) -> bytes:
    """Return the first lines that are not ASCII alone, without tags: what a guess is made from."""
    telling = b""
    end = 0
    while len(telling) < _SAMPLE_BYTES and (found := _BEYOND_ASCII.search(content, end)):
        at = found.start()
        start = max(content.rfind(b"\n", end, at) + 1, end, at - _LONGEST_LINE)
        end = content.find(b"\n", at, at + _LONGEST_LINE)
        end = end if end >= 0 else at + _LONGEST_LINE
        telling += re.sub(rb"\{[^{}]*\}|<[^<>]*>|\\[Nnh]", b" ", content[start:end]) + b"\n"
    return telling


def _is_latin(sample: bytes) -> bool:
    """Return whether the words are ASCII letters with some others among them.

    A letter right behind a byte beyond ASCII does not count: in Shift-JIS and Big5 it may be that byte's second half.
    """
    words = b" ".join(re.findall(rb"[A-Za-z]{0,40}[\x80-\xff][A-Za-z\x80-\xff]{0,400}", sample))
    beyond_ascii = len(_BEYOND_ASCII.findall(words))
    letters = len(re.findall(rb"(?<![\x80-\xff])[A-Za-z]", words))
    return letters * 4 > beyond_ascii


def _latin_encoding(sample: bytes) -> str:
    pages = dict.fromkeys(page for page, _ in _LATIN_ALPHABETS)
    letters = {page: Counter(re.sub(r"[\0-\x7f]", "", sample.decode(page, "replace"))) for page in pages}

    def fit(row: tuple[str, str]) -> int:
        page, alphabet = row
        known = set(alphabet) | set(alphabet.upper())
        strange = letters[page].keys() - known - set(_PUNCTUATION)
        return sum(letters[page][letter] for letter in known) - 3 * sum(letters[page][letter] for letter in strange)

    return max(_LATIN_ALPHABETS, key=fit)[0]


def _encoding_of_another_script(sample: bytes) -> str:
    try:
        best = charset_normalizer.from_bytes(sample, cp_isolation=_OTHER_SCRIPTS).best()
    except Exception:  # noqa: BLE001 - foreign code over wild bytes; a poor guess is better than no subtitles
        best = None
    return best.encoding if best else "cp1252"


# Formats: text -> cues -> WebVTT


class _Cue(NamedTuple):
    """One subtitle: its text is WebVTT already, escaped and without empty lines."""

    start_ms: int
    end_ms: int
    text: str


class _CueText:
    """The text of one cue while it is read: `tags` are those of <i>, <b> and <u> that are on."""

    def __init__(self, tags: Iterable[str] = ()) -> None:
        self.tags = set(tags)
        self._written: list[str] = []
        self._room = _LONGEST_CUE

    def add(self, text: str) -> None:
        """Add text with the tags that are on; past what anybody could read it is cut."""
        text = text[: self._room]
        self._room -= len(text)
        bare = text.strip()
        if not bare:
            self._written.append(text)
            return
        before, _, after = text.partition(bare)
        written = html.escape(bare, quote=False)
        for tag in sorted(self.tags):
            written = f"<{tag}>{written}</{tag}>"
        self._written.append(before + written + after)

    def switch(self, tag: str, on: bool) -> None:
        (self.tags.add if on else self.tags.discard)(tag)

    def webvtt(self) -> str:
        # An empty line would end the cue.
        lines = "".join(self._written).translate(_NO_CONTROLS).split("\n")
        return "\n".join(line.strip() for line in lines if line.strip())


_NO_CONTROLS = dict.fromkeys([*range(9), *range(11, 32), *range(127, 160), 0x2028, 0x2029])


def to_webvtt(content: bytes, extension: str) -> str:
    """Return the subtitles as WebVTT, whatever their encoding; the format is known by the content before the extension.

    WebVTT keeps its styles, settings and notes. Of the others stay the times, the lines, italics, bold and underline;
    positions, colours and drawings go. Raises UnreadableSubtitles.
    """
    kind = extension.lower().removeprefix(".")
    if kind not in EXTENSIONS:
        raise UnreadableSubtitles("subtitles of this kind cannot be read")
    if len(content) > MOST_BYTES:
        raise UnreadableSubtitles(f"it is larger than {MOST_BYTES >> 20} MiB, which no subtitles are")
    text = _decoded(content).lstrip()
    if re.match(r"WEBVTT(?![^ \t\n])", text):
        return _webvtt_passed_on(text)
    _refuse_more_marks(text, "<{|")
    read = next((reader for sign, reader in _SIGNS if sign.search(text, 0, _LONGEST_START)), _READERS[kind])
    return _written(read(text))


def _refuse_more_marks(text: str, marks: str) -> None:
    if sum(map(text.count, marks)) > MOST_MARKS:
        raise UnreadableSubtitles("it holds more markup than subtitles do")


def _written(cues: Iterable[_Cue]) -> str:
    found = list(islice(cues, MOST_CUES + 1))
    if len(found) > MOST_CUES:
        raise UnreadableSubtitles(f"it holds more than {MOST_CUES:,} subtitles")
    shown = [cue for cue in found if cue.text and cue.start_ms < cue.end_ms]
    if not shown:
        raise UnreadableSubtitles("no subtitles were found in it")
    # SubStation draws a shadow or a glow as the same words at the same time; as text they are wanted once.
    once = dict.fromkeys(sorted(shown, key=lambda cue: cue.start_ms))
    blocks = (f"{_timestamp(cue.start_ms)} --> {_timestamp(cue.end_ms)}\n{cue.text}\n" for cue in once)
    return "\n".join(chain(["WEBVTT\n"], blocks))


def _timestamp(time_ms: int) -> str:
    minutes, seconds_ms = divmod(time_ms, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds_ms // 1000:02}.{seconds_ms % 1000:03}"


_MARKUP_OF_NO_CUE = re.compile(r"<(?!/?(?:c|i|b|u|v|ruby|rt|lang)[\s.>]|[0-9])")
_TIMES_WITH_COMMAS = re.compile(
    r"^([ \t]*(?:\d{1,6}:)?\d\d:\d\d),(\d{3}[ \t]+-->[ \t]+(?:\d{1,6}:)?\d\d:\d\d),(\d{3})", re.MULTILINE
)


def _webvtt_passed_on(text: str) -> str:
    if "-->" not in text:
        raise UnreadableSubtitles("no subtitles were found in it")
    # Browsers drop every cue whose time is written with SubRip's comma.
    text = _TIMES_WITH_COMMAS.sub(r"\1.\2.\3", text)
    return _MARKUP_OF_NO_CUE.sub("&lt;", text)


# The lengths are bounded: Python refuses to make a number of thousands of digits.
_TIME = r"(?:(\d{1,6}):)?(\d{1,3}):(\d{1,3})(?:[.,](\d{1,9}))?"
_SUBRIP_TIMES = re.compile(rf"^[^\S\n]*{_TIME}[^\S\n]*-{{1,3}}[^\S\n]?>[^\S\n]*{_TIME}[^\n]*", re.MULTILINE)
_SUBVIEWER_TIMES = re.compile(rf"^[^\S\n]*{_TIME},{_TIME}[^\S\n]*$", re.MULTILINE)
_SUBRIP_MARKUP = re.compile(r"(<[^<>\n]{1,200}>|\{\\[^{}\n]*\}|\[br\])")
_TAG = re.compile(r"<\s*(/?)\s*([a-z]+)\b[^<>]*>", re.IGNORECASE)
_TAGS_KEPT = {"i": "i", "em": "i", "b": "b", "strong": "b", "u": "u"}
_TAGS_DROPPED = {"font", "span", "s", "c", "v", "lang", "ruby", "rt"}


def _milliseconds(hours: str | None, minutes: str, seconds: str, fraction: str | None) -> int:
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return whole * 1000 + int((fraction or "").ljust(3, "0")[:3])


def _subrip(text: str, times: re.Pattern[str] = _SUBRIP_TIMES) -> Iterator[_Cue]:
    found: Iterator[re.Match[str] | None] = chain(times.finditer(text), [None])
    for this, following in pairwise(found):
        if this is None:
            return
        body = text[this.end() : following.start() if following else len(text)]
        before_counter, _, counter = body.removesuffix("\n").rpartition("\n")
        if following and counter.strip().isdecimal():
            body = before_counter
        yield _Cue(_milliseconds(*this.groups()[:4]), _milliseconds(*this.groups()[4:]), _subrip_text(body))


def _subviewer(text: str) -> Iterator[_Cue]:
    return _subrip(text, _SUBVIEWER_TIMES)


def _subrip_text(body: str) -> str:
    cue = _CueText()
    for piece in _SUBRIP_MARKUP.split(body):
        tag = _TAG.fullmatch(piece)
        name = tag[2].lower() if tag else ""
        if name in _TAGS_KEPT and tag:
            cue.switch(_TAGS_KEPT[name], not tag[1])
        elif piece.startswith("{\\") and piece.endswith("}"):
            _override(piece, cue, {}, frozenset())
        elif name == "br" or piece == "[br]":
            cue.add("\n")
        elif name not in _TAGS_DROPPED:
            cue.add(piece)
    return cue.webvtt()


_SUBSTATION_LINE = re.compile(r"^[^\S\n]*(Format|Style|Dialogue):[^\S\n]*([^\n,]+,[^\n]*)", re.MULTILINE)
_EVENT_COLUMNS = ["layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text"]
_STYLE_FLAGS = {"bold": "b", "italic": "i", "underline": "u"}
_OVERRIDE = re.compile(r"\\(?:([ibup])(\d{0,5})(?=[\\}\s])|r([^\\}]*))")


def _substation(text: str) -> Iterator[_Cue]:
    columns = _EVENT_COLUMNS
    style_columns = ["name", *[""] * 6, "bold", "italic", "underline"]
    styles: dict[str, frozenset[str]] = {}
    for line in islice(_SUBSTATION_LINE.finditer(text), 2 * MOST_CUES):
        kind, rest = line.groups()
        if kind == "Dialogue":
            event = dict(zip(columns, rest.split(",", len(columns) - 1), strict=False))
            start, end = (re.match(rf"\s*{_TIME}", event.get(name, "")) for name in ("start", "end"))
            if start and end and "text" in event:
                written = _substation_text(event["text"], styles, styles.get(_style_name(event), frozenset()))
                yield _Cue(_milliseconds(*start.groups()), _milliseconds(*end.groups()), written)
        elif kind == "Style":
            style = dict(zip(style_columns, rest.split(","), strict=False))
            on = {tag for name, tag in _STYLE_FLAGS.items() if style.get(name, "0").strip() not in ("0", "")}
            styles[style["name"].strip()] = frozenset(on)
        else:
            names = [name.strip().lower() for name in rest.split(",")]
            # Only the last column may hold commas.
            columns = names if names[-1] == "text" else columns
            style_columns = names if names[0] == "name" else style_columns


def _style_name(event: dict[str, str]) -> str:
    return event.get("style", "").strip().removeprefix("*")


def _substation_text(text: str, styles: dict[str, frozenset[str]], style: frozenset[str]) -> str:
    cue = _CueText(style)
    is_drawing = False
    first, *others = text.split("{")
    for piece in [f"}}{first}", *others]:
        override, closed, words = piece.partition("}")
        if closed:
            is_drawing = _override(override + closed, cue, styles, style, is_drawing)
        else:
            words = "{" + piece
        if not is_drawing:
            cue.add(words.replace(r"\N", "\n").replace(r"\n", " ").replace(r"\h", "\u00a0"))
    return cue.webvtt()


def _override(
    codes: str, cue: _CueText, styles: dict[str, frozenset[str]], style: frozenset[str], is_drawing: bool = False
) -> bool:
    """Switch the cue's tags as "\\i1\\b0}" says; `style` is what "\\r" returns to. Return whether drawing is on."""
    for code in _OVERRIDE.finditer(codes):
        letter, digits, reset_to = code.groups()
        value = int(digits or 0)
        if letter == "p":
            is_drawing = value > 0
        elif letter == "b":  # from 100 on it is a weight
            cue.switch("b", 0 < value < 100 or value >= 600 if digits else "b" in style)
        elif letter:
            cue.switch(letter, value > 0 if digits else letter in style)
        else:
            cue.tags = set(styles.get(reset_to.strip(), style))
    return is_drawing


_FRAMES = re.compile(r"^[^\S\n]*([{\[])(\d{1,9})[}\]][^\S\n]*[{\[](\d{1,9})[}\]]([^\n]*)", re.MULTILINE)
_FRAME_CODE = re.compile(r"(\{[A-Za-z]:[^{}]*\})")
_FRAMES_A_SECOND = 25.0
_MPL2_UNITS_A_SECOND = 10.0


def _microdvd(text: str) -> Iterator[_Cue]:
    """Yield the cues of MicroDVD, "{frame}{frame}text", and of MPL2, "[tenth of a second][tenth of a second]text".

    A first line "{1}{1}23.976" says the frames in a second; where it is missing, 25 are taken, as in most such files.
    """
    frames_a_second = _FRAMES_A_SECOND
    for number, line in enumerate(_FRAMES.finditer(text)):
        bracket, start, end, words = line.groups()
        if number == 0 and (rate := re.fullmatch(r"\s*(\d{1,3}(?:[.,]\d{1,6})?)\s*", words)) and int(end) < 2:
            frames_a_second = float(rate[1].replace(",", ".")) or _FRAMES_A_SECOND
            continue
        a_second = frames_a_second if bracket == "{" else _MPL2_UNITS_A_SECOND
        yield _Cue(round(int(start) * 1000 / a_second), round(int(end) * 1000 / a_second), _microdvd_text(words))


def _microdvd_text(words: str) -> str:
    cue = _CueText()
    to_the_end: set[str] = set()
    for line in words.split("|"):
        cue.tags = to_the_end | ({"i"} if line.startswith("/") else set())
        for piece in _FRAME_CODE.split(line.removeprefix("/")):
            if not _FRAME_CODE.fullmatch(piece):
                cue.add(piece)
            elif piece[1] in "yY":
                tags = {"b", "i", "u"} & set(piece[3:].lower())
                cue.tags |= tags
                to_the_end |= tags if piece[1] == "Y" else set()
        cue.add("\n")
    return cue.webvtt()


_MARKUP = re.compile(r"<([^<>]*)>([^<]*)")
_ELEMENT_NAME = re.compile(r"/?(?:\w{1,40}:)?(\w{1,40})")
_SPACES = re.compile(r"\s+")
# It begins only where a word begins: from the middle of a long word it would be looked for again and again.
_ATTRIBUTE = re.compile(r"""(?<![\w:.-])([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>]+))""")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,31});?")


class _Element(NamedTuple):
    """A tag and the text behind it: <tts:p begin='1s'>Hi is ("p", " begin='1s'", False, False, "Hi")."""

    name: str
    attributes_text: str
    is_end: bool
    is_empty: bool
    text: str

    def attributes(self) -> dict[str, str]:
        """Return {name in lower case without its namespace: value}."""
        found = _ATTRIBUTE.finditer(self.attributes_text)
        return {a[1].rpartition(":")[2].lower(): html.unescape((a[2] or a[3] or a[4] or "")[:100]) for a in found}


def _elements(text: str) -> Iterator[_Element]:
    _refuse_more_marks(text, "<&")
    for markup in _MARKUP.finditer(text):
        inside, behind = markup.groups()
        name = _ELEMENT_NAME.match(inside)
        if not name and not behind:
            continue
        words = _ENTITY.sub(lambda entity: html.unescape(entity[0]), _SPACES.sub(" ", behind[: 4 * _LONGEST_CUE]))
        rest = inside[name.end() :] if name else ""
        yield _Element(name[1].lower() if name else "", rest, inside[:1] == "/", inside[-1:] == "/", words)


_LAST_SAMI_CUE_MS = 5000


def _sami(text: str) -> Iterator[_Cue]:
    """Yield the cues of SAMI; of several languages, its classes, the one that says most."""
    by_class: dict[str, list[tuple[int, _CueText]]] = {}
    start, cue = -1, _CueText()
    for element in _elements(text):
        if element.name == "sync":
            time = re.match(r"\d{1,9}", element.attributes().get("start", ""))
            start = int(time[0]) if time else -1
            cue = _CueText()
            by_class.setdefault("", []).append((start, cue))
        elif element.name == "p" and not element.is_end:
            cue = _CueText()
            by_class.setdefault(element.attributes().get("class", "").lower(), []).append((start, cue))
        elif element.name == "br":
            cue.add("\n")
        elif element.name in _TAGS_KEPT:
            cue.switch(_TAGS_KEPT[element.name], not element.is_end)
        cue.add(element.text)
    written = [[(start, cue.webvtt()) for start, cue in cues if start >= 0] for cues in by_class.values()]
    most = max(written, key=lambda cues: sum(bool(words) for _, words in cues), default=[])
    ends = [*(start for start, _ in most[1:]), most[-1][0] + _LAST_SAMI_CUE_MS if most else 0]
    return (_Cue(start, end, words) for (start, words), end in zip(most, ends, strict=False))


class _Ttml:
    """A reader of TTML: what is open, and the cue of the paragraph that is being read."""

    def __init__(self) -> None:
        self._frames_a_second = 30.0
        self._ticks_a_second = 1.0
        self._styles: dict[str, frozenset[str]] = {}
        self._offsets_ms = [0]
        self._outer_tags: list[set[str]] = []
        self._times: tuple[int, int] | None = None
        self._cue = _CueText()

    def cues(self, text: str) -> Iterator[_Cue]:
        for element in _elements(text):
            if element.is_end and element.name == "p" and self._times:
                yield _Cue(*self._times, self._cue.webvtt())
                self._times = None
            elif element.is_end:
                self._close(element.name)
            else:
                self._open(element)
            self._cue.add(element.text)

    def _open(self, element: _Element) -> None:
        if element.name == "br":
            self._cue.add("\n")
        elif element.name == "tt":
            given = element.attributes()
            self._frames_a_second = _positive(given.get("framerate", ""), 30.0)
            self._ticks_a_second = _positive(given.get("tickrate", ""), 1.0)
        elif element.name == "style":
            given = element.attributes()
            self._styles[given.get("id", "")] = frozenset(self._tags(given, set()))
        elif element.name in ("body", "div") and not element.is_empty:
            begin = self._milliseconds(element.attributes().get("begin", "")) or 0
            self._offsets_ms.append(self._offsets_ms[-1] + begin)
        elif element.name == "p":
            self._begin(element)
        elif element.name == "span" and not element.is_empty:
            self._outer_tags.append(self._cue.tags)
            self._cue.tags = self._tags(element.attributes(), self._cue.tags)

    def _close(self, name: str) -> None:
        if name == "span" and self._outer_tags:
            self._cue.tags = self._outer_tags.pop()
        elif name in ("body", "div") and len(self._offsets_ms) > 1:
            self._offsets_ms.pop()

    def _begin(self, paragraph: _Element) -> None:
        given = paragraph.attributes()
        start = self._milliseconds(given.get("begin", "")) or 0
        length = self._milliseconds(given.get("dur", ""))
        end = start + length if length is not None else self._milliseconds(given.get("end", ""))
        outer = self._offsets_ms[-1]
        self._times = None if end is None or paragraph.is_empty else (outer + start, outer + end)
        self._cue = _CueText(self._tags(given, set()))
        self._outer_tags.clear()

    def _tags(self, given: dict[str, str], outer: set[str]) -> set[str]:
        """Return the tags that are on inside an element, by its named styles and its own attributes."""
        on = outer.union(*(self._styles.get(name, frozenset()) for name in given.get("style", "").split()))
        for attribute, value, tag in (
            ("fontstyle", "italic", "i"),
            ("fontweight", "bold", "b"),
            ("textdecoration", "underline", "u"),
        ):
            if attribute in given:
                (on.add if given[attribute] == value else on.discard)(tag)
        return on

    def _milliseconds(self, expression: str) -> int | None:
        """Return a time as "1:02:03.4", "1:02:03:12" (frames), "3.5s", "250ms", "75f" or "900t" says it."""
        clock = re.fullmatch(r"(\d{1,6}):(\d{1,3}):(\d{1,3})(?:\.(\d{1,9})|:(\d{1,6})(?:\.\d{1,6})?)?", expression)
        if clock:
            frames = int(clock[5] or 0)
            return _milliseconds(*clock.groups()[:4]) + round(frames * 1000 / self._frames_a_second)
        offset = re.fullmatch(r"(\d{1,15}(?:\.\d{1,9})?)(h|ms|m|s|f|t)", expression)
        if not offset:
            return None
        units = {"h": 3.6e6, "m": 6e4, "s": 1e3, "ms": 1.0}
        units |= {"f": 1e3 / self._frames_a_second, "t": 1e3 / self._ticks_a_second}
        return round(float(offset[1]) * units[offset[2]])


def _positive(number: str, otherwise: float) -> float:
    return (float(number) if re.fullmatch(r"\d{1,12}", number) else 0) or otherwise


def _ttml(text: str) -> Iterator[_Cue]:
    return _Ttml().cues(text)


_Reader = Callable[[str], Iterator[_Cue]]
# What each format begins with: a name is often wrong.
_SIGNS: list[tuple[re.Pattern[str], _Reader]] = [
    (re.compile(r"^[^\S\n]*\[(?:Script Info|V4\+? Styles|Events)\]", re.IGNORECASE | re.MULTILINE), _substation),
    (re.compile(r"<sami\b", re.IGNORECASE), _sami),
    (re.compile(r"<(?:\w{1,40}:)?tt\s[^<>]{0,2000}ttml"), _ttml),
    (_FRAMES, _microdvd),
    (_SUBVIEWER_TIMES, _subviewer),
    (_SUBRIP_TIMES, _subrip),
]
# A comment or a list of styles may come first, but not more than this.
_LONGEST_START = 4096
# A SubRip reader takes a WebVTT file without its first line, too.
_READERS: dict[str, _Reader] = {
    "ass": _substation,
    "dfxp": _ttml,
    "sami": _sami,
    "smi": _sami,
    "srt": _subrip,
    "ssa": _substation,
    "sub": _microdvd,
    "ttml": _ttml,
    "vtt": _subrip,
}
