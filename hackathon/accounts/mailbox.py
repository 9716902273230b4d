"""One mailbox, one key: how two spellings of an e-mail address are found to be the same."""

from __future__ import annotations

import unicodedata

_DOTLESS = frozenset({"gmail.com", "googlemail.com"})


def email_key(email: str) -> str:
    """Unicode NFKC, no spaces, case folded; at Gmail also without dots and `+tag`. Pure; never sent mail to."""
    text = "".join(unicodedata.normalize("NFKC", email).split()).casefold()
    local, at, domain = text.rpartition("@")
    if domain in _DOTLESS:
        local, domain = local.split("+", 1)[0].replace(".", ""), "gmail.com"
    return f"{local}{at}{domain}"
