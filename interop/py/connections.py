"""The @connections API with boto3, as a backend uses it."""
import json
import os
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

cfg = json.loads(os.environ["GATEPASS_INTEROP"])
connection = os.environ["CONNECTION_ID"]


def check(what, ok, detail=""):
    if not ok:
        sys.exit(f"FAIL {what}: {detail}")
    print("ok", what)


def client(key):
    return boto3.client("apigatewaymanagementapi", region_name=cfg["region"], endpoint_url=cfg["api"], config=Config(retries={"max_attempts": 0}),
                        aws_access_key_id=key, aws_secret_access_key=os.environ["ADMIN_SECRET"])


def refused(what, status, code, fn):
    try:
        fn()
    except ClientError as e:
        check(what, e.response["Error"]["Code"] == code and e.response["ResponseMetadata"]["HTTPStatusCode"] == status, e.response)
    else:
        check(what, False, "was let through")


api = client(os.environ["ADMIN_KEY"])
about = api.get_connection(ConnectionId=connection)
check("get", about["Identity"]["SourceIp"] == "127.0.0.1" and about["ConnectedAt"].year > 2000, about)
api.post_to_connection(ConnectionId=connection, Data=b"hello from boto3")
refused("denied", 403, "AccessDeniedException", lambda: client(os.environ["CLERK_KEY"]).post_to_connection(ConnectionId=connection, Data=b"x"))
refused("large", 413, "PayloadTooLargeException", lambda: api.post_to_connection(ConnectionId=connection, Data=b"x" * (129 << 10)))
api.delete_connection(ConnectionId=connection)
try:
    api.post_to_connection(ConnectionId=connection, Data=b"late")
except api.exceptions.GoneException:
    check("gone", True)
else:
    check("gone", False, "was let through")
