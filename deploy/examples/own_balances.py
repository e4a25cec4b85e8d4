"""A downstream service in forty lines: keeps its own table of credit balances, and checks it with the ledger.

python3 own_balances.py URL IDENTIFIER SECRET DSN          follows until stopped
python3 own_balances.py URL IDENTIFIER SECRET DSN check    compares every balance, exit code 1 if one differs
"""

import asyncio
import sys
from typing import Any

import aiohttp
import asyncpg

from service.feed.client import TableCheckpoint, follow

TABLE = "create table if not exists own_balance (client_id bigint primary key, hundredths bigint not null)"
UPSERT = "insert into own_balance values ($1, $2) on conflict (client_id) do update set hundredths = $2"


async def main(url: str, identifier: str, secret: str, dsn: str, mode: str = "follow") -> int:
    connection = await asyncpg.connect(dsn)
    await connection.execute(TABLE)
    if mode == "check":
        return await check(connection, url, {"identifier": identifier, "secret": secret})

    async def handle(event: dict[str, Any]) -> None:
        if event["type"].startswith("credit."):  # every one says what the balance is now
            client_id = int(event["subject"].removeprefix("account-"))
            await connection.execute(UPSERT, client_id, event["data"]["balance"])

    place = TableCheckpoint(connection, "own_balances")  # moves in the transaction that changes the balance
    await follow(url, handle, identifier=identifier, secret=secret, checkpoint=place)
    return 0


async def check(connection: asyncpg.Connection, url: str, credential: dict[str, str]) -> int:
    wrong = 0
    async with aiohttp.ClientSession() as session:
        for client_id, hundredths in await connection.fetch("select * from own_balance order by client_id"):
            form = {"action": "GetClientsDetails", "clientid": str(client_id), "responsetype": "json"}
            async with session.post(f"{url}/includes/api.php", data=credential | form) as answer:
                there = (await answer.json())["credit"]
            if there != f"{hundredths // 100}.{hundredths % 100:02}":
                print(f"client {client_id}: {hundredths} hundredths here, {there} in the ledger")
                wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
