"""Plans and their outcome, for people: grouped by owner, with symbols and reasons; the last line has the counts."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sync.kinds import Part
from sync.model.outcome import Outcome, SetState, Verdict
from sync.model.plan import Action, Cause, Change, FieldChange, Plan, ServerMove
from sync.model.problem import Severity
from sync.model.run import Run
from sync.model.wording import short
from sync.plan.serving import addresses_of, as_list, as_map, is_on, names_of
from sync.report.owners import OwnerReport, owners_of
from sync.report.text import Paint, plain, problem_lines
from sync.report.words import (
    HELD_SYMBOL,
    SYMBOLS,
    commit_text,
    counted,
    loss_word,
    one_line,
    shown,
    shown_pair,
    told_fields,
)


def run_text(run: Run) -> str:
    """What `sync` prints, without colours."""
    return "\n".join(run_lines(run, plain))


def run_lines(run: Run, paint: Paint) -> Iterator[str]:
    """What `sync` prints: the plan, its outcome if it was applied, and the counts."""
    if run.plan is None:
        yield from problem_lines(run.problems, paint)
        yield paint("Nothing was changed: the source cannot be used.", "error")
        return
    yield from _owners(run, run.plan, paint)
    yield from _held(run.plan, paint)
    yield from problem_lines(run.problems, paint)
    yield from _failures(run, paint)
    yield from _refusals(run, paint)
    yield last_line(run, paint)


def trouble_lines(run: Run, paint: Paint) -> Iterator[str]:
    """Only the lines that need action."""
    yield from problem_lines((item for item in run.problems if item.severity is Severity.ERROR), paint)
    yield from _failures(run, paint)
    yield from _refusals(run, paint)


def _refusals(run: Run, paint: Paint) -> Iterator[str]:
    if run.locked:
        yield f"{paint('locked:', 'error')} {one_line(run.locked)}"
    for refusal in run.refusals:
        yield f"{paint('refused:', 'error')} {one_line(refusal.message)}"
        yield paint(f"  fix: {one_line(refusal.fix)}", "quiet")


def _owners(run: Run, plan: Plan, paint: Paint) -> Iterator[str]:
    """Change set by change set, outages first; the cause of an outage is shown at its owner."""
    reports = {owner: OwnerReport(owner=owner) for item in plan.change_sets for owner in item.owners}
    reports |= {report.owner: report for report in owners_of(run)}
    for change_set in sorted(plan.change_sets, key=lambda item: not any(reports[one].outages for one in item.owners)):
        if len(change_set.owners) > 1:
            names = one_line(", ".join(map(str, change_set.owners)))
            yield paint(f"Applied together, because they exchange addresses: {names}", "quiet")
        for owner in change_set.owners:
            changes = [change for change in change_set.changes if change.owner == owner]
            yield paint(one_line(str(owner)), "title")
            for outage in reports[owner].outages:
                yield paint(f"  ! {outage}", "error")
            for cause in reports[owner].causes:
                yield f"    {next(problem_lines([cause], paint))}"
            for change in changes:
                yield from change_lines(change, paint)


def change_lines(change: Change, paint: Paint) -> Iterator[str]:
    """One change with its reason, then its fields; for a create a summary."""
    name = one_line(f"{change.key.kind:<15} {change.key.tenant}/{change.key.name}")
    why = "" if change.action is Action.CREATE and change.cause is Cause.GIT else one_line(change.reason)
    what = created(change) if change.action is Action.CREATE else ""
    told = "; ".join(part for part in (what, why) if part)
    yield paint(f"{SYMBOLS[change.action]:>5} {name}", change.action.value) + (f"   {told}" if told else "")
    for field in told_fields(change):
        yield f"          {field_line(field)}"
    if change.moved and change.action is not Action.CREATE and not change.is_server_change:
        yield f"          servers: {change.moved}"
    for lost in change.lost:
        yield paint(f"          ! {loss_word(change)}: {one_line(lost)}", "warning")


_Fields = Mapping[str, Any]


def created(change: Change) -> str:
    """A created object in a few words instead of all its fields: address and names, ports, rules, number of servers."""
    fields = {field.path: field.after for field in change.fields}
    telling = _followed(change.moved) if change.moved else _TELLING[change.key.part](fields)
    told = [part for part in telling if part]
    return one_line("; ".join([*told, *([] if is_on(change.key, fields) else ["disabled"])]))


def _address(fields: _Fields) -> Iterator[str]:
    requested = addresses_of(fields)
    networks = (as_map(as_map(vip).get("ipam_network_subnet")) for vip in as_list(fields.get("vip")))
    names = ", ".join(dict.fromkeys(str(network["network_ref"]) for network in networks if "network_ref" in network))
    yield (
        f"address {', '.join(requested)}"
        if requested
        else f"any address of {names or 'the network that the Controller chooses'}"
    )
    yield ", ".join(names_of(fields))


def _servers(fields: _Fields) -> Iterator[str]:
    servers = as_list(fields.get("servers"))
    enabled = sum(as_map(server).get("enabled", True) is not False for server in servers)
    yield counted(len(servers), "server") if servers else "no servers"
    if enabled < len(servers):
        yield f"{enabled} enabled"


def _followed(moved: ServerMove) -> Iterator[str]:
    yield f"{counted(moved.after, 'server') if moved.after else 'no servers'}, as in the cluster"
    if moved.disabled:
        yield f"{moved.after - moved.disabled} enabled"


def _rules(fields: _Fields) -> Iterator[str]:
    ports = []
    for rule in as_list(as_map(fields.get("l4_connection_policy")).get("rules")):
        match = as_map(as_map(rule).get("match"))
        protocol = str(as_map(match.get("protocol")).get("protocol", "")).removeprefix("PROTOCOL_")
        ports += [f"{protocol} {port}".strip() for port in as_list(as_map(match.get("port")).get("ports"))]
    yield ", ".join(ports)


def _ports(fields: _Fields) -> Iterator[str]:
    ports = [str(as_map(service).get("port", "")) for service in as_list(fields.get("services"))]
    if ports:
        yield f"{'port' if len(ports) == 1 else 'ports'} {', '.join(dict.fromkeys(ports))}"
    if group := fields.get("se_group_ref"):
        yield f"SE group {group}"


_TELLING: Mapping[Part, Callable[[_Fields], Iterator[str]]] = {
    Part.ADDRESS: _address,
    Part.BACK_ENDS: _servers,
    Part.RULES: _rules,
    Part.ENTRANCE: _ports,
}


def field_line(field: FieldChange) -> str:
    """One field with its old and its new value."""
    if field.path.endswith("[]"):
        sign, value = ("-", field.before) if field.after is None else ("+", field.after)
        return f"{sign} {one_line(field.path.removesuffix('[]'))}: {shown(value)}"
    return f"{one_line(field.path)}: {' → '.join(shown_pair(field.before, field.after))}"


def _held(plan: Plan, paint: Paint) -> Iterator[str]:
    for held in plan.held:
        place = one_line(f"   ({held.origin.file}:{held.origin.line})") if held.origin else ""
        name = one_line(f"{HELD_SYMBOL:>5} {held.owner}")
        yield paint(name, "warning") + f"   held: left unchanged{place}"


def _failures(run: Run, paint: Paint) -> Iterator[str]:
    for outcome in run.outcomes:
        if not outcome.is_success:
            yield from failure_lines(outcome, paint)
    yield from service_lines(run, paint)
    if run.lost:
        lost = f"after applying, the Controller could not be read again: {one_line(run.lost)}"
        yield f"{paint('error:', 'error')} {lost}"
    if run.remaining is not None and not run.remaining.is_empty:
        left = run.remaining.changes
        yield paint(f"After applying, {counted(len(left), 'change')} remain:", "error")
        for change in left:
            yield from change_lines(change, paint)


def service_lines(run: Run, paint: Paint) -> Iterator[str]:
    """The VirtualServices that `--wait` found down; those that are up are counted."""
    for item in run.services:
        if item.verdict is not Verdict.UP:
            word, style = ("error:", "error") if item in run.down else ("note:", "quiet")
            reasons = ", ".join(part for part in (item.state, item.said) if part)
            yield f"{paint(word, style)} {one_line(f'{item.key} is {item.verdict}: {reasons}')}"
    if run.services:
        up = sum(item.verdict is Verdict.UP for item in run.services)
        yield f"Up: {up} of {counted(len(run.services), 'VirtualService')} that were changed"


_ENDS = {
    SetState.FAILED: "failed.",
    SetState.RESTORED: "refused; the old objects were restored.",
    SetState.STOPPED: "stopped:",
    SetState.NOT_TRIED: "not tried:",
}


def failure_lines(outcome: Outcome, paint: Paint) -> Iterator[str]:
    """Why a change set was not applied, in the Controller's words, and the result of each change."""
    owners = ", ".join(map(str, outcome.change_set.owners))
    yield f"{paint('error:', 'error')} {one_line(f'{owners}: {_ENDS[outcome.state]} {outcome.said}')}"
    if outcome.state is SetState.NOT_TRIED:
        return
    for item in outcome.changes:
        name = one_line(f"{item.change.key.kind:<15} {item.change.key.tenant}/{item.change.key.name}")
        yield paint(f"  {item.state.value:<9} {SYMBOLS[item.change.action]:>3} {name}", "quiet")


def last_line(run: Run, paint: Paint) -> str:
    """The counts, the digest and the commit; empty without a plan."""
    plan = run.plan
    if plan is None:
        return ""
    done = ", ".join(f"{number} {action.value}" for action, number in run.counts.items())
    if run.moved_pools:
        done += f", servers: {counted(run.moved_pools, 'pool')}"
    rest = f"({plan.unchanged} unchanged, {len(plan.foreign)} foreign, {len(plan.held)} held)"
    word = "Plan" if run.is_only_planned else "Applied"
    trouble = "".join(paint(f", {counted(number, 'owner')} {state}", "error") for state, number in _trouble(run))
    end = f"digest {short(plan.digest)}   {commit_text(plan.commit)}"
    return f"{word}: {done} {rest}{trouble}   {end}"


def _trouble(run: Run) -> Iterator[tuple[str, int]]:
    return ((state.value, number) for state, number in sorted(run.owners_in_trouble.items()))
