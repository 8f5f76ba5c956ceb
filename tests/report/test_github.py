"""What GitHub Actions is shown of a run."""

import re

from hypothesis import given, settings

from sync.errors import ExitCode
from sync.model.problem import Origin, Problem, Severity
from sync.model.run import Run
from sync.report.github import command, marker_of, run_annotations, run_outputs, tree_annotations
from tests.report.runs import runs

FORM = re.compile(r"::(error|warning)( [a-z]+=[^\n\r:]*)?::[^\n\r]*")


def make_problem(number: int, severity: Severity = Severity.ERROR) -> Problem:
    """A problem in a file of its own."""
    return Problem(severity=severity, message=f"wrong {number}", fix="mend", origin=Origin(file=f"{number:03}.yaml"))


def test_a_command_escapes_what_would_end_it() -> None:
    """Per cent, line breaks, and in properties colon and comma (the documented escapes)."""
    found = command("error", "100 %\nsecond", file="a,b:c.yaml", line=3, title="")

    assert found == "::error file=a%2Cb%3Ac.yaml,line=3::100 %25%0Asecond"


def test_at_most_ten_of_a_level_are_shown_and_the_rest_is_counted() -> None:
    """GitHub drops the eleventh without a word, so the tenth says how many there are."""
    problems = [make_problem(number) for number in range(25)] + [make_problem(99, Severity.WARNING)]

    found = list(tree_annotations(problems, ""))

    assert [line.startswith("::error") for line in found] == [True] * 10 + [False]
    assert found[9] == "::error title=avi-sync::+16 more: see the summary of this step"


def test_files_are_named_from_the_root_of_the_repository() -> None:
    """A tree in a folder: GitHub shows the annotation at the line only with the whole path."""
    (found,) = tree_annotations([make_problem(1)], "clusters/prod")

    assert "file=clusters/prod/001.yaml,line=1" in found


@settings(max_examples=60, deadline=None)
@given(run=runs())
def test_no_text_breaks_out_of_its_line(run: Run) -> None:
    """Whatever names and messages hold, each annotation is one command, and each output one line."""
    lines = list(run_annotations(run, "tree"))
    outputs = run_outputs(run, ExitCode.DONE)

    assert [line for line in lines if not FORM.fullmatch(line)] == []
    assert [value for value in outputs.values() if not re.fullmatch(r"[\w-]*", value)] == []


@settings(max_examples=30, deadline=None)
@given(run=runs())
def test_the_outputs_are_those_that_are_documented(run: Run) -> None:
    """Every key is there, whatever happened."""
    names = "has_changes creates updates replaces deletes servers held failed digest exit_code"

    assert list(run_outputs(run, ExitCode.REFUSED)) == names.split()


def test_a_marker_is_one_comment_whatever_the_target_is_called() -> None:
    """A name that would end the comment is taken apart."""
    assert marker_of("avi.example.com/prod") == "<!-- avi-sync:avi.example.com/prod -->"
    assert marker_of("x --> <b>").count("-->") == 1
