"""Lists in the admin that stay fast with a million rows, because they never count."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest

LAST_PAGE = 1_000_000


class Pages(ChangeList):
    """A list with newer and older pages, but without a count. One extra row tells whether there are older ones."""

    newer = older = ""

    def get_results(self, request: HttpRequest) -> None:
        if not 1 <= self.page_num <= LAST_PAGE:
            raise IncorrectLookupParameters
        first = (self.page_num - 1) * self.list_per_page
        rows = list(self.rows(first, first + self.list_per_page + 1))
        if self.page_num > 1:
            self.newer = self.get_query_string({PAGE_VAR: self.page_num - 1})
        if len(rows) > self.list_per_page:
            self.older = self.get_query_string({PAGE_VAR: self.page_num + 1})
        self.result_list = rows[: self.list_per_page]
        self.result_count = self.full_result_count = len(self.result_list)
        self.show_full_result_count = False
        self.show_admin_actions = True
        self.can_show_all = self.multi_page = False

    def rows(self, first: int, end: int) -> Iterable[Any]:
        queryset: QuerySet[Any] = self.queryset
        return queryset[first:end]
