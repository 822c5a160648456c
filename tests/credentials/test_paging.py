"""A list read page by page shows every row once, whatever stands beside it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from clusters.models import Cluster, Project
from credentials import paging
from credentials.models import Team
from credentials.paging import Listing, Page, capped_count, counted
from tests.factories import make_cluster, make_project

IMPACT = ("-rank", "-reporter_count", "-item_count", "-id")
SEEN = ("-seen_at", "-id")
PER_PAGE = 4


@pytest.fixture
def projects(team: Team) -> list[Project]:
    """Three projects with 21 clusters that have much in common with each other."""
    projects = [make_project(team, name=f"p{number}") for number in range(3)]
    now = timezone.now()
    for number in range(21):
        make_cluster(
            projects[number % 3],
            status=("new", "resolved", "dismissed")[number % 4 % 3],
            reporter_count=number % 2,
            last_seen=None if number % 5 == 0 else now - timedelta(days=number % 3),
        )
    return projects


def walk(listing: Listing[Cluster], query: Mapping[str, str] | None = None) -> list[Page[Cluster]]:
    """Every page from one on, by `next`."""
    pages = [listing.page(query or {}, PER_PAGE)]
    while pages[-1].next:
        pages.append(listing.page(pages[-1].next, PER_PAGE))
    return pages


def listing_of(
    projects: list[Project], order: tuple[str, ...], *, together: bool
) -> Listing[Cluster]:
    keys = [project.pk for project in projects]
    if together:
        return Listing(Cluster.objects.filter(project__in=keys), order)
    return Listing(Cluster.objects.select_related("project"), order, {"project": keys})


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("order", [IMPACT, SEEN, ("-id",), ("id",)])
def test_all_pages_together_are_the_list(
    projects: list[Project], order: tuple[str, ...], together: bool
) -> None:
    pages = walk(listing_of(projects, order, together=together))
    shown = [cluster for page in pages for cluster in page.object_list]
    assert shown == list(Cluster.objects.order_by(*order))
    assert [page.start_index for page in pages] == [1, 5, 9, 13, 17, 21]
    assert pages[-1].end_index == 21
    assert {page.total for page in pages} == {"21"}


@pytest.mark.parametrize("order", [IMPACT, SEEN])
def test_the_way_back_shows_the_same_pages(projects: list[Project], order: tuple[str, ...]) -> None:
    listing = listing_of(projects, order, together=False)
    there = walk(listing)
    back = [there[-1]]
    while back[-1].previous:
        back.append(listing.page(back[-1].previous, PER_PAGE))
    assert [page.object_list for page in reversed(back)] == [page.object_list for page in there]
    assert [page.number for page in back] == [6, 5, 4, 3, 2, 1]


def test_a_page_is_found_by_its_number_too(projects: list[Project]) -> None:
    listing = listing_of(projects, IMPACT, together=False)
    for page in walk(listing):
        by_number = listing.page({"page": str(page.number)}, PER_PAGE)
        assert by_number.object_list == page.object_list
        assert by_number.number == page.number


def test_rows_that_come_meanwhile_move_nothing(projects: list[Project]) -> None:
    listing = listing_of(projects, ("-id",), together=False)
    first = listing.page({}, PER_PAGE)
    expected = list(Cluster.objects.order_by("-id")[PER_PAGE : 2 * PER_PAGE])
    make_cluster(projects[0])
    assert first.next is not None
    assert listing.page(first.next, PER_PAGE).object_list == expected


def test_within_several_columns(projects: list[Project]) -> None:
    keys = [project.pk for project in projects]
    within: dict[str, list[Any]] = {"project": keys[:2], "status": ["new", "resolved"]}
    pages = walk(Listing(Cluster.objects.all(), SEEN, within))
    wanted = Cluster.objects.filter(project__in=keys[:2], status__in=["new", "resolved"])
    assert [each for page in pages for each in page.object_list] == list(wanted.order_by(*SEEN))


def test_more_groups_than_one_query_reads_are_read_together(
    projects: list[Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "MOST_GROUPS", 2)
    test_all_pages_together_are_the_list(projects, IMPACT, together=False)


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "²",
        "W10=",  # []
        "WzFd",  # [1]
        "WzEsMSwxLG51bGxd",  # [1,1,1,null]
        "WzEsMSwxLDFlOTld",  # [1,1,1,1e99]
        "WzEsMSwxLDk5OTk5OTk5OTk5OTk5OTk5OTk5OV0=",  # an id that no database holds
        "WzEsMSwxLCInOyBEUk9QIl0=",  # a word in the place of an id
        "W" * 500,
    ],
)
@pytest.mark.parametrize("side", ["after", "before"])
def test_a_place_that_is_none_is_the_first_page(
    projects: list[Project], text: str, side: str
) -> None:
    listing = listing_of(projects, IMPACT, together=False)
    assert listing.page({side: text}, PER_PAGE).object_list == listing.page({}, 4).object_list


@pytest.mark.parametrize("number", ["0", "-1", "x", "²", "9" * 40])
def test_a_number_that_is_none_is_the_first_page(projects: list[Project], number: str) -> None:
    listing = listing_of(projects, IMPACT, together=False)
    assert listing.page({"page": number}, PER_PAGE).number == 1


def test_a_number_beyond_the_end_is_the_last_page(projects: list[Project]) -> None:
    listing = listing_of(projects, IMPACT, together=False)
    assert listing.page({"page": "99"}, PER_PAGE).number == 6


def test_an_empty_list_has_one_page(team: Team) -> None:
    page = Listing(Cluster.objects.all(), IMPACT, {"project": []}).page({"page": "3"}, PER_PAGE)
    assert (list(page.object_list), page.next, page.previous, page.count) == ([], None, None, 0)


def test_counting_ends_early(projects: list[Project], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "LIMIT", 10)
    listing = listing_of(projects, IMPACT, together=False)
    page = listing.page({}, PER_PAGE)
    assert (page.count, page.is_exact) == (10, False)
    assert listing.page({"page": "9"}, PER_PAGE).number == 3  # by number no further than counted
    shown = [cluster for page in walk(listing) for cluster in page.object_list]
    assert len(shown) == 21  # step by step all of it


def test_a_capped_count_says_that_there_are_more(projects: list[Project]) -> None:
    assert capped_count(Cluster.objects.all(), 20) == 21
    assert capped_count(Cluster.objects.all(), 21) == 21
    assert (counted(20, 20), counted(21, 20), counted(10_001)) == ("20", "20+", "10,000+")
