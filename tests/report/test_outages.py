"""What an owner loses is said first, with the problem behind it; and a create says what it makes."""

import json
from collections.abc import Sequence

import pytest

from sync.errors import ExitCode
from sync.model.ending import Ending, Memory
from sync.model.plan import Action
from sync.model.run import Run
from sync.report.github import run_annotations
from sync.report.headline import headline_of
from sync.report.markdown import run_markdown
from sync.report.metrics import metrics_of
from sync.report.plan_text import created, run_text
from sync.report.run_document import run_document
from tests.report.scene import COMMON, Files, planned, team
from tests.shared.tree import endpoints, load_balancer


def tree(*, servers: Sequence[str], ports: Sequence[int] = (443,), more: Sequence[str] = ()) -> Files:
    """The Gateway shop/drained with these servers, and shop/early, which comes before it by name."""
    return {
        **COMMON,
        "drained.yaml": team("shop", "drained", servers=servers, ports=ports),
        "early.yaml": team("shop", "early", servers=("192.0.2.9", *more)),
    }


@pytest.fixture(scope="module")
def drained() -> Run:
    """One Gateway loses its last server, because its EndpointSlice is empty; another one gets one more."""
    return planned(tree(servers=("192.0.2.1", "192.0.2.2")), tree(servers=(), more=("192.0.2.8",)))


LOST = "TCP 443 has no server left that gets traffic (2 before)"
CAUSE = "port TCP 443 has no servers: its EndpointSlices hold no endpoints"


def test_the_verdict_counts_an_owner_that_loses_its_last_server(drained: Run) -> None:
    """An update of a pool, and nobody is served."""
    assert headline_of(drained).words == "2 owners would change, with an outage for 1"


def test_the_text_has_the_outage_first_with_its_cause(drained: Run) -> None:
    """Whatever the order in which the plan is applied."""
    first, second, third, *_ = run_text(drained).splitlines()

    assert (first, second) == ("Gateway shop/drained", f"  ! {LOST}")
    assert third.strip().startswith("warning: ")
    assert third.endswith(CAUSE)


def test_markdown_has_it_in_the_table_of_outages(drained: Run) -> None:
    """With the problem that causes it in the same row."""
    (row,) = [line for line in run_markdown(drained).splitlines() if line.startswith("| `~` |")]

    assert "Gateway shop/drained" in row
    assert f"| {LOST} |" in row
    assert CAUSE in row


def test_an_annotation_stands_at_the_manifest_of_the_owner(drained: Run) -> None:
    """The first of all warnings."""
    first = next(iter(run_annotations(drained, "")))

    assert first.startswith("::warning file=drained.yaml,line=1,title=Gateway shop/drained::")
    assert LOST in first
    assert CAUSE in first


def test_machines_are_told_what_is_lost_and_whether_git_requests_it(drained: Run) -> None:
    """Gravity, words and cause of each loss, and the numbers before and after."""
    (outage,) = run_document(drained)["outages"]

    assert outage == {
        "owner": {"kind": "Gateway", "namespace": "shop", "name": "drained"},
        "losses": [{"gravity": "drained", "said": LOST, "cause": "git"}],
        "enabled_before": 2,
        "enabled_after": 0,
    }
    assert json.dumps(outage)


def test_metrics_count_owners_by_the_gravest_loss(drained: Run) -> None:
    """All series are there, also those that are 0."""
    ending = Ending(target="t", exit_code=ExitCode.DONE, ended=0.0, seconds={}, run=drained)
    (metric,) = [each for each in metrics_of(ending, Memory()) if each.name == "avi_sync_outages"]

    found = {sample.labels["gravity"]: sample.value for sample in metric.samples}

    assert found == {"gone": 0, "drained": 1, "disrupted": 0}


def test_a_create_says_what_a_reviewer_must_know() -> None:
    """Address or network, ports, protocols and the number of servers, not only that it is a create."""
    files = {
        **COMMON,
        "web.yaml": team("shop", "web", ports=(80, 443), servers=("192.0.2.1",)),
        "mail.yaml": [load_balancer("mail", port=25, address="10.10.10.9"), endpoints("mail", ports=(99,))],
    }
    plan = planned(COMMON, files).plan
    assert plan is not None

    told = {(change.key.kind, change.key.name): created(change) for change in plan.changes}

    assert {change.action for change in plan.changes} == {Action.CREATE}
    assert told["VsVip", "test--shop-web"] == "any address of vip-network"
    assert told["VsVip", "test--shop-mail"] == "address 10.10.10.9"
    assert told["Pool", "test--shop-web-svc-web-TCP-80"] == "1 server"
    assert told["L4PolicySet", "test--shop-web"] == "TCP 80, TCP 443"
    assert told["VirtualService", "test--shop-web"] == "ports 80, 443; SE group Default-Group"


def test_the_line_of_a_create_has_it() -> None:
    """In the text, and in the details of Markdown."""
    run = planned(COMMON, {**COMMON, "web.yaml": team("shop", "web", servers=())})

    assert "admin/test--shop-web-web-svc-web-TCP-443" not in run_text(run)
    assert "   any address of vip-network" in run_text(run)
    assert "   no servers" in run_text(run)
    assert "   any address of vip-network; not on the Controller" in run_markdown(run)
