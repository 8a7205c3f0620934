"""Who somebody is, is one list of words: those of people are the roles of passes, but that of a phone."""

from typing import get_args

from shared.events.words import PersonRole
from shared.passes.auth import Role


def test_a_person_has_each_role_of_a_pass_but_that_of_a_phone() -> None:
    assert set(get_args(PersonRole)) == {role.value for role in Role if role is not Role.DEVICE}
