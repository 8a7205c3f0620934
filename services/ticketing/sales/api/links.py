"""Orders by their links, as far as this process has met them lately, so that a page that opens need not look its up."""

from collections import OrderedDict

from shared.ids import OrderId

_MOST = 10_000


class Links:
    """Only links that are good are kept, so a stranger's guesses push none out. An order's link never changes."""

    def __init__(self) -> None:
        self._orders: OrderedDict[str, OrderId] = OrderedDict()

    def remember(self, token: str, order_id: OrderId) -> None:
        self._orders[token] = order_id
        self._orders.move_to_end(token)
        if len(self._orders) > _MOST:
            self._orders.popitem(last=False)

    def order_of(self, token: str) -> OrderId | None:
        """None for a link that was not met here, or too long ago."""
        order_id = self._orders.get(token)
        if order_id is not None:
            self._orders.move_to_end(token)
        return order_id
