"""What the words in a subtitle file's name say: languages, and kinds such as "forced"."""

import re
import unicodedata
from dataclasses import dataclass, field

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
br: Brazil, Brasil, Brazilian; ca: Canada, Canadian;
ch: Switzerland; cl: Chile; cn: China; co: Colombia; cyrl: Cyrillic; de: Germany;
es: Spain, España; fr: France; gb uk: United Kingdom, UK; hans: Simplified; hant: Traditional; hk: Hong Kong;
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


def _table(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return ({phrase: code}, {code: English name})."""
    codes, names = {}, {}
    for entry in text.split(";"):
        spelled, _, named = entry.partition(":")
        code, *others = spelled.split()
        names[code] = named.split(",")[0].strip()
        codes.update(dict.fromkeys(map(phrase, (code, *others, *named.split(","))), code))
    return codes, names


_LANGUAGE_CODES, _LANGUAGE_NAMES = _table(_LANGUAGES)
_REGION_CODES, _REGION_NAMES = _table(_REGIONS)
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
    languages: list[str] = []
    flags: list[str] = []
    numbers: list[str] = []
    while words:
        for length in range(_WORDS_OF_THE_LONGEST_PHRASE, 0, -1):
            these = "-".join(words[:length])
            if languages and these in _REGION_CODES:
                languages[-1] += f"-{_REGION_CODES[these]}"
            elif these in _LANGUAGE_CODES:
                languages.append(_LANGUAGE_CODES[these])
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


def label_of(said: Said) -> str:
    names = []
    notes = []
    for language in said.languages:
        code, *regions = language.split("-")
        names.append(_LANGUAGE_NAMES[code])
        notes += [_REGION_NAMES.get(region, region.upper()) for region in regions]
    if names and said.free:
        notes.append(said.free)
    notes += [*filter(None, said.flags), *said.numbers]
    label = " + ".join(dict.fromkeys(names)) or said.free or "Subtitles"
    return f"{label} ({', '.join(dict.fromkeys(notes))})" if notes else label
