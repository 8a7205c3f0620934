"""`python -m deploy.simulator run` serves the bank's page; `pay` pays one QR text from the command line."""

import argparse
import asyncio
import random
import sys

import uvicorn

from deploy.simulator.app import build
from deploy.simulator.bank import Bank
from deploy.simulator.noise import bank_noise
from deploy.simulator.settings import Settings, SimulatorRefused
from deploy.simulator.transfers import Payment, book
from shared.clock import utc_now
from shared.errors import DomainError
from shared.ids import uuid7
from shared.money import Dong
from shared.observe import log as logs
from shared.qr.vietqr import decode
from shared.web.addresses import TRUSTED_PROXIES


def main(arguments: list[str]) -> int:
    asked = parser().parse_args(arguments)
    try:
        settings = Settings.read()
        if asked.command == "run":
            return asyncio.run(_serve(settings))
        return asyncio.run(_pay(settings, asked))
    except SimulatorRefused as refusal:
        print(refusal, file=sys.stderr)
    except DomainError as error:
        print(error.fields.get("reason") or error.code, file=sys.stderr)
    return 1


def parser() -> argparse.ArgumentParser:
    """What `./run bank` takes."""
    words = argparse.ArgumentParser(prog="./run bank", description="The simulated bank.")
    commands = words.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="serve the page /bank")
    pay = commands.add_parser("pay", help="pay a VietQR text")
    pay.add_argument("qr", help="the text of the QR")
    pay.add_argument("--amount-vnd", type=int, help="another amount than the QR asks")
    pay.add_argument("--memo", help="another memo than the QR asks")
    pay.add_argument("--name", help="names this payment: the same name again is the same payment")
    return words


async def _serve(settings: Settings) -> int:
    logs.configure("simulator", settings.log_level)
    bank = Bank(settings.kafka_bootstrap, settings.topic_prefix)
    config = uvicorn.Config(
        build(settings, bank),
        host=settings.host,
        port=settings.port,
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=list(TRUSTED_PROXIES),
        timeout_graceful_shutdown=5,
    )
    try:
        await uvicorn.Server(config).serve()
    finally:
        await bank.close()
    return 0


async def _pay(settings: Settings, asked: argparse.Namespace) -> int:
    qr = decode(asked.qr.strip())
    amount_vnd = qr.amount_vnd if asked.amount_vnd is None else Dong(asked.amount_vnd)
    if amount_vnd is None or amount_vnd <= 0:
        print("this QR names no amount; give one with --amount-vnd", file=sys.stderr)
        return 1
    name = asked.name or str(uuid7())
    payment = Payment.of(qr, amount_vnd, (qr.memo or "") if asked.memo is None else asked.memo)
    now = utc_now()
    transfer = book(payment, name, bank_noise(payment.memo, random.Random(name)), now)
    bank = Bank(settings.kafka_bootstrap, settings.topic_prefix)
    try:
        await bank.tell(transfer, now)
    finally:
        await bank.close()
    print(f"paid {amount_vnd} đ, reference {transfer.bank_reference}; the memo arrives as: {transfer.memo}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
