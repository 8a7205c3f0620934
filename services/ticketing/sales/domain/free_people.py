"""Who may come for nothing: with how many who pay, or alone by a paper that staff ask to see."""

from collections.abc import Mapping, Sequence

from services.ticketing.catalogue.domain.products import Category, VisitorCategory
from services.ticketing.sales.domain.pricing import PricedLine
from shared.errors import DomainError


class TooManyFree(DomainError):
    """More people who pay nothing than those who pay may bring, or than may come alone by their paper."""

    code = "too_many_free"


def check_free_people(lines: Sequence[PricedLine], categories: Mapping[Category, VisitorCategory]) -> None:
    """Returns if those who pay nothing are few enough; of several categories the strictest rule holds for all."""
    free = [line for line in lines if line.unit_price_vnd == 0]
    if not free:
        return
    rules = [categories[line.category] for line in free]
    payers = sum(line.people for line in lines if line.unit_price_vnd > 0)
    by_paper = sum(line.people for line, rule in zip(free, rules, strict=True) if rule.free_alone)
    alone = min(by_paper, max(rule.free_alone for rule in rules))
    led = sum(line.people for line in free) - alone
    each, most = min(rule.free_each_payer for rule in rules), min(rule.free_most for rule in rules)
    if led > min(payers * each, most):
        raise TooManyFree(each=each, most=most, alone=max(rule.free_alone for rule in categories.values()))
