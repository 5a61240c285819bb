// what 'amplify pull' wrote

const amplifyconfig = ''' {
  "UserAgent": "aws-amplify-cli/2.0",
  "Version": "1.0",
  "api": {
    "plugins": {
      "awsAPIPlugin": {
        "notes": {
          "endpointType": "REST",
          "endpoint": "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/dev",
          "region": "eu-west-1",
          "authorizationType": "AWS_IAM"
        },
        "graph": {
          "endpointType": "GraphQL",
          "endpoint": "https://graph.example.com/graphql",
          "region": "eu-west-1",
          "authorizationType": "API_KEY",
          "apiKey": "da2-secretsecretsecretsecretse"
        }
      }
    }
  },
  "auth": {
    "plugins": {
      "awsCognitoAuthPlugin": {
        "UserAgent": "aws-amplify-cli/0.1.0",
        "Version": "0.1.0",
        "IdentityManager": { "Default": {} },
        "CredentialsProvider": {
          "CognitoIdentity": {
            "Default": {
              "PoolId": "eu-west-1:11111111-2222-3333-4444-555555555555",
              "Region": "eu-west-1"
            }
          }
        },
        "CognitoUserPool": {
          "Default": {
            "PoolId": "eu-west-1_AbCdEf123",
            "AppClientId": "6s2an8ugpr12rnq757jqdq301l",
            "AppClientSecret": "topsecrettopsecrettopsecret",
            "Region": "eu-west-1"
          }
        },
        "Auth": {
          "Default": {
            "authenticationFlowType": "USER_SRP_AUTH",
            "OAuth": {
              "WebDomain": "notes.auth.eu-west-1.amazoncognito.com",
              "AppClientId": "6s2an8ugpr12rnq757jqdq301l",
              "SignInRedirectURI": "notes://",
              "SignOutRedirectURI": "notes://",
              "Scopes": ["openid"]
            }
          }
        }
      }
    }
  }
}
''';
