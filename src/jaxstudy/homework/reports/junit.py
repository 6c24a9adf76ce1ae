"""The class as JUnit XML, which CI systems show: a suite a student, a case a check."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree

from jaxstudy.homework.results import CheckResult, SubmissionResult

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FAILED = ("failed", "partial", "missing")


def junit_xml(results: Sequence[SubmissionResult]) -> bytes:
    """The class. Elements and attributes are those that Ant's JUnit task writes and its schema asks for."""
    root = ElementTree.Element("testsuites")
    for number, result in enumerate(results):
        root.append(_suite(number, result))
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _suite(number: int, result: SubmissionResult) -> ElementTree.Element:
    cases = [_case(result, check) for check in result.checks]
    if result.unreadable:
        unreadable = ElementTree.Element("testcase", _names("can be read", result, 0.0))
        ElementTree.SubElement(unreadable, "error", {"message": _text(result.unreadable), "type": "unreadable"})
        cases = [unreadable]
    count = {kind: sum(case.find(kind) is not None for case in cases) for kind in ("failure", "error")}
    suite = ElementTree.Element(
        "testsuite",
        {
            "name": _text(result.student),
            "package": _text(result.homework),
            "id": str(number),
            "timestamp": _timestamp(result.submitted),
            "hostname": "localhost",
            "tests": str(len(cases)),
            "failures": str(count["failure"]),
            "errors": str(count["error"]),
            "time": f"{sum(check.seconds for check in result.checks):.3f}",
        },
    )
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in (("mark", f"{result.mark:g}"), ("total", f"{result.total:g}"), ("seed", str(result.seed))):
        ElementTree.SubElement(properties, "property", {"name": name, "value": value})
    suite.extend(cases)
    ElementTree.SubElement(suite, "system-out").text = _text(result.output)
    ElementTree.SubElement(suite, "system-err").text = _text("\n".join(result.incidents))
    return suite


def _case(result: SubmissionResult, check: CheckResult) -> ElementTree.Element:
    case = ElementTree.Element("testcase", _names(check.id, result, check.seconds))
    if check.status != "passed":
        kind = "failure" if check.status in _FAILED else "error"
        about = {"message": _text(check.title), "type": check.status}
        ElementTree.SubElement(case, kind, about).text = _text(check.message)
    return case


def _names(name: str, result: SubmissionResult, seconds: float) -> dict[str, str]:
    return {"name": _text(name), "classname": _text(f"{result.homework}.{result.student}"), "time": f"{seconds:.3f}"}


def _timestamp(submitted: str) -> str:
    """Seconds, without a zone, as the schema wants it: UTC. A time nobody knows is the epoch."""
    when = datetime.fromisoformat(submitted).astimezone(UTC) if submitted else datetime(1970, 1, 1, tzinfo=UTC)
    return when.strftime("%Y-%m-%dT%H:%M:%S")


def _text(text: str) -> str:
    return _ILLEGAL.sub("�", text)
