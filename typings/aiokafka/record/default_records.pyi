from collections.abc import Sequence

class DefaultRecordBatchBuilder:
    @staticmethod
    def estimate_size_in_bytes(
        key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]], /
    ) -> int: ...

class _DefaultRecordBatchBuilderPy:
    def __init__(
        self,
        magic: int,
        compression_type: int,
        is_transactional: int,
        producer_id: int,
        producer_epoch: int,
        base_sequence: int,
        batch_size: int,
    ) -> None: ...
