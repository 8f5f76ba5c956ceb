"""Runs for tests of reports: any that a run can be, with texts that try to break out of every format."""

from hypothesis import strategies as st

from sync.kinds import KINDS
from sync.model.desired import DesiredState, Held, ObjectKey, Owner, OwnerKind
from sync.model.outcome import Outcome, ServiceState, SetState, Verdict, WriteOutcome, WriteState
from sync.model.plan import Action, Change, ChangeSet, FieldChange, Method, Plan, Refusal, Write
from sync.model.problem import Origin, Problem, Severity
from sync.model.run import Run

PIECES = (
    *("web", "shop", "10.10.10.50", "größer", "Ж", " ", "  ", "/", ":", "'", '"', "-", "--", "=", "1. ", "+ ", "~"),
    *("`", "```", "|", "\\", "\\|", "*", "**", "_", "#", "# ", "> ", "$x$", "[a](https://evil.example)", "![i](x)"),
    *("<script>alert(1)</script>", "</script>", "</details>", "</pre>", "<!--", "-->", "]]>", "&lt;", "&", "<b>"),
    *("@everyone", "https://evil.example", "www.evil.example", "\n", "\n\n", "\r", "\t", "\x1b[31m", "\x00", "\u202e"),
    *("\u2028", "\ufffe", "{{x}}", "$title", "%s"),
)
texts = st.lists(st.sampled_from(PIECES), max_size=5).map("".join)
words = st.lists(st.sampled_from(PIECES), max_size=3).map(lambda found: "".join(["n", *found]))
scalars = st.none() | st.booleans() | st.integers() | texts
values = scalars | st.lists(scalars, max_size=2) | st.dictionaries(texts, scalars, max_size=2)
owners = st.builds(Owner, kind=st.sampled_from(list(OwnerKind)), namespace=words, name=words)
keys = st.builds(ObjectKey, kind=st.sampled_from(list(KINDS)), tenant=words, cloud=st.just("c"), name=words)
origins = st.builds(Origin, file=words, line=st.integers(1, 99))
fields = st.builds(
    FieldChange,
    path=st.sampled_from(["servers[]", "services[0].port", "markers[Protected]"]) | words,
    before=values,
    after=values,
)
problems = st.builds(
    Problem,
    severity=st.sampled_from(list(Severity)),
    message=words,
    fix=words,
    origin=st.none() | origins,
    resource=texts,
    field=st.lists(st.integers(0, 9) | words, max_size=3).map(tuple),
)
services = st.builds(
    ServiceState, key=keys, owner=owners, verdict=st.sampled_from(list(Verdict)), state=words, said=texts
)
METHODS = {Action.CREATE: (Method.POST,), Action.DELETE: (Method.DELETE,), Action.REPLACE: (Method.DELETE, Method.POST)}


@st.composite
def change_sets(draw: st.DrawFn) -> ChangeSet:
    """One or two owners with some changes each."""
    its_owners = tuple(draw(st.lists(owners, min_size=1, max_size=2, unique=True)))
    changes = [
        Change(
            action=draw(st.sampled_from(list(Action))),
            key=key,
            owner=owner,
            reason=draw(words),
            fields=tuple(draw(st.lists(fields, max_size=3))),
            lost=tuple(draw(st.lists(words, max_size=2))),
            is_disruptive=draw(st.booleans()),
        )
        for owner in its_owners
        for key in draw(st.lists(keys, min_size=1, max_size=3, unique=True))
    ]
    writes = tuple(
        Write(method=method, key=change.key, owner=change.owner)
        for change in changes
        for method in METHODS.get(change.action, (Method.PUT,))
    )
    return ChangeSet(owners=its_owners, changes=tuple(changes), writes=writes)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Some change sets, some owners held for each reason."""
    return Plan(
        commit=draw(st.sampled_from(["", "c0ffee"])),
        change_sets=tuple(draw(st.lists(change_sets(), max_size=3))),
        unchanged=draw(st.integers(0, 9)),
        foreign=tuple(draw(st.lists(keys, max_size=2))),
        held=tuple(draw(st.lists(st.builds(Held, owner=owners, name=words, origin=st.none() | origins), max_size=2))),
        problems=tuple(draw(st.lists(problems, max_size=2))),
        digest="d" * 64,
    )


@st.composite
def runs(draw: st.DrawFn) -> Run:
    """A dry run, one that was refused or locked out, one that was applied, one that found no usable source."""
    kind = draw(st.sampled_from(["no source", "dry", "refused", "locked", "applied", "lost"]))
    desired = DesiredState(
        commit=draw(st.sampled_from(["", "c0ffee"])),
        cluster=draw(words),
        objects={},
        problems=tuple(draw(st.lists(problems, max_size=3))),
    )
    if kind == "no source":
        return Run(desired=desired, is_dry=draw(st.booleans()))
    plan = draw(plans())
    refusals = draw(st.lists(st.builds(Refusal, message=words, fix=words), min_size=1, max_size=2))
    is_applied = kind in ("applied", "lost")
    return Run(
        desired=desired,
        plan=plan,
        is_dry=kind == "dry",
        refusals=tuple(refusals) if kind == "refused" else (),
        outcomes=tuple(_outcome(draw, item) for item in plan.change_sets) if is_applied else (),
        remaining=draw(plans()) if kind == "applied" else None,
        locked=draw(words) if kind == "locked" else "",
        services=tuple(draw(st.lists(services, max_size=2))) if kind == "applied" else (),
        lost=draw(words) if kind == "lost" else "",
    )


def _outcome(draw: st.DrawFn, change_set: ChangeSet) -> Outcome:
    state = draw(st.sampled_from(list(SetState)))
    is_success = Outcome(change_set=change_set, state=state, writes=()).is_success
    states = [WriteState.APPLIED] if is_success else list(WriteState)
    return Outcome(
        change_set=change_set,
        state=state,
        said="" if is_success else draw(words),
        writes=tuple(
            WriteOutcome(write=write, state=draw(st.sampled_from(states)), said=draw(texts))
            for write in change_set.writes
        ),
    )
