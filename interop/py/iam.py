"""Every IAM operation through boto3: what it parses of the answers, and the exceptions it raises."""
import json
import os

import boto3

cfg = json.loads(os.environ["GATEPASS_INTEROP"])
session = boto3.Session(os.environ["ADMIN_KEY"], os.environ["ADMIN_SECRET"], region_name=cfg["region"])
iam = session.client("iam", endpoint_url=cfg["endpoint"])
ACCOUNT = "arn:aws:iam::000000000000:"
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT + "root"}, "Action": "sts:AssumeRole"}]}
NOTES = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}]}
READ_ONLY = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"


def same(got, want):
    assert got == want, f"got {got!r}, want {want!r}"


def refused(exception, text, call, **args):
    try:
        call(**args)
    except exception as e:
        assert text in str(e), str(e)
        return
    raise AssertionError(f"{call} was not refused")


def holders(kind, key, name):
    """What roles and users have in common."""
    def op(form, **args):
        return getattr(iam, form.format(kind))(**{key: name}, **args)

    op("put_{}_policy", PolicyName="p", PolicyDocument=json.dumps(NOTES))
    got = op("get_{}_policy", PolicyName="p")
    same((got[key], got["PolicyName"], got["PolicyDocument"]), (name, "p", NOTES))
    same(op("list_{}_policies")["PolicyNames"], ["p"])
    op("delete_{}_policy", PolicyName="p")
    same(op("list_{}_policies")["PolicyNames"], [])
    refused(iam.exceptions.NoSuchEntityException, f"The {kind} policy with name p cannot be found.", lambda: op("get_{}_policy", PolicyName="p"))
    op("attach_{}_policy", PolicyArn=READ_ONLY)
    same(op("list_attached_{}_policies")["AttachedPolicies"], [{"PolicyName": "IAMReadOnlyAccess", "PolicyArn": READ_ONLY}])
    op("put_{}_permissions_boundary", PermissionsBoundary=READ_ONLY)
    same(getattr(iam, "get_" + kind)(**{key: name})[kind.capitalize()]["PermissionsBoundary"]["PermissionsBoundaryArn"], READ_ONLY)
    op("delete_{}_permissions_boundary")
    op("detach_{}_policy", PolicyArn=READ_ONLY)
    op("tag_{}", Tags=[{"Key": "team", "Value": "a = b"}, {"Key": "x", "Value": ""}])
    op("untag_{}", TagKeys=["x"])
    same(op("list_{}_tags")["Tags"], [{"Key": "team", "Value": "a = b"}])


def roles():
    made = iam.create_role(RoleName="Reader", Path="/app/", AssumeRolePolicyDocument=json.dumps(TRUST), Description="<é>")["Role"]
    same((made["Arn"], made["AssumeRolePolicyDocument"], made["Description"]), (ACCOUNT + "role/app/Reader", TRUST, "<é>"))
    iam.get_waiter("role_exists").wait(RoleName="Reader", WaiterConfig={"Delay": 1, "MaxAttempts": 2})
    holders("role", "RoleName", "Reader")
    same(iam.update_role(RoleName="Reader", MaxSessionDuration=7200)["ResponseMetadata"]["HTTPStatusCode"], 200)
    same(iam.update_role_description(RoleName="Reader", Description="d")["Role"]["Description"], "d")
    iam.update_assume_role_policy(RoleName="Reader", PolicyDocument=json.dumps(TRUST))
    same(iam.get_role(RoleName="reader")["Role"]["MaxSessionDuration"], 7200)
    same(iam.list_instance_profiles_for_role(RoleName="Reader")["InstanceProfiles"], [])
    assert "Reader" in [r["RoleName"] for page in iam.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 1}) for r in page["Roles"]]
    refused(iam.exceptions.EntityAlreadyExistsException, "Role with name Reader already exists.", iam.create_role, RoleName="Reader", AssumeRolePolicyDocument=json.dumps(TRUST))
    refused(iam.exceptions.MalformedPolicyDocumentException, "Syntax errors in policy.", iam.put_role_policy, RoleName="Reader", PolicyName="p", PolicyDocument="{}")


def users():
    iam.create_user(UserName="bob")
    holders("user", "UserName", "bob")
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    iam.update_access_key(UserName="bob", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    same([(k["AccessKeyId"], k["Status"]) for k in iam.list_access_keys(UserName="bob")["AccessKeyMetadata"]], [(key["AccessKeyId"], "Inactive")])
    refused(iam.exceptions.DeleteConflictException, "must delete access keys first", iam.delete_user, UserName="bob")
    iam.delete_access_key(UserName="bob", AccessKeyId=key["AccessKeyId"])
    same(iam.list_groups_for_user(UserName="bob")["Groups"], [])
    same(sorted(u["UserName"] for u in iam.list_users()["Users"]), ["bob", "clerk", "root"])
    same(iam.get_user()["User"]["UserName"], "root")
    iam.delete_user(UserName="bob")


def policies():
    arn = iam.create_policy(PolicyName="Notes", PolicyDocument=json.dumps(NOTES), Description="d", Tags=[{"Key": "a", "Value": "b"}])["Policy"]["Arn"]
    got = iam.get_policy(PolicyArn=arn)["Policy"]
    same((got["Description"], got["AttachmentCount"], got["IsAttachable"], got["Tags"]), ("d", 0, True, [{"Key": "a", "Value": "b"}]))
    v = iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(NOTES), SetAsDefault=True)["PolicyVersion"]
    same((v["VersionId"], v["IsDefaultVersion"]), ("v2", True))
    same(iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"], NOTES)
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "c", "Value": "d"}])
    iam.untag_policy(PolicyArn=arn, TagKeys=["A"])
    same(iam.list_policy_tags(PolicyArn=arn)["Tags"], [{"Key": "c", "Value": "d"}])
    same([x["VersionId"] for x in iam.list_policy_versions(PolicyArn=arn)["Versions"]], ["v2", "v1"])
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    iam.attach_role_policy(RoleName="Reader", PolicyArn=arn)
    entities = iam.list_entities_for_policy(PolicyArn=arn)
    same((entities["PolicyGroups"], entities["PolicyUsers"], [r["RoleName"] for r in entities["PolicyRoles"]]), ([], [], ["Reader"]))
    same([p["Arn"] for p in iam.list_policies(Scope="Local", OnlyAttached=True)["Policies"]], [arn])
    same(iam.simulate_principal_policy(PolicySourceArn=ACCOUNT + "role/app/Reader", ActionNames=["execute-api:Invoke"])["EvaluationResults"][0]["EvalDecision"], "allowed")
    refused(iam.exceptions.DeleteConflictException, "Cannot delete a policy attached to entities.", iam.delete_policy, PolicyArn=arn)
    iam.detach_role_policy(RoleName="Reader", PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)
    pages = list(iam.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 2}))
    assert len(pages) > 2 and all(p["Policies"] for p in pages), pages
    keyed = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": False}}}})
    same(iam.get_context_keys_for_custom_policy(PolicyInputList=[keyed])["ContextKeyNames"], ["aws:SecureTransport"])
    result = iam.simulate_custom_policy(PolicyInputList=[json.dumps(NOTES), keyed], ActionNames=["execute-api:Invoke"], ContextEntries=[
        {"ContextKeyName": "aws:SecureTransport", "ContextKeyType": "boolean", "ContextKeyValues": ["false"]}])["EvaluationResults"][0]
    same((result["EvalDecision"], [m["SourcePolicyId"] for m in result["MatchedStatements"]], result["MissingContextValues"]), ("explicitDeny", ["PolicyInputList.2"], []))


def providers():
    arn = iam.create_open_id_connect_provider(Url="https://idp.example/", ClientIDList=["a"], ThumbprintList=["0" * 40])["OpenIDConnectProviderArn"]
    iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="b")
    iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="a")
    iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=["1" * 40])
    iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=arn, Tags=[{"Key": "c", "Value": "d"}, {"Key": "e", "Value": ""}])
    iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=arn, TagKeys=["e"])
    same(iam.list_open_id_connect_provider_tags(OpenIDConnectProviderArn=arn)["Tags"], [{"Key": "c", "Value": "d"}])
    got = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    same((got["ClientIDList"], got["ThumbprintList"]), (["b"], ["1" * 40]))
    same(iam.list_open_id_connect_providers()["OpenIDConnectProviderList"], [{"Arn": arn}])
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)


roles()
users()
policies()
providers()
iam.delete_role(RoleName="Reader")
refused(iam.exceptions.NoSuchEntityException, "The role with name Reader cannot be found.", iam.get_role, RoleName="Reader")
print("iam: every operation")
