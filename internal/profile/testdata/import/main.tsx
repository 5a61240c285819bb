import { Amplify } from "aws-amplify";
import React from 'react';

Amplify.configure({
  Auth: {
    Cognito: {
      userPoolId: "us-east-2_c7gmXmRmx",
      userPoolClientId: "3cjdn2n907cjjsq6d71djfd28l",
      identityPoolId: 'us-east-2:5c7aee37-ba06-4240-ae73-50536f25153a',
      userPoolEndpoint: 'http://localhost:9229/',
      identityPoolEndpoint: 'http://localhost:9229',
      loginWith: { email: true, oauth: { domain: 'x.auth.us-east-2.amazoncognito.com', scopes: ['openid'] } },
    },
  },
  API: {
    REST: {
      orders: { endpoint: 'https://tjp54xmqyz.execute-api.us-east-2.amazonaws.com/v1', region: 'us-east-2' },
    },
    GraphQL: { endpoint: 'https://abc.appsync-api.us-east-2.amazonaws.com/graphql', defaultAuthMode: 'userPool' },
  },
} satisfies ResourcesConfig);

export const App = () => <p>Don't {"{"} run { label } this</p>;
