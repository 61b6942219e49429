"""Map colours of any format to the classes of WebVTT: colours often tell who speaks."""

import re

# Red, green and blue as bits: 4, 2, 1.
_CLASSES = {4: "red", 2: "lime", 1: "blue", 6: "yellow", 5: "magenta", 3: "cyan"}
_NAMES = {
    "red": "red", "crimson": "red", "lime": "lime", "green": "lime", "blue": "blue", "navy": "blue",
    "yellow": "yellow", "gold": "yellow", "orange": "yellow", "olive": "yellow", "magenta": "magenta",
    "fuchsia": "magenta", "purple": "magenta", "violet": "magenta", "pink": "magenta", "cyan": "cyan", "aqua": "cyan",
    "teal": "cyan",
}  # fmt: skip
# White, black and greys need no class.
_MIN_DIFFERENCE = 64


def color_class(color: str) -> str:
    """Return the class of "#ff0", "#ffff00", "ffff00", "yellow" or "rgb(255, 255, 0)"; "" for greys and the unknown."""
    color = color.strip().lower()
    if color in _NAMES:
        return _NAMES[color]
    if decimal := re.match(r"rgba?\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})", color):
        red, green, blue = map(int, decimal.groups())
        return _class_of(red, green, blue)
    digits = color.removeprefix("#")
    if re.fullmatch("[0-9a-f]{3,4}", digits) and color[:1] == "#":
        digits = "".join(digit * 2 for digit in digits[:3])
    if re.fullmatch("[0-9a-f]{6}(?:[0-9a-f]{2})?", digits):
        return _class_of(int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16))
    return ""


def color_class_of_substation(color: str) -> str:
    """Return the class of "&H00BBGGRR&", "$BBGGRR" or the same as a decimal number; "" for greys and the unknown."""
    color = color.strip().strip("&").lower()
    if found := re.fullmatch("(?:h|\\$)([0-9a-f]{1,8})", color):
        value = int(found[1], 16)
    elif re.fullmatch("-?[0-9]{1,10}", color):
        value = int(color)
    else:
        return ""
    return _class_of(value & 255, value >> 8 & 255, value >> 16 & 255)


def _class_of(red: int, green: int, blue: int) -> str:
    brightest = max(red, green, blue)
    if brightest - min(red, green, blue) < _MIN_DIFFERENCE:
        return ""
    half = brightest / 2
    return _CLASSES.get(4 * (red > half) + 2 * (green > half) + (blue > half), "")
