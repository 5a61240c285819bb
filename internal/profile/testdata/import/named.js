export default {
  apiGateway: {
    NAME: "notes",
    REGION: "eu-west-1",
    URL: "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod"
  },
  cognito: {
    REGION: "eu-west-1",
    USER_POOL_ID: "eu-west-1_AbCdEf123",
    APP_CLIENT_ID: import.meta.env.VITE_APP_CLIENT_ID!,
    identityPoolRegion: "eu-west-1"
  }
};
