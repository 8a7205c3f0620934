"""The schema that readers find beside each service is what its migrations come to."""

import pytest

from deploy.tools.schema import path_of, schema_of
from shared.settings import SERVICES
from tests.support.cluster import Cluster


@pytest.mark.parametrize("service", SERVICES)
async def test_the_generated_schema_is_fresh(cluster: Cluster, service: str) -> None:
    made = await schema_of(service, cluster.postgres.address, cluster.password)
    assert path_of(service).read_text(encoding="utf-8") == made, "run `python -m deploy.tools.schema`"
