"""What docker-compose.yml lets each container do: which network it is on, and what it may take of the machine."""

import re

from tests.support.compose import TEXT, blocks

STORES = {"postgres", "kafka"}
AT_THE_EDGE = {"ticketing-serve", "payments-serve", "analytics-serve", "bank"}


def whole(container: str) -> str:
    """The container's own lines, then those that it takes from the anchors, which its own outweigh."""
    own = blocks("services")[container]
    app = _anchor("app") if "<<: *app" in own else ""
    return own + app + (_anchor("held") if "<<: *held" in own + app else "")


def _anchor(name: str) -> str:
    (found,) = re.findall(rf"^x-{name}:.*\n((?:  .*\n)+)", TEXT, re.MULTILINE)
    return str(found)


def first(container: str, key: str) -> str:
    """The value of a key, the container's own before an anchor's; empty where it is nowhere."""
    found = re.findall(rf"^ +{key}: (.+)$", whole(container), re.MULTILINE)
    return str(found[0]) if found else ""


def test_the_door_to_the_internet_reaches_who_serves_and_no_store() -> None:
    on = {container: set(first(container, "networks").strip("[]").split(", ")) for container in blocks("services")}
    assert on["caddy"] == {"edge"}
    assert {container for container, names in on.items() if names == {"edge", "inner"}} == AT_THE_EDGE
    assert {container for container, names in on.items() if names == {"inner"}} == (set(on) - AT_THE_EDGE - {"caddy"})
    assert on.keys() >= STORES
    assert "internal: true" in blocks("networks")["inner"]


def test_every_container_is_held_to_few_rights_processes_and_logs() -> None:
    for container in blocks("services"):
        assert first(container, "cap_drop") == "[ALL]", container
        assert first(container, "security_opt") == '["no-new-privileges:true"]', container
        assert int(first(container, "pids_limit")) <= 1024, container
        assert "max-size" in first(container, "logging"), container
        assert first(container, "mem_limit"), container


def test_only_those_get_a_right_back_whose_image_begins_with_it() -> None:
    given = {container: first(container, "cap_add") for container in blocks("services")}
    assert {container: rights for container, rights in given.items() if rights} == {
        "caddy": "[NET_BIND_SERVICE]",
        "postgres": "[CHOWN, DAC_OVERRIDE, FOWNER, SETGID, SETUID]",
    }
