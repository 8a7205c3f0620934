"""What the bench makes of what it reads: statements of a log, CPU of processes, bounds and comparisons."""

from tests.bench.cpu import Reading, beyond_rest
from tests.bench.exact import Sums, uneven
from tests.bench.figures import Number, beside, figure, table
from tests.bench.statements import count

_AT = "2026-11-24 05:00:00.000 UTC"
_LOG = f"""\
{_AT} [11] ticketing LOG:  duration: 0.01 ms  statement: BEGIN;
{_AT} [11] ticketing LOG:  duration: 0.10 ms  parse __asyncpg_stmt_1__: UPDATE days SET held = 1
{_AT} [12] ticketing LOG:  duration: 0.10 ms  execute __asyncpg_stmt_2__: SELECT seq FROM outbox
     WHERE sent_at IS NULL
{_AT} [11] ticketing LOG:  duration: 0.10 ms  execute __asyncpg_stmt_1__: UPDATE days SET held = 1
{_AT} [12] ticketing LOG:  duration: 0.10 ms  execute __asyncpg_stmt_3__:
    UPDATE outbox SET sent_at = now()
{_AT} [13] ticketing LOG:  duration: 0.10 ms  execute __asyncpg_stmt_4__: SELECT 1 FROM days FOR UPDATE OF days
{_AT} [11] ticketing LOG:  duration: 1.70 ms  statement: COMMIT;
{_AT} [14] postgres LOG:  duration: 0.10 ms  statement: SELECT 1
{_AT} [15] payments LOG:  duration: 0.10 ms  statement: BEGIN;
{_AT} [15] payments LOG:  duration: 0.10 ms  statement: ROLLBACK;
"""


def test_a_commit_is_a_transactions_or_a_write_that_stands_alone() -> None:
    said = count(_LOG.splitlines())

    assert said.statements == {"ticketing": 6, "payments": 2}
    assert (said.commits["ticketing"], said.commits["payments"]) == (2, 0)


def test_cpu_of_sessions_that_came_and_went_is_postgresqls_own() -> None:
    before = Reading(
        {("kafka", 1): 5.0, ("PostgreSQL for ticketing", 2): 3.0, ("PostgreSQL for payments", 3): 1.0}, 10.0
    )
    after = Reading(
        {("kafka", 1): 6.0, ("PostgreSQL for ticketing", 2): 4.0, ("PostgreSQL for payments", 4): 0.5}, 12.5
    )

    spent = after.since(before)

    assert spent == {
        "kafka": 1.0,
        "PostgreSQL for ticketing": 1.0,
        "PostgreSQL for payments": 0.5,
        "PostgreSQL itself": 1.0,
    }
    assert beyond_rest(spent, {"kafka": 0.2}, 2.0)["kafka"] == 0.6


def test_a_line_holds_when_all_its_numbers_do() -> None:
    rate, wait = Number("rate", 900, "/s", at_least=850), Number("p95", 16, "ms", at_most=15)

    assert figure("admission", rate).holds is True
    assert figure("admission", rate, wait).holds is False
    assert figure("admission", Number("p50", 9, "ms")).holds is None
    assert "rate >= 850/s, p95 <= 15 ms  MISSED" in table([figure("admission", rate, wait)])


def test_a_rate_is_better_when_higher_and_a_wait_when_lower() -> None:
    ours = [figure("admission", Number("rate", 1400, "/s", times=2.1), Number("p95", 30, "ms"))]
    ours += [figure("generator", Number("", 1, "ms", is_compared=False))]
    theirs = [
        figure("admission", Number("rate", 700, "/s"), Number("p95", 120, "ms")),
        figure("generator", *ours[1].numbers),
    ]

    [line] = beside(ours, theirs)

    assert [number.value for number in line.numbers] == [2.0, 4.0]
    assert line.holds is False


def test_what_lay_there_before_a_load_is_not_its_fault() -> None:
    before = Sums(people=(5, 5, 4), scans=(5, 5, 5), paid=(7, 7, 7))
    even = Sums(people=(8, 8, 7), scans=(8, 8, 8), paid=(7, 7, 7))

    assert uneven(before, even) == []
    assert uneven(before, Sums(people=(8, 8, 7), scans=(8, 7, 8), paid=(7, 7, 7))) == ["scans grew by 3 and 2 and 3"]
