"""What a password costs whoever guesses, which the tests of the doors leave out to be quick."""

from argon2 import Type, extract_parameters

from services.ticketing.people.usecases import passwords

# RFC 9106, section 4, the second recommended option: where 2 GiB for one sign-in are too much.
_PASSES, _MEMORY_KIB, _LANES = 3, 64 * 1024, 4


async def test_a_password_costs_what_the_standard_asks_and_a_guess_at_nobodys_as_much() -> None:
    for hashed in (await passwords.hash_password("long enough"), passwords._NOBODYS):
        costs = extract_parameters(hashed)
        assert (costs.type, costs.time_cost, costs.memory_cost, costs.parallelism) == (
            Type.ID,
            _PASSES,
            _MEMORY_KIB,
            _LANES,
        )


async def test_only_the_right_password_fits_and_none_where_there_is_no_hash() -> None:
    hashed = await passwords.hash_password("long enough")
    assert await passwords.is_password("long enough", hashed)
    assert not await passwords.is_password("long enougH", hashed)
    assert not await passwords.is_password("long enough", None)
