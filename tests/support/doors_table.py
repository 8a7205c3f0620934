"""Who may come in where: every route of every service and of the simulated bank, one row each.

door       the cookie that is looked at; - for none
who        `anyone`, or the roles that may; `revoked` means that a revoked pass is heard too
elsewhere  the answer to a pass of another venue that asks for this venue's things; - where no venue is asked for
once       what keeps a change from happening twice: `key` is Idempotency-Key or the form field, another word is the
           field of the body that names it, `free` is signing in or out, which twice is the same as once; - for reading
answer     to somebody who may, for a request as our own clients send it (404: the sample's thing is made up)

A route without a row fails the test, and a row without a route.
"""

from dataclasses import dataclass

TABLE = """
service    method  path                                    door    who                elsewhere  once     answer

ticketing  GET     /                                       -       anyone             -          -        200
ticketing  GET     /venues/{venue_id}                      -       anyone             -          -        200
ticketing  POST    /orders                                 -       anyone             -          key      303
ticketing  POST    /api/orders                             -       anyone             -          key      201
ticketing  GET     /api/orders/{token}                     -       anyone             -          -        200
ticketing  GET     /api/orders/{token}/live                -       anyone             -          -        200
ticketing  GET     /orders/{token}                         -       anyone             -          -        200
ticketing  GET     /orders/{token}/qr.png                  -       anyone             -          -        404
ticketing  GET     /orders/{token}/cancel                  -       anyone             -          -        200
ticketing  POST    /orders/{token}/cancel                  -       anyone             -          key      303
ticketing  GET     /t/sw.js                                -       anyone             -          -        200
ticketing  GET     /t/{token}                              -       anyone             -          -        303

ticketing  GET     /gate                                   -       anyone             -          -        200
ticketing  GET     /gate/manifest.webmanifest              -       anyone             -          -        200
ticketing  GET     /gate/sw.js                             -       anyone             -          -        200
ticketing  GET     /gate/decoder.js                        -       anyone             -          -        200
ticketing  POST    /api/gate/scans                         gate    device,revoked     403        scan_id  200
ticketing  POST    /api/gate/short-codes                   gate    device             403        free     200
ticketing  POST    /api/gate/undo                          gate    device             -          scan_id  404
ticketing  POST    /api/gate/pin                           gate    device             404        key      200
ticketing  GET     /api/gate/manifest                      gate    device             403        -        200
ticketing  GET     /api/gate/live                          gate    device             403        -        200

ticketing  GET     /sign-in                                -       anyone             -          -        200
ticketing  POST    /sign-in                                -       anyone             -          free     303
ticketing  GET     /sign-in/owner                          gate    device             -          -        200
ticketing  POST    /sign-in/owner                          gate    device             401        free     303
ticketing  POST    /sign-out                               -       anyone             -          free     303
ticketing  GET     /pair                                   -       anyone             -          -        200
ticketing  POST    /pair                                   -       anyone             -          key      303
ticketing  GET     /sign-in/invitation                     -       anyone             -          -        200
ticketing  POST    /sign-in/invitation                     -       anyone             -          key      303

ticketing  GET     /manage                                 office  manager,operator   -          -        200
ticketing  POST    /manage/people                          office  manager,operator   403        key      303
ticketing  POST    /manage/people/{person_id}/secrets      office  manager,operator   403        key      303
ticketing  POST    /manage/people/{person_id}/revoke       office  manager,operator   403        key      303
ticketing  GET     /manage/phones                          office  manager,operator   -          -        200
ticketing  GET     /manage/conflicts                       office  manager,operator   -          -        200
ticketing  POST    /manage/phones/codes                    office  manager,operator   403        key      200
ticketing  POST    /manage/phones/{device_id}/rename       office  manager,operator   403        key      303
ticketing  POST    /manage/phones/{device_id}/revoke       office  manager,operator   403        key      303
ticketing  GET     /manage/audit                           office  operator           -          -        200
ticketing  GET     /account                                office  manager,province,operator  -  -        200
ticketing  POST    /account/sessions/{session_id}/end      office  manager,province,operator  -  key      404
ticketing  POST    /account/sessions/end-others            office  manager,province,operator  -  key      303
ticketing  POST    /account/password                       office  manager,province,operator  -  key      422
ticketing  GET     /account/owner                          owner   owner              -          -        200
ticketing  POST    /account/owner/sessions/{session_id}/end  owner  owner             -          key      404
ticketing  POST    /account/owner/sessions/end-others      owner   owner              -          key      303
ticketing  POST    /account/owner/pin                      owner   owner              -          key      422

payments   GET     /manage/audit/payments                  office  operator           -          -        200
payments   GET     /owner                                  owner   owner              -          -        200
payments   GET     /api/owner/live                         owner   owner              -          -        200
payments   POST    /owner/charges                          owner   owner              -          key      303
payments   GET     /owner/charges/{order_id}               owner   owner              404        -        200
payments   GET     /api/owner/charges/{order_id}/live      owner   owner              404        -        200
payments   GET     /owner/cash                             owner   owner              -          -        200
payments   POST    /owner/cash                             owner   owner              -          key      303
payments   POST    /owner/cash/{cash_id}/undo              owner   owner              404        key      303

analytics  GET     /manage/audit/analytics                 office  operator           -          -        200
analytics  GET     /province                               office  province,operator  -          -        200
analytics  GET     /api/province/overview                  office  province,operator  -          -        200
analytics  GET     /api/province/overview.csv              office  province,operator  -          -        200
analytics  GET     /api/province/live                      office  province,operator  -          -        200

simulator  GET     /bank                                   -       anyone             -          -        200
simulator  POST    /bank/pay                               -       anyone             -          key      200

every      GET     /health/live                            -       anyone             -          -        200
every      GET     /health/ready                           -       anyone             -          -        any
every      GET     /metrics                                -       anyone             -          -        200
"""
SERVICES = ("ticketing", "payments", "analytics", "simulator")


@dataclass(frozen=True, slots=True)
class Row:
    """One route and its doors. elsewhere and answer are HTTP statuses, None where the table names none."""

    service: str
    method: str
    path: str
    door: str
    who: frozenset[str]
    elsewhere: int | None
    once: str
    answer: int | None

    def __str__(self) -> str:
        return f"{self.service} {self.method} {self.path}"

    @property
    def is_for_anyone(self) -> bool:
        return "anyone" in self.who

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")

    @property
    def is_page(self) -> bool:
        """Read by people: a browser asks for it as HTML."""
        return not self.is_api


def _rows_of(line: str) -> list[Row]:
    """The row of a line, or one for each service if it is about every one."""
    service, method, path, door, who, elsewhere, once, answer = line.split()
    return [
        Row(name, method, path, door, frozenset(who.split(",")), _status(elsewhere), once, _status(answer))
        for name in (SERVICES if service == "every" else (service,))
    ]


def _status(text: str) -> int | None:
    return int(text) if text.isdecimal() else None


ROWS = [row for line in TABLE.splitlines()[2:] if line for row in _rows_of(line)]
