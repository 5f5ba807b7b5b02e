"""Holds JUnit's XML on stdin against what CI servers take, and prints the numbers of its suite, then each case with its
problem.

The rules are those of two schemas: junit-10.xsd of Jenkins' xUnit plugin, and JUnit.xsd of Ant, which wants more
attributes and a fixed order. Counts that do not agree with the cases are refused too: servers show the one or the other.
"""

import re
import sys
import xml.etree.ElementTree as Tree

text = sys.stdin.buffer.read().decode("utf-8")
root = Tree.fromstring(text.encode("utf-8"))
NUMBER = re.compile(r"[0-9]+")
TIME = re.compile(r"[0-9]+(\.[0-9]+)?")
WORD = re.compile(r"\S(.*\S)?", re.DOTALL)
ANY = re.compile(r".*", re.DOTALL)
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")
PROBLEMS = ["error", "failure"]


def check(holds, what):
    if not holds:
        sys.exit(f"{what} in\n{text}")


def attributes(element, required, optional=()):
    seen, allowed = set(element.attrib), set(required) | set(optional)
    check(set(required) <= seen <= allowed, f"<{element.tag}> has {sorted(seen)}, wanted {sorted(required)}")
    for name, pattern in required.items():
        check(pattern.fullmatch(element.get(name)), f"<{element.tag}> has {name}={element.get(name)!r}")


def leaf(element):
    check(len(element) == 0, f"<{element.tag}> has elements")


illegal = re.search("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
check(illegal is None, f"XML 1.0 has no character {illegal}")
check(root.tag == "testsuites" and [child.tag for child in root] == ["testsuite"], "no single suite")
attributes(root, {})
suite = root[0]
numbers = ["tests", "failures", "errors"]
own = {"name": WORD, "id": NUMBER, "package": WORD, "hostname": WORD, "timestamp": MOMENT, "time": TIME}
attributes(suite, own | {name: NUMBER for name in numbers}, ["skipped"])

tags = " ".join(child.tag for child in suite)
check(re.fullmatch("properties( testcase)+ system-out system-err", tags), f"the order is {tags}")
for property in suite.find("properties"):
    check(property.tag == "property", f"<{property.tag}> among the properties")
    attributes(property, {"name": WORD, "value": ANY})
    leaf(property)
leaf(suite.find("system-out"))
leaf(suite.find("system-err"))
cases = suite.findall("testcase")
for case in cases:
    attributes(case, {"name": WORD, "classname": WORD, "time": TIME})
    check(len(case) <= 1 and all(child.tag in PROBLEMS for child in case), "a case has other problems than one")
    for problem in case:
        attributes(problem, {"type": WORD, "message": ANY})
        leaf(problem)
names = [(case.get("classname"), case.get("name")) for case in cases]
check(len(set(names)) == len(names), "two cases have one name")
counted = [len(cases), len(suite.findall("testcase/failure")), len(suite.findall("testcase/error"))]
said = [int(suite.get(name)) for name in numbers]
check(counted == said and suite.get("skipped") == "0", f"it says {said}, and there are {counted}")

print(*said)
for case in cases:
    print(case.get("classname"), case.get("name"), *[child.tag + " " + child.get("message") for child in case])
