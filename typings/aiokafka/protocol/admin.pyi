from aiokafka.protocol.api import Request, RequestStruct

class CreateAclsRequest_v1(RequestStruct): ...
class DescribeAclsRequest_v1(RequestStruct): ...
class DeleteAclsRequest_v1(RequestStruct): ...

class DescribeAclsRequest(Request[DescribeAclsRequest_v1]):
    def __init__(
        self,
        resource_type: int,
        resource_name: str | None,
        resource_pattern_type_filter: int,
        principal: str | None,
        host: str | None,
        operation: int,
        permission_type: int,
    ) -> None: ...

class DeleteAclsRequest(Request[DeleteAclsRequest_v1]):
    def __init__(
        self,
        resource_type: int,
        resource_name: str,
        resource_pattern_type_filter: int,
        principal: str,
        host: str,
        operation: int,
        permission_type: int,
    ) -> None: ...
