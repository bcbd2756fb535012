"""Sentences of work that nobody asked for: they fill an implementation and prove nothing."""

from __future__ import annotations

CHORES = (
    "Sorted the imports of `{module}`.",
    "Fixed two typing errors that the checker found.",
    "Renamed a local variable in `{module}` that shadowed another.",
    "Removed a switch that had been off for two years.",
    "Moved the constants to the top of `{module}`.",
    "Deleted a comment that described the code before the last one.",
    "Raised the minimum version of the compiler in the build file.",
    "Ran the formatter over `{module}`, which explains most of the changed lines.",
    "The constructor takes keyword arguments now, as the style guide of the team asks.",
    "Split a function of ninety lines into four with names of their own.",
    "Replaced a nested condition by an early return, with the same outcome.",
    "The record for {a_item} became immutable, and its constructor sets every field.",
    "Merged two copies of the same date parser into one and deleted the other.",
    "`{module}` no longer imports the whole package; it names the four things it needs.",
    "Dropped support for a runtime that the vendor stopped maintaining in spring.",
    "Took the chance to rename the folder, since nobody could remember the old abbreviation.",
    "The pull request is split in two commits, the first of which moves code and changes nothing.",
    "Some lines moved from the controller into `{module}`, because two callers need them now.",
    "A colleague paired on the first half; the second half was reviewed by the platform team.",
    "The branch was rebased on Monday, and the conflict in the lock file was resolved by hand.",
    "Aligned the wording of the variable names with the glossary: {items} are {items} throughout.",
    "The diff looks larger than it is.",
    "Bumped the linter and silenced nothing.",
)

HEADERS = (
    "Implemented {name} in {language}.",
    "Built {name} in {language}: {files} files, +{added} -{removed} lines.",
    "{Name}: {language}, +{added} -{removed} in {files} files.",
    "This change set builds {name} ({language}, {added} lines added).",
    "Work on {name} is ready for review. It is written in {language} and adds {added} lines.",
    "Commit series for {name}, {files} files of {language} touched, {removed} lines gone.",
    "What was done for {name} ({language}):",
    "Summary of the branch for {name}: +{added} -{removed} lines of {language}.",
)
