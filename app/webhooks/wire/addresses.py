"""Where webhooks may be sent: which URLs, and which addresses behind their names. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final, Protocol
from urllib.parse import SplitResult, urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

ALLOW_SETTING: Final = "OUTWARD_WEBHOOK_ALLOW_PRIVATE"
PORTS_SETTING: Final = "OUTWARD_WEBHOOK_PORTS"
LONGEST_URL: Final = 2048
_LONGEST_NAME = 253
_DEFAULT_PORTS = {"https": 443, "http": 80}
_PRINTABLE = re.compile(r"[!-~]*")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_AUTHORITY = re.compile(r"(\[(?P<ipv6>[0-9a-f:.]+)\]|(?P<name>[^:\[\]]+))(:[0-9]{0,5})?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


class Refused(Exception):
    """Nothing may be sent there; `detail` is a short sentence that says why."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Rules:
    """Which addresses that are not public may be reached all the same, and the ports of all others."""

    allow_private: tuple[Network, ...] = ()
    ports: frozenset[int] = frozenset({443, 8443})


class Setting(Protocol):
    """What of the settings decides where webhooks may be sent."""

    @property
    def webhook_allow_private(self) -> tuple[Network, ...]: ...

    @property
    def webhook_ports(self) -> frozenset[int]: ...


def rules_of(settings: Setting) -> Rules:
    return Rules(settings.webhook_allow_private, settings.webhook_ports)


@dataclass(frozen=True, slots=True)
class Destination:
    """A URL taken apart by the one parser that also decides, so that nobody reads it differently.

    `host` is a name in ASCII or the text of `address`, `target` what follows it in the request line. `unless_private`
    is why nothing may be sent there unless all addresses of the host are within `Rules.allow_private`.
    """

    tls: bool
    host: str
    address: Address | None
    port: int
    target: str
    unless_private: str | None

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if isinstance(self.address, IPv6Address) else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"


class _Reach(Enum):
    """What `Rules.allow_private` can do about a range."""

    ALLOWABLE = "refused unless it is allowed"
    NEVER = "refused whatever is allowed"


def _ranges(reach: _Reach, kinds: dict[str, str]) -> list[tuple[Network, str, _Reach]]:
    return [(ip_network(each), kind, reach) for kind, listed in kinds.items() for each in listed.split()]


# The first match counts. Metadata services come first: some are inside ranges that are often allowed, one is public.
_SPECIAL: Final = [
    *_ranges(
        _Reach.NEVER,
        {
            "a metadata service": "169.254.169.254 169.254.170.2 169.254.170.23 100.100.100.200 192.0.0.192 "
            "168.63.129.16 fd00:ec2::/32 fd20:ce::254",
            "unspecified": "0.0.0.0/8 ::",
            "multicast": "224.0.0.0/4 ff00::/8",
            "broadcast": "255.255.255.255",
        },
    ),
    *_ranges(
        _Reach.ALLOWABLE,
        {
            "loopback": "127.0.0.0/8 ::1",
            "private": "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7 fec0::/10",
            "link-local": "169.254.0.0/16 fe80::/10",
            "carrier-grade NAT": "100.64.0.0/10",
            "reserved": "192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 "
            "240.0.0.0/4 2001:db8::/32 3fff::/20",
        },
    ),
    *_ranges(
        _Reach.NEVER,
        {
            "a 6to4 address": "2002::/16",
            "a Teredo address": "2001::/32",
            "an IPv4 address in disguise": "::/96 ::ffff:0:0:0/96 64:ff9b::/32",
            "reserved": "2001::/23",
        },
    ),
]
_PUBLIC_IPV6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")


def destination_of(url: str, rules: Rules) -> Destination:
    """The URL taken apart. Raises Refused when what can be told from it alone forbids it."""
    parts = _split(url)
    host, address = _host(parts)
    port = _port(parts)
    tls = parts.scheme == "https"
    unless_private = None
    if not tls:
        unless_private = f"its scheme is http, which only addresses within {ALLOW_SETTING} may have; use https"
    elif port not in rules.ports:
        listed = ", ".join(str(each) for each in sorted(rules.ports))
        unless_private = f"its port {port} is not one of {listed} ({PORTS_SETTING})"
    if unless_private and not rules.allow_private:
        raise Refused(unless_private)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    destination = Destination(tls, host, address, port, target, unless_private)
    if address is not None:
        require_addresses(destination, [address], rules)
    return destination


def require_addresses(destination: Destination, addresses: Sequence[Address], rules: Rules) -> None:
    """Raises Refused unless each of the addresses of its host may be reached: a name of both kinds is no accident."""
    allowed = [_within(address, rules) for address in addresses]
    if destination.unless_private and not all(allowed):
        raise Refused(destination.unless_private)


def _within(address: Address, rules: Rules) -> bool:
    """Whether it is reached only because it is allowed. Raises Refused when it may not be reached."""
    inner = _unmapped(address)
    special = _special(inner)
    if special is not None and special[1] is _Reach.NEVER:
        raise Refused(_said(address, inner, special[0]))
    if any(inner in network for network in rules.allow_private):
        return True
    if special is not None:
        raise Refused(f"{_said(address, inner, special[0])} ({ALLOW_SETTING})")
    return False


def _said(address: Address, inner: Address, kind: str) -> str:
    shown = str(address) if address == inner else f"{address} ({inner})"
    return f"its address {shown} is {kind}"


def _unmapped(address: Address) -> Address:
    """An IPv4-mapped address is the IPv4 address: the system connects to that."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped


def _special(address: Address) -> tuple[str, _Reach] | None:
    """What keeps an address from being public, and whether allowing it can help."""
    if isinstance(address, IPv6Address) and address in _NAT64:
        # A network without IPv4 reaches public IPv4 so; what is behind the gateway is nobody's to allow.
        behind = _special(IPv4Address(int(address) & 0xFFFFFFFF))
        return None if behind is None else (f"NAT64 to an address that is {behind[0]}", _Reach.NEVER)
    for network, kind, reach in _SPECIAL:
        if address in network:
            return kind, reach
    if isinstance(address, IPv6Address) and address not in _PUBLIC_IPV6:
        return "reserved", _Reach.ALLOWABLE
    return None


def _split(url: str) -> SplitResult:
    if len(url) > LONGEST_URL:
        raise Refused(f"it is longer than {LONGEST_URL} characters")
    if not _PRINTABLE.fullmatch(url):
        raise Refused("it has a space, a control character or one that is not ASCII; write those as %20 or xn--…")
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise Refused("it is not a URL") from error
    if parts.scheme not in _DEFAULT_PORTS or not url[len(parts.scheme) :].startswith("://"):
        raise Refused("it does not begin with https://")
    if "@" in parts.netloc:
        raise Refused("it has a user or password before the host; leave them out")
    if "#" in url:
        raise Refused("it has a fragment (#), which is never sent; leave it out")
    if "\\" in url:
        raise Refused("it has a backslash")
    return parts


def _host(parts: SplitResult) -> tuple[str, Address | None]:
    """The host as it will be resolved and verified, and its address when it is one."""
    authority = _AUTHORITY.fullmatch(parts.netloc.lower())
    if authority is None:
        raise Refused("its host is not a name or an address")
    if authority["ipv6"]:
        return _ipv6(authority["ipv6"])
    host = authority["name"].removesuffix(".")
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return _ipv4(host)
    if len(host) > _LONGEST_NAME or not all(_LABEL.fullmatch(label) for label in labels):
        raise Refused("its host is not a name or an address")
    return host, None


def _port(parts: SplitResult) -> int:
    """The port named, else that of the scheme."""
    _, colon, port = parts.netloc.rpartition(":")
    if not colon or not port or port.endswith("]"):
        return _DEFAULT_PORTS[parts.scheme]
    if not 1 <= int(port) <= 65535:
        raise Refused("its port is not a number from 1 to 65535")
    return int(port)


def _ipv4(host: str) -> tuple[str, IPv4Address]:
    try:
        address = IPv4Address(host)
    except ValueError as error:
        raise Refused("its host is a number, but not four decimal ones like 192.0.2.1") from error
    return str(address), address


def _ipv6(host: str) -> tuple[str, IPv6Address]:
    try:
        address = IPv6Address(host)
    except ValueError as error:
        raise Refused("its host is not an IPv6 address") from error
    return str(address), address
