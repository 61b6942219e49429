"""The extensions that make a file a video, with their content types. LVS_EXTENSIONS adds others, without a type."""

CONTENT_TYPES = {
    "360": "video/mp4", "3g2": "video/3gpp2", "3gp": "video/3gpp", "asf": "video/x-ms-asf", "avi": "video/x-msvideo",
    "dav": "video/x-dav", "divx": "video/x-msvideo", "dv": "video/x-dv", "dvr-ms": "video/x-ms-asf",
    "f4v": "video/mp4", "flv": "video/x-flv", "insv": "video/mp4", "lrv": "video/mp4", "m1v": "video/mpeg",
    "m2t": "video/mp2t", "m2ts": "video/mp2t", "m2v": "video/mpeg", "m4v": "video/mp4", "mk3d": "video/x-matroska",
    "mkv": "video/x-matroska", "mod": "video/mpeg", "mov": "video/quicktime", "mp4": "video/mp4", "mpe": "video/mpeg",
    "mpeg": "video/mpeg", "mpg": "video/mpeg", "mpg4": "video/mp4", "mts": "video/mp2t", "mxf": "application/mxf",
    "ogg": "video/ogg", "ogm": "video/ogg", "ogv": "video/ogg", "qt": "video/quicktime",
    "rm": "application/vnd.rn-realmedia", "rmvb": "application/vnd.rn-realmedia-vbr", "tod": "video/mp2t",
    "tp": "video/mp2t", "trp": "video/mp2t", "ts": "video/mp2t", "vob": "video/mpeg", "webm": "video/webm",
    "wmv": "video/x-ms-wmv", "wtv": "video/x-ms-wtv", "xvid": "video/x-msvideo",
}  # fmt: skip
