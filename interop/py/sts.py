"""STS with boto3: roles assumed by a user, in a chain and with a token of an
identity pool; session policies and tags, kept at the gate; refusals."""
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
role = lambda name: f"arn:aws:iam::000000000000:role/{name}"
session = lambda name, who: f"arn:aws:sts::000000000000:assumed-role/{name}/{who}"
allow = lambda action, resource="*": json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]}, indent=4)


def check(what, ok, detail=""):
    if not ok:
        sys.exit(f"FAIL {what}: {detail}")
    print("ok", what)


def client(service, key=None, secret=None, token=None):
    config = Config(retries={"max_attempts": 0}, signature_version=None if key else UNSIGNED)
    return boto3.client(service, region_name=cfg["region"], endpoint_url=cfg["endpoint"], config=config,
                        aws_access_key_id=key, aws_secret_access_key=secret, aws_session_token=token)


def sts_of(answer):
    c = answer["Credentials"]
    return client("sts", c["AccessKeyId"], c["SecretAccessKey"], c["SessionToken"])


def call(answer, method="GET", path="/notes"):
    """The status of a call through the gate with these credentials."""
    c = answer["Credentials"]
    body = b'{"content":"x"}' if method == "POST" else None
    r = AWSRequest(method=method, url=cfg["api"] + path, data=body)
    SigV4Auth(Credentials(c["AccessKeyId"], c.get("SecretAccessKey") or c["SecretKey"], c["SessionToken"]), "execute-api", cfg["region"]).add_auth(r)
    try:
        return urllib.request.urlopen(urllib.request.Request(r.url, data=body, headers=dict(r.headers), method=method)).status
    except urllib.error.HTTPError as e:
        return e.code


def refused(what, code, text, fn):
    try:
        fn()
    except ClientError as e:
        check(what, e.response["Error"]["Code"] == code and text in e.response["Error"]["Message"], e)
    else:
        check(what, False, "was let through")


admin = client("sts", os.environ["ADMIN_KEY"], os.environ["ADMIN_SECRET"])
clerk = client("sts", os.environ["CLERK_KEY"], os.environ["ADMIN_SECRET"])
public = client("sts")

worker = admin.assume_role(RoleArn=role("Worker"), RoleSessionName="desk")
check("AssumeRole", worker["AssumedRoleUser"]["Arn"] == session("Worker", "desk"), worker)
me = sts_of(worker).get_caller_identity()
check("GetCallerIdentity", me["Arn"] == session("Worker", "desk") and me["UserId"] == worker["AssumedRoleUser"]["AssumedRoleId"] and me["Account"] == "000000000000", me)
check("through the gate", call(worker) == 200 and call(worker, "POST") == 201)
refused("the clerk's policies do not allow it", "AccessDenied", f"is not authorized to perform: sts:AssumeRole on resource: {role('Worker')}",
        lambda: clerk.assume_role(RoleArn=role("Worker"), RoleSessionName="desk"))
refused("the trust policy does not", "AccessDenied", "sts:AssumeRole", lambda: admin.assume_role(RoleArn=role("Boss"), RoleSessionName="desk"))
refused("longer than the role lasts", "ValidationError", "MaxSessionDuration", lambda: admin.assume_role(RoleArn=role("Worker"), RoleSessionName="desk", DurationSeconds=7200))
refused("session name", "ValidationError", r"Member must satisfy regular expression pattern: [\w+=,.@-]*",
        lambda: admin.assume_role(RoleArn=role("Worker"), RoleSessionName="Session1:2"))

boss = sts_of(worker).assume_role(RoleArn=role("Boss"), RoleSessionName="corner")
check("chained", sts_of(boss).get_caller_identity()["Arn"] == session("Boss", "corner") and call(boss) == 200)
refused("a chain has one hour", "ValidationError", "role chaining", lambda: sts_of(worker).assume_role(RoleArn=role("Boss"), RoleSessionName="corner", DurationSeconds=3601))

reader = admin.assume_role(RoleArn=role("Worker"), RoleSessionName="read", Policy=allow("execute-api:Invoke", "arn:aws:execute-api:*:*:notes/prod/GET/*"))
check("PackedPolicySize", 0 < reader["PackedPolicySize"] < 100, reader["PackedPolicySize"])
check("a session policy narrows", call(reader) == 200 and call(reader, "POST") == 403)
refused("and nobody gets round it", "AccessDenied", "sts:AssumeRole", lambda: sts_of(reader).assume_role(RoleArn=role("Boss"), RoleSessionName="corner"))
check("GetCallerIdentity is never denied", sts_of(reader).get_caller_identity()["Account"] == "000000000000")
refused("a bad policy", "MalformedPolicyDocument", "", lambda: admin.assume_role(RoleArn=role("Worker"), RoleSessionName="read", Policy="{}"))

tags = [{"Key": "method", "Value": "GET"}]
getter = sts_of(worker).assume_role(RoleArn=role("Tagged"), RoleSessionName="tagged", Tags=tags, TransitiveTagKeys=["method"])
check("session tags decide at the gate", call(getter) == 200 and call(getter, "POST") == 403)
check("no tag, no call", call(sts_of(worker).assume_role(RoleArn=role("Tagged"), RoleSessionName="tagged")) == 403)
refused("duplicate tags", "InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        lambda: admin.assume_role(RoleArn=role("Worker"), RoleSessionName="x1", Tags=[{"Key": "a", "Value": ""}, {"Key": "A", "Value": ""}]))
refused("too many tags for a token", "PackedPolicyTooLarge", "%", lambda: admin.assume_role(
    RoleArn=role("Worker"), RoleSessionName="x1", Tags=[{"Key": f"key{i}", "Value": "v" * 200} for i in range(50)]))

user = admin.get_session_token(DurationSeconds=900)
check("GetSessionToken", sts_of(user).get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:user/root" and call(user, "POST") == 201)
refused("a session makes no session", "AccessDenied", "Cannot call GetSessionToken with session credentials", lambda: sts_of(user).get_session_token())
check("GetAccessKeyInfo", admin.get_access_key_info(AccessKeyId=os.environ["CLERK_KEY"])["Account"] == "000000000000")
refused("GetAccessKeyInfo needs a policy", "AccessDenied", "sts:GetAccessKeyInfo", lambda: clerk.get_access_key_info(AccessKeyId=os.environ["CLERK_KEY"]))

def denied_by_gate():
    """The sealed reason of a refusal at the gate."""
    c = reader["Credentials"]
    r = AWSRequest(method="POST", url=cfg["api"] + "/notes", data=b"{}")
    SigV4Auth(Credentials(c["AccessKeyId"], c["SecretAccessKey"], c["SessionToken"]), "execute-api", cfg["region"]).add_auth(r)
    try:
        urllib.request.urlopen(urllib.request.Request(r.url, data=b"{}", headers=dict(r.headers), method="POST"))
    except urllib.error.HTTPError as e:
        return e.headers["X-Gatepass-Authorization-Message"]


message = denied_by_gate()
decoded = json.loads(admin.decode_authorization_message(EncodedMessage=message)["DecodedMessage"])
check("DecodeAuthorizationMessage", not decoded["allowed"] and decoded["context"]["action"] == "execute-api:Invoke"
      and decoded["context"]["resource"].endswith(":notes/prod/POST/notes") and decoded["context"]["principal"]["arn"] == session("Worker", "read"), decoded)
refused("not for everybody", "AccessDenied", "sts:DecodeAuthorizationMessage", lambda: clerk.decode_authorization_message(EncodedMessage=message))

pools = client("cognito-identity")
login = client("cognito-idp").initiate_auth(AuthFlow="USER_PASSWORD_AUTH", ClientId=cfg["clientId"],
                                            AuthParameters={"USERNAME": cfg["username"], "PASSWORD": cfg["password"]})
logins = {f"cognito-idp.{cfg['region']}.amazonaws.com/{cfg['userPoolId']}": login["AuthenticationResult"]["IdToken"]}
ada = pools.get_id(IdentityPoolId=cfg["identityPoolId"], Logins=logins)["IdentityId"]
token = pools.get_open_id_token(IdentityId=ada, Logins=logins)["Token"]
web = public.assume_role_with_web_identity(RoleArn=role("NotesUser"), RoleSessionName="ada", WebIdentityToken=token)
check("AssumeRoleWithWebIdentity", web["SubjectFromWebIdentityToken"] == ada and web["Audience"] == cfg["identityPoolId"]
      and web["Provider"] == "cognito-identity.amazonaws.com" and call(web) == 200, web)
narrow = public.assume_role_with_web_identity(RoleArn=role("NotesUser"), RoleSessionName="ada", WebIdentityToken=token, Policy=allow("execute-api:Invoke", "arn:aws:execute-api:*:*:notes/prod/GET/*"))
check("narrowed", call(narrow) == 200 and call(narrow, "POST") == 403)
refused("a role for guests", "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity",
        lambda: public.assume_role_with_web_identity(RoleArn=role("Guest"), RoleSessionName="ada", WebIdentityToken=token))
refused("an access token", "InvalidIdentityToken", "", lambda: public.assume_role_with_web_identity(
    RoleArn=role("NotesUser"), RoleSessionName="ada", WebIdentityToken=login["AuthenticationResult"]["AccessToken"]))
refused("the user pool is no provider of IAM", "InvalidIdentityToken", "No OpenIDConnect provider found in your account for", lambda: public.assume_role_with_web_identity(
    RoleArn=role("NotesUser"), RoleSessionName="ada", WebIdentityToken=list(logins.values())[0]))

guest = pools.get_id(IdentityPoolId=cfg["identityPoolId"])["IdentityId"]
c = pools.get_credentials_for_identity(IdentityId=guest)["Credentials"]
c["SecretAccessKey"] = c.pop("SecretKey")
check("a guest's role allows all, and the gate lets him in", call({"Credentials": c}) == 200)
refused("but he has no role of another", "AccessDenied", "sts:AssumeRole", lambda: sts_of({"Credentials": c}).assume_role(RoleArn=role("Worker"), RoleSessionName="guest"))

operator = client("cognito-identity", os.environ["ADMIN_KEY"], os.environ["ADMIN_SECRET"])
operator.set_principal_tag_attribute_map(IdentityPoolId=cfg["identityPoolId"], IdentityProviderName=list(logins)[0], UseDefaults=False, PrincipalTags={"mail": "email"})
for name, status in ("ForAda", 200), ("ForBob", 403):
    operator.set_identity_pool_roles(IdentityPoolId=cfg["identityPoolId"], Roles={"authenticated": role(name)})
    c = pools.get_credentials_for_identity(IdentityId=ada, Logins=logins)["Credentials"]
    check(f"a claim as a tag, {name}, enhanced flow", call({"Credentials": c}) == status)
    token = pools.get_open_id_token(IdentityId=ada, Logins=logins)["Token"]
    web = public.assume_role_with_web_identity(RoleArn=role(name), RoleSessionName="ada", WebIdentityToken=token)
    check(f"a claim as a tag, {name}, basic flow", call(web) == status and web["PackedPolicySize"] > 0)
