"""One mailbox, one spelling: how an address is kept, compared and sent to."""

from __future__ import annotations

import idna

LONGEST_ADDRESS = 254
"""As it is sent to, by RFC 5321."""
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})


def normal_email(email: str) -> str:
    """The spelling in which an address is kept: lower case, its domain by IDNA 2008 (non-transitional UTS 46, as in
    browsers) and readable. So `straße.de` is not `strasse.de`, and `xn--strae-oqa.de` is `straße.de`.

    Raises ValueError where no mail can be sent to it.
    """
    local, at, domain = email.strip().lower().rpartition("@")
    if _is_international(domain):
        domain = idna.decode(idna.encode(domain, uts46=True))
    address = f"{local}{at}{domain}"
    if len(wire_email(address)) > LONGEST_ADDRESS:
        raise ValueError("longer than an address may be")
    return address


def wire_email(email: str) -> str:
    """A kept address as mail servers take it, its domain in ASCII: they and Python know IDNA 2003, by which a mail to
    `straße.de` would go to `strasse.de`."""
    local, at, domain = email.rpartition("@")
    return f"{local}{at}{idna.encode(domain).decode()}" if _is_international(domain) else email


def email_key(email: str) -> str:
    """What addresses are compared by: at Gmail without dots and `+tag`. Of what can be no address, the text."""
    try:
        email = normal_email(email)
    except ValueError:
        return email.strip().lower()
    local, at, domain = email.rpartition("@")
    if domain in _DOTLESS:
        local, domain = local.split("+", 1)[0].replace(".", ""), "gmail.com"
    return f"{local}{at}{domain}"


def _is_international(domain: str) -> bool:
    """Other domains are no matter of IDNA, and may have what it forbids: `ab--c.example`, `[192.0.2.1]`."""
    return not domain.isascii() or any(label.startswith("xn--") for label in domain.split("."))
