"""API Gateway's control plane with boto3: every call is answered in the shape
that botocore's model gives it, with no member that the model does not know."""
import datetime
import json
import os
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

cfg = json.loads(os.environ["GATEPASS_INTEROP"])
backend = os.environ["BACKEND"]
called = set()


def check(what, ok, detail=""):
    if not ok:
        sys.exit(f"FAIL {what}: {detail}")


def unknown(shape, value, path=""):
    """members of a value that the model does not have, and values of another type"""
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            return [path + " is no object"]
        names = {m.serialization.get("name", name): m for name, m in shape.members.items()}
        out = []
        for key, inner in value.items():
            if key not in names:
                out.append(f"{path}.{key}")
            else:
                out += unknown(names[key], inner, f"{path}.{key}")
        return out
    if kind == "list":
        if not isinstance(value, list):
            return [path + " is no list"]
        return [u for i, v in enumerate(value) for u in unknown(shape.member, v, f"{path}[{i}]")]
    if kind == "map":
        if not isinstance(value, dict):
            return [path + " is no map"]
        return [u for k, v in value.items() for u in unknown(shape.value, v, f"{path}.{k}")]
    types = {"string": str, "boolean": bool, "integer": int, "long": int, "double": (int, float), "float": (int, float)}
    if kind == "timestamp":
        iso = shape.serialization.get("timestampFormat") == "iso8601"
        return [] if isinstance(value, str if iso else (int, float)) else [f"{path} is the time {value!r}"]
    return [] if isinstance(value, types.get(kind, object)) else [f"{path} is {value!r}, not of type {kind}"]


def watched(service):
    c = boto3.client(service, region_name=cfg["region"], endpoint_url=cfg["endpoint"], config=Config(retries={"max_attempts": 0}),
                     aws_access_key_id=os.environ["ADMIN_KEY"], aws_secret_access_key=os.environ["ADMIN_SECRET"])

    def after(http_response, parsed, model, **_):
        if http_response.status_code >= 300:
            return
        called.add((service, model.name))
        status = model.http.get("responseCode", 200)
        check(model.name, http_response.status_code == status, f"status {http_response.status_code}, the model says {status}")
        if model.output_shape is None or model.output_shape.serialization.get("payload"):
            return
        body = json.loads(http_response.content or b"{}")
        bad = unknown(model.output_shape, body)
        check(model.name, not bad, bad)

    c.meta.events.register("after-call.*", after)
    return c


def refused(code, text, fn, **args):
    try:
        fn(**args)
    except ClientError as e:
        check(text, e.response["Error"]["Code"] == code and text in e.response["Error"]["Message"], e)
    else:
        check(text, False, "was let through")


def rest():
    c = watched("apigateway")
    api = c.create_rest_api(name="n", description="d", binaryMediaTypes=["image/png"], apiKeySource="HEADER",
                            endpointConfiguration={"types": ["REGIONAL"]}, tags={"team": "x"})
    check("created", api["createdDate"].year > 2000)
    a, root = {"restApiId": api["id"]}, api["rootResourceId"]
    c.get_rest_apis(limit=5)
    c.get_rest_api(**a)
    c.update_rest_api(**a, patchOperations=[{"op": "replace", "path": "/name", "value": "m"}])
    c.create_model(**a, name="Note", contentType="application/json", schema='{"type":"object"}')
    c.get_model(**a, modelName="Note"), c.get_models(**a)
    c.update_model(**a, modelName="Note", patchOperations=[{"op": "replace", "path": "/description", "value": "d"}])
    v = c.create_request_validator(**a, name="v", validateRequestBody=True)["id"]
    c.get_request_validator(**a, requestValidatorId=v), c.get_request_validators(**a)
    auth = c.create_authorizer(**a, name="users", type="COGNITO_USER_POOLS", identitySource="method.request.header.Authorization",
                               providerARNs=[f"arn:aws:cognito-idp:{cfg['region']}:000000000000:userpool/{cfg['userPoolId']}"])["id"]
    c.get_authorizer(**a, authorizerId=auth), c.get_authorizers(**a)
    r = c.create_resource(**a, parentId=root, pathPart="notes")["id"]
    c.get_resources(**a, embed=["methods"]), c.get_resource(**a, resourceId=r)
    m = dict(a, resourceId=r, httpMethod="GET")
    c.put_method(**m, authorizationType="COGNITO_USER_POOLS", authorizerId=auth, requestParameters={"method.request.querystring.q": False})
    c.put_method_response(**m, statusCode="200", responseModels={"application/json": "Note"})
    c.put_integration(**m, type="HTTP_PROXY", integrationHttpMethod="GET", uri=backend + "/notes")
    c.update_method(**m, patchOperations=[{"op": "replace", "path": "/operationName", "value": "List"}])
    c.get_method(**m), c.get_method_response(**m, statusCode="200"), c.get_integration(**m)
    c.put_integration_response(**m, statusCode="200", selectionPattern="")
    c.get_integration_response(**m, statusCode="200")
    c.update_integration_response(**m, statusCode="200", patchOperations=[{"op": "replace", "path": "/selectionPattern", "value": "2.."}])
    c.delete_integration_response(**m, statusCode="200")
    c.update_integration(**m, patchOperations=[{"op": "replace", "path": "/timeoutInMillis", "value": "5000"}])
    c.update_method_response(**m, statusCode="200", patchOperations=[{"op": "remove", "path": "/responseModels/application~1json"}])
    c.put_gateway_response(**a, responseType="DEFAULT_4XX", responseParameters={"gatewayresponse.header.X": "'1'"})
    c.get_gateway_response(**a, responseType="ACCESS_DENIED"), c.get_gateway_responses(**a)
    d = c.create_deployment(**a, stageName="prod", variables={"a": "b"}, description="d")["id"]
    c.get_deployment(**a, deploymentId=d), c.get_deployments(**a)
    c.update_deployment(**a, deploymentId=d, patchOperations=[{"op": "replace", "path": "/description", "value": "e"}])
    c.create_stage(**a, stageName="next", deploymentId=d, tags={"s": "1"})
    c.update_stage(**a, stageName="prod", patchOperations=[
        {"op": "replace", "path": "/*/*/throttling/rateLimit", "value": "100"}, {"op": "replace", "path": "/*/*/throttling/burstLimit", "value": "10"},
        {"op": "replace", "path": "/~1notes/GET/throttling/rateLimit", "value": "5.5"},
        {"op": "replace", "path": "/accessLogSettings/format", "value": "$context.requestId"}])
    stage = c.get_stage(**a, stageName="prod")
    check("method settings", stage["methodSettings"]["notes/GET"]["throttlingRateLimit"] == 5.5, stage)
    c.get_stages(**a), c.delete_stage(**a, stageName="next")
    c.flush_stage_authorizers_cache(**a, stageName="prod")
    doc = c.get_export(**a, stageName="prod", exportType="oas30", accepts="application/yaml", parameters={"extensions": "apigateway"})["body"].read()
    check("export", b"/notes:" in doc and b"x-amazon-apigateway-integration:" in doc, doc)
    key = c.create_api_key(name="k", enabled=True, generateDistinctId=True)
    check("key", len(key["value"]) == 40)
    c.get_api_key(apiKey=key["id"], includeValue=True), c.get_api_keys(includeValues=True)
    c.update_api_key(apiKey=key["id"], patchOperations=[{"op": "replace", "path": "/description", "value": "d"}])
    p = c.create_usage_plan(name="p", apiStages=[{"apiId": api["id"], "stage": "prod", "throttle": {"/notes/GET": {"rateLimit": 1, "burstLimit": 1}}}],
                            throttle={"rateLimit": 5, "burstLimit": 5}, quota={"limit": 100, "period": "MONTH"})["id"]
    c.create_usage_plan_key(usagePlanId=p, keyId=key["id"], keyType="API_KEY")
    c.get_usage_plan(usagePlanId=p), c.get_usage_plans(), c.get_usage_plan_keys(usagePlanId=p), c.get_usage_plan_key(usagePlanId=p, keyId=key["id"])
    today = datetime.datetime.now(datetime.timezone.utc).date()
    usage = c.update_usage(usagePlanId=p, keyId=key["id"], patchOperations=[{"op": "replace", "path": "/remaining", "value": "5"}])
    check("update usage", usage["items"][key["id"]] == [[0, 5]], usage)
    usage = c.get_usage(usagePlanId=p, startDate=str(today - datetime.timedelta(days=1)), endDate=str(today + datetime.timedelta(days=1)))
    check("usage", len(usage["items"][key["id"]]) >= 2, usage)
    c.update_usage_plan(usagePlanId=p, patchOperations=[{"op": "remove", "path": "/apiStages", "value": api["id"] + ":prod"}])
    c.delete_usage_plan_key(usagePlanId=p, keyId=key["id"]), c.delete_usage_plan(usagePlanId=p), c.delete_api_key(apiKey=key["id"])
    c.create_domain_name(domainName="rest.example", regionalCertificateArn="arn:aws:acm:us-east-1:000000000000:certificate/x",
                         endpointConfiguration={"types": ["REGIONAL"]}, securityPolicy="TLS_1_2")
    c.get_domain_name(domainName="rest.example"), c.get_domain_names()
    c.create_base_path_mapping(domainName="rest.example", basePath="v1", restApiId=api["id"], stage="prod")
    c.get_base_path_mapping(domainName="rest.example", basePath="v1"), c.get_base_path_mappings(domainName="rest.example")
    c.update_base_path_mapping(domainName="rest.example", basePath="v1", patchOperations=[{"op": "replace", "path": "/basePath", "value": "v2"}])
    c.delete_base_path_mapping(domainName="rest.example", basePath="v2"), c.delete_domain_name(domainName="rest.example")
    arn = f"arn:aws:apigateway:{cfg['region']}::/restapis/{api['id']}"
    c.tag_resource(resourceArn=arn, tags={"k": "v"}), c.untag_resource(resourceArn=arn, tagKeys=["team"])
    check("tags", c.get_tags(resourceArn=arn)["tags"] == {"k": "v"})
    c.get_account()
    imported = c.import_rest_api(body=doc, failOnWarnings=False, parameters={"endpointConfigurationTypes": "REGIONAL"})
    c.put_rest_api(restApiId=imported["id"], mode="overwrite", body=doc)
    c.delete_rest_api(restApiId=imported["id"]), c.delete_gateway_response(**a, responseType="DEFAULT_4XX")
    c.delete_integration(**m), c.delete_method_response(**m, statusCode="200"), c.delete_method(**m), c.delete_resource(**a, resourceId=r)
    c.delete_model(**a, modelName="Note"), c.delete_authorizer(**a, authorizerId=auth), c.delete_request_validator(**a, requestValidatorId=v)
    c.delete_stage(**a, stageName="prod"), c.delete_deployment(**a, deploymentId=d), c.delete_rest_api(**a)
    refused("NotFoundException", "Invalid API identifier specified", c.get_rest_api, **a)


def v2():
    c = watched("apigatewayv2")
    api = c.create_api(Name="n", ProtocolType="HTTP", Description="d", Tags={"team": "x"},
                       CorsConfiguration={"AllowOrigins": ["https://app.example"], "AllowMethods": ["GET"], "MaxAge": 5})
    a = {"ApiId": api["ApiId"]}
    check("created", api["CreatedDate"].year > 2000)
    c.get_api(**a), c.get_apis(MaxResults="5"), c.update_api(**a, Description="e"), c.delete_cors_configuration(**a)
    i = c.create_integration(**a, IntegrationType="HTTP_PROXY", IntegrationMethod="GET", IntegrationUri=backend + "/notes", PayloadFormatVersion="1.0")["IntegrationId"]
    c.get_integration(**a, IntegrationId=i), c.get_integrations(**a), c.update_integration(**a, IntegrationId=i, TimeoutInMillis=5000)
    auth = c.create_authorizer(**a, Name="users", AuthorizerType="JWT", IdentitySource=["$request.header.Authorization"], JwtConfiguration={
        "Issuer": f"https://cognito-idp.{cfg['region']}.amazonaws.com/{cfg['userPoolId']}", "Audience": [cfg["clientId"]]})["AuthorizerId"]
    c.get_authorizer(**a, AuthorizerId=auth), c.get_authorizers(**a), c.update_authorizer(**a, AuthorizerId=auth, Name="people")
    r = c.create_route(**a, RouteKey="GET /notes", AuthorizationType="JWT", AuthorizerId=auth, AuthorizationScopes=["read"], Target="integrations/" + i)["RouteId"]
    c.get_route(**a, RouteId=r), c.get_routes(**a), c.update_route(**a, RouteId=r, OperationName="List")
    c.create_stage(**a, StageName="$default", AutoDeploy=True, DefaultRouteSettings={"ThrottlingRateLimit": 5, "ThrottlingBurstLimit": 5})
    c.create_stage(**a, StageName="v1", StageVariables={"a": "b"})
    c.update_stage(**a, StageName="v1", RouteSettings={"GET /notes": {"ThrottlingRateLimit": 1.5, "ThrottlingBurstLimit": 2}},
                   AccessLogSettings={"Format": "$context.requestId", "DestinationArn": "arn:aws:logs:us-east-1:000000000000:log-group:x"})
    c.get_stage(**a, StageName="$default"), c.get_stages(**a)
    c.delete_route_settings(**a, StageName="v1", RouteKey="GET /notes"), c.delete_access_log_settings(**a, StageName="v1")
    d = c.create_deployment(**a, StageName="v1", Description="d")["DeploymentId"]
    c.get_deployment(**a, DeploymentId=d), c.get_deployments(**a), c.update_deployment(**a, DeploymentId=d, Description="e")
    c.create_domain_name(DomainName="http.example", DomainNameConfigurations=[{"CertificateArn": "arn:aws:acm:x", "EndpointType": "REGIONAL", "SecurityPolicy": "TLS_1_2"}])
    c.get_domain_name(DomainName="http.example"), c.get_domain_names()
    mapping = c.create_api_mapping(**a, DomainName="http.example", Stage="v1", ApiMappingKey="orders/v1")["ApiMappingId"]
    at = {"DomainName": "http.example", "ApiMappingId": mapping}
    c.get_api_mapping(**at), c.get_api_mappings(DomainName="http.example"), c.update_api_mapping(**a, **at, ApiMappingKey="")
    c.delete_api_mapping(**at), c.delete_domain_name(DomainName="http.example")
    doc = c.export_api(**a, Specification="OAS30", OutputType="JSON", StageName="v1")["body"].read()
    imported = c.import_api(Body=doc.decode(), FailOnWarnings=False)
    c.reimport_api(ApiId=imported["ApiId"], Body=doc.decode()), c.delete_api(ApiId=imported["ApiId"])
    arn = f"arn:aws:apigateway:{cfg['region']}::/apis/{api['ApiId']}"
    c.tag_resource(ResourceArn=arn, Tags={"k": "v"}), c.untag_resource(ResourceArn=arn, TagKeys=["team"])
    check("tags", c.get_tags(ResourceArn=arn)["Tags"] == {"k": "v"})
    c.reset_authorizers_cache(**a, StageName="v1")
    c.delete_stage(**a, StageName="v1"), c.delete_deployment(**a, DeploymentId=d), c.delete_stage(**a, StageName="$default")
    c.delete_route(**a, RouteId=r), c.delete_authorizer(**a, AuthorizerId=auth), c.delete_integration(**a, IntegrationId=i), c.delete_api(**a)
    refused("NotFoundException", "Invalid API identifier specified", c.get_api, **a)


def socket():
    c = watched("apigatewayv2")
    a = {"ApiId": c.create_api(Name="w", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action")["ApiId"]}
    i = c.create_integration(**a, IntegrationType="HTTP_PROXY", IntegrationMethod="POST", IntegrationUri=backend)["IntegrationId"]
    r = c.create_route(**a, RouteKey="$connect", AuthorizationType="AWS_IAM", Target="integrations/" + i)["RouteId"]
    rr = c.create_route_response(**a, RouteId=r, RouteResponseKey="$default")["RouteResponseId"]
    c.get_route_response(**a, RouteId=r, RouteResponseId=rr), c.get_route_responses(**a, RouteId=r)
    c.delete_route_response(**a, RouteId=r, RouteResponseId=rr)
    ir = c.create_integration_response(**a, IntegrationId=i, IntegrationResponseKey="$default")["IntegrationResponseId"]
    c.get_integration_response(**a, IntegrationId=i, IntegrationResponseId=ir), c.get_integration_responses(**a, IntegrationId=i)
    c.update_integration_response(**a, IntegrationId=i, IntegrationResponseId=ir, IntegrationResponseKey="/2\\d\\d/")
    c.delete_integration_response(**a, IntegrationId=i, IntegrationResponseId=ir)
    m = c.create_model(**a, Name="m", Schema='{"type":"object"}', ContentType="application/json")["ModelId"]
    c.get_model(**a, ModelId=m), c.get_models(**a), c.update_model(**a, ModelId=m, Description="d"), c.delete_model(**a, ModelId=m)
    c.delete_api(**a)


rest(), v2(), socket()
print(len(called), "operations in the model's shape")
check("the number of operations", len(called) >= 140, len(called))
