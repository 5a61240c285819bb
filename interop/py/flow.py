"""The chain with boto3: administration, sign-in, credentials, a signed call."""
import json
import os
import sys
import urllib.error
import urllib.request

import boto3
from botocore import UNSIGNED
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

cfg = json.loads(os.environ["GATEPASS_INTEROP"])


def check(what, ok, detail=""):
    if not ok:
        sys.exit(f"FAIL {what}: {detail}")
    print("ok", what)


def client(service, key=None, secret=None, token=None):
    config = Config(retries={"max_attempts": 0}, signature_version=None if key else UNSIGNED)
    return boto3.client(service, region_name=cfg["region"], endpoint_url=cfg["endpoint"], config=config,
                        aws_access_key_id=key, aws_secret_access_key=secret, aws_session_token=token)


def refused(what, code, fn):
    try:
        fn()
    except ClientError as e:
        check(what, e.response["Error"]["Code"] == code, e)
    else:
        check(what, False, "was let through")


admin = client("cognito-idp", os.environ["ADMIN_KEY"], os.environ["ADMIN_SECRET"])
pool = cfg["userPoolId"]
admin.admin_create_user(UserPoolId=pool, Username="pia", MessageAction="SUPPRESS", TemporaryPassword="Temporary-horse-7",
                        UserAttributes=[{"Name": "email", "Value": "pia@example.com"}, {"Name": "email_verified", "Value": "true"}])
admin.admin_set_user_password(UserPoolId=pool, Username="pia", Password=cfg["password"], Permanent=True)
check("AdminGetUser", admin.admin_get_user(UserPoolId=pool, Username="pia")["UserStatus"] == "CONFIRMED")
found = admin.list_users(UserPoolId=pool, Filter='email = "pia@example.com"')["Users"]
check("ListUsers with a filter", [u["Username"] for u in found] == ["pia"], found)
clerk = client("cognito-idp", os.environ["CLERK_KEY"], os.environ["ADMIN_SECRET"])
check("ListUsers as the clerk", len(clerk.list_users(UserPoolId=pool)["Users"]) >= 2)
refused("the clerk may not create users", "AccessDeniedException", lambda: clerk.admin_create_user(UserPoolId=pool, Username="x"))

idp = client("cognito-idp")
login = lambda password: idp.initiate_auth(AuthFlow="USER_PASSWORD_AUTH", ClientId=cfg["clientId"],
                                           AuthParameters={"USERNAME": "pia@example.com", "PASSWORD": password})
refused("wrong password", "NotAuthorizedException", lambda: login("Wrong-horse-7"))
tokens = login(cfg["password"])["AuthenticationResult"]
check("InitiateAuth", tokens["TokenType"] == "Bearer")
again = idp.initiate_auth(AuthFlow="REFRESH_TOKEN_AUTH", ClientId=cfg["clientId"], AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]})
check("REFRESH_TOKEN_AUTH", "IdToken" in again["AuthenticationResult"])

ids = client("cognito-identity")
logins = {f"cognito-idp.{cfg['region']}.amazonaws.com/{pool}": tokens["IdToken"]}
identity = ids.get_id(IdentityPoolId=cfg["identityPoolId"], Logins=logins)["IdentityId"]
c = ids.get_credentials_for_identity(IdentityId=identity, Logins=logins)["Credentials"]
refused("no guests here", "NotAuthorizedException", lambda: ids.get_id(IdentityPoolId=cfg["identityPoolId"]))
refused("another's identity", "NotAuthorizedException", lambda: ids.get_credentials_for_identity(IdentityId=identity))
caller = client("sts", c["AccessKeyId"], c["SecretKey"], c["SessionToken"]).get_caller_identity()
check("GetCallerIdentity", caller["Arn"].endswith("/CognitoIdentityCredentials"), caller)
refused("a token of another key", "InvalidClientTokenId",
        lambda: client("sts", "ASIAAAAAAAAAAAAAAAAA", c["SecretKey"], c["SessionToken"]).get_caller_identity())


def call(method, path, body=None, secret=c["SecretKey"]):
    r = AWSRequest(method=method, url=cfg["api"] + path, data=body, headers={"Content-Type": "application/json"} if body else {})
    SigV4Auth(Credentials(c["AccessKeyId"], secret, c["SessionToken"]), "execute-api", cfg["region"]).add_auth(r)
    q = urllib.request.Request(r.url, data=body, method=method, headers=dict(r.headers))
    try:
        with urllib.request.urlopen(q) as resp:
            return resp.status, resp.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, e.read().decode()


check("POST /notes", call("POST", "/notes", b'{"content":"from botocore"}')[0] == 201)
status, text = call("GET", "/notes")
check("GET /notes", status == 200 and "from botocore" in text, text)
check("denied by policy", call("GET", "/admin")[0] == 403)
check("a wrong secret", call("GET", "/notes", secret="x" * 40)[0] == 403)
admin.admin_disable_user(UserPoolId=pool, Username="pia")
refused("a disabled user", "NotAuthorizedException", lambda: login(cfg["password"]))
admin.admin_delete_user(UserPoolId=pool, Username="pia")
