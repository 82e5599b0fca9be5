"""Who gets in when there are too many connections, and who has to go."""

from app.edge.connections import Connections, address_of


class Held:
    """A connection that may be closed, unless it is at work."""

    def __init__(self, address: str = "10.0.0.1", *, at_work: bool = False) -> None:
        self.address = address
        self.may_be_closed = not at_work
        self.closed = False

    def give_way(self) -> None:
        self.closed = True


def test_a_newcomer_beyond_the_limit_takes_the_oldest_place() -> None:
    connections = Connections(limit=3, per_address=3)
    held = [Held(f"10.0.0.{n}") for n in range(3)]
    assert all(map(connections.admit, held))
    assert connections.admit(Held("10.0.0.9"))
    assert [each.closed for each in held] == [True, False, False]
    assert len(connections) == 3


def test_connections_at_work_stay_and_the_newcomer_is_refused() -> None:
    connections = Connections(limit=2, per_address=2)
    held = [Held(at_work=True), Held("10.0.0.2", at_work=True)]
    assert all(map(connections.admit, held))
    assert not connections.admit(Held("10.0.0.3"))
    assert not any(each.closed for each in held)
    connections.leave(held[0])
    assert connections.admit(Held("10.0.0.3"))


def test_one_address_cannot_take_the_places_of_others() -> None:
    connections = Connections(limit=4, per_address=2)
    other = Held("10.0.0.2")
    assert connections.admit(other)
    crowd = [Held() for _ in range(10)]
    assert all(map(connections.admit, crowd))
    assert not other.closed
    assert [each.closed for each in crowd] == [True] * 8 + [False] * 2


def test_leaving_twice_is_harmless() -> None:
    connections = Connections(limit=1, per_address=1)
    held = Held()
    connections.admit(held)
    connections.leave(held)
    connections.leave(held)
    assert len(connections) == 0


def test_an_ipv6_network_counts_as_one_address_and_a_mapped_one_as_ipv4() -> None:
    assert address_of(("2001:db8:1:2::1", 1)) == address_of(("2001:db8:1:2:ffff::9", 2))
    assert address_of(("2001:db8:1:2::1", 1)) != address_of(("2001:db8:1:3::1", 1))
    assert address_of(("::ffff:10.0.0.1", 1)) == address_of(("10.0.0.1", 2)) == "10.0.0.1"
    assert address_of(("fe80::1%eth0", 1)) == "fe80::/64"
    assert address_of(("a socket", 1)) == "a socket"
    assert address_of(None) == ""
