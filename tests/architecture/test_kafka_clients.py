"""Every client of Kafka says who it is: its keywords come from shared/kafka/connection.py alone."""

import re

from tests.architecture.sources import files, text

# Who tries what happens without a password, on purpose.
STRANGERS = {
    "tests/integration/durability/test_old_kafka_folder.py",
    "tests/integration/platform/test_who_speaks_on_kafka.py",
}


def test_no_client_is_told_where_kafka_is_without_saying_who_it_is() -> None:
    by_hand = {str(path) for path in files(".py") if re.search(r"\bbootstrap_servers\s*=", text(path))}
    assert by_hand - STRANGERS == {"shared/kafka/connection.py"}
