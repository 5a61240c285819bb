// Signs with aws-crt what comes as JSON lines on standard input and answers a
// line with the Authorization header each.
import { createInterface } from 'node:readline';
import { auth, http } from 'aws-crt';

for await (const line of createInterface({ input: process.stdin })) {
  const q = JSON.parse(line);
  const headers = new http.HttpHeaders(q.headers);
  const signed = await auth.aws_sign_request(new http.HttpRequest(q.method, q.target, headers), {
    algorithm: auth.AwsSigningAlgorithm.SigV4,
    signature_type: auth.AwsSignatureType.HttpRequestViaHeaders,
    provider: auth.AwsCredentialsProvider.newStatic(q.accessKeyId, q.secretAccessKey, q.sessionToken),
    region: q.region, service: 'execute-api', date: new Date(q.date),
    use_double_uri_encode: true, should_normalize_uri_path: true,
    signed_body_value: q.hash, signed_body_header: auth.AwsSignedBodyHeaderType.None,
  });
  console.log(signed.headers.get('Authorization'));
}
