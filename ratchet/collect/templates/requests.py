"""Phrases in which people ask for things: by register, and by how much they matter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum


class Weight(IntEnum):
    """How much a requirement matters to the person who asks; smaller is more."""

    MUST = 1
    SHOULD = 2
    PLAIN = 3
    NICE = 4


ASKS: Mapping[Weight, tuple[str, ...]] = {
    Weight.MUST: (
        "It is critical to {ask}.",
        "{Ask}; without that we can not ship.",
        "We absolutely have to {ask}.",
        "The release is blocked until we {ask}.",
        "Above all: {ask}.",
        "This one is not negotiable: {ask}.",
    ),
    Weight.SHOULD: (
        "It is important to {ask}.",
        "We really should {ask}.",
        "{Ask}, which matters a lot to support.",
        "High on the list: {ask}.",
        "Several customers asked us to {ask}, so it should be in.",
    ),
    Weight.PLAIN: (
        "Please {ask} as well.",
        "The plan is to {ask}.",
        "{Ask}, please.",
        "Also, {ask}.",
        "We would like you to {ask}.",
    ),
    Weight.NICE: (
        "It would be nice to {ask}.",
        "If there is time left, {ask}.",
        "Low priority: {ask}.",
        "{Ask}, but that can come last.",
        "As a bonus, {ask}.",
    ),
}

REFUSALS = (
    "There is no need to {ask} this time.",
    "Somebody proposed to {ask}; we decided against it.",
    "Another team will {ask}, so leave that alone.",
    "Out of scope until summer: {ask}.",
)
"""Sentences that mention a requirement and do not ask for it."""

ASIDES = (
    "The meeting about it took two hours and ended without a date.",
    "I attach the notes of the call, although most of them are about the summer party.",
    "The previous team left in March, so there is nobody to ask about the old code.",
    "We tried a ready-made product in autumn and went back after a month.",
    "Marketing has already printed the flyers.",
    "I am out of office on Friday, so ask Dana if anything is unclear.",
    "The current version has been running since 2019 and nobody remembers why.",
    "Last week three people complained about it in the same hour.",
    "By the way, the coffee machine on the second floor works again.",
    "The budget is approved, which surprised all of us.",
    "Our competitor announced something similar in January.",
    "You will find the old screenshots in the shared folder.",
    "The numbers of the last quarter are better than expected.",
    "I know that you have a lot on your plate.",
)


@dataclass(frozen=True, kw_only=True)
class Register:
    """A kind of text: how it opens and closes, and what stands between its sentences."""

    name: str
    openings: tuple[str, ...]
    closings: tuple[str, ...]
    separator: str = " "


REGISTERS = (
    Register(
        name="ticket",
        openings=(
            "Ticket {number}: {name}\n\n",
            "{Name}: work for the next sprint\n\n",
            "Type: improvement. Area: {package}.\n\n",
        ),
        closings=("\n\nReported by the support desk.", "\n\nEstimate: {points} points.", ""),
    ),
    Register(
        name="e-mail",
        openings=(
            "Hi all,\n\nhere is what I gathered about {name}. ",
            "Hello team,\n\nthank you for looking at {name}. ",
            "Dear colleagues,\n\nwe talked to two customers about {name} yesterday. ",
        ),
        closings=("\n\nBest, Maria", "\n\nThanks a lot, Tom", "\n\nRegards, Priya"),
    ),
    Register(
        name="chat",
        openings=("about {name} again... ", "quick one on {name}: ", "so, {name}. "),
        closings=(" ok?", " thx!", " tell me if that is too much"),
        separator=" ",
    ),
    Register(
        name="user story",
        openings=(
            "As somebody who works with {items} every day, I want more from {name}. ",
            "As the person in charge of {name}, I want to sleep at night. ",
            "As a customer, I want to rely on {name}. ",
        ),
        closings=("\n\nAcceptance will be tested by the product owner.", ""),
    ),
    Register(
        name="minutes",
        openings=("Minutes of {day}, point {points}, {name}.\n\n- ",),
        closings=("\n- Next meeting in two weeks.",),
        separator="\n- ",
    ),
)

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
