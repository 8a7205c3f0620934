from ssl import SSLContext

class AIOKafkaConnection:
    def close(self) -> None: ...

async def create_conn(
    host: str,
    port: int,
    *,
    request_timeout_ms: int = ...,
    security_protocol: str = ...,
    sasl_mechanism: str = ...,
    sasl_plain_username: str = ...,
    sasl_plain_password: str = ...,
    ssl_context: SSLContext | None = ...,
) -> AIOKafkaConnection: ...
