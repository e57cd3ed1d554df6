"""Where webhooks may be sent, decided without a network."""

import ipaddress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.settings import Settings
from app.webhooks.wire.addresses import (
    LONGEST_URL,
    Network,
    Refused,
    Rules,
    destination_of,
    require_addresses,
    rules_of,
)

PUBLIC = Rules()
EVERYTHING = Rules(allow_private=(ip_network("0.0.0.0/0"), ip_network("::/0")))


def allowing(*networks: str) -> Rules:
    return Rules(allow_private=tuple(ip_network(each) for each in networks))


def refusal(url: str, rules: Rules = PUBLIC) -> str:
    with pytest.raises(Refused) as refused:
        destination_of(url, rules)
    return refused.value.detail


def refusal_of(rules: Rules, *addresses: str, url: str = "https://receiver.example/") -> str:
    with pytest.raises(Refused) as refused:
        require_addresses(destination_of(url, rules), [ip_address(each) for each in addresses], rules)
    return refused.value.detail


@pytest.mark.parametrize(
    "url",
    [
        "https://receiver.example",
        "https://receiver.example/hooks/outward?key=a%20b&c",
        "https://receiver.example:443/",
        "https://receiver.example:8443/",
        "HTTPS://Receiver.Example./",
        "https://xn--bcher-kva.example/",
        "https://under_score.example/",
        "https://93.184.215.14/",
        "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
        "https://[::ffff:93.184.215.14]/",
        "https://[64:ff9b::93.184.215.14]/",
        "https://0x7f.0.0.1.example/",
        "https://172.15.255.255/",
        "https://172.32.0.0/",
        "https://100.63.255.255/",
        "https://100.128.0.0/",
        "https://223.255.255.255/",
    ],
)
def test_a_public_https_url_is_sendable(url: str) -> None:
    destination_of(url, PUBLIC)


def test_a_url_is_taken_apart_into_what_is_connected_to_and_what_is_sent() -> None:
    destination = destination_of("https://Receiver.Example.:8443/a/b?c=d", PUBLIC)
    assert (destination.tls, destination.host, destination.port) == (True, "receiver.example", 8443)
    assert (destination.target, destination.authority) == ("/a/b?c=d", "receiver.example:8443")


def test_the_host_header_of_an_ipv6_address_has_brackets() -> None:
    assert destination_of("https://[2606:2800::1]/", PUBLIC).authority == "[2606:2800::1]"


def test_a_url_without_a_path_asks_for_the_root() -> None:
    assert destination_of("https://receiver.example?a", PUBLIC).target == "/?a"


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("::1", "loopback"),
        ("10.0.0.1", "private"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.168.0.1", "private"),
        ("fc00::1", "private"),
        ("fdff::1", "private"),
        ("fec0::1", "private"),
        ("169.254.0.1", "link-local"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("100.64.0.1", "carrier-grade NAT"),
        ("100.127.255.255", "carrier-grade NAT"),
        ("192.0.0.8", "reserved"),
        ("192.0.2.1", "reserved"),
        ("192.88.99.1", "reserved"),
        ("198.18.0.1", "reserved"),
        ("198.51.100.1", "reserved"),
        ("203.0.113.1", "reserved"),
        ("240.0.0.1", "reserved"),
        ("2001:db8::1", "reserved"),
        ("3fff::1", "reserved"),
        ("100::1", "reserved"),
        ("4000::1", "reserved"),
        ("5f00::1", "reserved"),
    ],
)
def test_an_address_that_is_not_public_is_refused_unless_it_is_allowed(address: str, kind: str) -> None:
    assert refusal_of(PUBLIC, address) == f"its address {address} is {kind} (OUTWARD_WEBHOOK_ALLOW_PRIVATE)"
    network = str(ip_network(address.partition("%")[0]))
    require_addresses(destination_of("https://receiver.example/", PUBLIC), [ip_address(address)], allowing(network))


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("0.0.0.0", "unspecified"),
        ("0.1.2.3", "unspecified"),
        ("::", "unspecified"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.250", "multicast"),
        ("ff02::1", "multicast"),
        ("ff0e::1", "multicast"),
        ("255.255.255.255", "broadcast"),
        ("169.254.169.254", "a metadata service"),
        ("169.254.170.2", "a metadata service"),
        ("100.100.100.200", "a metadata service"),
        ("192.0.0.192", "a metadata service"),
        ("168.63.129.16", "a metadata service"),
        ("fd00:ec2::254", "a metadata service"),
        ("fd20:ce::254", "a metadata service"),
        ("2002:7f00:1::", "a 6to4 address"),
        ("2002:5db8:d70e::1", "a 6to4 address"),
        ("2001:0:5db8:d70e::1", "a Teredo address"),
        ("::127.0.0.1", "an IPv4 address in disguise"),
        ("::93.184.215.14", "an IPv4 address in disguise"),
        ("::ffff:0:127.0.0.1", "an IPv4 address in disguise"),
        ("64:ff9b:1::1", "an IPv4 address in disguise"),
        ("64:ff9b:1:7f00:0:100::", "an IPv4 address in disguise"),
        ("64:ff9b::127.0.0.1", "NAT64 to an address that is loopback"),
        ("64:ff9b::10.0.0.1", "NAT64 to an address that is private"),
        ("64:ff9b::169.254.169.254", "NAT64 to an address that is a metadata service"),
        ("64:ff9b::224.0.0.1", "NAT64 to an address that is multicast"),
        ("2001:10::1", "reserved"),
        ("2001:20::1", "reserved"),
    ],
)
def test_some_addresses_are_refused_whatever_is_allowed(address: str, kind: str) -> None:
    shown = ip_address(address)
    assert refusal_of(PUBLIC, address) == f"its address {shown} is {kind}"
    assert refusal_of(EVERYTHING, address) == f"its address {shown} is {kind}"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("::ffff:127.0.0.1", "::ffff:7f00:1 (127.0.0.1) is loopback (OUTWARD_WEBHOOK_ALLOW_PRIVATE)"),
        ("::ffff:10.0.0.1", "::ffff:a00:1 (10.0.0.1) is private (OUTWARD_WEBHOOK_ALLOW_PRIVATE)"),
        ("::ffff:169.254.169.254", "::ffff:a9fe:a9fe (169.254.169.254) is a metadata service"),
        ("::ffff:0.0.0.0", "::ffff:0:0 (0.0.0.0) is unspecified"),
    ],
)
def test_an_ipv4_mapped_address_is_judged_as_the_ipv4_address(address: str, said: str) -> None:
    assert refusal_of(PUBLIC, address) == f"its address {said}"


def test_allowing_an_ipv4_network_allows_its_mapped_form_and_no_other() -> None:
    rules = allowing("10.0.0.0/8")
    destination_of("http://[::ffff:10.0.0.1]:9000/", rules)
    for disguise in ("64:ff9b::10.0.0.1", "2002:a00:1::", "::10.0.0.1", "::ffff:0:10.0.0.1", "2001:0:a00:1::"):
        assert refusal(f"https://[{disguise}]/", rules).startswith("its address")
    for other in ("11.0.0.1", "192.168.0.1", "127.0.0.1", "::ffff:192.168.0.1"):
        assert refusal_of(rules, other, url="http://receiver.example/")


def test_allowing_the_neighbourhood_of_a_metadata_service_does_not_allow_it() -> None:
    rules = allowing("169.254.0.0/16", "100.64.0.0/10", "fd00::/8")
    destination_of("http://169.254.1.1/", rules)
    for address in ("169.254.169.254", "100.100.100.200", "[fd00:ec2::254]", "[::ffff:169.254.169.254]"):
        assert "metadata service" in refusal(f"http://{address}/", rules)


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "017700000001",
        "0x7f000001",
        "0X7F000001",
        "0x7f000001.",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "127.0.0.0x1",
        "127.0.0.01",
        "0300.0250.0.1",
        "0xa9.0xfe.0xa9.0xfe",
        "1.1.1.1.1",
        "256.1.1.1",
        "0x08080808",
        "134744072",
        "8.8.8.0x",
        "127.0.0.1..1",
    ],
)
def test_a_number_as_host_that_is_not_four_decimals_is_refused_even_when_everything_is_allowed(host: str) -> None:
    assert refusal(f"https://{host}/", EVERYTHING).startswith("its host is a number")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://receiver.example/", "its scheme is http"),
        ("http://93.184.215.14/", "its scheme is http"),
        ("ftp://receiver.example/", "it does not begin with https://"),
        ("file:///etc/passwd", "it does not begin with https://"),
        ("gopher://receiver.example/", "it does not begin with https://"),
        ("javascript:alert(1)", "it does not begin with https://"),
        ("//receiver.example/", "it does not begin with https://"),
        ("receiver.example", "it does not begin with https://"),
        ("https:receiver.example/", "it does not begin with https://"),
        ("https:/receiver.example/", "it does not begin with https://"),
        ("", "it does not begin with https://"),
        ("https://", "its host is not a name or an address"),
        ("https:///path", "its host is not a name or an address"),
        ("https://user@receiver.example/", "it has a user or password"),
        ("https://user:password@receiver.example/", "it has a user or password"),
        ("https://receiver.example@127.0.0.1/", "it has a user or password"),
        ("https://@receiver.example/", "it has a user or password"),
        ("https://receiver.example/#fragment", "it has a fragment"),
        ("https://receiver.example/#", "it has a fragment"),
        ("https://127.0.0.1#@receiver.example/", "it has a fragment"),
        ("https://receiver.example\\@127.0.0.1/", "it has a user or password"),
        ("https://receiver.example/\\..", "it has a backslash"),
        ("https://receiver.example\\.other.example/", "it has a backslash"),
        ("https://receiver.example/a\r\nHost: other.example", "it has a space, a control character"),
        ("https://receiver.example/a\nb", "it has a space, a control character"),
        ("https://receiver.example/a\tb", "it has a space, a control character"),
        ("https://receiver.example/a\0b", "it has a space, a control character"),
        ("https://receiver.example/a b", "it has a space, a control character"),
        (" https://receiver.example/", "it has a space, a control character"),
        ("https://receiver.example/\x7f", "it has a space, a control character"),
        ("https://①②⑦.0.0.1/", "it has a space, a control character or one that is not ASCII"),
        ("https://127。0。0。1/", "it has a space, a control character or one that is not ASCII"),
        ("https://bücher.example/", "it has a space, a control character or one that is not ASCII"),
        ("https://receiver.example:22/", "its port 22 is not one of 443, 8443 (OUTWARD_WEBHOOK_PORTS)"),
        ("https://receiver.example:80/", "its port 80 is not one of 443, 8443 (OUTWARD_WEBHOOK_PORTS)"),
        ("https://93.184.215.14:6379/", "its port 6379 is not one of"),
        ("https://receiver.example:0/", "its port is not a number from 1 to 65535"),
        ("https://receiver.example:65536/", "its port is not a number from 1 to 65535"),
        ("https://receiver.example:443:443/", "its host is not a name or an address"),
        ("https://receiver.example:+443/", "its host is not a name or an address"),
        ("https://[::1/", "it is not a URL"),
        ("https://[::1]x/", "it"),
        ("https://[127.0.0.1]/", "it"),
        ("https://[v1.fe80::a]/", "it"),
        ("https://[fe80::1%25eth0]/", "its host is not a name or an address"),
        ("https://%31%32%37.0.0.1/", "its host is a number"),
        ("https://127.0.0.1%2f.receiver.example/", "its host is not a name or an address"),
        ("https://a..example/", "its host is not a name or an address"),
        ("https://-a.example/", "its host is not a name or an address"),
        ("https://" + "a" * 64 + ".example/", "its host is not a name or an address"),
        ("https://" + "a." * 127 + "example/", "its host is not a name or an address"),
        ("https://receiver.example/" + "a" * LONGEST_URL, "it is longer than 2048 characters"),
    ],
)
def test_a_url_is_refused_for_what_it_is(url: str, said: str) -> None:
    assert refusal(url).startswith(said)


def test_http_and_any_port_are_allowed_to_an_allowed_address() -> None:
    destination_of("http://10.0.0.1:8080/hook", allowing("10.0.0.0/8"))
    destination_of("https://10.0.0.1:8080/hook", allowing("10.0.0.0/8"))
    assert destination_of("http://10.0.0.1/hook", allowing("10.0.0.0/8")).port == 80


def test_http_is_refused_to_an_address_outside_of_what_is_allowed() -> None:
    assert refusal("http://93.184.215.14/", allowing("10.0.0.0/8")).startswith("its scheme is http")


@pytest.mark.parametrize("url", ["http://receiver.example/", "https://receiver.example:9000/"])
def test_a_name_may_have_http_and_any_port_only_if_all_its_addresses_are_allowed(url: str) -> None:
    rules = allowing("10.0.0.0/8", "fd12::/16")
    require_addresses(destination_of(url, rules), [ip_address("10.0.0.1"), ip_address("fd12::1")], rules)
    assert refusal_of(rules, "10.0.0.1", "93.184.215.14", url=url).startswith(("its scheme is http", "its port 9000"))
    assert refusal_of(rules, "93.184.215.14", url=url).startswith(("its scheme is http", "its port 9000"))


def test_a_name_with_a_public_and_a_private_address_is_refused() -> None:
    assert "10.0.0.1 is private" in refusal_of(PUBLIC, "93.184.215.14", "10.0.0.1")
    assert "10.0.0.1 is private" in refusal_of(PUBLIC, "10.0.0.1", "93.184.215.14")


def networks() -> st.SearchStrategy[Network]:
    return st.builds(
        lambda address, length: ip_network((address, min(length, address.max_prefixlen)), strict=False),
        st.ip_addresses(),
        st.integers(0, 128),
    )


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_what_python_calls_private_is_never_public(address: IPv4Address | IPv6Address) -> None:
    assume(address.is_private or address.is_multicast or address.is_reserved or address.is_link_local)
    assume(not (isinstance(address, IPv6Address) and (address.ipv4_mapped or str(address).startswith("64:ff9b::"))))
    assert refusal_of(PUBLIC, str(address))


@given(st.ip_addresses(v=4), st.lists(networks(), max_size=4))
def test_only_what_is_listed_becomes_reachable(address: ipaddress.IPv4Address, listed: list[Network]) -> None:
    rules = Rules(allow_private=tuple(listed))
    destination = destination_of("https://receiver.example/", rules)
    before = after = True
    try:
        require_addresses(destination, [address], PUBLIC)
    except Refused:
        before = False
    try:
        require_addresses(destination, [address], rules)
    except Refused:
        after = False
    assert after >= before
    assert after == before or any(address in network for network in listed)


def test_the_settings_say_which_networks_are_allowed_and_which_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTWARD_WEBHOOK_ALLOW_PRIVATE", "10.0.0.0/8, fd12::/16,127.0.0.1")
    monkeypatch.setenv("OUTWARD_WEBHOOK_PORTS", "443, 9443")
    rules = rules_of(Settings(_env_file=None))
    assert rules.allow_private == (ip_network("10.0.0.0/8"), ip_network("fd12::/16"), ip_network("127.0.0.1/32"))
    assert rules.ports == {443, 9443}


def test_nothing_private_and_the_ports_of_https_are_allowed_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OUTWARD_WEBHOOK_ALLOW_PRIVATE", raising=False)
    monkeypatch.delenv("OUTWARD_WEBHOOK_PORTS", raising=False)
    assert rules_of(Settings(_env_file=None)) == Rules((), frozenset({443, 8443}))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("OUTWARD_WEBHOOK_ALLOW_PRIVATE", "10.0.0.1/8", "'10.0.0.1/8', which is not a network like 10.0.0.0/8"),
        ("OUTWARD_WEBHOOK_ALLOW_PRIVATE", "10.0.0.0/8,intern.example", "'intern.example', which is not a network"),
        ("OUTWARD_WEBHOOK_ALLOW_PRIVATE", "::ffff:10.0.0.0/104", "write the IPv4 network that it stands for"),
        ("OUTWARD_WEBHOOK_PORTS", "443,https", "'https', which is not a port from 1 to 65535"),
        ("OUTWARD_WEBHOOK_PORTS", "0", "'0', which is not a port from 1 to 65535"),
        ("OUTWARD_WEBHOOK_PORTS", "65536", "'65536', which is not a port from 1 to 65535"),
    ],
)
def test_a_wrong_setting_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=said):
        Settings(_env_file=None)
