"""Contracts of the spider's callbacks, for `scrapy check`: what a row says, and which columns it fills.

Scrapy's own `@scrapes` asks only whether a field is there, and every column of a row always is.
"""

from typing import Any

from itemadapter import ItemAdapter, is_item
from scrapy.contracts import Contract
from scrapy.exceptions import ContractFail


class RowContract(Contract):
    """`@row OUTCOME [LAYOUT]`: every row has that outcome, and was read by that layout."""

    name = "row"

    def post_process(self, output: list[Any]) -> None:
        """Hold the rows that a callback returned to it.

        Raises:
            ContractFail: a row says something else.
        """
        for row in map(ItemAdapter, filter(is_item, output)):
            found = [row["outcome"], row.get("layout")][: len(self.args)]
            if found != list(self.args):
                raise ContractFail(f"{row['url']} is {found}, not {list(self.args)}: {row['error']}")


class FilledContract(Contract):
    """`@filled COLUMN...`: every row has a value there, and a list that is not empty."""

    name = "filled"

    def post_process(self, output: list[Any]) -> None:
        """Hold the rows that a callback returned to it.

        Raises:
            ContractFail: a row lacks some of them.
        """
        for row in map(ItemAdapter, filter(is_item, output)):
            if missing := [name for name in self.args if row.get(name) in (None, "", [])]:
                raise ContractFail(f"{row['url']} has no {', '.join(missing)}")
