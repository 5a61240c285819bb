"""boto3 takes the credentials of gatepass: from credential_process with a
profile, from the environment, or from the server of gatepass exec --server."""

import datetime
import os
import sys

import boto3

method = sys.argv[1]
session = boto3.Session(profile_name=os.environ.get("WITH_PROFILE") or None)
sts = session.client("sts", endpoint_url=os.environ["GATE"])
arn = sts.get_caller_identity()["Arn"]
assert arn.endswith(":assumed-role/NotesUser/CognitoIdentityCredentials"), arn
assert session.region_name == "us-east-1", session.region_name

credentials = session.get_credentials()
assert credentials.method == method, credentials.method
assert credentials.access_key.startswith("ASIA")
if method != "env":
    # When they are about to end boto3 asks again, by the same way.
    assert credentials._expiry_time > datetime.datetime.now(datetime.timezone.utc)
    asked = credentials._refresh_using
    calls = []
    credentials._refresh_using = lambda: calls.append(1) or asked()
    credentials._expiry_time = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=1)
    assert sts.get_caller_identity()["Arn"] == arn
    assert calls, "they were not renewed"
print("ok", method, arn)
