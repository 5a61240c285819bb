import { something } from './somewhere' // it's not run

type Config = { aws_user_pools_id: string; nested: { a: number } };
const REGION = 'eu-central-1';

/* by hand: no quotes, another name,
   a space before the endpoint */
const awsConfig: Config = {
  aws_project_region: REGION,
  aws_user_pools_id: 'eu-central-1_cuvXSEQ7t',
  aws_user_pools_web_client_id: `4lpkdidrd1j82sr5i6kpbifm5r`, // one line
  aws_cognito_identity_pool_id: process.env.IDENTITY_POOL || 'eu-central-1:11111111-2222-3333-4444-555555555555',
  aws_cloud_logic_custom: [
    {
      name: 'IotHubAPI',
      endpoint: ' https://q5fu9a4dz4.execute-api.eu-central-1.amazonaws.com/prod',
      region: REGION,
    },
  ],
  headers: async () => ({ Authorization: `Bearer ${(await token()).jwt}` }),
  onError(e) { if (/['"`]{/.test(e)) { throw e } },
  ...something,
} as const;

export default awsConfig;
