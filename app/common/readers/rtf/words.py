"""The control words of RTF that stand for characters, open something to read or something to leave out."""

import codecs

STORIES = (
    "shptxt", "footnote", "annotation", "header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr",
    "footerf",
)  # fmt: skip
"""Groups with a text of their own, which follows the body's, in this order."""

SKIPPED = frozenset(
    (
        "aftncn", "aftnsep", "aftnsepc", "atnauthor", "atndate", "atnicn", "atnid", "atnparent", "atnref", "atntime",
        "atrfend", "atrfstart", "author", "background", "bkmkend", "bkmkstart", "blipuid", "buptim", "category",
        "colorschememapping", "colortbl", "comment", "company", "creatim", "datafield", "datastore", "defchp",
        "defpap", "do", "doccomm", "docvar", "factoidname", "falt", "ffdeftext", "ffentrymcr", "ffexitmcr",
        "ffformat", "ffhelptext", "ffl", "ffname", "ffstattext", "file", "filetbl", "fldinst", "fldtype", "fname",
        "fontemb", "fontfile", "fonttbl", "formfield", "ftncn", "ftnsep", "ftnsepc", "generator", "gridtbl",
        "hlinkbase", "htmltag", "info", "keycode", "keywords", "latentstyles", "levelnumbers", "leveltext",
        "lfolevel", "linkval", "list", "listlevel", "listname", "listoverride", "listoverridetable", "listpicture",
        "liststylename", "listtable", "lsdlockedexcept", "manager", "mmathPr", "nextfile", "nonesttables",
        "nonshppict", "objalias", "objclass", "objdata", "objname", "objsect", "objtime", "oldcprops", "oldpprops",
        "oldsprops", "oldtprops", "operator", "panose", "password", "passwordhash", "pgdsctbl", "pict", "pn",
        "pnseclvl", "printim", "private", "propname", "revtbl", "revtim", "rsidtbl", "rxe", "shppict", "shprslt",
        "sn", "sp", "staticval", "stylesheet", "subject", "sv", "tc", "template", "themedata", "title", "txe", "upr",
        "userprops", "wgrffmtfilter", "windowcaption", "writereservation", "writereservhash", "xe", "xform",
        "xmlattrname", "xmlattrvalue", "xmlclose", "xmlname", "xmlnstbl", "xmlopen",
    )
)  # fmt: skip

CHARACTERS = {
    "line": "\n", "lbr": "\n", "softline": "\n", "column": "\n", "tab": "\t", "emdash": "—", "endash": "–",
    "emspace": " ", "enspace": " ", "qmspace": " ", "bullet": "•", "lquote": "‘", "rquote": "’", "ldblquote": "“",
    "rdblquote": "”", "nestcell": " ", "nestrow": "\n",
}  # fmt: skip

_BY_CHARSET = {
    77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gbk", 136: "big5", 161: "cp1253", 162: "cp1254",
    163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250",
    254: "cp437", 255: "cp850",
}  # fmt: skip
_PAGES = {936: "gbk", 950: "big5", 65001: "utf-8", 10000: "mac_roman", 10007: "mac_cyrillic"}


def codepage_of_charset(charset: int, default: str) -> str:
    """Return the code page of a font; that of the document for fonts that say nothing of it."""
    return _BY_CHARSET.get(charset, default)


def codepage_of_number(number: int) -> str:
    """Return the Python name of a Windows code page, or an empty string for an unknown one."""
    name = _PAGES.get(number, f"cp{number}")
    try:
        codecs.lookup(name)
    except LookupError:
        return ""
    return name


OPENING = frozenset((*STORIES, *SKIPPED, "shpinst", "ud"))
"""All words that say what a group is for."""
