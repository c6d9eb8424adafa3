#!/usr/bin/env python3
"""Counts test cases in the JUnit files that `ctest --output-junit` wrote.

    count-tests.py FILE…

Prints "PASSED FAILED". One ctest test may hold many test cases, which its output tells:

  - a Boost.Test executable ends with a report in XML (BOOST_TEST_REPORT_FORMAT=XML);
  - a shell test prints a line "ok …" or "not ok …" for each of its checks;
  - anything else that says something is one test case.

A test that ctest calls failed counts at least one failed case, whatever its output says: it may
have crashed, or run out of time. So does one that ends well and silently, or before its report: it
did not get through. A file that cannot be read counts as one failed case.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree

BOOST_REPORT = re.compile(r"<TestResult>\s*<TestSuite\s([^>]*)>")
BOOST_START = re.compile(r"^Running \d+ test cases?\.\.\.", re.MULTILINE)
CHECK = re.compile(r"^(not )?ok\b", re.MULTILINE)


def count_boost_report(attributes):
    def number(name):
        match = re.search(rf'\btest_cases_{name}="(\d+)"', attributes)
        return int(match.group(1)) if match else 0

    # Boost counts an aborted case among the failed ones, a timed-out case not.
    passed = number("passed") + number("passed_with_warnings")
    return passed, number("failed") + number("timed_out")


def count_output(output):
    passed = failed = 0
    reports = BOOST_REPORT.findall(output)
    if reports:
        for attributes in reports:
            case_passed, case_failed = count_boost_report(attributes)
            passed += case_passed
            failed += case_failed
    elif not output.strip() or BOOST_START.search(output):
        failed = 1  # it ended in the middle
    else:
        for negation in CHECK.findall(output):
            if negation:
                failed += 1
            else:
                passed += 1
    return passed, failed


def count_test(case):
    passed, failed = count_output(case.findtext("system-out") or "")
    status = case.get("status")
    if status == "disabled":
        return 0, 0
    if status != "run":
        failed = max(failed, 1)
    elif failed:
        print(f"{case.get('name')}: {failed} failed, yet its status is 0", file=sys.stderr)
    elif passed + failed == 0:
        passed = 1
    return passed, failed


def main(paths):
    passed = failed = 0
    for path in paths:
        try:
            suite = ElementTree.parse(path).getroot()
        except (OSError, ElementTree.ParseError) as error:
            print(f"count-tests.py: {path}: {error}", file=sys.stderr)
            failed += 1
            continue
        for case in suite.iter("testcase"):
            case_passed, case_failed = count_test(case)
            passed += case_passed
            failed += case_failed
    print(passed, failed)


if __name__ == "__main__":
    main(sys.argv[1:])
