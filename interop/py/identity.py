"""Identity pools with boto3. provision: a pool from nothing, with providers,
roles, mappings and tags. use: what its users, guests and the developer's backend
get of it."""
import json
import os
import sys

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

cfg = json.loads(os.environ["GATEPASS_INTEROP"])
provider = f"cognito-idp.{cfg['region']}.amazonaws.com/{cfg['userPoolId']}"
role = lambda name: f"arn:aws:iam::000000000000:role/{name}"
DEVELOPER = "login.example"


def check(what, ok, detail=""):
    if not ok:
        sys.exit(f"FAIL {what}: {detail}")
    print("ok", what)


def client(service, key=None, secret=None, token=None):
    config = Config(retries={"max_attempts": 0}, signature_version=None if key else UNSIGNED)
    return boto3.client(service, region_name=cfg["region"], endpoint_url=cfg["endpoint"], config=config,
                        aws_access_key_id=key, aws_secret_access_key=secret, aws_session_token=token)


def refused(what, code, text, fn):
    try:
        fn()
    except ClientError as e:
        check(what, e.response["Error"]["Code"] == code and text in e.response["Error"]["Message"], e)
    else:
        check(what, False, "was let through")


admin = client("cognito-identity", os.environ["ADMIN_KEY"], os.environ["ADMIN_SECRET"])
clerk = client("cognito-identity", os.environ["CLERK_KEY"], os.environ["ADMIN_SECRET"])
public = client("cognito-identity")


def provision():
    made = admin.create_identity_pool(
        IdentityPoolName="from nothing", AllowUnauthenticatedIdentities=False, DeveloperProviderName=DEVELOPER,
        CognitoIdentityProviders=[{"ProviderName": provider, "ClientId": cfg["clientId"], "ServerSideTokenCheck": True}],
        IdentityPoolTags={"team": "x"})
    pool = made["IdentityPoolId"]
    check("ListIdentityPools", pool in [p["IdentityPoolId"] for p in admin.get_paginator("list_identity_pools").paginate(MaxResults=60).search("IdentityPools[]")])
    made.pop("ResponseMetadata")
    described = admin.describe_identity_pool(IdentityPoolId=pool)
    described.pop("ResponseMetadata")
    check("DescribeIdentityPool", described == made, described)
    described["AllowUnauthenticatedIdentities"] = True
    check("UpdateIdentityPool", admin.update_identity_pool(**described)["AllowUnauthenticatedIdentities"])
    refused("the clerk may not", "AccessDeniedException", "cognito-identity:DescribeIdentityPool", lambda: clerk.describe_identity_pool(IdentityPoolId=pool))
    mapping = {"Type": "Token", "AmbiguousRoleResolution": "Deny"}
    refused("5.1.15", "InvalidParameterException", f"{provider} is not a valid RoleMapping ProviderName or is not a configured provider.",
            lambda: admin.set_identity_pool_roles(IdentityPoolId=pool, Roles={}, RoleMappings={provider: mapping}))
    roles = {"authenticated": role("NotesUser"), "unauthenticated": role("Guest")}
    key = f"{provider}:{cfg['clientId']}"
    admin.set_identity_pool_roles(IdentityPoolId=pool, Roles=roles, RoleMappings={key: mapping})
    got = admin.get_identity_pool_roles(IdentityPoolId=pool)
    check("GetIdentityPoolRoles", got["Roles"] == roles and got["RoleMappings"] == {key: mapping}, got)
    admin.set_principal_tag_attribute_map(IdentityPoolId=pool, IdentityProviderName=provider, UseDefaults=True)
    got = admin.get_principal_tag_attribute_map(IdentityPoolId=pool, IdentityProviderName=provider)
    check("GetPrincipalTagAttributeMap", got["PrincipalTags"] == {"username": "sub", "client": "aud"}, got)
    arn = f"arn:aws:cognito-identity:{cfg['region']}:000000000000:identitypool/{pool}"
    admin.tag_resource(ResourceArn=arn, Tags={"stage": "test"})
    admin.untag_resource(ResourceArn=arn, TagKeys=["team"])
    check("ListTagsForResource", admin.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"stage": "test"})
    with open(os.environ["POOL_FILE"], "w") as f:
        f.write(pool)


def arn_of(credentials):
    arn = client("sts", credentials["AccessKeyId"], credentials["SecretKey"], credentials["SessionToken"]).get_caller_identity()["Arn"]
    return arn.split("/")[1]


def use():
    with open(os.environ["POOL_FILE"]) as f:
        pool = f.read()
    tokens = client("cognito-idp").initiate_auth(
        AuthFlow="USER_PASSWORD_AUTH", ClientId=cfg["clientId"],
        AuthParameters={"USERNAME": cfg["username"], "PASSWORD": cfg["password"]})["AuthenticationResult"]
    logins = {provider: tokens["IdToken"]}
    guest = public.get_id(IdentityPoolId=pool)["IdentityId"]
    got = public.get_credentials_for_identity(IdentityId=guest)
    check("a guest's role", arn_of(got["Credentials"]) == "Guest")
    identity = public.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
    credentials = lambda **more: public.get_credentials_for_identity(IdentityId=identity, Logins=logins, **more)["Credentials"]
    check("the preferred role", arn_of(credentials()) == "Editor")
    check("CustomRoleArn", arn_of(credentials(CustomRoleArn=role("Reader"))) == "Reader")
    refused("another role", "NotAuthorizedException", "", lambda: credentials(CustomRoleArn=role("NotesUser")))
    refused("5.1.16", "InvalidParameterException", "Basic (classic) flow is not enabled, please use enhanced flow.",
            lambda: public.get_open_id_token(IdentityId=identity, Logins=logins))
    rule = {"Claim": "cognito:groups", "MatchType": "Contains", "Value": "nobody", "RoleARN": role("Reader")}
    admin.set_identity_pool_roles(IdentityPoolId=pool, Roles={"authenticated": role("NotesUser")}, RoleMappings={f"{provider}:{cfg['clientId']}": {
        "Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": {"Rules": [rule]}}})
    refused("5.1.13", "NotAuthorizedException", "The ambiguous role mapping rules denied this request", credentials)

    described = admin.describe_identity(IdentityId=identity)
    check("DescribeIdentity", described["Logins"] == [provider] and described["CreationDate"].year > 2000, described)
    token = admin.get_open_id_token_for_developer_identity(IdentityPoolId=pool, Logins={DEVELOPER: "ada"})
    check("a developer's user", arn_of(public.get_credentials_for_identity(
        IdentityId=token["IdentityId"], Logins={"cognito-identity.amazonaws.com": token["Token"]})["Credentials"]) == "NotesUser")
    admin.get_open_id_token_for_developer_identity(IdentityPoolId=pool, Logins={DEVELOPER: "ada2"}, IdentityId=identity, TokenDuration=60)
    refused("registered already", "DeveloperUserAlreadyRegisteredException", "", lambda: admin.get_open_id_token_for_developer_identity(
        IdentityPoolId=pool, Logins={DEVELOPER: "ada"}, IdentityId=identity))
    merged = admin.merge_developer_identities(SourceUserIdentifier="ada", DestinationUserIdentifier="ada2", DeveloperProviderName=DEVELOPER, IdentityPoolId=pool)
    check("MergeDeveloperIdentities", merged["IdentityId"] == identity)
    found = admin.lookup_developer_identity(IdentityPoolId=pool, IdentityId=identity)
    check("LookupDeveloperIdentity", found["DeveloperUserIdentifierList"] == ["ada", "ada2"], found)
    refused("the merged identity", "NotAuthorizedException", f"Access to Identity '{token['IdentityId']}' is forbidden.",
            lambda: public.get_credentials_for_identity(IdentityId=token["IdentityId"]))
    for user in "ada", "ada2":
        admin.unlink_developer_identity(IdentityId=identity, IdentityPoolId=pool, DeveloperProviderName=DEVELOPER, DeveloperUserIdentifier=user)
    public.unlink_identity(IdentityId=identity, Logins=logins, LoginsToRemove=[provider])
    refused("an unlinked identity", "NotAuthorizedException", f"Access to Identity '{identity}' is forbidden.", credentials)
    listed = lambda **more: {i["IdentityId"] for i in admin.list_identities(IdentityPoolId=pool, MaxResults=60, **more)["Identities"]}
    check("ListIdentities", listed() == {guest, identity, token["IdentityId"]} and listed(HideDisabled=True) == {guest}, listed())
    check("DeleteIdentities", admin.delete_identities(IdentityIdsToDelete=[guest])["UnprocessedIdentityIds"] == [] and guest not in listed())
    admin.delete_identity_pool(IdentityPoolId=pool)
    refused("5.1.01", "ResourceNotFoundException", f"IdentityPool '{pool}' not found.", lambda: public.get_id(IdentityPoolId=pool))


{"provision": provision, "use": use}[sys.argv[1]]()
