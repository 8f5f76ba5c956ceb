"""The lock and the record on an emulated Controller, with clocks of the tests."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest

from sync.controller.client import ControllerAddress, ControllerClient, Login
from sync.controller.live import live_object
from sync.controller.lock import Lock
from sync.controller.record import PATH, RecordError, RecordStore
from sync.emulator import Emulator
from sync.errors import LockedError, LockLostError
from sync.kinds import KINDS
from sync.model.live import Backup
from sync.model.lock import Holder, LastRun, Record
from sync.timing import Timing
from sync.translate.names import Names

LAST = LastRun(
    source="https://git.example.com/lb", path="prod", commit="c0ffee", time="2026-03-01T12:00:00Z", run_id="r1"
)


@dataclass(slots=True)
class Clock:
    """A clock that goes on only while somebody sleeps; `then` happens at each sleep."""

    moment: float = 1000.0
    then: list[Callable[[], object]] = field(default_factory=list)

    def now(self) -> float:
        """The time."""
        return self.moment

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.moment += seconds
        if self.then:
            self.then.pop(0)()

    @property
    def timing(self) -> Timing:
        """To wait by it."""
        return Timing(now=self.now, sleep=self.sleep)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """A fresh one."""
    with Emulator(seed={"tenants": ["team-a"]}) as emulator:
        yield emulator


@pytest.fixture
def client(emulator: Emulator) -> Iterator[ControllerClient]:
    """A client of the emulator."""
    with (
        ControllerClient(ControllerAddress(url=emulator.url), Login(password="emulator")) as client,
    ):
        yield client


@pytest.fixture
def store(client: ControllerClient) -> RecordStore:
    """The record of cluster `test`."""
    return make_store(client)


def make_store(client: ControllerClient, cluster: str = "test", tenant: str = "admin") -> RecordStore:
    return RecordStore(client, tenant=tenant, names=Names(cluster=cluster))


def record_in(store: RecordStore) -> Record:
    """What the record holds; it must be there."""
    found = store.read()
    assert found is not None
    return found.record


def make_holder(run_id: str = "r1", **fields: Any) -> Holder:
    return replace(Holder(name="alice@laptop", pid=12, run_id=run_id, ttl_seconds=60.0), **fields)


def make_lock(store: RecordStore, run_id: str = "r1", timing: Timing | None = None, **fields: Any) -> Lock:
    return Lock(store, make_holder(run_id, **fields), timing or Clock().timing)


def test_the_first_run_makes_the_record_and_leaves_it_free(store: RecordStore) -> None:
    """While it is held it names the holder; afterwards it stays, with nobody in it."""
    with make_lock(store):
        held = record_in(store)

    assert (held, record_in(store)) == (Record(holder=make_holder()), Record())


def test_a_free_lock_is_taken_at_once(store: RecordStore) -> None:
    """Who finds it released does not wait."""
    clock = Clock()
    with make_lock(store):
        pass

    with make_lock(store, "r2", clock.timing):
        pass

    assert clock.moment == 1000.0


def test_a_holder_that_beats_is_named(store: RecordStore) -> None:
    """At the first beat that is seen the waiting ends, long before the time of a silent holder."""
    clock = Clock()
    with make_lock(store, name="ci@runner") as held:
        clock.then = [lambda: None, held.beat]

        with pytest.raises(LockedError, match=r"ci@runner \(pid 12, run r1\) holds the lock .* for about 15 s"):
            make_lock(store, "r2", clock.timing).__enter__()

    assert clock.moment - 1000.0 < 60


def test_a_silent_holder_loses_the_lock(store: RecordStore) -> None:
    """Nobody beats for the whole TTL: it is taken over, and the old holder learns of it at its next check."""
    clock = Clock()
    with make_lock(store, "r1") as silent, make_lock(store, "r2", clock.timing) as other:
        with pytest.raises(LockLostError, match="run r2"):
            silent.confirm()
        other.confirm()

    assert clock.moment - 1000.0 >= 60


def test_the_longer_patience_of_two_counts(store: RecordStore) -> None:
    """Who would take over after a second waits as long as the holder has requested."""
    clock = Clock()
    with make_lock(store, ttl_seconds=60.0), make_lock(store, "r2", clock.timing, ttl_seconds=1.0):
        pass

    assert clock.moment - 1000.0 >= 60


def test_a_lock_that_is_released_while_another_waits_is_taken(store: RecordStore) -> None:
    """A change that frees it is no sign of life."""
    clock = Clock()
    held = make_lock(store).__enter__()
    clock.then = [lambda: held.__exit__(None, None, None)]

    with make_lock(store, "r2", clock.timing) as second:
        second.confirm()

    assert clock.moment - 1000.0 < 60


def test_of_two_who_find_it_free_one_gets_it(client: ControllerClient) -> None:
    """Many at once, in threads of their own: exactly one enters, the others learn who."""
    with make_lock(make_store(client)):
        pass
    start = threading.Barrier(6)
    done = threading.Barrier(6)
    entered: list[str] = []
    refused: list[str] = []

    def run(name: str) -> None:
        lock = Lock(make_store(client), make_holder(name, ttl_seconds=2.0), Timing())
        start.wait()
        try:
            with lock:
                entered.append(name)
                done.wait()
        except LockedError as error:
            refused.append(error.message)
            done.wait()

    threads = [threading.Thread(target=run, args=(f"run-{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(entered), len(refused)) == (1, 5)
    assert all(entered[0] in message for message in refused)


def test_a_holder_beats_by_itself(store: RecordStore) -> None:
    """Its heart is a thread: somebody who waits a real second is refused by a holder that does nothing."""
    with make_lock(store, ttl_seconds=1.0), pytest.raises(LockedError, match="run r1"):
        Lock(store, make_holder("r2", ttl_seconds=1.0), Timing()).__enter__()


def test_a_heart_that_is_not_heard_gives_the_lock_up(emulator: Emulator, store: RecordStore) -> None:
    """No beat gets through for the TTL: the thread ends without a word, and the next look tells."""
    with Lock(store, make_holder("r1", ttl_seconds=0.4), Timing()) as lock:
        fault = {"method": "PUT", "path": "/api/stringgroup/*", "do": "status", "status": 400, "body": {"error": "no"}}
        httpx.put(f"{emulator.url}/_emulator/faults", json=[fault]).raise_for_status()
        deadline = time.monotonic() + 30
        while not lock.lost and time.monotonic() < deadline:
            time.sleep(0.02)

        with pytest.raises(LockLostError, match="could not renew the lock"):
            lock.confirm()


def test_a_look_that_fails_tells_so_without_giving_the_lock_up(emulator: Emulator, store: RecordStore) -> None:
    """Nothing may be written while nobody can tell; once the Controller answers again, the lock is still ours."""
    with make_lock(store) as lock:
        fault = {"method": "GET", "path": "/api/stringgroup/*", "do": "status", "status": 400}
        httpx.put(f"{emulator.url}/_emulator/faults", json=[fault]).raise_for_status()
        with pytest.raises(LockLostError, match="it is unknown whether"):
            lock.confirm()
        httpx.delete(f"{emulator.url}/_emulator/faults").raise_for_status()

        lock.confirm()

        assert lock.lost == ""


def test_waiting_can_be_stopped(store: RecordStore) -> None:
    """A signal ends it without taking anything, and so does the deadline of the run."""
    stopped = Lock(store, make_holder("r2"), Clock().timing, should_stop=lambda: True)
    late = make_lock(store, "r3", Clock().timing.ending_after(5))
    with make_lock(store) as held:
        with pytest.raises(LockedError, match="stopped"):
            stopped.__enter__()
        with pytest.raises(LockedError, match="deadline"):
            late.__enter__()
        held.confirm()


def test_two_clusters_never_see_each_other(client: ControllerClient) -> None:
    """Also where one name begins with the other."""
    short, long = make_store(client, "north"), make_store(client, "north-2")

    with make_lock(short, "r1") as one, make_lock(long, "r2") as two:
        one.confirm()
        two.confirm()


def test_the_record_is_in_the_tenant_of_the_settings(client: ControllerClient) -> None:
    """What another tenant shares with everybody is not taken for ours."""
    with make_lock(make_store(client)), make_lock(make_store(client, tenant="team-a"), "r2"):
        found = client.list_all(PATH, {"name": "avi-sync-test", "include_name": "true"}, tenant="*")

    assert sorted(item["tenant_ref"].rpartition("#")[2] for item in found) == ["admin", "team-a"]


def test_a_foreign_object_of_that_name_is_not_touched(client: ControllerClient, store: RecordStore) -> None:
    """It is an error that names it; the object stays as it is."""
    theirs = client.post(PATH, {"name": "avi-sync-test", "type": "SG_TYPE_STRING"}, tenant="admin")

    with pytest.raises(RecordError, match="not ours"):
        make_lock(store).__enter__()

    after = client.get(f"{PATH}/{theirs['uuid']}", tenant="admin")
    assert after["_last_modified"] == theirs["_last_modified"]


def test_what_is_not_understood_is_an_error(client: ControllerClient, store: RecordStore) -> None:
    """A record that somebody edited into nonsense stops a run instead of being overwritten."""
    with make_lock(store):
        pass
    found = client.list_all(PATH, {"name": "avi-sync-test"}, tenant="admin")[0]
    client.put(f"{PATH}/{found['uuid']}", {**found, "kv": [{"key": "holder", "value": "me"}]}, tenant="admin")

    with pytest.raises(RecordError, match="cannot be parsed"):
        store.read()


def test_what_others_put_into_the_record_stays(client: ControllerClient, store: RecordStore) -> None:
    """Entries and labels that are not ours survive a run."""
    with make_lock(store):
        pass
    found = client.list_all(PATH, {"name": "avi-sync-test"}, tenant="admin")[0]
    note, label = {"key": "note", "value": "ask net-ops"}, {"key": "team", "values": ["net"]}
    body = {**found, "kv": [note], "markers": [*found["markers"], label]}
    client.put(f"{PATH}/{found['uuid']}", body, tenant="admin")

    with make_lock(store, "r2"):
        pass

    after = client.list_all(PATH, {"name": "avi-sync-test"}, tenant="admin")[0]
    assert (after["kv"], after["markers"][-1]) == ([note], label)


def test_an_edit_by_hand_does_not_cost_the_lock(client: ControllerClient, store: RecordStore) -> None:
    """The next beat takes up what has changed and goes on."""
    with make_lock(store) as lock:
        found = client.list_all(PATH, {"name": "avi-sync-test"}, tenant="admin")[0]
        client.put(f"{PATH}/{found['uuid']}", {**found, "description": "seen"}, tenant="admin")

        lock.beat()
        lock.confirm()

        after = client.list_all(PATH, {"name": "avi-sync-test"}, tenant="admin")[0]
    assert after["description"] == "seen"


def test_a_lock_that_was_deleted_is_lost(client: ControllerClient, store: RecordStore) -> None:
    """Looking and writing both tell so, and nothing is made in its place."""
    with make_lock(store) as lock:
        found = client.list_all(PATH, {"name": "avi-sync-test"}, tenant="admin")[0]
        client.delete(f"{PATH}/{found['uuid']}", tenant="admin")

        with pytest.raises(LockLostError, match="deleted"):
            lock.confirm()
        with pytest.raises(LockLostError, match="deleted"):
            lock.note(LAST)

    assert store.read() is None


def test_a_look_after_half_the_ttl_is_a_beat(store: RecordStore) -> None:
    """A holder whose beats were late proves that it lives before it goes on."""
    clock = Clock()
    with make_lock(store, timing=clock.timing) as lock:
        before = store.read()
        clock.moment += 31
        lock.confirm()
        after = store.read()

    assert (before and before.version) != (after and after.version)


def test_the_last_run_survives_release_and_the_next_holder(store: RecordStore) -> None:
    """It stays until another run notes itself."""
    with make_lock(store) as lock:
        lock.note(LAST)
    with make_lock(store, "r2"):
        pass

    assert record_in(store).last == LAST


def test_kept_objects_come_back_as_they_were(store: RecordStore) -> None:
    """Body, uuid and owner of each, until they are dropped."""
    with make_lock(store) as lock:
        lock.back_up([make_backup("web"), make_backup("api")])
        lock.back_up([make_backup("web")])
    found = record_in(store)
    with make_lock(store, "r2") as lock:
        lock.drop([make_backup("web").before.key])

    assert found.backups == (make_backup("api"), make_backup("web"))
    assert record_in(store).backups == (make_backup("api"),)


def test_secrets_are_not_kept(store: RecordStore) -> None:
    """A field of a kind's secret column stays out of the record."""
    with make_lock(store) as lock:
        lock.back_up([make_backup("web", tls_ticket_key=[{"hmac_key": "hush"}])])

    assert record_in(store).backups == (make_backup("web"),)


def make_backup(name: str, **fields: Any) -> Backup:
    """A VirtualService of cluster `test` as it is backed up."""
    full = f"test--shop-{name}"
    marks = {"clustername": "test", "Namespace": "shop", "GatewayName": name, "ManagedBy": "avi-sync"}
    body = {
        "name": full,
        "uuid": f"virtualservice-{name}",
        "tenant_ref": "https://c/api/tenant/admin#admin",
        "cloud_ref": "https://c/api/cloud/cloud-1#Default-Cloud",
        "markers": [{"key": key, "values": [value]} for key, value in marks.items()],
        **fields,
    }
    return Backup(group="Gateway shop/web", before=live_object(body, KINDS["VirtualService"], Names(cluster="test")))


def test_a_record_in_a_tenant_that_is_not_there_says_so(client: ControllerClient) -> None:
    """The account's rights are not to blame, and are not named."""
    with pytest.raises(RecordError, match="Tenant 'nowhere' does not exist") as caught:
        make_store(client, tenant="nowhere").read()

    assert caught.value.fix.startswith("create the tenant")
