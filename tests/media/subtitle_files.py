"""Subtitle files of each format, for tests, and what is read of them."""


def subrip(*texts: str, line_end: str = "\r\n") -> str:
    cues = (f"{n}\n00:00:{n:02},000 --> 00:00:{n:02},500\n{text}\n" for n, text in enumerate(texts, 1))
    return "\n".join(cues).replace("\n", line_end)


def substation(*texts: str, head: str = "", style: str = "Default") -> str:
    events = "".join(f"Dialogue: 0,0:00:{n:02}.00,0:00:{n:02}.50,{style},,0,0,0,,{t}\n" for n, t in enumerate(texts, 1))
    return f"[Script Info]\nScriptType: v4.00+\n{head}\n[Events]\n{events}"


def ttml(paragraphs: str, attributes: str = "", head: str = "") -> bytes:
    return (
        f'<?xml version="1.0"?><tt:tt xmlns:tt="http://www.w3.org/ns/ttml" {attributes}>'
        f"<tt:head>{head}</tt:head><tt:body><tt:div>{paragraphs}</tt:div></tt:body></tt:tt>"
    ).encode()


def cues_of(webvtt: str) -> list[tuple[str, str]]:
    """Return (times and settings, text) of each cue of a WebVTT file."""
    header, *blocks = webvtt.strip("\n").split("\n\n")
    assert header.partition("\n")[0] == "WEBVTT"
    parts = (block.partition("\n") for block in blocks)
    return [(timing, text) for timing, _, text in parts if "-->" in timing]


def words_of(webvtt: str) -> list[str]:
    return [text for _, text in cues_of(webvtt)]


def settings_of(webvtt: str) -> list[str]:
    """Return what stands behind the times of each cue."""
    return [timing.partition(" --> ")[2].partition(" ")[2] for timing, _ in cues_of(webvtt)]


def times_of(webvtt: str) -> list[str]:
    return [" --> ".join(part.split(" ")[0] for part in timing.split(" --> ")) for timing, _ in cues_of(webvtt)]
