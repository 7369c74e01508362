"""Whose turn it is: round robin between owners, in order of arrival for each of them.

A plain data structure: it knows nothing of threads, requests or clocks.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """Items in line. An owner whose item was taken goes behind the other owners.

    So one who brings twenty items delays each of the others by one item, not by twenty.
    """

    def __init__(self) -> None:
        self._items: OrderedDict[str, deque[T]] = OrderedDict()

    def __len__(self) -> int:
        return sum(map(len, self._items.values()))

    @property
    def owners(self) -> frozenset[str]:
        """Those who have something in line."""
        return frozenset(self._items)

    def join(self, owner: str, item: T) -> None:
        """Put `item` behind what `owner` has in line; a new owner gets the last turn."""
        self._items.setdefault(owner, deque()).append(item)

    def take(self) -> T:
        """Take out the item whose turn it is.

        Raises:
            KeyError: there is none.
        """
        owner, items = self._items.popitem(last=False)
        item = items.popleft()
        if items:
            self._items[owner] = items
        return item

    def leave(self, item: T) -> bool:
        """Take `item` out before its turn; tell whether it was in line."""
        for owner, items in self._items.items():
            if item in items:
                items.remove(item)
                if not items:
                    del self._items[owner]
                return True
        return False

    def before(self, item: T) -> int | None:
        """Return how many items are taken before `item` if nobody joins; None if not in line."""
        lines = list(self._items.values())
        for place, line in enumerate(lines):
            if item in line:
                round_ = line.index(item)
                # Owners further ahead have had one turn more when this one's comes.
                earlier = sum(min(len(other), round_ + 1) for other in lines[:place])
                return round_ + earlier + sum(min(len(o), round_) for o in lines[place + 1 :])
        return None
