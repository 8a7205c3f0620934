"""What a browser says that it is, in a few words that its person knows: "Chrome · Android"."""

# In the order in which they are looked for: most browsers say too that they are others.
_BROWSERS = (
    ("Zalo", "Zalo"),
    ("FBAN/", "Facebook"),
    ("FBAV/", "Facebook"),
    ("coc_coc_browser/", "Cốc Cốc"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def name_of_browser(user_agent: str) -> str:
    """As it is if none of these stands in it; "" if it says nothing."""
    found = [next((name for sign, name in signs if sign in user_agent), "") for signs in (_BROWSERS, _SYSTEMS)]
    return " · ".join(name for name in found if name) or user_agent
