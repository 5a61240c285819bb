const dev = {
  apiGateway: { REGION: "us-east-1", URL: "https://dev1234567.execute-api.us-east-1.amazonaws.com/dev" },
  cognito: {
    REGION: "us-east-1",
    USER_POOL_ID: "us-east-1_Devdevdev",
    APP_CLIENT_ID: "devdevdevdevdevdevdevdevde",
    IDENTITY_POOL_ID: "us-east-1:dddddddd-0a19-4616-9067-854dc69c2d82"
  }
};

const prod = {
  apiGateway: { REGION: "us-east-1", URL: "https://prod123456.execute-api.us-east-1.amazonaws.com/prod" },
  cognito: {
    REGION: "us-east-1",
    USER_POOL_ID: "us-east-1_Prodprod1",
    APP_CLIENT_ID: "prodprodprodprodprodprodpr",
    IDENTITY_POOL_ID: "us-east-1:eeeeeeee-0a19-4616-9067-854dc69c2d82"
  }
};

const config = process.env.REACT_APP_STAGE === "prod" ? prod : dev;

export default {
  MAX_ATTACHMENT_SIZE: 5000000,
  ...config
};
