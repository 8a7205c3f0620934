"""Makes topics and users: `python -m shared.kafka.topics create`; and asks the broker for what topics have become.

It makes what is missing, sets what was not known when a topic was made, and makes passwords what the secrets say now.
"""

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, for_code

from shared.events.topics import ALL
from shared.kafka.connection import connection, why_refused
from shared.kafka.users import RIGHTS, NotLetIn, ensure_users
from shared.observe import log as logs
from shared.settings import (
    KAFKA_ADMIN,
    KAFKA_REPLICATION_FACTOR,
    SERVICES,
    TOPIC_PREFIX,
    Environment,
    SettingsWrong,
    kafka_address,
    kafka_password,
    profile,
    whole_number,
)

_SET_FOR_THIS_TOPIC = 1


async def create(address: str, prefix: str = "", replication_factor: int = 1) -> list[str]:
    """Makes the topics that are missing, and sets what those from before lack; the names made."""
    admin = AIOKafkaAdminClient(**connection(address))
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        missing = [topic for topic in ALL if prefix + topic.name not in existing]
        response = await admin.create_topics(
            [
                NewTopic(prefix + topic.name, topic.partitions, replication_factor, topic_configs=topic.configuration)
                for topic in missing
            ]
        )
        for _, code, *_ in response.topic_errors:
            if code and for_code(code) is not TopicAlreadyExistsError:
                raise for_code(code)
        always = {prefix + topic.name: topic.always for topic in ALL}
        await _amend(admin, {name: always[name] for name in always.keys() & existing})
        return [prefix + topic.name for topic in missing]
    finally:
        await admin.close()


async def partitions_of(address: str, names: Sequence[str]) -> list[TopicPartition]:
    """Every partition of these topics, as the broker has them: topics of an older or larger cluster may have others.

    Raises UnknownTopicOrPartitionError, a KafkaError, for a topic that was not made yet.
    """
    admin = AIOKafkaAdminClient(**connection(address), request_timeout_ms=10_000)
    try:
        await admin.start()
        described = await admin.describe_topics(list(names))
    finally:
        await admin.close()
    for topic in described:
        if topic["error_code"]:
            raise for_code(topic["error_code"])
    found = [(topic["topic"], one["partition"]) for topic in described for one in topic["partitions"]]
    return [TopicPartition(topic, number) for topic, number in sorted(found)]


async def _amend(admin: AIOKafkaAdminClient, always: Mapping[str, Mapping[str, str]]) -> None:
    """Sets in topics from before what always holds, by name; whatever else was set for them stays.

    Setting one value resets all others, since aiokafka has the old request only: so they are sent along.
    """
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in sorted(always)]
    behind: list[ConfigResource] = []
    for response in await admin.describe_configs(asked):
        for code, _, _, name, entries in response.resources:
            if code:
                raise for_code(code)
            values = {entry[0]: entry[1] for entry in entries}
            kept = {entry[0]: entry[1] for entry in entries if entry[3] == _SET_FOR_THIS_TOPIC}
            if any(values[key] != wanted for key, wanted in always[name].items()):
                behind.append(ConfigResource(ConfigResourceType.TOPIC, name, {**kept, **always[name]}))
    for answer in await admin.alter_configs(behind) if behind else []:
        for code, *_ in answer.resources:
            if code:
                raise for_code(code)


async def prepare(environment: Environment) -> list[str]:
    """Topics, then users with their rights, as the settings say; the names of the topics made.

    Raises SettingsWrong where the administrator is refused or a password is missing.
    """
    address, prefix = kafka_address(KAFKA_ADMIN, environment), TOPIC_PREFIX.of(environment)
    users = list(RIGHTS) if profile(environment) == "demo" else list(SERVICES)
    passwords = {user: kafka_password(user, environment) for user in users}
    if (refused := await why_refused(address)) is not None:
        raise SettingsWrong(refused)
    made = await create(address, prefix, whole_number(KAFKA_REPLICATION_FACTOR, environment))
    await ensure_users(address, passwords, prefix, gone=[user for user in RIGHTS if user not in users])
    return made


def main(arguments: list[str]) -> int:
    if arguments != ["create"]:
        print("usage: python -m shared.kafka.topics create", file=sys.stderr)
        return 2
    logs.configure("topics", "ERROR", sys.stderr)
    try:
        made = asyncio.run(prepare(os.environ))
    except (SettingsWrong, NotLetIn) as wrong:
        print(wrong, file=sys.stderr)
        return 2
    for name in made:
        print(f"topic {name} made")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
