import config from './config';

Amplify.configure({
  Auth: {
    mandatorySignIn: true,
    region: config.cognito.REGION,
    userPoolId: 'us-east-1_Z2BqcgXCW',
    identityPoolId: undefined,
    userPoolWebClientId: '6lcn50fl2o4ivcnrt4okkb66gb',
  },
  Storage: { region: 'eu-north-1', bucket: 'b' },
  API: {
    endpoints: [
      { name: 'notes', endpoint: 'https://5bv7x0iuga.execute-api.us-east-1.amazonaws.com/prod', region: 'us-east-1' },
      { name: 'later', endpoint: config.apiGateway.URL },
    ],
  },
});
