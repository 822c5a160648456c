from __future__ import annotations

import pytest

from agents.views.diffs import LINE_LENGTH, LINES_LIMIT, parse

CHANGE = """diff --git a/src/a.py b/src/a.py
index 111..222 100644
--- a/src/a.py
+++ b/src/a.py
@@ -10,3 +10,4 @@ def f():
 keep
-old
+new
+more
 end
\\ No newline at end of file
"""


def test_lines_have_their_numbers_and_an_address() -> None:
    [file] = parse(CHANGE).files
    assert (file.path, file.change, file.added, file.removed) == ("src/a.py", "changed", 2, 1)
    lines = [(line.kind, line.old, line.new, line.text) for line in file.hunks[0].lines]
    assert lines == [
        ("same", 10, 10, "keep"),
        ("del", 11, None, "old"),
        ("add", None, 11, "new"),
        ("add", None, 12, "more"),
        ("same", 12, 13, "end"),
        ("note", None, None, " No newline at end of file"),
    ]
    assert file.hunks[0].lines[2].anchor == "file-1-11"


@pytest.mark.parametrize(
    ("header", "path", "change"),
    [
        (
            "new file mode 100644\n--- /dev/null\n+++ b/a b.py\n@@ -0,0 +1 @@\n+x\n",
            "a b.py",
            "added",
        ),
        (
            "deleted file mode 100644\n--- a/a b.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n",
            "a b.py",
            "deleted",
        ),
        ("similarity index 100%\nrename from old.py\nrename to a b.py\n", "a b.py", "renamed"),
        ("old mode 100644\nnew mode 100755\n", "a b.py", "changed"),
    ],
)
def test_files_that_came_went_and_moved(header: str, path: str, change: str) -> None:
    [file] = parse(f"diff --git a/a b.py b/a b.py\n{header}").files
    assert (file.path, file.change) == (path, change)


def test_a_binary_file_says_so() -> None:
    [file] = parse("diff --git a/x.png b/x.png\nBinary files a/x.png and b/x.png differ\n").files
    assert "binary" in file.note


def test_a_name_that_git_quotes_is_read_back() -> None:
    quoted = 'diff --git "a/\\303\\244.py" "b/\\303\\244.py"\n--- "a/\\303\\244.py"\n+++ "b/\\303\\244.py"\n@@ -1 +1 @@\n-a\n+b\n'
    [file] = parse(quoted).files
    assert file.path == "ä.py"


def test_files_outside_the_plan_are_marked() -> None:
    diff = parse(
        CHANGE + CHANGE.replace("src/a.py", "ci.yml"), lambda path: path.startswith("src/")
    )
    assert [file.outside for file in diff.files] == [False, True]
    assert diff.outside == 1


def test_without_a_plan_nothing_is_outside() -> None:
    assert parse(CHANGE).outside == 0


def test_a_huge_diff_is_cut_and_still_counted() -> None:
    body = "+x\n" * (LINES_LIMIT + 50)
    diff = parse(f"diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -0,0 +1,9 @@\n{body}" + CHANGE)
    assert diff.cut
    assert sum(len(hunk.lines) for file in diff.files for hunk in file.hunks) == LINES_LIMIT
    assert diff.files[0].added == LINES_LIMIT + 50


def test_countless_files_without_a_line_are_cut() -> None:
    block = "diff --git a/a b/a\nold mode 100644\nnew mode 100755\n"
    diff = parse(block * (LINES_LIMIT + 50))
    assert diff.cut
    assert len(diff.files) == LINES_LIMIT


def test_a_long_line_is_cut() -> None:
    diff = parse(f"diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n+{'x' * 9_000}\n")
    assert len(diff.files[0].hunks[0].lines[0].text) == LINE_LENGTH


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "diff --git \n@@ -1 +1 @@", "@@ -1 +1 @@\n+x", "diff --git a b\n\n\n+x"],
)
def test_what_is_no_diff_is_no_error(text: str) -> None:
    assert parse(text).added == 0


def test_a_strangers_separators_end_no_line() -> None:
    diff = parse(
        "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -0,0 +1 @@\n+a\x0cdiff --git a/b b/b\u2028+c\n"
    )
    assert [line.text for line in diff.files[0].hunks[0].lines] == [
        "a\x0cdiff --git a/b b/b\u2028+c"
    ]
