"""Pages of lists in the API."""

from __future__ import annotations

from typing import Any, Protocol, cast

from rest_framework.exceptions import NotFound
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

from credentials.paging import LIMIT, Listing, Page

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
_POSITION = ("page", "after", "before")


class Lister(Protocol):
    """A view that says by which columns its rows are grouped, as its index has them."""

    def within(self) -> dict[str, list[Any]]:
        """Such as `{"project": [1, 2]}`."""


class Pages(BasePagination):
    """`?page=2&page_size=100`; `next` and `previous` also say the row where they begin."""

    page: Page[Any]
    request: Request

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any]:
        """The page that the address names."""
        self.request = request
        within = cast("Lister", view).within() if hasattr(view, "within") else {}
        listing = Listing(queryset, tuple(map(str, queryset.query.order_by)) or ("-id",), within)
        query = request.query_params
        self.page = listing.page(query, _size(query.get("page_size", "")))
        positioned = query.get("after") or query.get("before")
        if not positioned and query.get("page", "1") != str(self.page.number):
            raise NotFound(
                "There is no such page. By its number a page is found among the first "
                f"{LIMIT:,} rows; follow `next` to go further."
            )
        return list(self.page.object_list)

    def get_paginated_response(self, data: Any) -> Response:
        """The rows, and where the others are."""
        return Response(
            {
                "count": self.page.count,
                "count_is_exact": self.page.is_exact,
                "next": self._link(self.page.next),
                "previous": self._link(self.page.previous),
                "results": data,
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """For the OpenAPI document."""
        link = {"type": "string", "nullable": True, "format": "uri"}
        return {
            "type": "object",
            "required": ["count", "count_is_exact", "results"],
            "properties": {
                "count": {"type": "integer", "description": f"At most {LIMIT}."},
                "count_is_exact": {"type": "boolean", "description": "False: there are more."},
                "next": link,
                "previous": link,
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """For the OpenAPI document."""
        return [
            _parameter("page", "integer", "A page by its number."),
            _parameter("page_size", "integer", f"Rows on a page, at most {MAX_PAGE_SIZE}."),
            _parameter("after", "string", "From the `next` of a page."),
            _parameter("before", "string", "From the `previous` of a page."),
        ]

    def _link(self, position: Any) -> str | None:
        if position is None:
            return None
        address = self.request.build_absolute_uri()
        for name in _POSITION:
            address = remove_query_param(address, name)
        for name, value in position.items():
            address = replace_query_param(address, name, value)
        return address


def _size(text: str) -> int:
    size = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    return min(size, MAX_PAGE_SIZE) or PAGE_SIZE


def _parameter(name: str, kind: str, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "required": False,
        "in": "query",
        "description": description,
        "schema": {"type": kind},
    }
