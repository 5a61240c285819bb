const awsmobile = {
  aws_project_region: "us-east-1",
  aws_cognito_identity_pool_id: "us-east-1:XXXX",
  aws_user_pools_id: "<COGNITO_USER_POOL_ID>",
  aws_user_pools_web_client_id: "YOUR_CLIENT_ID",
  aws_cloud_logic_custom: [{ name: "apisrest", endpoint: "XXXX", region: "us-east-1" }],
};
export default awsmobile;
