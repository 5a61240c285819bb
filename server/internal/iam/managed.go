package iam

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gatepass/gatepass/server/store"
)

// awsPrefix begins the ARNs of AWS managed policies.
const awsPrefix = "arn:aws:iam::aws:policy/"

// awsManaged is an AWS managed policy.
type awsManaged struct {
	name    string // with its path, service-role/NAME
	version string
	created string // the version, not the policy: that date is not known
	doc     string
}

// awsPolicies are the AWS managed policies of this chain whose text is known, as of the versions named. They grant what they
// grant in AWS, to services gatepass does not have as well.
var awsPolicies = []awsManaged{
	{"AdministratorAccess", "v1", "2015-02-06T18:39:46Z", `{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "*",
            "Resource": "*"
        }
    ]
}`},
	{"AmazonAPIGatewayAdministrator", "v1", "2015-07-09T17:34:45Z", `{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "apigateway:*"
            ],
            "Resource": "arn:aws:apigateway:*::/*"
        }
    ]
}`},
	{"AmazonAPIGatewayInvokeFullAccess", "v2", "2018-12-18T18:25:10Z", `{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "execute-api:Invoke",
                "execute-api:ManageConnections"
            ],
            "Resource": "arn:aws:execute-api:*:*:*"
        }
    ]
}`},
	{"AmazonCognitoDeveloperAuthenticatedIdentities", "v1", "2015-03-24T17:22:23Z", `{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "cognito-identity:GetOpenIdTokenForDeveloperIdentity",
                "cognito-identity:LookupDeveloperIdentity",
                "cognito-identity:MergeDeveloperIdentities",
                "cognito-identity:UnlinkDeveloperIdentity"
            ],
            "Resource": "*"
        }
    ]
}`},
	{"AmazonCognitoPowerUser", "v8", "2026-02-11T22:19:03Z", `{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Action": [
                "cognito-identity:*",
                "cognito-idp:*",
                "cognito-sync:*",
                "iam:ListRoles",
                "iam:ListOpenIdConnectProviders",
                "iam:GetRole",
                "iam:ListSAMLProviders",
                "iam:GetSAMLProvider",
                "kinesis:ListStreams",
                "lambda:GetPolicy",
                "lambda:ListFunctions",
                "sns:GetSMSSandboxAccountStatus",
                "sns:ListPlatformApplications",
                "ses:ListIdentities",
                "ses:GetIdentityVerificationAttributes",
                "mobiletargeting:GetApps",
                "acm:ListCertificates",
                "sms-voice:DescribeAccountAttributes"
            ],
            "Resource": "*",
            "Effect": "Allow"
        },
        {
            "Action": "iam:CreateServiceLinkedRole",
            "Resource": "*",
            "Effect": "Allow",
            "Condition": {
                "StringEquals": {
                    "iam:AWSServiceName": [
                        "cognito-idp.amazonaws.com",
                        "email.cognito-idp.amazonaws.com"
                    ]
                }
            }
        },
        {
            "Action": [
                "iam:DeleteServiceLinkedRole",
                "iam:GetServiceLinkedRoleDeletionStatus"
            ],
            "Resource": [
                "arn:aws:iam::*:role/aws-service-role/cognito-idp.amazonaws.com/AWSServiceRoleForAmazonCognitoIdp*",
                "arn:aws:iam::*:role/aws-service-role/email.cognito-idp.amazonaws.com/AWSServiceRoleForAmazonCognitoIdpEmail*"
            ],
            "Effect": "Allow"
        }
    ]
}`},
	{"AmazonCognitoReadOnly", "v4", "2019-08-01T19:21:04Z", `{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "cognito-identity:Describe*",
                "cognito-identity:Get*",
                "cognito-identity:List*",
                "cognito-idp:Describe*",
                "cognito-idp:AdminGet*",
                "cognito-idp:AdminList*",
                "cognito-idp:List*",
                "cognito-idp:Get*",
                "cognito-sync:Describe*",
                "cognito-sync:Get*",
                "cognito-sync:List*",
                "iam:ListOpenIdConnectProviders",
                "iam:ListRoles",
                "sns:ListPlatformApplications"
            ],
            "Resource": "*"
        }
    ]
}`},
	{"IAMReadOnlyAccess", "v4", "2018-01-25T19:11:27Z", `{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "iam:GenerateCredentialReport",
                "iam:GenerateServiceLastAccessedDetails",
                "iam:Get*",
                "iam:List*",
                "iam:SimulateCustomPolicy",
                "iam:SimulatePrincipalPolicy"
            ],
            "Resource": "*"
        }
    ]
}`},
	{"PowerUserAccess", "v12", "2026-02-12T17:59:14Z", `{
    "Version": "2012-10-17",
    "Statement": [
        {
            "NotAction": [
                "iam:*",
                "organizations:*",
                "account:*"
            ],
            "Resource": "*",
            "Effect": "Allow"
        },
        {
            "Action": [
                "account:GetAccountInformation",
                "account:GetGovCloudAccountInformation",
                "account:GetPrimaryEmail",
                "account:ListRegions",
                "iam:CreateServiceLinkedRole",
                "iam:DeleteServiceLinkedRole",
                "iam:ListRoles",
                "organizations:DescribeEffectivePolicy",
                "organizations:DescribeOrganization"
            ],
            "Resource": "*",
            "Effect": "Allow"
        }
    ]
}`},
	{"service-role/AWSLambdaBasicExecutionRole", "v1", "2015-04-09T15:03:43Z", `{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:PutLogEvents"
            ],
            "Resource": "*"
        }
    ]
}`},
	{"service-role/AWSLambdaRole", "v1", "2015-02-06T18:41:28Z", `{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "lambda:InvokeFunction"
            ],
            "Resource": [
                "*"
            ]
        }
    ]
}`},
	{"service-role/AmazonAPIGatewayPushToCloudWatchLogs", "v1", "2015-11-11T23:41:46Z", `{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:DescribeLogGroups",
                "logs:DescribeLogStreams",
                "logs:PutLogEvents",
                "logs:GetLogEvents",
                "logs:FilterLogEvents"
            ],
            "Resource": "*"
        }
    ]
}`},
}

// Known reports whether an ARN is that of an AWS managed policy whose text is known.
func Known(arn string) bool {
	name, ofAWS := strings.CutPrefix(arn, awsPrefix)
	return ofAWS && slices.ContainsFunc(awsPolicies, func(p awsManaged) bool { return p.name == name })
}

// managed gives an AWS managed policy the form of a customer's.
func (p awsManaged) managed() store.ManagedPolicy {
	made, _ := time.Parse(time.RFC3339, p.created) // a constant
	path, name := nameOf(awsPrefix + p.name)
	return store.ManagedPolicy{
		Name: name, ARN: awsPrefix + p.name, ID: name, Path: path, Default: p.version, Created: made, Modified: made,
		Versions: []store.PolicyVersion{{ID: p.version, Document: p.doc, Created: made}},
	}
}

// findPolicy finds a managed policy, AWS's or a customer's; store.ErrNotFound.
func findPolicy(ctx context.Context, r policyReader, arn string) (store.ManagedPolicy, error) {
	name, ofAWS := strings.CutPrefix(arn, awsPrefix)
	if !ofAWS {
		return r.Policy(ctx, arn)
	}
	for _, p := range awsPolicies {
		if p.name == name {
			return p.managed(), nil
		}
	}
	return store.ManagedPolicy{}, store.ErrNotFound
}

type policyReader interface {
	Policy(ctx context.Context, arn string) (store.ManagedPolicy, error)
}

// Document is the text in force of a managed policy, AWS's or a customer's. Errors: store.ErrNotFound, or
// store.ErrUnavailable for one that cannot be read.
func Document(ctx context.Context, r policyReader, arn string) (string, error) {
	p, err := findPolicy(ctx, r, arn)
	if err != nil {
		return "", err
	}
	doc := p.DefaultDocument()
	if doc == "" {
		return "", fmt.Errorf("%w: the policy %s has no version in force", store.ErrUnavailable, arn)
	}
	return doc, nil
}
