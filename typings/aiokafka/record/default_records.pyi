from collections.abc import Sequence

class DefaultRecordBatchBuilder:
    @staticmethod
    def estimate_size_in_bytes(
        key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]], /
    ) -> int: ...
